package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// changesOf are the changes by which secrets of two names were made, and the secrets.
func changesOf(t *testing.T) (changes []secretlife.Change, handed Claimed) {
	t.Helper()
	store := &recorder{Store: memstore.New()}
	m, err := secretlife.New(store)
	require.NoError(t, err)
	handed.Rows = map[secretlife.Key]*codec.Row{}
	for _, name := range []string{"a", "b"} {
		_, err = m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: name})
		require.NoError(t, err)
		_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: name})
		require.NoError(t, err)
		c := store.last.Changes[0]
		s, err := store.Load(t.Context(), c.Key())
		require.NoError(t, err)
		row, err := codec.RowOf(s)
		require.NoError(t, err)
		row.Revision-- // as it was before the deletion
		changes, handed.Secrets, handed.Rows[c.Key()] = append(changes, c), append(handed.Secrets, s), &row
	}
	return changes, handed
}

// recorder keeps the last batch.
type recorder struct {
	secretlife.Store
	last secretlife.Batch
}

func (r *recorder) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	r.last = batch
	return r.Store.Commit(ctx, batch)
}

func asIs(_ context.Context, c secretlife.Change) (secretlife.Change, error) { return c, nil }

func TestDecide(t *testing.T) {
	changes, handed := changesOf(t)
	stale := *handed.Rows[changes[0].Key()]
	stale.Revision++
	for _, x := range []struct {
		name    string
		changes []secretlife.Change
		rows    map[secretlife.Key]*codec.Row
		want    error
	}{
		{"all", changes, handed.Rows, nil},
		{"some", changes[:1], handed.Rows, nil},
		{"none", nil, handed.Rows, nil},
		{"zero", []secretlife.Change{{}}, handed.Rows, secretlife.ErrInvalidParameter},
		{"twice", []secretlife.Change{changes[0], changes[0]}, handed.Rows, secretlife.ErrInvalidParameter},
		{"not handed out", changes, map[secretlife.Key]*codec.Row{}, secretlife.ErrConflict},
		{"of another revision", changes[:1], map[secretlife.Key]*codec.Row{changes[0].Key(): &stale},
			secretlife.ErrConflict},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := NewClaim(secretlife.DueQuery{Limit: 9}, func([]secretlife.Secret) []secretlife.Change { return x.changes })
			writes, err := Decide(t.Context(), c, Claimed{handed.Secrets, x.rows}, asIs)
			require.ErrorIs(t, err, x.want)
			if x.want == nil {
				require.Len(t, writes, len(x.changes))
			}
		})
	}
}

// TestAClaimThatIsRepeated: the caller of a claim is not asked about nothing, unless it was
// asked about something before.
func TestAClaimThatIsRepeated(t *testing.T) {
	_, handed := changesOf(t)
	var asked []int
	c := NewClaim(secretlife.DueQuery{Limit: 9}, func(due []secretlife.Secret) []secretlife.Change {
		asked = append(asked, len(due))
		return nil
	})
	for _, h := range []Claimed{{}, handed, {}} {
		_, err := Decide(t.Context(), c, h, asIs)
		require.NoError(t, err)
	}
	require.Equal(t, []int{2, 0}, asked)
}
