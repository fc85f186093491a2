// Package seed puts secrets into an empty service, so that a test, or a server for tests, begins
// with them: active ones, and ones that are already scheduled for deletion. They come about
// by the calls that a client would make, at the times that the seed says.
package seed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Secret is a secret to begin with.
type Secret struct {
	// Name is the name. Account and Region are by default those of the service.
	Name, Account, Region string

	Description, KMSKeyID, Type string
	Tags                        []secretlife.Tag
	ResourcePolicy              string
	// ReplicaRegions are the Regions that have a replica, under their default keys.
	ReplicaRegions []string

	// Value is the value of the only version, whose ID is drawn. A secret without a Value and
	// Versions has no version.
	Value secretlife.Value
	// Versions are made in this order, in the place of one of Value.
	Versions []Version

	// Age is how long ago the secret was created, with all versions; 0 is now.
	Age time.Duration
	// Deletion is there if the secret is scheduled for deletion.
	Deletion *Deletion
	// Holds are placed on the secret when it is there or, with a Deletion, right after that. One
	// that has a hold can be past its recovery window.
	Holds []Hold
}

// Hold is a hold without an end.
type Hold struct{ Name, Reason string }

// Version is a version of a [Secret].
type Version struct {
	// VersionID is from 32 to 64 characters; by default it is drawn.
	VersionID string
	Value     secretlife.Value
	// VersionStages are the staging labels that the version gets; by default AWSCURRENT.
	VersionStages []secretlife.Stage
}

// Deletion is a DeleteSecret.
type Deletion struct {
	// Ago is how long ago it was called; 0 is now.
	Ago time.Duration
	// RecoveryWindowInDays is from 7 to 30; 0 is 30.
	RecoveryWindowInDays int64
}

const (
	day           = 24 * time.Hour
	defaultWindow = 30
)

func (d Deletion) window() int64 { return cmp.Or(d.RecoveryWindowInDays, defaultWindow) }

// Check returns the error of a seed that can't be what it says.
func (s Secret) Check() error {
	switch {
	case s.Name == "":
		return errors.New("a secret needs a Name")
	case !s.Value.IsZero() && len(s.Versions) > 0:
		return fmt.Errorf("secret %q has a value and Versions: one of them says it all", s.Name)
	case s.Age < 0 || s.Deletion != nil && s.Deletion.Ago < 0:
		return fmt.Errorf("secret %q is of the future", s.Name)
	case s.Deletion != nil && s.Deletion.Ago >= time.Duration(s.Deletion.window())*day && len(s.Holds) == 0:
		return fmt.Errorf("secret %q would be gone: its recovery window of %d days is over", s.Name, s.Deletion.window())
	}
	return nil
}

// born is how long ago the secret was created.
func (s Secret) born() time.Duration {
	if s.Deletion != nil {
		return max(s.Age, s.Deletion.Ago)
	}
	return s.Age
}

// Age returns how long ago the oldest secret was created. A clock has to begin so long before
// the time at which the service is to stand after [Apply].
func Age(secrets []Secret) (most time.Duration) {
	for _, s := range secrets {
		most = max(most, s.born())
	}
	return most
}

// step is a call, so long ago.
type step struct {
	ago  time.Duration
	call func(context.Context, *secretlife.Manager) error
}

// Apply makes the secrets. The clock of m must stand [Age] before the time at which it is to
// stand then; pass lets time pass, 0 included, and does what is due.
func Apply(ctx context.Context, m *secretlife.Manager, secrets []Secret,
	pass func(context.Context, time.Duration) error) error {
	var steps []step
	for _, s := range secrets {
		if err := s.Check(); err != nil {
			return err
		}
		steps = append(steps, s.steps()...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(b.ago, a.ago) })
	ago := Age(secrets)
	for _, x := range append(steps, step{}) {
		if err := pass(ctx, ago-x.ago); err != nil {
			return err
		}
		if ago = x.ago; x.call == nil {
			break
		}
		if err := x.call(ctx, m); err != nil {
			return err
		}
	}
	return pass(ctx, 0)
}

func (s Secret) steps() []step {
	in := func(call func(context.Context, *secretlife.Manager) error) func(context.Context, *secretlife.Manager) error {
		return func(ctx context.Context, m *secretlife.Manager) error {
			m, err := m.In(cmp.Or(s.Account, m.Account().String()), cmp.Or(s.Region, m.Region().String()))
			if err == nil {
				err = call(ctx, m)
			}
			if err != nil {
				return fmt.Errorf("secret %q: %w", s.Name, err)
			}
			return nil
		}
	}
	out := []step{{s.born(), in(s.create)}}
	held := s.born()
	if d := s.Deletion; d != nil {
		held = d.Ago
		out = append(out, step{d.Ago, in(func(ctx context.Context, m *secretlife.Manager) error {
			window := d.window()
			_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: s.Name, RecoveryWindowInDays: &window})
			return err
		})})
	}
	for _, h := range s.Holds {
		out = append(out, step{held, in(func(ctx context.Context, m *secretlife.Manager) error {
			ctx = secretlife.WithCaller(ctx, secretlife.Caller{Principal: "seed"})
			_, err := m.PlaceHold(ctx, s.Name, secretlife.Hold{Name: h.Name, Reason: h.Reason})
			return err
		})})
	}
	return out
}

// create makes the secret with all that it has.
func (s Secret) create(ctx context.Context, m *secretlife.Manager) error {
	in := secretlife.CreateSecretInput{
		Name: s.Name, Value: s.Value, Description: s.Description, KMSKeyID: s.KMSKeyID, Type: s.Type, Tags: s.Tags,
	}
	for _, r := range s.ReplicaRegions {
		in.AddReplicaRegions = append(in.AddReplicaRegions, secretlife.ReplicaRegion{Region: r})
	}
	if _, err := m.CreateSecret(ctx, in); err != nil {
		return err
	}
	for _, v := range s.Versions {
		_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{
			SecretID: s.Name, ClientRequestToken: v.VersionID, Value: v.Value, VersionStages: v.VersionStages,
		})
		if err != nil {
			return err
		}
	}
	if s.ResourcePolicy == "" {
		return nil
	}
	_, err := m.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{
		SecretID: s.Name, ResourcePolicy: s.ResourcePolicy,
	})
	return err
}
