package secretlife_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestEventsKeepHowTheSecretWasNamed, in little room where that is its name or ARN.
func TestEventsKeepHowTheSecretWasNamed(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a").ARN
	var sizes []int
	for _, id := range []string{"a", arn, strings.TrimSuffix(arn, arn[len(arn)-7:]), "nobody", "no name"} {
		w.sunk = nil
		err := w.TagResource(ctx, secretlife.TagResourceInput{SecretID: id})
		require.Equal(t, id == "nobody" || id == "no name", err != nil)
		require.Len(t, w.sunk, 1)
		back := eventThroughBinary(t, w.sunk[0])
		require.Equal(t, id, back.SecretID())
		require.Equal(t, w.sunk[0].Key(), back.Key())
		data, err := w.sunk[0].MarshalBinary()
		require.NoError(t, err)
		sizes = append(sizes, len(data))
	}
	require.Equal(t, sizes[0], sizes[1])
	require.Greater(t, sizes[2], sizes[0]+len(arn)-7)
}

// TestIDsThatAreAlmostUUIDs come back as they were.
func TestIDsThatAreAlmostUUIDs(t *testing.T) {
	size := func(id string) int {
		st := born(t, func(c *secretlife.Creation) { c.VersionID = version(t, id) }).State()
		stateThroughBinary(t, st)
		data, err := st.MarshalBinary()
		require.NoError(t, err)
		return len(data)
	}
	short := size(tokenA)
	for _, id := range []string{
		strings.ToUpper(tokenA), tokenA + "a", tokenA[:35], strings.ReplaceAll(tokenA, "-", "a"),
		"aaaaaaaa_aaaa-4aaa-8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa_4aaa-8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa-4aaa_8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa-4aaa-8aaa_aaaaaaaaaaaa",
		"gaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaag",
	} {
		require.Equal(t, short+len(id)-16, size(id), id)
	}
}

// TestCodesThatAreNone: forms of a later version are refused, not misread.
func TestCodesThatAreNone(t *testing.T) {
	golden, err := hex.DecodeString(goldenEvent)
	require.NoError(t, err)
	plain := golden[4:55] // time, revision, account, Region and name
	for _, c := range []struct {
		head string // form, kind, flags
		ok   bool
	}{{"010400", true}, {"012900", true}, {"012a00", false}, {"018010", false}, {"01048010", false}, {"01048020", false}, {"012810", false}, {"020400", false}, {"000400", false}} {
		head, err := hex.DecodeString(c.head)
		require.NoError(t, err)
		err = new(secretlife.Event).UnmarshalBinary(append(head, plain...))
		require.Equal(t, c.ok, err == nil, c.head)
	}

	st := born(t).State()
	data, err := st.MarshalBinary()
	require.NoError(t, err)
	n := len(data)
	for _, c := range []struct {
		at    int
		value byte
	}{{0, 0}, {0, 2}, {1, 16}, {n - 2, 4}, {n - 1, 1}} { // form, flags, the label's code and its version
		bad := append([]byte{}, data...)
		bad[c.at] = c.value
		require.Error(t, new(secretlife.State).UnmarshalBinary(bad), "%+v", c)
	}
	var back secretlife.State
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, st, back)

	st = born(t, func(c *secretlife.Creation) { c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{} }).State()
	data, err = st.MarshalBinary()
	require.NoError(t, err)
	back = secretlife.State{}
	require.NoError(t, back.UnmarshalBinary(data))
	require.Equal(t, st, back, "no labels are none")
}
