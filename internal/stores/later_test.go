package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestReadsAreNotedBehindTheResponse: a read waits for no transaction, and what is read
// first on a day is noted before any method that shows it returns, and when the store is closed.
func TestReadsAreNotedBehindTheResponse(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	for _, name := range []string{"a", "b"} {
		create(t, m, name, "v")
	}
	before, err := s.EventCount(ctx)
	require.NoError(t, err)
	out, err := m.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a", "b"}})
	require.NoError(t, err)
	require.Len(t, out.SecretValues, 2)
	described, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.NoError(t, err)
	require.NotZero(t, described.LastAccessedDate)
	require.NoError(t, s.Close())

	s = f.open(t)
	after, err := s.EventCount(ctx)
	require.NoError(t, err)
	require.Equal(t, before+2, after)
	described, err = manager(t, s).DescribeSecret(ctx, secretlife.SecretInput{SecretID: "b"})
	require.NoError(t, err)
	require.NotZero(t, described.LastAccessedDate)
}
