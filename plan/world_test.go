package plan_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/plan"
)

// world is a service whose time passes while somebody waits for it.
type world struct {
	*secretlife.Manager
	t      *testing.T
	clock  *secretlife.VirtualClock
	purger *secretlife.Purger

	// before is asked before a call that changes something, and after gets its error.
	before func(call string) error
	after  func(call string, err error) error
	calls  []string
}

var start = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, edits ...func(*secretlife.Options)) *world {
	w := &world{t: t, clock: secretlife.NewVirtualClock(start)}
	edits = append([]func(*secretlife.Options){func(o *secretlife.Options) { o.Clock = w.clock }}, edits...)
	m, err := secretlife.New(memstore.New(), edits...)
	require.NoError(t, err)
	w.Manager, w.purger = m, secretlife.NewPurger(m)
	return w
}

func (w *world) Clock() secretlife.Clock { return waited{w} }

// waited is the clock of the world, on which waiting lets the time pass.
type waited struct{ *world }

func (c waited) Now() time.Time { return c.clock.Now() }

func (c waited) After(d time.Duration) <-chan time.Time {
	c.pass(d)
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

func (w *world) pass(d time.Duration) {
	_, err := w.purger.Advance(w.t.Context(), d)
	require.NoError(w.t, err)
}

// call makes a call that changes something.
func call[In, Out any](
	ctx context.Context, w *world, name string, in In, of func(context.Context, In) (Out, error),
) (out Out, err error) {
	w.calls = append(w.calls, name)
	if w.before != nil {
		if err := w.before(name); err != nil {
			return out, err
		}
	}
	out, err = of(ctx, in)
	if w.after != nil {
		err = w.after(name, err)
	}
	return out, err
}

func (w *world) DeleteSecret(ctx context.Context, in secretlife.DeleteSecretInput) (secretlife.SecretOutput, error) {
	return call(ctx, w, "DeleteSecret", in, w.Manager.DeleteSecret)
}

func (w *world) RestoreSecret(ctx context.Context, in secretlife.SecretInput) (secretlife.SecretOutput, error) {
	return call(ctx, w, "RestoreSecret", in, w.Manager.RestoreSecret)
}

func (w *world) RemoveRegionsFromReplication(
	ctx context.Context, in secretlife.RemoveRegionsFromReplicationInput,
) (secretlife.SecretOutput, error) {
	return call(ctx, w, "RemoveRegionsFromReplication", in, w.Manager.RemoveRegionsFromReplication)
}

// create makes a secret with tags, given as key and value.
func (w *world) create(name string, tags ...string) {
	w.t.Helper()
	in := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("hunter2")}
	for i := 0; i < len(tags); i += 2 {
		in.Tags = append(in.Tags, secretlife.Tag{Key: tags[i], Value: tags[i+1]})
	}
	_, err := w.CreateSecret(w.t.Context(), in)
	require.NoError(w.t, err)
}

// schedule deletes a secret with a window of days, or by force where that is 0.
func (w *world) schedule(name string, days int64) {
	w.t.Helper()
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: days == 0}
	if days > 0 {
		in.RecoveryWindowInDays = &days
	}
	_, err := w.Manager.DeleteSecret(w.t.Context(), in)
	require.NoError(w.t, err)
}

func (w *world) replicate(name string, regions ...string) {
	w.t.Helper()
	in := secretlife.ReplicateSecretToRegionsInput{SecretID: name}
	for _, r := range regions {
		in.AddReplicaRegions = append(in.AddReplicaRegions, secretlife.ReplicaRegion{Region: r})
	}
	_, err := w.ReplicateSecretToRegions(w.t.Context(), in)
	require.NoError(w.t, err)
}

func (w *world) update(name, description string) {
	w.t.Helper()
	_, err := w.UpdateSecret(w.t.Context(), secretlife.UpdateSecretInput{SecretID: name, Description: &description})
	require.NoError(w.t, err)
}

// phase is that of a secret, Purged where it is not there.
func (w *world) phase(name string) secretlife.Phase {
	w.t.Helper()
	s, err := w.Secret(w.t.Context(), name)
	if err != nil {
		require.ErrorIs(w.t, err, secretlife.ErrSecretNotFound)
	}
	return s.Phase(w.clock.Now())
}

func (w *world) delete(sel plan.Selector, mode secretlife.DeletionMode) plan.Plan {
	w.t.Helper()
	p, err := plan.Delete(w.t.Context(), w, sel, mode)
	require.NoError(w.t, err)
	return p
}

func (w *world) apply(p plan.Plan) error { return plan.Apply(w.t.Context(), w, p, nil) }

// stopped requires that applying a plan stops with a blocker.
func (w *world) stopped(p plan.Plan, kind plan.BlockerKind) *plan.StoppedError {
	w.t.Helper()
	var stopped *plan.StoppedError
	require.ErrorAs(w.t, w.apply(p), &stopped)
	require.Equal(w.t, kind, stopped.Blocker.Kind, stopped.Blocker.Reason)
	return stopped
}

func names(p plan.Plan) []string {
	out := []string{}
	for _, s := range p.Secrets {
		out = append(out, s.Name)
	}
	return out
}

func kinds(s plan.Secret) []plan.BlockerKind {
	var out []plan.BlockerKind
	for _, b := range s.Blockers {
		out = append(out, b.Kind)
	}
	return out
}

func steps(s plan.Secret) []plan.StepKind {
	var out []plan.StepKind
	for _, step := range s.Steps {
		out = append(out, step.Do)
	}
	return out
}
