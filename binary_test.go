package secretlife_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func eventThroughBinary(t testing.TB, e secretlife.Event) secretlife.Event {
	t.Helper()
	data, err := e.MarshalBinary()
	require.NoError(t, err)
	var back secretlife.Event
	require.NoError(t, back.UnmarshalBinary(data))
	want, err := json.Marshal(e)
	require.NoError(t, err)
	got, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.Equal(t, e.Incarnation(), back.Incarnation())
	return back
}

func stateThroughBinary(t testing.TB, st secretlife.State) {
	t.Helper()
	data, err := st.MarshalBinary()
	require.NoError(t, err)
	var back secretlife.State
	require.NoError(t, back.UnmarshalBinary(data))
	want, err := json.Marshal(st)
	require.NoError(t, err)
	got, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestBinaryFormsAreShort(t *testing.T) {
	ch, err := secretlife.NewSecret(start, creation(t))
	require.NoError(t, err)
	e, err := ch.Events()[0].MarshalBinary()
	require.NoError(t, err)
	st, err := next(t, ch).State().MarshalBinary()
	require.NoError(t, err)
	eventJSON, err := json.Marshal(ch.Events()[0])
	require.NoError(t, err)
	stateJSON, err := json.Marshal(next(t, ch).State())
	require.NoError(t, err)
	require.Less(t, len(e)*6, len(eventJSON))
	require.Less(t, len(st)*3, len(stateJSON))
}

// TestBinaryFormsAreStable holds that what a store has today can be read by every
// later version.
func TestBinaryFormsAreStable(t *testing.T) {
	ch, err := born(t).Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
	require.NoError(t, err)
	e, err := ch.Events()[0].WithSeq(3).MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, goldenEvent, hex.EncodeToString(e))
	st, err := next(t, ch).State().MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, goldenState, hex.EncodeToString(st))
}

func TestStateThroughBinary(t *testing.T) {
	emptied := then(t)(born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }).Untag(start, []string{"a"}))
	for _, s := range []secretlife.Secret{
		born(t), full(t), emptied, aged(t, 3),
		born(t, func(c *secretlife.Creation) { c.VersionID = version(t, strings.ToUpper(tokenA)) }),
		born(t, func(c *secretlife.Creation) { c.VersionID = version(t, strings.Repeat("x", 64)) }),
		then(t)(born(t).Delete(secretlife.Exactly(start), windowOf(t, 7), 1)),
		then(t)(born(t).Delete(secretlife.Exactly(start), byForce(t), 1)),
	} {
		stateThroughBinary(t, s.State())
	}
	stateThroughBinary(t, secretlife.State{ARN: full(t).ARN().String(), Incarnation: full(t).Incarnation().String(), Created: -1})
}

func TestStateWithoutBinaryForm(t *testing.T) {
	ms := int64(1)
	for name, spoil := range map[string]func(*secretlife.State){
		"no ARN":                      func(s *secretlife.State) { s.ARN = "" },
		"incarnation":                 func(s *secretlife.State) { s.Incarnation = "xyz" },
		"label on a missing version":  func(s *secretlife.State) { s.Stages["X"] = tokenC },
		"deletion date without purge": func(s *secretlife.State) { s.DeletionDate = &ms },
		"purge without deletion date": func(s *secretlife.State) { s.PurgeAt = &ms },
	} {
		st := full(t).State()
		spoil(&st)
		_, err := st.MarshalBinary()
		require.Error(t, err, name)
	}
	_, err := secretlife.Event{}.MarshalBinary()
	require.Error(t, err)
}

// TestCutBinaryForms cuts a form at every place, and adds to it.
func TestCutBinaryForms(t *testing.T) {
	w := newWorld(t)
	w.create("a", func(in *secretlife.CreateSecretInput) { in.Description, in.Tags = "d", []secretlife.Tag{{Key: "k"}} })
	w.delete("a", 7)
	_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	require.Error(t, err)
	require.Len(t, w.sunk, 4)
	for _, e := range w.sunk {
		data, err := e.MarshalBinary()
		require.NoError(t, err)
		for n := range data {
			require.Error(t, new(secretlife.Event).UnmarshalBinary(data[:n]), "%s cut to %d of %d bytes", e, n, len(data))
		}
		require.Error(t, new(secretlife.Event).UnmarshalBinary(append(data, 0)))
	}
	data, err := full(t).State().MarshalBinary()
	require.NoError(t, err)
	for n := range data {
		require.Error(t, new(secretlife.State).UnmarshalBinary(data[:n]), "cut to %d of %d bytes", n, len(data))
	}
	require.Error(t, new(secretlife.State).UnmarshalBinary(append(data, 0)))
}

func FuzzEventBinary(f *testing.F) {
	c, err := full(f).Read(start, version(f, tokenB))
	require.NoError(f, err)
	for _, e := range append(c.Events(), mustEvent(f), gapEvent(f)) {
		data, err := e.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e secretlife.Event
		if e.UnmarshalBinary(data) != nil {
			return
		}
		eventThroughBinary(t, e)
	})
}

func mustEvent(t testing.TB) secretlife.Event {
	c, err := born(t).Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
	require.NoError(t, err)
	return c.Events()[0].WithSeq(9)
}

func FuzzStateBinary(f *testing.F) {
	for _, s := range []secretlife.Secret{born(f), full(f)} {
		data, err := s.State().MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var st secretlife.State
		if st.UnmarshalBinary(data) != nil {
			return
		}
		s, err := secretlife.FromState(st)
		if err != nil {
			return
		}
		stateThroughBinary(t, s.State())
	})
}

const (
	goldenEvent = "010493029ebf91cad158020c3132333435363738393031320975732d656173742d31144d79546573744461746162617365536563726574613162326333000000000000000000000000000000010003009ecff58ad658"
	goldenState = "0102036177730975732d656173742d310c313233343536373839303132144d7954657374446174616261736553656372657461316232633301000000000000000000000000000000029ebf91cad158028090e4c004008080c892ff839302100100000000000000000000000000000080c782e0b899ffa12a02000100aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa0000010100"
)
