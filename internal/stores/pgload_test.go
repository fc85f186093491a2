package stores_test

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// atOnce is how many secrets are put into a store in one Commit.
const atOnce = 64

// populate puts secrets into a store, many in each Commit, with a value of 32 bytes
// each, as if they came from another store: so there are no events of them. Those
// that due tells of are deleted by force, and due for their purge at that instant.
func populate(t testing.TB, s secretlife.Store, secrets int, due func(i int) (time.Time, bool)) {
	t.Helper()
	var next atomic.Int64
	everyone(t, 32, func(int) error {
		for {
			from := (int(next.Add(1)) - 1) * atOnce
			if from >= secrets {
				return nil
			}
			var changes []secretlife.Change
			for i := from; i < min(from+atOnce, secrets); i++ {
				at, is := due(i)
				c, err := filling(t, i, at, is)
				if err != nil {
					return err
				}
				changes = append(changes, c)
			}
			if _, err := s.Commit(ctx, secretlife.Batch{Changes: changes}); err != nil {
				return err
			}
		}
	})
}

// filling is the import of one secret, by its number.
func filling(t testing.TB, i int, at time.Time, due bool) (secretlife.Change, error) {
	id, err := secretlife.ParseVersionID(fmt.Sprintf("%036d", i))
	require.NoError(t, err)
	var in secretlife.Incarnation
	// Spread, as those that are drawn.
	binary.BigEndian.PutUint64(in[:], (uint64(i)+1)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(in[8:], uint64(i))
	value := secretlife.SecretString(fmt.Sprintf("%032d", i))
	c, err := secretlife.NewSecret(secretlife.Exactly(start.Add(-24*time.Hour)), secretlife.Creation{
		ARN: secretlife.Must(keyOf(t, benchName(i)).ARN("aB3xY9")), Incarnation: in, VersionID: id, Value: value,
	})
	if err != nil {
		return c, err
	}
	secret := c.Next()
	if due {
		yes := true
		mode, err := secretlife.ParseDeletionMode(nil, &yes)
		require.NoError(t, err)
		c, err = secret.Delete(secretlife.Exactly(at), mode, 0)
		if err != nil {
			return c, err
		}
		secret = c.Next()
	}
	return secretlife.ImportSecret(secretlife.Exactly(at), secret, []secretlife.VersionValue{{ID: id, Value: value}})
}
