package awsfake

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/seed"
	"github.com/secretlife-go/secretlife/memstore"
)

// Secret is a secret that a fake begins with: its attributes, its value or versions, and
// whether it is scheduled for deletion already. Age and Deletion.Ago are how long before
// Options.Start it was created and deleted.
type Secret = seed.Secret

// Version is a version of a [Secret].
type Version = seed.Version

// Deletion says that a [Secret] is scheduled for deletion.
type Deletion = seed.Deletion

// Hold is a hold of a [Secret].
type Hold = seed.Hold

// Seed returns an option of [New] and [Start] that has the fake begin with secrets:
//
//	awsfake.New(t, awsfake.Seed(awsfake.Secret{Name: "prod/db", Value: secretlife.SecretString("hunter2")}))
func Seed(secrets ...Secret) func(*Options) {
	return func(o *Options) {
		o.seeds = append(o.seeds, func() ([]Secret, error) { return secrets, nil })
	}
}

// SeedFile returns an option of [New] and [Start] that has the fake begin with the secrets of a
// JSON file:
//
//	{"Secrets": [
//	  {"Name": "prod/db", "SecretString": "hunter2", "Tags": [{"Key": "team", "Value": "a"}]},
//	  {"Name": "old", "SecretString": "x", "Age": "90d", "Deletion": {"Ago": "25d", "RecoveryWindowInDays": 30}}
//	]}
func SeedFile(path string) func(*Options) {
	return func(o *Options) {
		o.seeds = append(o.seeds, func() ([]Secret, error) {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			secrets, err := seed.Parse(data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return secrets, nil
		})
	}
}

// secrets are those that the options say.
func (o Options) secrets() (all []Secret, err error) {
	for _, read := range o.seeds {
		secrets, err := read()
		if err != nil {
			return nil, err
		}
		all = append(all, secrets...)
	}
	return all, nil
}

// seed makes the secrets that the fake begins with.
func (f *Fake) seed(secrets []Secret) error {
	return seed.Apply(context.Background(), f.Manager, secrets, func(ctx context.Context, d time.Duration) error {
		_, err := f.Purger.Advance(ctx, d)
		return err
	})
}

// Snapshot is what a fake was at one moment: its secrets, its events, and its time.
type Snapshot struct {
	store *memstore.Store
	clock *secretlife.VirtualClock
}

// Snapshot keeps the present state for [Fake.Restore]. It needs a store of package memstore, which
// is the default.
func (f *Fake) Snapshot() Snapshot {
	f.t.Helper()
	f.catchUp()
	store, ok := f.store.(*memstore.Store)
	if !ok {
		f.t.Fatalf("awsfake: Snapshot: the store is a %T, and not one of package memstore", f.store)
	}
	return Snapshot{store.Clone(), f.Clock.Copy()}
}

// Restore goes back to a snapshot, as often as wanted: secrets, events and time are what they
// were. Calls and failures stay; pauses end. Clients go on; Clock, Manager and Purger are new. It
// is not for the time while calls are made, nor for a fake that follows time.Now.
func (f *Fake) Restore(s Snapshot) {
	f.t.Helper()
	switch {
	case s.store == nil:
		f.t.Fatalf("awsfake: Restore: the Snapshot is zero")
	case f.following != nil:
		f.t.Fatalf("awsfake: Restore: time.Now, which the fake follows, does not go back")
	}
	f.trail.Forget()
	if err := f.begin(s.store.Clone(), s.clock.Copy()); err != nil {
		f.t.Fatalf("awsfake: Restore: %v", err)
	}
}

// Pause pauses kinds of background work, all kinds where none is given, until resume is
// called, so that a test can look at the state in between: a replica that is in progress, a
// secret that waits for its purge, a rotation that has not begun. resume does what is due.
// [Fake.Step] does it piece by piece; [Fake.PauseRotation] pauses within a rotation.
func (f *Fake) Pause(kinds ...secretlife.Work) (resume func()) {
	f.t.Helper()
	f.catchUp()
	end := f.Purger.Pause(kinds...)
	return func() {
		f.t.Helper()
		end()
		f.Advance(0)
	}
}

// Step does the piece of background work that is due first, paused or not, and reports whether
// there was one.
func (f *Fake) Step() (secretlife.Done, bool) {
	f.t.Helper()
	f.catchUp()
	done, did, err := f.Purger.Step(f.t.Context())
	if err != nil {
		f.t.Fatalf("awsfake: Step: %v", err)
	}
	return done, did
}
