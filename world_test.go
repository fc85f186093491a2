package secretlife_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// world is a service in virtual time.
type world struct {
	*secretlife.Manager
	t      testing.TB
	clock  *secretlife.VirtualClock
	purger *secretlife.Purger
	store  secretlife.Store
	sunk   []secretlife.Event
}

func newWorld(t testing.TB, edits ...func(*secretlife.Options)) *world {
	t.Helper()
	return newWorldOver(t, memstore.New(), edits...)
}

func newWorldOver(t testing.TB, store secretlife.Store, edits ...func(*secretlife.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: secretlife.NewVirtualClock(start), store: store}
	all := []func(*secretlife.Options){func(o *secretlife.Options) {
		o.Clock, o.Random = w.clock, rand.NewChaCha8([32]byte{})
		o.Sink = func(_ context.Context, e secretlife.Event) { w.sunk = append(w.sunk, e) }
	}}
	m, err := secretlife.New(store, append(all, edits...)...)
	require.NoError(t, err)
	w.Manager, w.purger = m, secretlife.NewPurger(m)
	t.Cleanup(w.goesThroughBinary)
	return w
}

// goesThroughBinary checks that everything a test made comes back from its binary form.
func (w *world) goesThroughBinary() {
	for _, e := range w.sunk {
		eventThroughBinary(w.t, e)
	}
	all, err := w.store.List(ctx, secretlife.ListQuery{Account: w.Account(), Region: w.Region(), Limit: 1000})
	if err != nil {
		return // the test is about a store that fails
	}
	for _, s := range all {
		stateThroughBinary(w.t, s.State())
	}
}

func (w *world) in(account, region string) *secretlife.Manager {
	w.t.Helper()
	m, err := w.In(account, region)
	require.NoError(w.t, err)
	return m
}

func (w *world) create(name string, edits ...func(*secretlife.CreateSecretInput)) secretlife.CreateSecretOutput {
	w.t.Helper()
	in := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("value of " + name),
		ClientRequestToken: tokenA}
	for _, edit := range edits {
		edit(&in)
	}
	out, err := w.CreateSecret(ctx, in)
	require.NoError(w.t, err)
	return out
}

func (w *world) delete(name string, days int64) secretlife.DeleteSecretOutput {
	w.t.Helper()
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: days == 0}
	if days != 0 {
		in.RecoveryWindowInDays = &days
	}
	out, err := w.DeleteSecret(ctx, in)
	require.NoError(w.t, err)
	return out
}

func (w *world) advance(d time.Duration) secretlife.Report {
	w.t.Helper()
	r, err := w.purger.Advance(ctx, d)
	require.NoError(w.t, err)
	return r
}

func (w *world) load(name string) secretlife.Secret {
	w.t.Helper()
	s, err := w.store.Load(ctx, secretlife.Key{Account: w.Account(), Region: w.Region(), Name: nameOf(w.t, name)})
	require.NoError(w.t, err)
	return s
}

func (w *world) events() []secretlife.Event {
	w.t.Helper()
	all, err := w.store.Events(ctx, 0, 1_000_000)
	require.NoError(w.t, err)
	return all
}

func nameOf(t testing.TB, s string) secretlife.Name {
	t.Helper()
	n, err := secretlife.ParseName(s)
	require.NoError(t, err)
	return n
}

var ctx = context.Background()

const hour, aDay = time.Hour, 24 * time.Hour

// requireError checks that err is the AWS exception with this code and text.
func requireError(t testing.TB, err error, code, text string) {
	t.Helper()
	var e secretlife.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.ErrorCode())
	require.Equal(t, text, e.ErrorMessage())
}

const (
	textNotFound = "Secrets Manager can't find the specified secret."
	textMarked   = "You can't perform this operation on the secret because it was marked for deletion."
	textReplica  = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textNoToken  = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
	textReserved = "You can't create this secret because a secret with this name is already scheduled for deletion."
)
