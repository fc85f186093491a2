package stores_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// withHistory returns the change that puts a secret into a store that has so many versions, a
// second apart.
func withHistory(t testing.TB, k secretlife.Key, versions int) secretlife.Change {
	t.Helper()
	id := func(i int) secretlife.VersionID {
		return secretlife.Must(secretlife.ParseVersionID(fmt.Sprintf("history-of-%s-%040d", k.Name, i)))
	}
	value := secretlife.SecretString("v")
	c, err := secretlife.NewSecret(secretlife.Exactly(start), secretlife.Creation{
		ARN: secretlife.Must(k.ARN("aB3xY9")), Incarnation: secretlife.Incarnation([]byte(fmt.Sprintf("%16s", k.Name))),
		VersionID: id(0), Value: value,
	})
	require.NoError(t, err)
	values := c.Values()
	for i := 1; i < versions; i++ {
		at := secretlife.Exactly(start.Add(time.Duration(i) * time.Second))
		c, err = c.Next().PutValue(at, id(i), value, nil)
		require.NoError(t, err)
		values = append(values, c.Values()...)
	}
	c, err = secretlife.ImportSecret(secretlife.Exactly(start), c.Next(), values)
	require.NoError(t, err)
	return c
}

// commit commits a change.
func commit(t testing.TB, s secretlife.Store, c secretlife.Change, err error) secretlife.Secret {
	t.Helper()
	require.NoError(t, err)
	_, err = s.Commit(ctx, secretlife.BatchOf(c))
	require.NoError(t, err)
	return c.Next()
}

// TestBlocksCantBeChanged changes the blocks of versions of a secret.
func TestBlocksCantBeChanged(t *testing.T) {
	const ofA = " WHERE incarnation = (SELECT incarnation FROM secretlife_secrets WHERE name = 'long-a')"
	for _, change := range []string{
		"DELETE FROM secretlife_blocks" + ofA,
		"DELETE FROM secretlife_blocks" + ofA + " AND sum = (SELECT MIN(sum) FROM secretlife_blocks" + ofA + ")",
		"UPDATE secretlife_blocks SET form = x''" + ofA,
		"UPDATE secretlife_blocks SET form = CAST(substr(form, 1, 50) || x'07' || substr(form, 52) AS BLOB)" + ofA,
		"UPDATE secretlife_blocks SET form = (SELECT form FROM old LIMIT 1)" + ofA,
		"UPDATE secretlife_blocks SET incarnation = x'01'" + ofA,
	} {
		t.Run(change, func(t *testing.T) {
			v := newVictim(t)
			k := key(t, v.m, "long-a")
			commit(t, v, withHistory(t, key(t, v.m, "long-b"), 300), nil)
			s := commit(t, v, withHistory(t, k, 300), nil)
			_, err := v.db.ExecContext(ctx, "CREATE TABLE old AS SELECT * FROM secretlife_blocks"+ofA)
			require.NoError(t, err)
			late := secretlife.Exactly(start.Add(24 * time.Hour))
			for _, i := range []int{5, 200} { // which changes all blocks
				c, err := s.Read(late, s.Versions()[i].ID())
				s = commit(t, v, c, err)
			}
			c, err := s.Delete(late, byForce(t), 0)
			s = commit(t, v, c, err)
			v.exec(t, change)

			_, err = v.Load(ctx, k)
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			query := secretlife.ListQuery{Account: k.Account, Region: k.Region, Order: secretlife.OrderByName, Limit: 10}
			_, err = v.List(ctx, query)
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			c, err = s.Purge(late)
			require.NoError(t, err)
			_, err = v.Commit(ctx, secretlife.BatchOf(c))
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			report, _ := v.p.Advance(ctx, 48*time.Hour)
			require.Empty(t, report.Purged())

			// A page of a list reads no blocks, and others are not concerned.
			query.Abridged = true
			page, err := v.List(ctx, query)
			require.NoError(t, err)
			require.Len(t, page, 4)
			whole, err := v.Load(ctx, key(t, v.m, "long-b"))
			require.NoError(t, err)
			require.Len(t, whole.Versions(), 300)
		})
	}
}

func byForce(t testing.TB) secretlife.DeletionMode {
	t.Helper()
	yes := true
	mode, err := secretlife.ParseDeletionMode(nil, &yes)
	require.NoError(t, err)
	return mode
}

// TestAPurgedHistoryLeavesNothing checks that blocks of versions go with their secret.
func TestAPurgedHistoryLeavesNothing(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	secret := commit(t, s, withHistory(t, key(t, m, "long"), 300), nil)
	blocks := func() (n int) {
		require.NoError(t, f.sql(t).QueryRowContext(ctx, "SELECT COUNT(*) FROM secretlife_blocks").Scan(&n))
		return n
	}
	in := secret.Incarnation()
	require.Equal(t, 2, blocks())
	require.Equal(t, 1, f.finds(t, [][]byte{in[:]}))
	late := secretlife.Exactly(start.Add(24 * time.Hour))
	c, err := secret.Delete(late, byForce(t), 0)
	secret = commit(t, s, c, err)
	c, err = secret.Purge(late)
	commit(t, s, c, err)
	require.Zero(t, blocks())
	require.NoError(t, s.Rewrite(ctx))
	require.Zero(t, f.finds(t, [][]byte{in[:]}))
}

// TestPowerCutInAHistory cuts the power before each sync while the blocks of a secret change.
func TestPowerCutInAHistory(t *testing.T) {
	p := newPowered(t, t.TempDir(), nil, newHistory())
	s := p.open()
	opened := len(p.moments)
	states := []secretlife.Secret{{}}
	do := func(c secretlife.Change, err error) secretlife.Secret {
		require.NoError(t, err)
		require.NoError(t, p.note(fmt.Sprint("0 try ", len(states))))
		states = append(states, c.Next())
		next := commit(t, s, c, nil)
		require.NoError(t, p.note("0 done"))
		return next
	}
	late := secretlife.Exactly(start.Add(30 * 24 * time.Hour))
	secret := do(withHistory(t, workerKey(0), 255), nil)
	for i := range 3 {
		id := secretlife.Must(secretlife.ParseVersionID(fmt.Sprintf("%064d", i)))
		secret = do(secret.PutValue(late, id, secretlife.SecretString("v"), nil))
	}
	secret = do(secret.Read(late, secret.Versions()[7].ID()))
	secret = do(secret.Age(late))
	secret = do(secret.Age(secretlife.Exactly(late.Time.Add(25 * time.Hour))))
	secret = do(secret.Delete(late, byForce(t), 0))
	do(secret.Purge(late))
	require.NoError(t, s.Close())

	for i, m := range p.moments[opened:] {
		for _, keep := range []survival{nothing, someSectors(uint64(i)), everything}[:atLeisure(3, 2)] {
			t.Run(fmt.Sprintf("sync %d, %s", i, keep.name), func(t *testing.T) {
				f := p.putDown(t, m.state.after(keep))
				s, err := f.try()
				require.NoError(t, err)
				defer func() { require.NoError(t, s.Close()) }()
				got, err := s.Load(ctx, workerKey(0))
				if err != nil {
					require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
				}
				done, _ := strconv.Atoi(m.done[0]) // 0 for "absent"
				is := states[done]
				if tried, err := strconv.Atoi(m.tried[0]); err == nil && !got.Equal(is) {
					is = states[tried]
				}
				require.True(t, got.Equal(is))
				var blocks int
				require.NoError(t, f.sql(t).QueryRowContext(ctx, "SELECT COUNT(*) FROM secretlife_blocks").Scan(&blocks))
				require.Equal(t, max(0, len(is.Versions())-1)/128, blocks)
			})
		}
	}
}
