package lifetest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// epoch is when histories begin: not at midnight, so that days and instants
// differ.
var epoch = time.Date(2026, 1, 31, 13, 37, 42, 123e6, time.UTC)

const (
	home   = "111111111111"
	abroad = "222222222222"
)

var (
	accounts = []string{home, abroad}
	regions  = []string{"us-east-1", "eu-west-1", "ap-south-1"}
	// The second and the last look like names with an ARN's suffix.
	names = []string{"db", "db-abc123", "rds!a/b", "x-Zz09yY"}
)

// world is a service in virtual time: what one history runs on.
type world struct {
	store    secretlife.Store
	clock    *secretlife.VirtualClock
	managers map[place]*secretlife.Manager
	purgers  []*secretlife.Purger
	first    *secretlife.Manager
	rotor    *rotor // nil for a world without rotation functions
	sunk     []secretlife.Event
	log      journal
}

// setting is what differs from history to history.
type setting struct {
	seed        uint64
	least, most time.Duration // of the purge delay
	rotates     bool          // whether there are rotation functions
	again       bool          // whether it is played once more, to have the same events
}

// newWorld makes a service over the store front, which is store or stands
// before it.
func newWorld(t *trial, store, front secretlife.Store, set setting, edits []func(*secretlife.Options)) *world {
	w := &world{store: store, clock: secretlife.NewVirtualClock(epoch), managers: map[place]*secretlife.Manager{}}
	delay, err := secretlife.RandomDelay(set.least, set.most)
	require.NoError(t, err)
	seed := [32]byte{byte(set.seed), byte(set.seed >> 8), byte(set.seed >> 16), byte(set.seed >> 24)}
	if set.rotates {
		w.rotor = &rotor{store: store, clock: w.clock}
	}
	edits = append(edits[:len(edits):len(edits)], func(o *secretlife.Options) {
		sink := o.Sink
		o.Clock, o.Random, o.PurgeDelay = w.clock, rand.NewChaCha8(seed), delay
		o.ParseSchedule, o.Rotator = parseCron, nil
		if w.rotor != nil {
			o.Rotator = w.rotor
		}
		o.Logger = slog.New(slog.NewTextHandler(&w.log, nil))
		o.Sink = func(ctx context.Context, e secretlife.Event) {
			w.sunk = append(w.sunk, e)
			if sink != nil {
				sink(ctx, e)
			}
		}
	})
	w.first, err = secretlife.New(front, edits...)
	require.NoError(t, err)
	for _, a := range accounts {
		for _, r := range regions {
			w.managers[place{a, r}], err = w.first.In(a, r)
			require.NoError(t, err)
		}
	}
	w.purgers = []*secretlife.Purger{secretlife.NewPurger(w.first), secretlife.NewPurger(w.first)}
	return w
}

// journal is what the background logs: a line for each piece of work. So it tells
// when the background does not come to an end.
type journal struct {
	bytes.Buffer
	lines, most int
}

// expect begins a step in which there is so much work at most.
func (j *journal) expect(most int) { j.lines, j.most = 0, most }

func (j *journal) Write(line []byte) (int, error) {
	if j.lines++; j.lines > j.most {
		panic(fmt.Sprintf("the background goes on for ever: %s", line))
	}
	return j.Buffer.Write(line)
}

// all lists every secret of the store.
func (w *world) all(t *trial) map[key]secretlife.Secret {
	out := map[key]secretlife.Secret{}
	for at, m := range w.managers {
		q := secretlife.ListQuery{Account: m.Account(), Region: m.Region(), Order: secretlife.ByName, Limit: 100}
		found, err := w.store.List(context.Background(), q)
		require.NoError(t, err)
		for _, s := range found {
			out[key{at, s.Name().String()}] = s
		}
	}
	return out
}

// eventsAfter reads all events after a place in the order.
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
