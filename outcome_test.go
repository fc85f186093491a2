package secretlife_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// slowStore is a store that is still writing when the context of a Commit ends.
type slowStore struct {
	secretlife.Store
	end  func()        // ends the context; nil: the store is not slow
	goOn chan struct{} // until when the store writes
	err  error         // what the store then says, having written nothing
}

func (s *slowStore) Commit(ctx context.Context, changes ...secretlife.Change) error {
	if s.end == nil {
		return s.Store.Commit(ctx, changes...)
	}
	s.end()
	s.end = nil
	outcome := make(chan error, 1)
	go func() {
		<-s.goOn
		if s.err != nil {
			outcome <- s.err
			return
		}
		outcome <- s.Store.Commit(context.WithoutCancel(ctx), changes...)
	}()
	return &secretlife.OutcomeUnknownError{Cause: ctx.Err(), Outcome: outcome}
}

// TestAnUnknownOutcomeIsFoundOut ends calls, and a purge, while the store writes. Each
// says so, and its event reaches the sink once it is known that it was saved.
func TestAnUnknownOutcomeIsFoundOut(t *testing.T) {
	for _, failed := range []error{nil, errors.New("disk on fire")} {
		store := &slowStore{Store: memstore.New(), goOn: make(chan struct{}), err: failed}
		clock := secretlife.NewVirtualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		var events []string
		m, err := secretlife.New(store, func(o *secretlife.Options) {
			o.Clock = clock
			o.Sink = func(ctx context.Context, e secretlife.Event) {
				require.NoError(t, ctx.Err())
				events = append(events, e.Name())
			}
		})
		require.NoError(t, err)
		soon := func() context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			store.end, store.goOn = cancel, make(chan struct{})
			return ctx
		}
		unknown := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, secretlife.ErrOutcomeUnknown)
			require.ErrorIs(t, err, context.Canceled)
			require.Empty(t, events)
		}
		// found lets the store go on, and returns the events when it has.
		found := func(next func()) []string {
			t.Helper()
			next()
			require.Empty(t, events, "nothing is known yet")
			close(store.goOn)
			if failed != nil {
				next()
				return events
			}
			require.Eventually(t, func() bool { next(); return len(events) > 0 }, time.Minute, time.Millisecond)
			defer func() { events = nil }()
			return events
		}

		_, err = m.CreateSecret(soon(), secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
		unknown(err)
		read := func() { _, _ = m.ListSecrets(t.Context(), secretlife.ListSecretsInput{}) }
		if failed != nil {
			require.Empty(t, found(read))
			continue
		}
		require.Equal(t, []string{"CreateSecret"}, found(read))

		p := secretlife.NewPurger(m)
		_, err = p.RunDue(t.Context()) // the clock guard begins
		require.NoError(t, err)
		_, err = m.DeleteSecret(t.Context(), secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
		events = nil
		_, err = p.RunDue(soon())
		unknown(err)
		close(store.goOn)
		gone := func() bool { return store.Store.(*memstore.Store).Len() == 0 }
		require.Eventually(t, gone, time.Minute, time.Millisecond)
		purged := func() bool { _, _ = p.RunDue(t.Context()); return len(events) > 0 }
		require.Eventually(t, purged, time.Minute, time.Millisecond)
		require.Equal(t, []string{"EndSecretVersionDelete", "SecretPurged"}, events)
	}
}
