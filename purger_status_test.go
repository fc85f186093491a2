package secretlife_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// stuckWorld has a secret whose purge fails again and again for one Purger, and a
// Manager whose Purgers have no such trouble.
func stuckWorld(t *testing.T) (w *world, store *faulty, other *secretlife.Manager) {
	store = &faulty{Store: memstore.New()}
	w = newWorldOver(t, store)
	other, err := secretlife.New(store.Store, func(o *secretlife.Options) { o.Clock = w.clock })
	require.NoError(t, err)
	for _, name := range []string{"a", "b"} {
		w.create(name)
		w.delete(name, 0)
	}
	store.commit = func(c secretlife.Change) error {
		if _, lives := c.Next(); !lives && c.Key().Name.String() == "b" {
			return errors.New("bad sector")
		}
		return nil
	}
	_, err = w.purger.Advance(ctx, time.Minute)
	require.Error(t, err)
	require.Len(t, w.purger.Stuck(), 1)
	require.Equal(t, w.purger.Stuck(), w.purger.Status().Stuck)
	return w, store, other
}

// TestStuckForgetsWhatAnotherPurgerDid checks that a secret that is gone is not
// listed after the next look.
func TestStuckForgetsWhatAnotherPurgerDid(t *testing.T) {
	w, _, other := stuckWorld(t)
	r, err := secretlife.NewPurger(other).RunDue(ctx)
	require.NoError(t, err)
	require.Len(t, r.Purged(), 1)
	require.Len(t, w.purger.Stuck(), 1, "it has not looked yet")
	_, err = w.purger.RunDue(ctx)
	require.NoError(t, err)
	require.Empty(t, w.purger.Stuck())
}

// TestStuckForgetsASecretThatChanged has another secret of the same name due: it is
// tried at once, and its failures are counted from the first.
func TestStuckForgetsASecretThatChanged(t *testing.T) {
	w, _, other := stuckWorld(t)
	_, err := secretlife.NewPurger(other).RunDue(ctx)
	require.NoError(t, err)
	w.clock.Set(w.clock.Now().Add(time.Second))
	w.create("b")
	w.delete("b", 0)
	_, err = w.purger.RunDue(ctx)
	require.ErrorContains(t, err, "bad sector", "it is tried")
	require.Empty(t, w.purger.Stuck())
	_, err = w.purger.Advance(ctx, time.Minute)
	require.Error(t, err)
	require.Len(t, w.purger.Stuck(), 1)
	require.Less(t, w.purger.Stuck()[0].Tries, 8)
}

// TestStuckKeepsWhatIsDue checks that a secret that waits for its next try is
// listed meanwhile.
func TestStuckKeepsWhatIsDue(t *testing.T) {
	w, store, _ := stuckWorld(t)
	for range 3 {
		_, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, w.purger.Stuck(), 1)
	}
	store.due = errors.New("no answer")
	_, err := w.purger.RunDue(ctx)
	require.Error(t, err)
	require.Len(t, w.purger.Stuck(), 1, "what is due is not known")
}

func TestPurgerStatus(t *testing.T) {
	store := &faulty{Store: memstore.New()}
	w := newWorldOver(t, store)
	require.Equal(t, secretlife.PurgerStatus{}, w.purger.Status())
	_, err := w.purger.RunDue(ctx)
	require.NoError(t, err)
	require.Equal(t, secretlife.PurgerStatus{LastRun: start}, w.purger.Status())

	w.clock.Set(start.Add(time.Minute))
	store.due = errors.New("no answer")
	_, err = w.purger.RunDue(ctx)
	require.Error(t, err)
	s := w.purger.Status()
	require.Equal(t, start.Add(time.Minute), s.LastRun)
	require.ErrorIs(t, s.Err, store.due)

	// A caller that leaves says nothing of the store.
	store.due = nil
	gone, leave := context.WithCancel(ctx)
	leave()
	_, err = w.purger.RunDue(gone)
	require.Error(t, err)
	require.Equal(t, s, w.purger.Status())

	// Nor does what fails for one secret.
	w.create("a")
	w.delete("a", 0)
	store.commit = func(secretlife.Change) error { return errors.New("bad sector") }
	_, err = w.purger.RunDue(ctx)
	require.Len(t, multierr.Errors(err), 1)
	require.NoError(t, w.purger.Status().Err)
}

// hanging is a store whose Due waits to be released.
type hanging struct {
	secretlife.Store
	asked, release chan struct{}
}

func (h hanging) Due(ctx context.Context, by time.Time, after secretlife.Due, limit int) ([]secretlife.Due, error) {
	h.asked <- struct{}{}
	select {
	case <-h.release:
		return h.Store.Due(ctx, by, after, limit)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestStatusOfAPurgerThatHangs checks that Status and Stuck wait for no work, and
// tell when it takes too long.
func TestStatusOfAPurgerThatHangs(t *testing.T) {
	store := hanging{memstore.New(), make(chan struct{}), make(chan struct{})}
	w := newWorldOver(t, store)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- w.purger.Run(running) }()
	<-store.asked
	require.Empty(t, w.purger.Stuck())
	require.False(t, w.purger.Status().Stalled)
	w.clock.Set(start.Add(time.Minute))
	require.False(t, w.purger.Status().Stalled)
	w.clock.Set(start.Add(time.Minute + 2*time.Second))
	require.True(t, w.purger.Status().Stalled)
	store.release <- struct{}{}
	for w.purger.Status().LastRun.IsZero() { // until it noticed
		runtime.Gosched()
	}
	require.False(t, w.purger.Status().Stalled)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	w.clock.Set(start.Add(time.Hour))
	require.False(t, w.purger.Status().Stalled, "it does not run any more")
}
