package codec

import (
	"encoding/binary"
	"errors"

	"github.com/secretlife-go/secretlife"
)

// Events that are made together share rows, as a row costs more than what is in
// it: its header, its entry in the index, its code. A row has the number of its
// last event, so that those after an event are in the rows after its number.
const (
	// MostInRow is how many events a row has at most. Readers count on it.
	MostInRow = 64
	// rowForms is how many bytes of events' binary forms a row has at most, unless
	// one event alone has more. PostgreSQL moves columns out of rows of over 2,000
	// bytes.
	rowForms = 1400
	// eventsForm is the first byte of the form of several events. The form of one is
	// the event's own, which begins with another.
	eventsForm = 2
)

// EventRow is a row of secretlife_events, before it has a number and a code.
type EventRow struct {
	Events int
	Record []byte
}

// EventRows puts the binary forms of events into rows.
func EventRows(forms [][]byte) []EventRow {
	var rows []EventRow
	for len(forms) > 0 {
		n, size := 1, len(forms[0])
		for n < min(len(forms), MostInRow) && size+len(forms[n]) <= rowForms {
			size += len(forms[n])
			n++
		}
		form := forms[0]
		if n > 1 {
			form = append(make([]byte, 0, 1+size+2*n), eventsForm)
			for _, f := range forms[:n] {
				form = append(binary.AppendUvarint(form, uint64(len(f))), f...)
			}
		}
		rows = append(rows, EventRow{n, form})
		forms = forms[n:]
	}
	return rows
}

// EventsIn are the events of a row, without their numbers.
func EventsIn(record []byte) ([]secretlife.Event, error) {
	if len(record) > 0 && record[0] == eventsForm {
		return severalEvents(record[1:])
	}
	var e secretlife.Event
	if err := e.UnmarshalBinary(record); err != nil {
		return nil, err
	}
	return []secretlife.Event{e}, nil
}

var errNoRow = errors.New("it ends too early, or has no events, or too many")

func severalEvents(form []byte) (events []secretlife.Event, err error) {
	for len(form) > 0 {
		size, n := binary.Uvarint(form)
		if n <= 0 || size > uint64(len(form)-n) {
			return nil, errNoRow
		}
		var e secretlife.Event
		if err := e.UnmarshalBinary(form[n : n+int(size)]); err != nil {
			return nil, err
		}
		events, form = append(events, e), form[n+int(size):]
	}
	if len(events) == 0 || len(events) > MostInRow {
		return nil, errNoRow
	}
	return events, nil
}
