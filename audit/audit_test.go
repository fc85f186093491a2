package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/memstore"
)

var start = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// otherEvents is a store with other events than it had.
type otherEvents struct {
	secretlife.Store
	change func(all []secretlife.Event) []secretlife.Event
}

func (s otherEvents) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	all, err := s.Store.Events(ctx, 0, 1_000_000)
	if err != nil {
		return nil, err
	}
	all = s.change(all)
	all = slices.DeleteFunc(all, func(e secretlife.Event) bool { return e.Seq() <= after })
	return all[:min(limit, len(all))], nil
}

// lived is a store with a history of every kind of change.
func lived(t *testing.T) *memstore.Store {
	t.Helper()
	ctx := context.Background()
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(start) })
	require.NoError(t, err)
	create := func(name string) {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	remove := func(name string, force bool) {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: force})
		require.NoError(t, err)
	}
	for _, name := range []string{"active", "marked", "restored", "purged", "again"} {
		create(name)
	}
	remove("marked", false)
	remove("restored", false)
	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "restored"})
	require.NoError(t, err)
	remove("purged", true)
	remove("again", true)
	_, err = m.PutSecretValue(
		ctx, secretlife.PutSecretValueInput{SecretID: "active", Value: secretlife.SecretString("w")},
	)
	require.NoError(t, err)
	_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "active"})
	require.NoError(t, err)
	_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "marked"})
	require.Error(t, err)
	_, err = secretlife.NewPurger(m).Advance(ctx, time.Hour)
	require.NoError(t, err)
	create("again")
	return store
}

func TestVerifyAgrees(t *testing.T) {
	differences, err := audit.Verify(context.Background(), lived(t))
	require.NoError(t, err)
	require.Empty(t, differences)
}

// TestVerifyAReplicaThatLingers: a removed replica that is still there is marked for
// deletion, and its event says when.
func TestVerifyAReplicaThatLingers(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Emulate.ReplicaRemovalLag = secretlife.NewVirtualClock(start), secretlife.FixedDelay(time.Minute)
	})
	require.NoError(t, err)
	_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v"),
		AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}}})
	require.NoError(t, err)
	purger := secretlife.NewPurger(m)
	_, err = purger.Advance(ctx, time.Second)
	require.NoError(t, err)
	_, err = m.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a",
		RemoveReplicaRegions: []string{"eu-west-1"}})
	require.NoError(t, err)
	for range 2 {
		differences, err := audit.Verify(ctx, store)
		require.NoError(t, err)
		require.Empty(t, differences)
		_, err = purger.Advance(ctx, time.Minute)
		require.NoError(t, err)
	}
}

// TestVerifyFindsWhatIsMissing takes the newest events away, one more each time:
// as long as one of them changed something it is found out.
func TestVerifyFindsWhatIsMissing(t *testing.T) {
	ctx := context.Background()
	store := lived(t)
	all, err := store.Events(ctx, 0, 1000)
	require.NoError(t, err)
	for missing := 1; missing < len(all); missing++ {
		differences, err := audit.Verify(ctx, otherEvents{store, func(all []secretlife.Event) []secretlife.Event {
			return all[:len(all)-missing]
		}})
		require.NoError(t, err)
		require.NotEmpty(t, differences, "%d events", missing)
	}
	for gap := range len(all) - 1 {
		_, err := audit.Verify(ctx, otherEvents{store, func(all []secretlife.Event) []secretlife.Event {
			return slices.Delete(all, gap, gap+1)
		}})
		require.ErrorIs(t, err, audit.ErrEventsBroken)
		require.ErrorContains(t, err, fmt.Sprintf("there is no event %d", gap+1))
	}
}

// TestVerifyFindsEventsThatWereForged closes the gap behind an event that is
// taken away, and turns others around.
func TestVerifyFindsEventsThatWereForged(t *testing.T) {
	ctx := context.Background()
	store := lived(t)
	renumber := func(all []secretlife.Event) []secretlife.Event {
		for i := range all {
			all[i] = all[i].WithSeq(uint64(i) + 1)
		}
		return all
	}
	for name, change := range map[string]func([]secretlife.Event) []secretlife.Event{
		"CreateSecret":  without("CreateSecret"),
		"SecretPurged":  without("SecretPurged"),
		"RestoreSecret": without("RestoreSecret"),
		"DeleteSecret":  without("DeleteSecret"),
		"turned around": func(all []secretlife.Event) []secretlife.Event { slices.Reverse(all); return all },
		"twice":         func(all []secretlife.Event) []secretlife.Event { return append(all, all...) },
	} {
		differences, err := audit.Verify(
			ctx, otherEvents{store, func(all []secretlife.Event) []secretlife.Event { return renumber(change(all)) }},
		)
		if err == nil {
			require.NotEmpty(t, differences, name)
		} else {
			require.ErrorIs(t, err, audit.ErrEventsBroken, name)
		}
	}
}

// TestVerifyFindsASecretThatComesAgain repeats the whole life of one that was purged.
func TestVerifyFindsASecretThatComesAgain(t *testing.T) {
	ctx, store := context.Background(), memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(start) })
	require.NoError(t, err)
	_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
	require.NoError(t, err)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	_, err = secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	twice := func(all []secretlife.Event) []secretlife.Event {
		all = append(all, all...)
		for i := range all {
			all[i] = all[i].WithSeq(uint64(i) + 1)
		}
		return all
	}
	_, err = audit.Verify(ctx, otherEvents{store, twice})
	require.ErrorIs(t, err, audit.ErrEventsBroken)
	require.ErrorContains(t, err, "it was purged before")
}

func without(name string) func([]secretlife.Event) []secretlife.Event {
	return func(all []secretlife.Event) []secretlife.Event {
		return slices.DeleteFunc(all, func(e secretlife.Event) bool { return e.Name() == name })
	}
}

// TestVerifyFindsWhatTheStoreLost gives a store's events to another that has
// nothing, and the other way round.
func TestVerifyFindsWhatTheStoreLost(t *testing.T) {
	ctx := context.Background()
	store := lived(t)
	all, err := store.Events(ctx, 0, 1000)
	require.NoError(t, err)
	given := func([]secretlife.Event) []secretlife.Event { return slices.Clone(all) }
	differences, err := audit.Verify(ctx, otherEvents{memstore.New(), given})
	require.NoError(t, err)
	require.Len(t, differences, 4)
	require.Equal(t, "active", differences[0].Key.Name.String())
	require.Contains(t, differences[0].String(), "the store has no secret")
	require.Contains(t, differences[2].String(), "marked for deletion on 20")

	onlyFirst := func(all []secretlife.Event) []secretlife.Event { return all[:1] }
	differences, err = audit.Verify(ctx, otherEvents{store, onlyFirst})
	require.NoError(t, err)
	require.Len(t, differences, 4, "secrets without events")
}

// busy changes a secret whenever it is loaded, a few times, before or after that.
type busy struct {
	secretlife.Store
	change func()
	after  bool
	left   int
}

func (b *busy) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	was, err := b.Store.Load(ctx, key)
	if b.left > 0 {
		b.left--
		b.change()
	}
	if b.after {
		return was, err
	}
	return b.Store.Load(ctx, key)
}

// TestVerifyWhileOthersWrite checks that a change in the middle is no difference.
func TestVerifyWhileOthersWrite(t *testing.T) {
	store := lived(t)
	m, err := secretlife.New(store)
	require.NoError(t, err)
	for _, after := range []bool{false, true} {
		b := &busy{Store: store, after: after, left: 5, change: func() {
			_, err := m.PutSecretValue(
				context.Background(),
				secretlife.PutSecretValueInput{SecretID: "active", Value: secretlife.SecretString("w")},
			)
			require.NoError(t, err)
		}}
		differences, err := audit.Verify(context.Background(), b)
		require.NoError(t, err)
		require.Empty(t, differences)
		require.Zero(t, b.left)
	}
}

// fading is a store that answers for its events so many times.
type fading struct {
	secretlife.Store
	left int
}

var errFaded = errors.New("faded")

func (f *fading) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if f.left--; f.left < 0 {
		return nil, errFaded
	}
	return f.Store.Events(ctx, after, limit)
}

// TestVerifyReturnsTheErrorOfTheStore, at whichever of its reads.
func TestVerifyReturnsTheErrorOfTheStore(t *testing.T) {
	store := lived(t)
	short := otherEvents{store, func(all []secretlife.Event) []secretlife.Event { return all[:len(all)-1] }}
	for reads := 0; ; reads++ {
		f := &fading{short, reads}
		differences, err := audit.Verify(context.Background(), f)
		if err == nil {
			require.Len(t, differences, 1)
			require.Greater(t, reads, 2, "read again where there is a difference")
			break
		}
		require.ErrorIs(t, err, errFaded)
	}
}

// TestDeliverAtLeastOnce lets a sink fail in between: every event comes, in
// order, and none is left out.
func TestDeliverAtLeastOnce(t *testing.T) {
	ctx := context.Background()
	store := lived(t)
	all, err := store.Events(ctx, 0, 1000)
	require.NoError(t, err)
	var got []secretlife.Event
	down := errors.New("down")
	inPages := pages{store, 3}
	var place uint64
	for tries := 1; ; tries++ {
		calls := 0
		place, err = audit.Deliver(ctx, inPages, place, func(_ context.Context, page []secretlife.Event) error {
			if calls++; calls == 2 {
				return down
			}
			got = append(got, page...)
			return nil
		})
		if err == nil {
			require.Greater(t, tries, 3)
			break
		}
		require.ErrorIs(t, err, down)
	}
	require.Equal(t, all, got)
	require.Equal(t, uint64(len(all)), place)
	_, err = audit.Deliver(ctx, memstore.New(), place, nil)
	require.ErrorIs(t, err, audit.ErrEventsBroken, "a store that was put back")
	_, err = audit.Deliver(
		ctx,
		otherEvents{store, func(all []secretlife.Event) []secretlife.Event { return slices.Delete(all, 4, 5) }},
		0,
		func(context.Context, []secretlife.Event) error { return nil },
	)
	require.ErrorIs(t, err, audit.ErrEventsBroken)
}

// pages has small ones.
type pages struct {
	secretlife.Store
	most int
}

func (p pages) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return p.Store.Events(ctx, after, min(limit, p.most))
}
