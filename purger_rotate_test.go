package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// rotating is a service on the real clock, in a bubble of virtual time, with a
// purger that runs, and secrets to be rotated.
type rotating struct {
	*world
	stop func() error
}

func runRotations(t *testing.T, secrets int, rotate func(context.Context, secretlife.RotationRequest) error,
	edits ...func(*secretlife.PurgerOptions),
) *rotating {
	t.Helper()
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Rotator = rotate })
	require.NoError(t, err)
	w := &world{Manager: m, t: t, store: store}
	for i := range secrets {
		name := fmt.Sprint("s", i)
		w.create(name)
		_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: name, RotationLambdaARN: function,
			ClientRequestToken: tokenB})
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

func TestRotationTimeout(t *testing.T) {
	// Its context ends, and it has failed.
	t.Run("function hangs", func(t *testing.T) {
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
					require.NoError(t, w.stop())
					require.Equal(t, 1, w.count("RotationFailed"))
				})
			})
		}
	})

	// The function knows best.
	t.Run("late success", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 1, func(ctx context.Context, r secretlife.RotationRequest) error {
				if r.Step == secretlife.StepCreateSecret {
					<-ctx.Done()
					return new(rotationFunction).createSecret(context.WithoutCancel(ctx), r)
				}
				return new(rotationFunction).Rotate(ctx, r)
			})
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, 1, w.count("RotationSucceeded"))
			require.NoError(t, w.stop())
		})
	})
}

func TestConcurrentRotations(t *testing.T) {
	// Functions that hang leave room for others.
	t.Run("up to a bound", func(t *testing.T) {
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
				return new(rotationFunction).Rotate(ctx, r)
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
			require.NoError(t, w.stop())
		})
	})

	// Of two rotations at once, one never returns.
	t.Run("one hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 20, func(ctx context.Context, r secretlife.RotationRequest) error {
				if d, _ := r.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: r.SecretID}); d.Name == "s0" {
					<-ctx.Done()
					return ctx.Err()
				}
				return new(rotationFunction).Rotate(ctx, r)
			}, func(o *secretlife.PurgerOptions) { o.Rotations = 2 })
			synctest.Wait()
			require.Equal(t, 19, w.count("RotationSucceeded"))
			require.NoError(t, w.stop())
		})
	})
}

func TestInterruptedRotation(t *testing.T) {
	// The rotations are due at once, for the next one to run.
	t.Run("Run ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := runRotations(t, 2, func(ctx context.Context, r secretlife.RotationRequest) error {
				if r.Step == secretlife.StepFinishSecret {
					<-ctx.Done()
					return ctx.Err()
				}
				return new(rotationFunction).Rotate(ctx, r)
			})
			synctest.Wait()
			require.NoError(t, w.stop())
			require.Equal(t, 2, w.count("RotationFailed"))
			m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Rotator = new(rotationFunction).Rotate })
			require.NoError(t, err)
			report, err := secretlife.NewPurger(m).RunDue(ctx)
			require.NoError(t, err)
			require.Len(t, report, 2)
			require.Equal(t, 2, w.count("RotationSucceeded"))
		})
	})

	// A caller leaves in the middle of the fifth of ten rotations, and then goes on.
	t.Run("Advance ends", func(t *testing.T) {
		r := &rotationFunction{}
		w := newWorld(t, func(o *secretlife.Options) { o.Rotator = r.Rotate })
		daily := secretlife.RotationRules{ScheduleExpression: "rate(1 day)"}
		later := false
		var names []string
		for i := range 10 {
			names = append(names, fmt.Sprint("s", i))
			w.create(names[i])
			_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{
				SecretID: names[i], RotationLambdaARN: function, RotationRules: &daily, RotateImmediately: &later,
			})
			require.NoError(t, err)
		}
		w.advance(0)
		r.calls = nil

		caller, leave := context.WithCancel(ctx)
		r.meet = func(in secretlife.RotationRequest) {
			if len(r.calls) == 4*4+2 { // four whole rotations and two steps
				leave()
				r.failing(in.Step, context.Canceled)
			}
		}
		report, err := w.purger.Advance(caller, 168*hour)
		require.Equal(t, []error{context.Canceled}, multierr.Errors(err))
		require.Len(t, report, 4)
		require.Len(t, r.calls, 18)
		reached := w.clock.Now()
		require.Equal(t, reached, report[3].At)
		require.True(t, reached.Before(start.Add(2*aDay)), "the clock stands at the work reached")
		r.meet, r.fail = nil, nil

		last := w.events()[len(w.events())-1]
		require.Equal(t, "RotationFailed", last.Name())
		require.Equal(t, "The rotation was interrupted. That rotation will be reattempted.", last.ErrorMessage())

		// It goes on there, at the same instant, with the same version.
		report = w.advance(0)
		require.Len(t, report, 6)
		require.Equal(t, reached, w.clock.Now())
		for _, e := range w.events()[last.Seq():] {
			require.Equal(t, reached, e.Time())
		}
		w.advance(start.Add(168 * hour).Sub(reached))
		for _, name := range names {
			d := w.describe(name)
			require.True(t, d.NextRotationDate.After(w.clock.Now()), name)
			for _, stages := range d.VersionIDsToStages {
				if len(stages) == 1 {
					require.NotEqual(t, secretlife.StagePending, stages[0], name)
				}
			}
		}
	})

	// A rotation is given up after five failed tries; an interrupted one is not among them.
	t.Run("try does not count", func(t *testing.T) {
		for name, immediately := range map[string]bool{"rotation": true, "test": false} {
			t.Run(name, func(t *testing.T) {
				w, r := newRotating(t)
				require.NoError(t, w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &immediately }))
				for range 7 {
					caller, leave := context.WithCancel(ctx)
					r.meet = func(in secretlife.RotationRequest) {
						leave()
						r.failing(in.Step, context.Canceled)
					}
					_, err := w.purger.Advance(caller, 0)
					require.ErrorIs(t, err, context.Canceled)
				}
				r.meet, r.fail = nil, nil
				if immediately {
					r.failing(secretlife.StepSetSecret, errors.New("not now"))
					w.advance(0)
					require.NotContains(t, w.stages("s")[tokenB], secretlife.StageCurrent)
					r.fail = nil
					w.advance(hour)
					require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent, "it is tried again")
					return
				}
				w.advance(0)
				require.NotContains(t, w.stages("s"), tokenB, "the test is over")
			})
		}
	})

	// RunDue may be called after every operation, and a function that hangs would keep each
	// waiting.
	t.Run("RunDue pauses it", func(t *testing.T) {
		w, r := newRotating(t)
		short, cancel := context.WithCancel(ctx)
		r.meet = func(in secretlife.RotationRequest) {
			if in.Step == secretlife.StepSetSecret {
				cancel()
				r.failing(in.Step, context.Canceled)
			}
		}
		require.NoError(t, w.rotate(tokenB))
		_, err := w.purger.RunDue(short)
		require.ErrorIs(t, err, context.Canceled)
		r.meet, r.fail = nil, nil
		_, err = w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r.calls, 2)
		w.advance(0)
		require.Len(t, r.calls, 6)
		require.Contains(t, w.stages("s")[tokenB], secretlife.StageCurrent)
	})

	// The last step ends well, and the rotation has succeeded.
	t.Run("during the last step", func(t *testing.T) {
		caller, leave := context.WithCancel(ctx)
		w := newWorld(t, func(o *secretlife.Options) {
			o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
				err := new(rotationFunction).Rotate(ctx, r)
				if r.Step == secretlife.StepFinishSecret {
					leave()
				}
				return err
			}
		})
		w.create("s")
		require.NoError(t, w.rotate(tokenB))
		report, err := w.purger.Advance(caller, hour)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, report, 1)
		require.Equal(t, start, w.clock.Now())
		require.Contains(t, w.told(0), "RotationSucceeded")
		require.NotContains(t, w.told(0), "RotationFailed")
	})
}

// ending is a store that returns no result to a caller that has gone.
type ending struct {
	secretlife.Store
	commit func()
}

func (e ending) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	e.commit()
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	return e.Store.Commit(ctx, batch)
}

func TestAdvance(t *testing.T) {
	// The caller leaves while a purge is written.
	t.Run("finishes a purge", func(t *testing.T) {
		caller, leave := context.WithCancel(ctx)
		commits := 0
		w := newWorldOver(t, ending{memstore.New(), func() {
			if commits++; commits == 6 {
				leave()
			}
		}})
		for _, name := range []string{"a", "b"} {
			w.create(name)
		}
		first, second := w.delete("a", 7).DeletionDate, w.delete("b", 8).DeletionDate
		w.create("c")
		report, err := w.purger.Advance(caller, 30*aDay)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, report.Purged(), 1)
		require.Equal(t, first, w.clock.Now())
		require.Len(t, w.advance(aDay).Purged(), 1)
		require.Equal(t, second, w.clock.Now())
	})

	// Each look for due work fails in turn: nothing is done at a later instant than that at which
	// it was due.
	t.Run("failing look-ups", func(t *testing.T) {
		for failing := 1; ; failing++ {
			store := &forgetful{Store: memstore.New()}
			w := newWorldOver(t, store)
			for i, name := range []string{"a", "b", "c"} {
				w.create(name)
				w.delete(name, int64(7+i))
			}
			store.calls, store.failing = 0, failing
			report, err := w.purger.Advance(ctx, 30*aDay)
			if err == nil {
				require.Greater(t, failing, 6)
				return
			}
			report = append(report, w.advance(start.Add(30*aDay).Sub(w.clock.Now()))...)
			require.Len(t, report.Purged(), 3, failing)
			purges := 0
			for _, e := range w.events() {
				if e.Name() == "EndSecretVersionDelete" {
					purges++
					require.Contains(t, []time.Time{report[0].At, report[1].At, report[2].At}, e.Time(), failing)
				}
			}
			require.Equal(t, 3, purges)
		}
	})

	t.Run("stops where the store does", func(t *testing.T) {
		down := errors.New("down")
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		for _, name := range []string{"a", "b"} {
			w.create(name)
		}
		first := w.delete("a", 7).DeletionDate
		w.delete("b", 8)
		store.commit = func(secretlife.Change) error { store.due = down; return nil }
		report, err := w.purger.Advance(ctx, 30*aDay)
		require.ErrorIs(t, err, down)
		require.Len(t, report.Purged(), 1)
		require.Equal(t, first, w.clock.Now())
		store.commit, store.due = nil, nil
		require.Len(t, w.advance(aDay).Purged(), 1)
	})

	// An Advance that waits for another ends with its caller.
	t.Run("takes turns", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			busy := make(chan struct{})
			w := newWorld(t, func(o *secretlife.Options) {
				o.Rotator = func(context.Context, secretlife.RotationRequest) error {
					<-busy
					return errors.New("enough")
				}
			})
			w.create("s")
			require.NoError(t, w.rotate(tokenB))
			ended := make(chan error)
			go func() {
				_, err := w.purger.Advance(ctx, hour/2)
				ended <- err
			}()
			synctest.Wait()
			caller, leave := context.WithCancel(ctx)
			go func() {
				_, err := w.purger.Advance(caller, hour)
				ended <- err
			}()
			synctest.Wait()
			leave()
			require.ErrorIs(t, <-ended, context.Canceled)
			close(busy)
			require.NoError(t, <-ended)
			require.Equal(t, start.Add(hour/2), w.clock.Now())
		})
	})

	// A rotation function calls the service, which does what is due after every call, as the
	// endpoint with a virtual clock does. It does not wait in there for other functions, and what
	// is purged is reported.
	t.Run("called by a rotation function", func(t *testing.T) {
		r := &rotationFunction{}
		depth := 0
		w := newWorld(t, func(o *secretlife.Options) { o.Rotator = r.Rotate })
		for i := range 3 {
			name := fmt.Sprint("s", i)
			w.create(name)
			_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: name, RotationLambdaARN: function})
			require.NoError(t, err)
		}
		w.create("dying")
		w.create("later")
		w.delete("later", 7)
		r.meet = func(in secretlife.RotationRequest) {
			depth++
			defer func() { depth-- }()
			require.Equal(t, 1, depth)
			if in.Step == secretlife.StepSetSecret && len(r.calls) == 2 {
				w.delete("dying", 0)
			}
			report, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
			for _, d := range report {
				require.Equal(t, secretlife.WorkPurge, d.Work)
			}
		}
		report := w.advance(8 * aDay)
		require.Len(t, report, 5)
		require.Len(t, report.Purged(), 2)
		require.True(t, slices.IsSortedFunc(report, func(a, b secretlife.Done) int { return a.At.Compare(b.At) }))
		require.Len(t, r.calls, 3*4)

		for i := range 3 {
			require.NoError(t, func() error {
				_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: fmt.Sprint("s", i)})
				return err
			}())
		}
		report, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, report, 3, "and so does RunDue")
	})

	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		for _, d := range []time.Duration{-1, 1<<63 - 1, 1<<63 - 1} {
			if d > 0 {
				w.clock.Set(time.Date(9899, 1, 1, 0, 0, 0, 0, time.UTC))
			}
			_, err := w.purger.Advance(ctx, d)
			require.Error(t, err)
		}
		m, err := secretlife.New(memstore.New())
		require.NoError(t, err)
		_, err = secretlife.NewPurger(m).Advance(ctx, hour)
		require.ErrorIs(t, err, secretlife.ErrClockNotVirtual)
	})
}

// forgetful is a store that can't say what is due, now and then.
type forgetful struct {
	secretlife.Store
	calls, failing int
}

func (f *forgetful) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if f.calls++; f.calls == f.failing {
		return nil, errors.New("down")
	}
	return f.Store.Due(ctx, query)
}
