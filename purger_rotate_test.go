package secretlife_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// rotating is a service on the real clock, in a bubble of virtual time, with a
// purger that runs, and secrets to be rotated.
type rotating struct {
	*world
	stop func() error
}

func runRotations(t *testing.T, secrets int, rotate secretlife.RotatorFunc, edits ...func(*secretlife.PurgerOptions)) *rotating {
	t.Helper()
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Rotator = rotate })
	require.NoError(t, err)
	w := &world{Manager: m, t: t, store: store}
	for i := range secrets {
		name := fmt.Sprint("s", i)
		w.create(name)
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: name, RotationLambdaARN: function, ClientRequestToken: tokenB})
		require.NoError(t, err)
	}
	run, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- secretlife.NewPurger(m, edits...).Run(run) }()
	return &rotating{w, func() error { stop(); return <-ended }}
}

// count counts the events of a kind.
func (r *rotating) count(kind string) (n int) {
	for _, name := range r.told(0) {
		if name == kind {
			n++
		}
	}
	return n
}

// TestAStepHasADeadline: a function that hangs is told to end, and has failed.
func TestAStepHasADeadline(t *testing.T) {
	for name, c := range map[string]struct{ option, want time.Duration }{
		"default": {0, 30 * time.Second}, "own": {time.Minute, time.Minute}, "longest": {24 * time.Hour, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := runRotations(t, 1, func(ctx context.Context, r secretlife.RotationRequest) error {
					if r.Step == secretlife.StepCreateSecret {
						return nil
					}
					<-ctx.Done()
					return ctx.Err()
				}, func(o *secretlife.PurgerOptions) { o.RotationTimeout = c.option })
				time.Sleep(c.want - time.Millisecond)
				synctest.Wait()
				require.Zero(t, w.count("RotationFailed"))
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				require.Equal(t, 1, w.count("RotationFailed"))
				last := w.events()[len(w.events())-1]
				require.Equal(t, "The rotation function failed in the step setSecret.", last.ErrorMessage())
				require.ErrorIs(t, w.stop(), context.Canceled)
				require.Equal(t, 1, w.count("RotationFailed"))
			})
		})
	}
}

// TestASuccessAfterItsDeadlineIsOne: the function knows best.
func TestASuccessAfterItsDeadlineIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := runRotations(t, 1, func(ctx context.Context, r secretlife.RotationRequest) error {
			if r.Step == secretlife.StepCreateSecret {
				<-ctx.Done()
				return new(rotor).createSecret(context.WithoutCancel(ctx), r)
			}
			return new(rotor).Rotate(ctx, r)
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 1, w.count("RotationSucceeded"))
		require.ErrorIs(t, w.stop(), context.Canceled)
	})
}

// TestRotationsAtOnce: functions that hang leave room for others, up to a bound.
func TestRotationsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, most atomic.Int32
		release := make(chan struct{})
		w := runRotations(t, 10, func(ctx context.Context, r secretlife.RotationRequest) error {
			n := calls.Add(1)
			defer calls.Add(-1)
			most.Store(max(most.Load(), n))
			if r.Step == secretlife.StepTestSecret {
				<-release
			}
			return new(rotor).Rotate(ctx, r)
		}, func(o *secretlife.PurgerOptions) { o.Rotations = 3 })
		synctest.Wait()
		require.EqualValues(t, 3, calls.Load())
		require.Zero(t, w.count("RotationSucceeded"))
		release <- struct{}{}
		synctest.Wait()
		require.Equal(t, 1, w.count("RotationSucceeded"))
		require.EqualValues(t, 3, calls.Load())
		close(release)
		synctest.Wait()
		require.Equal(t, 10, w.count("RotationSucceeded"), "without waiting for the next look")
		require.EqualValues(t, 3, most.Load())
		require.ErrorIs(t, w.stop(), context.Canceled)
	})
}

// TestAHangingFunctionStopsNoOther: one of two rotations at once hangs for ever.
func TestAHangingFunctionStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := runRotations(t, 20, func(ctx context.Context, r secretlife.RotationRequest) error {
			if d, _ := r.Manager.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: r.SecretID}); d.Name == "s0" {
				<-ctx.Done()
				return ctx.Err()
			}
			return new(rotor).Rotate(ctx, r)
		}, func(o *secretlife.PurgerOptions) { o.Rotations = 2 })
		synctest.Wait()
		require.Equal(t, 19, w.count("RotationSucceeded"))
		require.ErrorIs(t, w.stop(), context.Canceled)
	})
}

// TestRunInterruptsRotations: where Run ends, rotations are due at once, for the
// next one to run.
func TestRunInterruptsRotations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := runRotations(t, 2, func(ctx context.Context, r secretlife.RotationRequest) error {
			if r.Step == secretlife.StepFinishSecret {
				<-ctx.Done()
				return ctx.Err()
			}
			return new(rotor).Rotate(ctx, r)
		})
		synctest.Wait()
		require.ErrorIs(t, w.stop(), context.Canceled)
		require.Equal(t, 2, w.count("RotationFailed"))
		m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Rotator = &rotor{} })
		require.NoError(t, err)
		report, err := secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, report, 2)
		require.Equal(t, 2, w.count("RotationSucceeded"))
	})
}
