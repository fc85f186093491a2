package machine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

// world is the service in virtual time that a history runs on.
type world struct {
	store    secretlife.Store
	clock    *secretlife.VirtualClock
	managers map[model.Place]*secretlife.Manager
	purgers  []*secretlife.Purger
	first    *secretlife.Manager
	function *rotator.Function // nil if there are no rotation functions
	observed []secretlife.Event
	log      workLog
}

// setting is what differs from history to history.
type setting struct {
	seed        uint64
	least, most time.Duration // of the purge delay
	rotates     bool          // whether there are rotation functions
	asked       bool          // whether the service finds out that a rotation function can't be called
	few         bool          // whether secrets can be replicated to two Regions only
	another     bool          // whether another principal has to release a hold
	delay       time.Duration // of the release of a hold
	protection  secretlife.Protection
	replay      bool // whether the history is played again and must have the same events
}

// newWorld makes a service over front, which is store or a wrapper of it.
func newWorld(t *trial, store, front secretlife.Store, set setting, edits []func(*secretlife.Options)) *world {
	w := &world{
		store:    store,
		clock:    secretlife.NewVirtualClock(history.Epoch),
		managers: map[model.Place]*secretlife.Manager{},
	}
	delay, err := secretlife.RandomDelay(set.least, set.most)
	require.NoError(t, err)
	seed := [32]byte{byte(set.seed), byte(set.seed >> 8), byte(set.seed >> 16), byte(set.seed >> 24)}
	if set.rotates {
		w.function = &rotator.Function{Store: store, Clock: w.clock}
	}
	edits = append(edits[:len(edits):len(edits)], func(o *secretlife.Options) {
		o.Clock, o.Random, o.Emulate.PurgeDelay = w.clock, rand.NewChaCha8(seed), delay
		o.ReleaseByAnother, o.ReleaseDelay, o.Protection = set.another, set.delay, set.protection
		o.ParseSchedule, o.Rotator = rotator.ParseSchedule, nil
		if w.function != nil {
			o.Rotator = w.function.Rotate
		}
		if w.function != nil && set.asked {
			o.CheckRotation = w.function.CheckRotation
		}
		if set.few {
			o.Emulate.Regions = history.Regions[:2]
		}
		o.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) {
			w.observed = append(w.observed, e)
		}).And(o.Observer)
	})
	w.first, err = secretlife.New(front, edits...)
	require.NoError(t, err)
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			w.managers[model.Place{Account: a, Region: r}], err = w.first.In(a, r)
			require.NoError(t, err)
		}
	}
	w.log.expect(2) // each warns of a store that keeps no notes
	w.purgers = []*secretlife.Purger{secretlife.NewPurger(w.first), secretlife.NewPurger(w.first)}
	return w
}

// observeAll has the observer told of what was saved behind a call, which the next one
// does. That one does nothing else.
func (w *world) observeAll() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _ = w.first.ListSecrets(ctx, secretlife.ListSecretsInput{})
}

// workLog receives the log of the background, one line for each piece of work. It
// panics when the background does not come to an end.
type workLog struct {
	bytes.Buffer
	lines, most int
}

// expect starts a step with at most so much work.
func (j *workLog) expect(most int) { j.lines, j.most = 0, most }

func (j *workLog) Write(line []byte) (int, error) {
	if j.lines++; j.lines > j.most {
		panic(fmt.Sprintf("the background goes on for ever: %s", line))
	}
	return j.Buffer.Write(line)
}

// all returns every secret of the store.
func (w *world) all(t *trial) map[model.Key]secretlife.Secret {
	out := map[model.Key]secretlife.Secret{}
	for at, m := range w.managers {
		q := secretlife.ListQuery{Account: m.Account(), Region: m.Region(), Order: secretlife.OrderByName, Limit: 100}
		found, err := w.store.List(context.Background(), q)
		require.NoError(t, err)
		for _, s := range found {
			out[model.Key{Place: at, Name: s.Name().String()}] = s
		}
	}
	return out
}

// eventsAfter returns all events after a sequence number.
func (w *world) eventsAfter(t *trial, seq uint64) []secretlife.Event {
	var out []secretlife.Event
	for {
		const page = 200
		some, err := w.store.Events(context.Background(), seq, page)
		require.NoError(t, err)
		out = append(out, some...)
		if len(some) < page {
			return out
		}
		seq = some[len(some)-1].Seq()
	}
}
