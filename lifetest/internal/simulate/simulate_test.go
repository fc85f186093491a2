package simulate

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

// TestASimulationKeepsTheRules runs a seed of each kind of clock that a store can have.
func TestASimulationKeepsTheRules(t *testing.T) {
	years := 6
	if testrun.UnderRace {
		years = 3
	}
	faults := map[string]int{}
	for seed := range uint64(3) {
		report, err := Run(t.Context(), Options{Seed: seed, Years: years})
		require.NoError(t, err)
		t.Log(report)
		require.NotZero(t, report.Purged)
		require.NotZero(t, report.Waited, "secrets that waited for counted time")
		require.GreaterOrEqual(t, report.Years, float64(years))
		for kind, n := range report.Faults {
			faults[kind] += n
		}
	}
	require.Len(t, faults, len(faultKinds))
	for _, kind := range faultKinds {
		require.NotZero(t, faults[kind], kind)
	}
}

func TestASeedIsAHistory(t *testing.T) {
	hashes := map[string]int{}
	for _, seed := range []uint64{1, 1, 2, 3} {
		report, err := Run(t.Context(), Options{Seed: seed})
		require.NoError(t, err)
		hashes[report.Hash]++
	}
	require.Len(t, hashes, 3)
}

func TestASimulationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := Run(ctx, Options{Years: 1000})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, report.Steps)
}

// brokenStore does one thing wrong.
type brokenStore struct {
	secretlife.Store
	commit func(context.Context, secretlife.Store, []secretlife.Change) error
	load   func(secretlife.Secret) secretlife.Secret
	value  func(secretlife.Value) secretlife.Value
	hidden func(secretlife.Due) bool
	events func([]secretlife.Event) []secretlife.Event
}

func (b *brokenStore) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if b.commit != nil {
		return secretlife.Receipt{}, b.commit(ctx, b.Store, batch.Changes)
	}
	return b.Store.Commit(ctx, batch)
}

func (b *brokenStore) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	s, err := b.Store.Load(ctx, key)
	if err == nil && b.load != nil {
		s = b.load(s)
	}
	return s, err
}

func (b *brokenStore) Value(
	ctx context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	v, err := b.Store.Value(ctx, key, in, id)
	if err == nil && b.value != nil {
		v = b.value(v)
	}
	return v, err
}

func (b *brokenStore) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	page, err := b.Store.Due(ctx, query)
	if b.hidden == nil {
		return page, err
	}
	var out []secretlife.Due
	for _, d := range page {
		if !b.hidden(d) {
			out = append(out, d)
		}
	}
	return out, err
}

// Claim is not there where Due hides secrets, so that the purger asks Due.
func (b *brokenStore) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if b.hidden != nil {
		return secretlife.Receipt{}, errors.ErrUnsupported
	}
	return b.Store.Claim(ctx, query, decide)
}

func (b *brokenStore) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	events, err := b.Store.Events(ctx, after, limit)
	if err == nil && b.events != nil {
		events = b.events(events)
	}
	return events, err
}

func pointerTo[V any](v V) *V { return &v }

// hasty shows a secret as due a day after it was marked.
func hasty(s secretlife.Secret) secretlife.Secret {
	st := plain.Of(s)
	if st.DeletionDate == nil || st.Forced {
		return s
	}
	st.DeletionDate, st.PurgeAt = pointerTo(st.Changed+model.Day), pointerTo(st.Changed+model.Day)
	early, err := st.Secret()
	if err != nil {
		return s
	}
	return early
}

// TestASimulationFindsMistakes checks that each rule can be seen broken.
func TestASimulationFindsMistakes(t *testing.T) {
	ends := func(c secretlife.Change) bool { return c.Next().IsZero() }
	first := ""
	for name, x := range map[string]struct {
		broken brokenStore
		says   string
	}{
		"the event of a purge is lost": {brokenStore{events: func(events []secretlife.Event) []secretlife.Event {
			if n := len(events); n > 0 && events[n-1].Name() == "SecretPurged" {
				return events[:n-1]
			}
			return events
		}}, "new events, not"},
		"purges early": {brokenStore{load: hasty}, "the store has"},
		"purges what was not asked for": {brokenStore{commit: func(ctx context.Context, s secretlife.Store,
			changes []secretlife.Change) error {
			if _, err := s.Commit(ctx, secretlife.Batch{Changes: changes}); err != nil {
				return err
			}
			next := changes[0].Next()
			if date, scheduled := next.Deletion().Date(); scheduled {
				at := secretlife.At{Time: date.Add(-time.Hour)}
				force := true
				mode, err := secretlife.ParseDeletionMode(nil, &force)
				if err != nil {
					return err
				}
				if c, err := next.Delete(at, mode, 0); err == nil && !c.IsZero() {
					_, err := s.Commit(ctx, secretlife.BatchOf(c))
					return err
				}
			}
			return nil
		}}, "new events, not"},
		"forgets a purge": {brokenStore{commit: func(ctx context.Context, s secretlife.Store,
			changes []secretlife.Change) error {
			if ends(changes[0]) {
				return nil
			}
			_, err := s.Commit(ctx, secretlife.Batch{Changes: changes})
			return err
		}}, "new events, not"},
		"hides one secret from the purger": {brokenStore{hidden: func(d secretlife.Due) bool {
			return d.Key.Name.String() == "db"
		}}, "was never purged"},
		"conflicts for nothing": {brokenStore{commit: func(ctx context.Context, s secretlife.Store,
			changes []secretlife.Change) error {
			if ends(changes[0]) {
				return secretlife.ErrConflict
			}
			_, err := s.Commit(ctx, secretlife.Batch{Changes: changes})
			return err
		}}, "a conflict without another's change"},
		"gives another's value": {brokenStore{value: func(v secretlife.Value) secretlife.Value {
			if first == "" {
				first = v.Reveal()
			}
			return secretlife.SecretString(first)
		}}, "has another's value"},
	} {
		t.Run(name, func(t *testing.T) {
			x.broken.Store = memstore.New()
			_, err := Run(t.Context(), Options{Seed: 4, Years: 3, Open: func() secretlife.Store { return &x.broken }})
			require.ErrorContains(t, err, x.says)
			require.False(t, canary.Leaks(err.Error()))
		})
	}
}

// TestAnObserverHasAStopwatch checks that it finds a purge before the window is over if
// all dates and counts agree.
func TestAnObserverHasAStopwatch(t *testing.T) {
	truth := history.Epoch
	now := func() time.Time { return truth }
	w := newObserver(memstore.New(), now, now)
	m, err := secretlife.New(w, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(truth) })
	require.NoError(t, err)
	_, err = m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "db", Value: secretlife.SecretString("x")})
	require.NoError(t, err)
	all, err := w.List(t.Context(), secretlife.ListQuery{
		Account: m.Account(), Region: m.Region(), Order: secretlife.OrderByName, Limit: 1,
	})
	require.NoError(t, err)
	mode, err := secretlife.ParseDeletionMode(secretlife.Days(7), nil)
	require.NoError(t, err)
	c, err := all[0].Delete(secretlife.Exactly(truth), mode, 0)
	require.NoError(t, err)
	_, err = w.Commit(t.Context(), secretlife.BatchOf(c))
	require.NoError(t, err)
	require.NoError(t, w.wrong)
	s := c.Next()
	c, err = s.Purge(secretlife.Exactly(truth.Add(7 * 24 * time.Hour)))
	require.NoError(t, err)
	truth = truth.Add(7*24*time.Hour - time.Millisecond)
	_, err = w.Commit(t.Context(), secretlife.BatchOf(c))
	require.NoError(t, err)
	require.ErrorContains(t, w.wrong, "of its window")
}
