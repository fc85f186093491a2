package simulate

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/storetest"
)

// client lets a client make a request. One that failed is sent again, others
// now and then, too.
func (s *simulation) client() {
	at := s.places[s.random.IntN(len(s.places))]
	do := s.draw(s.at[at], history.Names[s.random.IntN(len(history.Names))])
	again := faultRetry
	for range 3 {
		a, err := s.send(do)
		switch {
		case err != nil && a.faulted && !a.crashed:
		case err == nil && s.random.IntN(12) == 0:
			again = faultAgain
		default:
			return
		}
		if s.random.IntN(4) == 0 {
			s.late = append(s.late, func() { _, _ = s.send(do) })
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

// send makes a request, with what goes wrong meanwhile, and holds its answer.
func (s *simulation) send(do func(context.Context) error) (*actor, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &actor{cancel: cancel}
	s.actor, s.working = a, -1
	s.report.Calls++
	err := do(ctx)
	s.actor = nil
	s.checkError(a, err)
	return a, err
}

// checkError holds what kind of error a request may answer.
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

// draw decides on a request.
func (s *simulation) draw(m *secretlife.Manager, name string) func(context.Context) error {
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
		return func(ctx context.Context) error { _, err := m.CreateSecret(ctx, in); return err }
	case n < 40:
		return s.remove(m, name, force)
	case n < 50:
		return func(ctx context.Context) error {
			_, err := m.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: name})
			return err
		}
	case n < 60:
		return func(ctx context.Context) error {
			_, err := m.PutSecretValue(
				ctx,
				secretlife.PutSecretValueInput{SecretID: name, ClientRequestToken: id, Value: value},
			)
			return err
		}
	case n < 66:
		return func(ctx context.Context) error {
			_, err := m.UpdateSecret(
				ctx,
				secretlife.UpdateSecretInput{SecretID: name, ClientRequestToken: id, Value: value},
			)
			return err
		}
	case n < 80:
		return func(ctx context.Context) error { return s.read(ctx, m, name) }
	case n < 84:
		return tag(m, name, id)
	}
	return s.drawRare(m, name, region, force)
}

// drawRare decides on a request about rotation and replication.
func (s *simulation) drawRare(m *secretlife.Manager, name, region string, force bool) func(context.Context) error {
	switch s.random.IntN(8) {
	case 0, 1:
		in := secretlife.ReplicateSecretToRegionsInput{
			SecretID:                    name,
			AddReplicaRegions:           []secretlife.ReplicaRegion{{Region: region}},
			ForceOverwriteReplicaSecret: force,
		}
		return func(ctx context.Context) error { _, err := m.ReplicateSecretToRegions(ctx, in); return err }
	case 2, 3:
		in := secretlife.RemoveRegionsFromReplicationInput{SecretID: name, RemoveReplicaRegions: []string{region}}
		return func(ctx context.Context) error { _, err := m.RemoveRegionsFromReplication(ctx, in); return err }
	case 4:
		in := secretlife.StopReplicationToReplicaInput{SecretID: name}
		return func(ctx context.Context) error { _, err := m.StopReplicationToReplica(ctx, in); return err }
	case 5, 6:
		days := int64(1 + s.random.IntN(60))
		in := secretlife.RotateSecretInput{
			SecretID: name, ClientRequestToken: s.token(), RotationLambdaARN: "arn:aws:lambda:us-east-1:111111111111:function:rotate",
			RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: days}, RotateImmediately: &force,
		}
		return func(ctx context.Context) error { _, err := m.RotateSecret(ctx, in); return err }
	}
	in := secretlife.CancelRotateSecretInput{SecretID: name}
	return func(ctx context.Context) error { _, err := m.CancelRotateSecret(ctx, in); return err }
}

func (s *simulation) remove(m *secretlife.Manager, name string, force bool) func(context.Context) error {
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: force}
	if !force {
		in.RecoveryWindowInDays = secretlife.Days(7 + s.random.Int64N(24))
	}
	return func(ctx context.Context) error { _, err := m.DeleteSecret(ctx, in); return err }
}

func tag(m *secretlife.Manager, name, value string) func(context.Context) error {
	in := secretlife.TagResourceInput{SecretID: name, Tags: []secretlife.Tag{{Key: "k", Value: value}}}
	return func(ctx context.Context) error { return m.TagResource(ctx, in) }
}

// read reads a value, and holds that it is the one its version was given, and of
// a secret that may be read.
func (s *simulation) read(ctx context.Context, m *secretlife.Manager, name string) error {
	out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	if err != nil {
		return err
	}
	if out.Value.Reveal() != canary.RotatedValue(out.VersionID).Reveal() {
		s.observer.fail(fmt.Errorf("version %s of %s has another's value", out.VersionID, name))
	}
	k := model.NewKey(m.Account().String(), m.Region().String(), name)
	if st := s.observer.states[k]; st.DeletionDate != nil && !s.actor.faulted {
		s.observer.fail(fmt.Errorf("%s was read while it is to be deleted", st.ARN))
	}
	return nil
}

// disturb is what another client does to a secret in the middle of a save.
func (s *simulation) disturb(c storetest.Call) {
	m, name := s.at[model.KeyOfStore(c.Key).Place], c.Key.Name.String()
	if c.Method == storetest.Claim { // of whatever is due
		m, name = s.at[s.places[s.random.IntN(len(s.places))]], history.Names[s.random.IntN(len(history.Names))]
	}
	if m == nil {
		return
	}
	acts := []func(context.Context) error{
		s.remove(m, name, false),
		s.remove(m, name, true),
		tag(m, name, s.token()),
		func(ctx context.Context) error {
			_, err := m.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: name})
			return err
		},
	}
	_ = acts[s.random.IntN(len(acts))](context.Background())
}
