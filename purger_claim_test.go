package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// claimer is a store that can be claimed from, made of the methods that all
// stores have.
type claimer struct {
	*faulty
	claims      int
	limits      []int
	sizes       []int                           // of the changes of each claim
	hidden      map[string]bool                 // as if they could not be read, or others had them
	before      func()                          // runs before a claim
	after       func()                          // runs when a claim is committed
	fails       func([]secretlife.Change) error // instead of committing
	lost        error                           // after committing
	decideTwice bool
}

func newClaimer() *claimer { return &claimer{faulty: &faulty{Store: memstore.New()}} }

func (c *claimer) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	c.claims++
	c.limits = append(c.limits, query.Limit)
	if c.before != nil {
		c.before()
	}
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	page, err := c.Store.Due(ctx, query)
	if err != nil {
		return secretlife.Receipt{}, err
	}
	var due []secretlife.Secret
	for _, d := range page {
		if s, err := c.Store.Load(ctx, d.Key); err == nil && !c.hidden[d.Key.Name.String()] {
			due = append(due, s)
		}
	}
	if len(due) == 0 {
		return secretlife.Receipt{}, nil
	}
	changes := decide(due)
	if c.decideTwice { // as when a transaction is repeated
		decide(due[:1])
		changes = decide(due)
	}
	c.sizes = append(c.sizes, len(changes))
	if len(changes) == 0 {
		return secretlife.Receipt{}, nil
	}
	if c.fails != nil {
		if err := c.fails(changes); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	receipt, err := c.Store.Commit(ctx, secretlife.Batch{Changes: changes})
	if err != nil {
		return secretlife.Receipt{}, err
	}
	if c.after != nil {
		c.after()
	}
	return receipt, c.lost
}

// mixed makes secrets of which some are due at once for other work than purges:
// a replication comes between purges.
func mixed(w *world, n int) {
	for i := range n {
		name := fmt.Sprintf("s%03d", i)
		if i%5 == 3 {
			w.create(name, func(in *secretlife.CreateSecretInput) {
				in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
			})
			continue
		}
		w.create(name)
		w.delete(name, int64([]int{0, 7, 0, 0, 8}[i%5]))
	}
}

func lines(r secretlife.Report) []string {
	var out []string
	for _, d := range r {
		out = append(out, fmt.Sprint(d.At, d.Work, d.ARN, d.DeletionDate))
	}
	return out
}

func told(events []secretlife.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprint(e.Name(), e.Time(), e.ARN(), e.Revision()))
	}
	return out
}

func TestClaim(t *testing.T) {
	// The same is done, reported and saved in the same order whether or not a store has a Claim.
	// The Purger asks as often as expected.
	t.Run("same history as without", func(t *testing.T) {
		history := func(store secretlife.Store, run func(*world) secretlife.Report) (report, sunk, saved []string) {
			w := newWorldOver(t, store)
			mixed(w, 300)
			report = lines(run(w))
			return report, told(w.sunk), told(w.events())
		}
		for name, run := range map[string]func(*world) secretlife.Report{
			"Advance": func(w *world) secretlife.Report { return w.advance(9 * aDay) },
			"RunDue": func(w *world) secretlife.Report {
				w.clock.Set(w.clock.Now().Add(9 * aDay))
				r, err := w.purger.RunDue(ctx)
				require.NoError(t, err)
				return r
			},
			"RunDue of purges": func(w *world) secretlife.Report {
				w.clock.Set(w.clock.Now().Add(9 * aDay))
				r, err := w.purger.RunDue(ctx, secretlife.WorkPurge)
				require.NoError(t, err)
				return r
			},
		} {
			t.Run(name, func(t *testing.T) {
				report, sunk, saved := history(memstore.New(), run)
				require.NotEmpty(t, report)
				for _, twice := range []bool{false, true} {
					store := newClaimer()
					store.decideTwice = twice
					gotReport, gotSunk, gotSaved := history(store, run)
					require.Equal(t, report, gotReport)
					require.Equal(t, sunk, gotSunk)
					require.Equal(t, saved, gotSaved)
					require.NotZero(t, store.claims)
				}
			})
		}
	})

	t.Run("purges together", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 1000)
		commits := 0
		store.commit = func(secretlife.Change) error { commits++; return nil }
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1000)
		require.Equal(t, []int{512, 488}, store.sizes)
		require.Zero(t, commits)
	})

	// What a claim writes is bounded in rows, not only in secrets.
	t.Run("bounded in rows", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		for i := range 100 {
			name := fmt.Sprintf("s%03d", i)
			w.create(name)
			for v := range 90 {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: name,
					ClientRequestToken: fmt.Sprintf("%032d", v), Value: secretlife.SecretString("x")})
				require.NoError(t, err)
			}
			w.delete(name, 0)
		}
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 100)
		require.Len(t, store.sizes, 10, "of 10 secrets with 91 versions each")
		asked := 0
		for _, n := range store.limits {
			asked += n
		}
		require.Less(t, asked, 3*512, "and not all are read for each")
	})

	// Work between purges must not make each claim begin with all that is due.
	t.Run("mixed page is read once", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		mixed(w, 200) // 40 of them replicate
		w.clock.Set(w.clock.Now().Add(9 * aDay))
		_, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		read := 0
		for _, n := range store.limits {
			read += min(n, 200)
		}
		require.Less(t, read, 1000)
		require.GreaterOrEqual(t, len(store.sizes), 30)
	})

	t.Run("Step claims nothing", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 3)
		_, ok, err := w.purger.Step(ctx)
		require.NoError(t, err)
		require.True(t, ok)
		require.Zero(t, store.claims)
		_, err = w.purger.RunDue(ctx, secretlife.WorkRotate)
		require.NoError(t, err)
		require.Zero(t, store.claims, "nor does who is not to purge")
	})

	// Secrets that can't be read, or that another Purger has, don't keep others waiting and are
	// done by themselves.
	t.Run("secrets left out", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 10)
		store.hidden = map[string]bool{"s003": true, "s007": true}
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 10)
		require.Equal(t, []int{8}, store.sizes)
		require.Equal(t, "s003", r.Purged()[8].Name().String())

		due(w, 10)
		tampered := errors.New("tampered")
		store.commit = func(c secretlife.Change) error {
			if store.hidden[c.Key().Name.String()] {
				return tampered
			}
			return nil
		}
		r, err = w.purger.RunDue(ctx)
		require.Len(t, r.Purged(), 8)
		require.Len(t, multierr.Errors(err), 2)
		require.ErrorContains(t, err, "s007 in us-east-1 of 123456789012: tampered")
	})

	// Another Purger takes what this one knows to be ahead: it goes on behind that, and comes
	// back for it.
	t.Run("secrets of another purger", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		mixed(w, 10) // s003 and s008 replicate, and stand between purges
		w.clock.Set(w.clock.Now().Add(9 * aDay))
		others := map[int]map[string]bool{
			2: {"s005": true, "s007": true},                             // between the two
			3: {"s001": true, "s004": true, "s006": true, "s009": true}, // the last ones
		}
		store.before = func() { store.hidden = others[store.claims] }
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 8)
		require.Equal(t, []int{512, 2, 4}, store.limits[:3])
		due(w, 1)
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1)
	})
}

// due makes secrets that are due at once.
func due(w *world, n int) {
	for i := range n {
		name := fmt.Sprintf("s%03d", i)
		w.create(name)
		w.delete(name, 0)
	}
}

func TestClaimFailure(t *testing.T) {
	// The Purger finds the secret that the claim fails for. It keeps no other waiting, and is not
	// in the next claim.
	t.Run("one secret fails", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 700)
		bad := errors.New("bad sector")
		refuse := func(c secretlife.Change) error {
			if c.Key().Name.String() == "s100" {
				return bad
			}
			return nil
		}
		store.commit = refuse
		store.fails = func(changes []secretlife.Change) error {
			for _, c := range changes {
				if err := refuse(c); err != nil {
					return err
				}
			}
			return nil
		}
		r, err := w.purger.RunDue(ctx)
		require.Len(t, r.Purged(), 699)
		require.Len(t, multierr.Errors(err), 1)
		require.ErrorContains(t, err, "s100 in us-east-1 of 123456789012: bad sector")
		var order []string
		for _, arn := range r.Purged() {
			order = append(order, arn.Name().String())
		}
		require.IsIncreasing(t, order)

		for i := range 3 {
			name := fmt.Sprint("t", i)
			w.create(name)
			w.delete(name, 0)
		}
		store.sizes = nil
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 3)
		require.Contains(t, store.sizes, 3)
		store.commit, store.fails = nil, nil
		require.Len(t, w.advance(hour).Purged(), 1)
	})

	// Nobody can know the outcome, and the error says so.
	t.Run("lost acknowledgement", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 20)
		store.lost = errors.New("connection lost")
		r, err := w.purger.RunDue(ctx)
		require.ErrorIs(t, err, store.lost)
		require.ErrorContains(t, err, "20 are gone")
		require.Empty(t, r)
		purged := 0
		for _, e := range w.events() {
			if e.Name() == "SecretPurged" {
				purged++
			}
		}
		require.Equal(t, 20, purged)
		store.lost = nil
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Empty(t, r)
	})

	// The secret is restored after the Purger looked, and before it claims.
	t.Run("restored before", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		for _, name := range []string{"a", "b", "c"} {
			w.create(name)
			w.delete(name, 7)
		}
		behind, err := secretlife.New(store.Store, func(o *secretlife.Options) {
			o.Clock = secretlife.NewVirtualClock(w.clock.Now())
		})
		require.NoError(t, err)
		store.before = func() {
			store.before = nil
			_, err := behind.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "b"})
			require.NoError(t, err)
		}
		require.Len(t, w.advance(8*aDay).Purged(), 2)
		require.Equal(t, secretlife.PhaseActive, w.load("b").Phase(w.clock.Now()))
	})

	t.Run("cancelled", func(t *testing.T) {
		store := newClaimer()
		w := newWorldOver(t, store)
		due(w, 600)
		canceled, cancel := context.WithCancel(ctx)
		store.after = cancel
		r, err := w.purger.RunDue(canceled)
		require.NoError(t, err, "what was begun is done")
		require.Len(t, r.Purged(), 512)
		require.Equal(t, 1, store.claims)

		canceled, cancel = context.WithCancel(ctx)
		store.before, store.after = cancel, nil
		r, err = w.purger.RunDue(canceled)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, multierr.Errors(err), 1)
		require.Empty(t, r)
		store.before = nil
		r, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 88)
	})

	// A store that accepts claims and does nothing is found out.
	t.Run("store keeps what is purged", func(t *testing.T) {
		store := keepingClaimer{newClaimer()}
		w := newWorldOver(t, store)
		due(w, 3)
		r, err := w.purger.RunDue(ctx)
		require.ErrorContains(t, err, "the store still has "+w.load("s000").ARN().String()+" after its purge")
		require.Len(t, r, 3)
		require.Len(t, w.sunk, 3*5+2, "the second purges are not done, but for the one that is found out")
	})
}

type keepingClaimer struct{ *claimer }

func (k keepingClaimer) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	return keeping{k.Store}.Commit(ctx, batch)
}

func (k keepingClaimer) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return k.claimer.Claim(ctx, query, func(due []secretlife.Secret) []secretlife.Change {
		decide(due)
		return nil
	})
}
