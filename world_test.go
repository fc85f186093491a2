package secretlife_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
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
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) { w.sunk = append(w.sunk, e) })
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

func (w *world) create(name string, edits ...func(*secretlife.CreateSecretInput)) secretlife.SecretOutput {
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

func (w *world) delete(name string, days int64) secretlife.SecretOutput {
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

// observed is what an Observer received.
type observed struct {
	calls []secretlife.Call
	saved []secretlife.Event
	runs  []secretlife.PurgerStatus
}

func (o *observed) observer() secretlife.Observer {
	return secretlife.Observer{
		Called: func(_ context.Context, c secretlife.Call) { o.calls = append(o.calls, c) },
		Saved:  func(_ context.Context, e secretlife.Event) { o.saved = append(o.saved, e) },
		Worked: func(_ context.Context, s secretlife.PurgerStatus) { o.runs = append(o.runs, s) },
	}
}

func observe(t *testing.T, store secretlife.Store) (*world, *observed) {
	t.Helper()
	var o observed
	return newWorldOver(t, store, func(options *secretlife.Options) { options.Observer = o.observer() }), &o
}

func TestObserver(t *testing.T) {
	t.Run("calls", func(t *testing.T) {
		w, o := observe(t, memstore.New())
		arn := w.create("a").ARN
		ann := secretlife.Caller{AccessKeyID: "AKIDANN", Principal: "ann", SourceIP: "192.0.2.1"}
		_, err := w.GetSecretValue(secretlife.WithCaller(ctx, ann), secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		w.delete("a", 7)
		_, refused := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: arn})
		require.ErrorIs(t, refused, secretlife.ErrScheduledForDeletion)
		_, missing := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "b"})
		_, err = w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		_, denied := w.in("999999999999", "us-east-1").DescribeSecret(ctx, secretlife.SecretInput{SecretID: arn})
		require.ErrorIs(t, denied, secretlife.ErrAccessDenied)

		home := w.load("a")
		want := []secretlife.Call{
			{Operation: secretlife.OpCreateSecret, SecretID: "a", Saved: true},
			{Operation: secretlife.OpGetSecretValue, SecretID: "a", Caller: ann, Saved: true},
			{Operation: secretlife.OpDeleteSecret, SecretID: "a", Saved: true},
			{Operation: secretlife.OpGetSecretValue, SecretID: arn, Err: refused},
			{Operation: secretlife.OpGetSecretValue, SecretID: "b", Err: missing},
			{Operation: secretlife.OpListSecrets},
			{Operation: secretlife.OpDescribeSecret, SecretID: arn, Err: denied},
		}
		for i := range want {
			want[i].Account, want[i].Region, want[i].Time = w.Account(), w.Region(), start
		}
		want[6].Account = w.in("999999999999", "us-east-1").Account()
		for i, c := range o.calls {
			require.Equal(t, want[i], c.WithoutRequest())
			require.Equal(t, i < 4, !c.Secret.IsZero())
			if i < 4 {
				require.Equal(t, home.Incarnation(), c.Secret.Incarnation())
				require.Equal(t, i == 3, c.Secret.Deletion().Scheduled(), "the secret is as the call found it")
			}
		}
		require.Len(t, o.calls, len(want))
		read := o.calls[1]
		require.Equal(t, ann, read.Event().Caller())
		read.Caller.Principal = "hidden"
		require.Equal(t, "hidden", read.Event().Caller().Principal)
	})

	t.Run("took", func(t *testing.T) {
		store := &slowLoad{Store: memstore.New()}
		w, o := observe(t, store)
		store.clock = w.clock
		_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
		require.Equal(t, 3*time.Second, o.calls[0].Took())
		require.Equal(t, start, o.calls[0].Time)
	})

	t.Run("saved events have their numbers", func(t *testing.T) {
		for _, store := range []secretlife.Store{memstore.New(), newClaimer()} {
			w, o := observe(t, store)
			due(w, 20)
			w.advance(0)
			require.Equal(t, w.events(), o.saved)
			require.EqualValues(t, 1, o.saved[0].Seq())
		}
	})

	t.Run("runs of a Purger", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w, o := observe(t, store)
		w.create("a")
		w.create("b")
		w.delete("a", 0)
		w.delete("b", 0)
		w.clock.Set(start.Add(time.Hour))
		r, err := w.purger.RunDue(ctx)
		require.NoError(t, err)
		require.Len(t, r, 2)
		require.Equal(t, secretlife.PurgerStatus{
			LastRun: start.Add(time.Hour), Due: 2, Done: 2, Purged: 2, Lag: time.Hour,
		}, o.runs[0])
		require.Equal(t, o.runs[0], w.purger.Status())

		w.create("c")
		w.delete("c", 0)
		store.commit = func(secretlife.Change) error { return errors.New("bad sector") }
		_, err = w.purger.RunDue(ctx)
		require.ErrorContains(t, err, "bad sector")
		require.Equal(t, []int{1, 0, 1}, []int{o.runs[1].Due, o.runs[1].Done, o.runs[1].Failing})
		w.clock.Set(start.Add(2 * time.Hour))
		for range 5 {
			w.clock.Set(w.clock.Now().Add(time.Hour))
			_, _ = w.purger.RunDue(ctx)
		}
		last := o.runs[len(o.runs)-1]
		require.Len(t, last.Stuck, 1)
		require.Equal(t, 6*time.Hour, last.Lag)
	})

	t.Run("both", func(t *testing.T) {
		var a, b observed
		one := a.observer()
		one.Worked = nil
		both := one.And(b.observer())
		both.Called(ctx, secretlife.Call{})
		both.Saved(ctx, secretlife.Event{})
		both.Worked(ctx, secretlife.PurgerStatus{})
		require.Len(t, a.calls, 1)
		require.Empty(t, a.runs)
		require.Equal(t, [3]int{1, 1, 1}, [3]int{len(b.calls), len(b.saved), len(b.runs)})
		require.Nil(t, secretlife.Observer{}.And(secretlife.Observer{}).Called)
	})
}

// slowLoad is a store in which a load takes three seconds.
type slowLoad struct {
	secretlife.Store
	clock *secretlife.VirtualClock
}

func (s *slowLoad) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	s.clock.Set(s.clock.Now().Add(3 * time.Second))
	return s.Store.Load(ctx, key)
}

func TestTrail(t *testing.T) {
	start := func(most int) (*world, *secretlife.Trail) {
		kept := secretlife.NewTrail(most)
		return newWorld(t, func(o *secretlife.Options) { o.Observer = kept.Observer() }), kept
	}
	told := func(records []secretlife.Event) []string {
		var out []string
		for _, e := range records {
			code, _, _ := e.Refusal()
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d.%d %s %s", e.Seq(), e.Unsaved(), e.Name(), code)))
		}
		return out
	}

	t.Run("what no store has", func(t *testing.T) {
		w, kept := start(100)
		w.create("a") // is event 1
		read := func(id string) error {
			_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: id})
			return err
		}
		require.NoError(t, read("a"), "is event 2: the first read of the day moves LastAccessedDate")
		require.NoError(t, read("a"))
		require.Error(t, read("nobody"))
		w.delete("a", 7) // is events 3 and 4
		require.Error(t, read("a"))
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"}) // is events 5 and 6
		require.NoError(t, err)
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err, "which changes nothing")
		_, err = w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a", "nobody"}})
		require.NoError(t, err)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, err = w.DescribeSecret(gone, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, context.Canceled, "which is no record")

		want := []string{
			"2.1 GetSecretValue",
			"2.2 GetSecretValue ResourceNotFoundException",
			"4.3 GetSecretValue InvalidRequestException",
			"6.4 RestoreSecret",
			"6.5 GetSecretValue",
			"6.6 GetSecretValue ResourceNotFoundException",
		}
		require.Equal(t, want, told(kept.Since(0, 0)))
		require.Equal(t, want[2:], told(kept.Since(3, 0)))
		require.Equal(t, want[4:], told(kept.Since(3, 4)))
		ids := map[string]bool{}
		for _, e := range append(w.events(), kept.Since(0, 0)...) {
			ids[e.ID()] = true
			require.Equal(t, e.Unsaved(), eventThroughJSON(t, e).Unsaved())
		}
		require.Len(t, ids, len(w.events())+len(want))
		kept.Forget()
		require.Empty(t, kept.Since(0, 0))
		require.Error(t, read("nobody"))
		require.Equal(t, []string{"0.7 GetSecretValue ResourceNotFoundException"}, told(kept.Since(0, 0)))
	})

	t.Run("calls at the same time", func(t *testing.T) {
		kept := secretlife.NewTrail(1000)
		m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Observer = kept.Observer() })
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					_, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "nobody"})
					if err == nil {
						panic("nobody is there")
					}
					kept.Since(0, 390)
				}
			})
		}
		all.Wait()
		for i, e := range kept.Since(0, 0) {
			require.EqualValues(t, i+1, e.Unsaved())
		}
		require.Len(t, kept.Since(0, 0), 400)
	})

	t.Run("no more than it may keep", func(t *testing.T) {
		w, kept := start(10)
		describe := func(id string) {
			_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: id})
			require.Error(t, err)
		}
		for range 25 {
			describe("a")
		}
		require.Len(t, kept.Since(0, 0), 10)
		require.EqualValues(t, 16, kept.Since(0, 0)[0].Unsaved())
		for range 25 {
			describe(strings.Repeat("a", 2048))
		}
		require.Len(t, kept.Since(0, 0), 4, "of 2 KiB each")
	})
}

func eventThroughJSON(t *testing.T, e secretlife.Event) (back secretlife.Event) {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &back))
	return back
}
