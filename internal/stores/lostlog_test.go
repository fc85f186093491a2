package stores_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestALostLogIsNotSilent takes the write-ahead log away from a store whose process was
// killed. It does not open, says what to do, and no data key is destroyed: with the log
// back everything is there. If the copy is meant, what the log had is lost.
func TestALostLogIsNotSilent(t *testing.T) {
	const before, after = 3, 5
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	for i := range before {
		create(t, m, fmt.Sprint("secret-", i), "v")
	}
	require.NoError(t, s.Scrub(ctx)) // the log is in the database
	for i := range after {
		create(t, m, fmt.Sprint("secret-", before+i), "v")
	}
	killed := newFiles(t)
	for _, end := range []string{"", ".keys"} {
		copyFile(t, f.db()+end, killed.db()+end)
	}
	copyFile(t, f.master(), killed.master())
	keys := contents(t, killed)["secrets.db.keys"]

	_, err := killed.try()
	require.ErrorIs(t, err, sqlstore.ErrRestored)
	require.ErrorContains(t, err, killed.db()+"-wal")
	require.Equal(t, keys, contents(t, killed)["secrets.db.keys"], "data keys of live secrets are destroyed")
	require.NoFileExists(t, killed.db()+"-wal", "one that is put back must not meet another")

	lost := newFiles(t)
	for _, end := range []string{"", ".keys"} {
		copyFile(t, killed.db()+end, lost.db()+end)
	}
	copyFile(t, f.master(), lost.master())
	require.Equal(t, before, count(t, lost.open(t, func(o *sqlstore.Options) { o.Restored = true })))
	require.Equal(t, before, takenSlots(t, lost))

	copyFile(t, f.db()+"-wal", killed.db()+"-wal")
	back := killed.open(t)
	require.Equal(t, before+after, count(t, back))
	for i := range before + after {
		out, err := manager(
			t,
			back,
		).GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
		require.NoError(t, err)
		require.Equal(t, "v", out.Value.Reveal())
	}
}

// count is how many secrets a store has.
func count(t *testing.T, s secretlife.Store) int {
	t.Helper()
	m := manager(t, s)
	n, err := s.Count(ctx, m.Account(), m.Region())
	require.NoError(t, err)
	return n
}
