package concurrent

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/secretlife-go/secretlife"
)

// CheckInterleavings lets the seed decide how the calls interleave. See CheckInterleavings
// of package lifetest.
func CheckInterleavings(t *testing.T, open func(t *testing.T) secretlife.Store, c Concurrency) (met int) {
	t.Helper()
	for i := range uint64(c.Histories) {
		met += interleave(t, open, c, i).check(t, i)
	}
	return met
}

// interleave runs a history in a bubble.
func interleave(t *testing.T, open func(t *testing.T) secretlife.Store, c Concurrency, i uint64) (b *recorder) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b = newRecorder(t, pacedStore{open(t)}, c.Seed+i)
		b.pause = takeTime
		b.run(c)
	})
	return b
}

// pace decides when a client goes on, never at the same instant as another.
type pace struct {
	client int
	random *rand.Rand
}

type paceKey struct{}

func withPace(ctx context.Context, client int, seed uint64) context.Context {
	return context.WithValue(ctx, paceKey{}, &pace{client, rand.New(rand.NewPCG(seed, ^uint64(client)))})
}

// takeTime waits for the client's next instant: a multiple of a round plus the number
// of the client.
func takeTime(ctx context.Context) {
	p, ok := ctx.Value(paceKey{}).(*pace)
	if !ok { // before the clients begin
		return
	}
	const round = time.Microsecond
	now := time.Duration(time.Now().UnixNano())
	turn := now.Truncate(round) + time.Duration(1+p.random.IntN(8))*round + time.Duration(p.client)
	time.Sleep(turn - now)
}

// pacedStore is a store whose calls take time.
type pacedStore struct{ secretlife.Store }

func (s pacedStore) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	takeTime(ctx)
	return s.Store.Load(ctx, key)
}

func (s pacedStore) Value(
	ctx context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	takeTime(ctx)
	return s.Store.Value(ctx, key, in, id)
}

func (s pacedStore) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	takeTime(ctx)
	return s.Store.Commit(ctx, batch)
}

func (s pacedStore) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	takeTime(ctx)
	return s.Store.Due(ctx, query)
}
