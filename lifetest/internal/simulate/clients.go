package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/storetest"
)

// request is a request of a client, to whichever node it is sent.
type request func(context.Context, *secretlife.Manager) error

// client lets a client make a request. It repeats a request that failed, and sometimes
// one that succeeded.
func (s *simulation) client() {
	at := draw(s, s.places)
	do := s.drawRequest(draw(s, history.Names))
	again := faultRetry
	for range 3 {
		a, err := s.send(at, do)
		switch {
		case err != nil && a.faulted && !a.crashed:
		case err == nil && s.random.IntN(12) == 0:
			again = faultAgain
		default:
			return
		}
		if s.random.IntN(4) == 0 {
			s.late = append(s.late, func() { _, _ = s.send(at, do) })
			return
		}
		s.hit(again)
	}
}

// retryLate sends requests again that were sent long ago.
func (s *simulation) retryLate() {
	late := s.late
	s.late = nil
	for _, again := range late {
		s.hit(faultLate)
		again()
	}
}

// send sends a request to a node, with the faults that happen meanwhile, and checks the
// error.
func (s *simulation) send(at model.Place, do request) (*actor, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &actor{cancel: cancel}
	n := s.anyNode()
	s.actor, s.began = a, s.truth
	s.report.Calls++
	err := do(ctx, n.at[at])
	s.actor = nil
	s.checkError(a, err)
	if a.crashed {
		s.restart(n)
	}
	return a, err
}

// checkError checks what kind of error a request returns.
func (s *simulation) checkError(a *actor, err error) {
	if err == nil {
		return
	}
	var known secretlife.Error
	var internal *secretlife.InternalServiceError
	switch {
	case canary.Leaks(err.Error()):
		s.observer.fail(fmt.Errorf("an error shows a value"))
	case !a.faulted && errors.As(err, &internal):
		s.observer.fail(fmt.Errorf("a request failed without a fault: %w", err))
	case errors.As(err, &known) || a.faulted && errors.Is(err, context.Canceled):
	default:
		s.observer.fail(fmt.Errorf("an error of no kind: %w", err))
	}
}

// token makes a token of 36 characters that none had before.
func (s *simulation) token() string {
	s.tokens++
	return fmt.Sprintf("simulated-token-%020d", s.tokens)
}

// drawRequest draws a request about a name.
func (s *simulation) drawRequest(name string) request {
	id := s.token()
	value := canary.RotatedValue(id)
	region := history.Regions[s.random.IntN(len(history.Regions))]
	force := s.random.IntN(6) == 0
	switch n := s.random.IntN(100); {
	case n < 22:
		in := secretlife.CreateSecretInput{Name: name, ClientRequestToken: id, Value: value}
		if s.random.IntN(6) == 0 {
			in.AddReplicaRegions, in.ForceOverwriteReplicaSecret = []secretlife.ReplicaRegion{{Region: region}}, force
		}
		return func(ctx context.Context, m *secretlife.Manager) error { _, err := m.CreateSecret(ctx, in); return err }
	case n < 40:
		return remove(name, 7+s.random.Int64N(24), force)
	case n < 50:
		return func(ctx context.Context, m *secretlife.Manager) error { return s.restore(ctx, m, name) }
	case n < 60:
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.PutSecretValue(
				ctx,
				secretlife.PutSecretValueInput{SecretID: name, ClientRequestToken: id, Value: value},
			)
			return err
		}
	case n < 66:
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.UpdateSecret(
				ctx,
				secretlife.UpdateSecretInput{SecretID: name, ClientRequestToken: id, Value: value},
			)
			return err
		}
	case n < 80:
		return func(ctx context.Context, m *secretlife.Manager) error { return s.read(ctx, m, name) }
	case n < 84:
		return tag(name, id)
	}
	return s.drawRare(name, region, force)
}

// releaseDelay is how long holds go on after their release.
const releaseDelay = 36 * time.Hour

// hold draws a request that places or releases a hold.
func (s *simulation) hold(name string) request {
	h := secretlife.Hold{Name: draw(s, []string{"a", "b"})}
	if s.random.IntN(2) == 0 {
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.ReleaseHold(ctx, name, h.Name)
			return err
		}
	}
	period := time.Duration(0)
	if s.random.IntN(3) > 0 {
		period = s.upTo(40 * 24 * time.Hour).Truncate(time.Millisecond)
	}
	return func(ctx context.Context, m *secretlife.Manager) error {
		if period > 0 {
			h.Until = m.Clock().Now().Add(period)
		}
		_, err := m.PlaceHold(ctx, name, h)
		return err
	}
}

// drawRare draws a request about holds, rotation or replication.
func (s *simulation) drawRare(name, region string, force bool) request {
	if s.random.IntN(3) == 0 {
		return s.hold(name)
	}
	switch s.random.IntN(8) {
	case 0, 1:
		in := secretlife.ReplicateSecretToRegionsInput{
			SecretID:                    name,
			AddReplicaRegions:           []secretlife.ReplicaRegion{{Region: region}},
			ForceOverwriteReplicaSecret: force,
		}
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.ReplicateSecretToRegions(ctx, in)
			return err
		}
	case 2, 3:
		in := secretlife.RemoveRegionsFromReplicationInput{SecretID: name, RemoveReplicaRegions: []string{region}}
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.RemoveRegionsFromReplication(ctx, in)
			return err
		}
	case 4:
		in := secretlife.SecretInput{SecretID: name}
		return func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.StopReplicationToReplica(ctx, in)
			return err
		}
	case 5, 6:
		days := int64(1 + s.random.IntN(60))
		in := secretlife.RotateSecretInput{
			SecretID: name, ClientRequestToken: s.token(),
			RotationLambdaARN: "arn:aws:lambda:us-east-1:111111111111:function:rotate",
			RotationRules:     &secretlife.RotationRules{AutomaticallyAfterDays: days}, RotateImmediately: &force,
		}
		return func(ctx context.Context, m *secretlife.Manager) error { _, err := m.RotateSecret(ctx, in); return err }
	}
	in := secretlife.SecretInput{SecretID: name}
	return func(ctx context.Context, m *secretlife.Manager) error {
		_, err := m.CancelRotateSecret(ctx, in)
		return err
	}
}

func remove(name string, days int64, force bool) request {
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: force}
	if !force {
		in.RecoveryWindowInDays = &days
	}
	return func(ctx context.Context, m *secretlife.Manager) error { _, err := m.DeleteSecret(ctx, in); return err }
}

func tag(name, value string) request {
	in := secretlife.TagResourceInput{SecretID: name, Tags: []secretlife.Tag{{Key: "k", Value: value}}}
	return func(ctx context.Context, m *secretlife.Manager) error { return m.TagResource(ctx, in) }
}

// read reads a value. It must be the one that its version was given, and of a secret that
// is not scheduled for deletion.
func (s *simulation) read(ctx context.Context, m *secretlife.Manager, name string) error {
	out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	if err != nil {
		return err
	}
	if out.Value.Reveal() != canary.RotatedValue(out.VersionID).Reveal() {
		s.observer.fail(fmt.Errorf("version %s of %s has another's value", out.VersionID, name))
	}
	if st := s.observer.states[keyIn(m, name)]; st.DeletionDate != nil && !s.actor.faulted {
		s.observer.fail(fmt.Errorf("%s was read while it is to be deleted", st.ARN))
	}
	return nil
}

// restore restores a secret. It may be refused because the window is over only if the
// window has really passed, give or take what a purge waits longer.
func (s *simulation) restore(ctx context.Context, m *secretlife.Manager, name string) error {
	_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
	st := s.observer.states[keyIn(m, name)]
	if !errors.Is(err, secretlife.ErrRecoveryWindowOver) || st.Window == nil || s.actor.faulted {
		return err
	}
	window := st.Window.Period
	if age := s.observer.age(st); age < window-time.Hour-window/500 {
		s.observer.fail(fmt.Errorf("restoring was refused when %v of a window of %v had passed", age, window))
	}
	return err
}

func keyIn(m *secretlife.Manager, name string) model.Key {
	return model.NewKey(m.Account().String(), m.Region().String(), name)
}

// burst writes so many versions of one secret that some can be aged out. In the hours after that the
// clock of a node is set forward by days, and its purger works: none of the versions may go.
func (s *simulation) burst() {
	k := s.anySecret()
	at, name := k.Place, k.Name
	for range 105 {
		id := s.token()
		in := secretlife.PutSecretValueInput{SecretID: name, ClientRequestToken: id, Value: canary.RotatedValue(id)}
		_, _ = s.send(at, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.PutSecretValue(ctx, in)
			return err
		})
	}
	n := s.anyNode()
	for range 1 + s.random.IntN(4) {
		s.hit(faultLeap)
		n.host.Step(s.upTo(4 * 24 * time.Hour))
		n.correct = s.afterDays(3)
		s.pass(s.upTo(3 * time.Hour))
		s.work(n)
	}
}

// changeMeanwhile is what another client does to a secret in the middle of a save.
func (s *simulation) changeMeanwhile(c storetest.Call) {
	at, name := model.KeyOfStore(c.Key).Place, c.Key.Name.String()
	if c.Key.IsZero() { // a call that is about none, or about whatever is due
		k := s.anySecret()
		at, name = k.Place, k.Name
	}
	m := s.anyNode().at[at]
	if m == nil {
		return
	}
	acts := []request{
		remove(name, 7, false),
		remove(name, 0, true),
		tag(name, s.token()),
		s.hold(name),
		func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
			return err
		},
	}
	_ = draw(s, acts)(context.Background(), m)
}

// anySecret draws a secret, or a name while no secret exists.
func (s *simulation) anySecret() model.Key {
	there := slices.SortedFunc(maps.Keys(s.observer.states), model.CompareKeys)
	if len(there) == 0 {
		return model.Key{Place: draw(s, s.places), Name: draw(s, history.Names)}
	}
	return draw(s, there)
}

// whilePaused is what other clients and purgers do while a process is paused in the middle of what
// it does, as between what it has read and what it saves.
func (s *simulation) whilePaused(c storetest.Call) {
	paused := s.acting
	for range 1 + s.random.IntN(4) {
		s.pass(s.upTo(draw(s, []time.Duration{time.Minute, time.Hour, 12 * time.Hour})))
		s.began = s.truth
		if s.acting = paused; s.random.IntN(2) == 0 {
			s.changeMeanwhile(c)
		} else {
			s.otherPurger()
		}
	}
}
