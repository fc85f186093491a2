package codec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// someEvents are events about n secrets whose names have so many bytes, and their
// binary forms.
func someEvents(t testing.TB, n, name int) (events []secretlife.Event, forms [][]byte) {
	t.Helper()
	store := memstore.New()
	m, err := secretlife.New(store)
	require.NoError(t, err)
	for i := range n {
		_, err := m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: fmt.Sprintf("%0*d", name, i)})
		require.NoError(t, err)
	}
	events, err = store.Events(t.Context(), 0, n)
	require.NoError(t, err)
	for i := range events {
		form, err := events[i].WithSeq(0).MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, events[i].UnmarshalBinary(form)) // what an event in memory has more
		forms = append(forms, form)
	}
	return events, forms
}

func TestEventsShareRows(t *testing.T) {
	for _, c := range []struct{ events, name, inRow int }{
		{1, 4, 1},
		{2, 4, 2},
		{200, 4, 22},
		{40, 400, 3},
		{10, 512, 2},
	} {
		events, forms := someEvents(t, c.events, c.name)
		for _, r := range EventRows(forms) {
			require.Equal(t, min(c.inRow, len(events)), r.Events)
			require.LessOrEqual(t, len(r.Record), 1900)
			got, err := EventsIn(r.Record)
			require.NoError(t, err)
			require.Equal(t, events[:r.Events], got)
			events = events[r.Events:]
		}
		require.Empty(t, events)
	}
	require.Empty(t, EventRows(nil))
	long := [][]byte{[]byte(strings.Repeat("x", 3000)), {1}, []byte(strings.Repeat("x", 1399)), {1}}
	require.Equal(t, []int{1, 2, 1}, counts(EventRows(long)))
	require.Equal(t, []int{64, 64, 2}, counts(EventRows(make([][]byte, 130))))
}

func counts(rows []EventRow) (counts []int) {
	for _, r := range rows {
		counts = append(counts, r.Events)
	}
	return counts
}

func TestRowsThatAreNoEvents(t *testing.T) {
	_, forms := someEvents(t, 2, 4)
	row := EventRows(forms)[0].Record
	many := []byte{eventsForm}
	for range MostInRow + 1 {
		many = append(append(many, byte(len(forms[0]))), forms[0]...)
	}
	for _, record := range [][]byte{nil, {eventsForm}, {eventsForm, 1}, {eventsForm, 1, 9}, {eventsForm, 0},
		{eventsForm, 0x80},
		row[:len(row)-1], append(row[:len(row):len(row)], 0), many, []byte("{"), []byte("A"), []byte("Ag"), []byte("x")} {
		events, err := EventsIn(record)
		require.Error(t, err, "%q", record)
		require.Empty(t, events)
	}
	_, err := EventsIn(many[:1+MostInRow*(1+len(forms[0]))])
	require.NoError(t, err)
}

// FuzzEventsIn: whatever is in a row, it is read or refused, and what is read is
// written the same way.
func FuzzEventsIn(f *testing.F) {
	for _, n := range []int{1, 2, 30} {
		_, forms := someEvents(f, n, 4)
		for _, r := range EventRows(forms) {
			f.Add(r.Record)
		}
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		events, err := EventsIn(record)
		if err != nil {
			require.Empty(t, events)
			return
		}
		var forms [][]byte
		for _, e := range events {
			form, err := e.MarshalBinary()
			require.NoError(t, err)
			forms = append(forms, form)
		}
		var again []secretlife.Event
		for _, r := range EventRows(forms) {
			got, err := EventsIn(r.Record)
			require.NoError(t, err)
			again = append(again, got...)
		}
		require.Equal(t, events, again)
	})
}
