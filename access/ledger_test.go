package access_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

var (
	ctx   = context.Background()
	start = time.Date(2030, 1, 2, 23, 59, 0, 0, time.UTC)
	ann   = secretlife.WithCaller(ctx, secretlife.Caller{AccessKeyID: "AKIDANN", Principal: "ann"})
	bob   = secretlife.WithCaller(ctx, secretlife.Caller{AccessKeyID: "AKIDBOB"})
)

// world is a Manager whose calls a Ledger counts.
type world struct {
	*secretlife.Manager
	t      *testing.T
	clock  *secretlife.VirtualClock
	store  *storetest.Faults
	purger *secretlife.Purger
	ledger *access.Ledger
	alarms []access.Alarm
	log    bytes.Buffer
}

func newWorld(t *testing.T, edits ...func(*access.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: secretlife.NewVirtualClock(start), store: storetest.NewFaults(memstore.New())}
	options := func(o *access.Options) {
		o.Clock, o.Logger = w.clock, slog.New(slog.NewTextHandler(&w.log, nil))
		o.OnScheduled = func(_ context.Context, a access.Alarm) { w.alarms = append(w.alarms, a) }
	}
	var err error
	w.ledger, err = access.New(w.store, append([]func(*access.Options){options}, edits...)...)
	require.NoError(t, err)
	w.Manager, err = secretlife.New(w.store, func(o *secretlife.Options) {
		o.Clock, o.Observer = w.clock, w.ledger.Observer()
	})
	require.NoError(t, err)
	w.purger = secretlife.NewPurger(w.Manager)
	return w
}

func (w *world) create(name string) secretlife.ARN {
	w.t.Helper()
	out, err := w.CreateSecret(ann, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("hunter2")})
	require.NoError(w.t, err)
	return secretlife.Must(secretlife.ParseARN(out.ARN))
}

func (w *world) delete(name string) {
	w.t.Helper()
	in := secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: secretlife.Days(7)}
	_, err := w.DeleteSecret(ann, in)
	require.NoError(w.t, err)
}

func (w *world) read(ctx context.Context, name string) error {
	_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	return err
}

// lines are the entries, each in a line.
func (w *world) lines(q access.Query) []string {
	w.t.Helper()
	var out []string
	for e, err := range w.ledger.Entries(ctx, q) {
		require.NoError(w.t, err)
		out = append(out, line(e))
	}
	return out
}

func line(e access.Entry) string {
	scheduled := ""
	if e.Scheduled {
		scheduled = " scheduled"
	}
	return fmt.Sprintf("%s %s %s %s%s %d/%d %s-%s", e.Day.Format("01-02"), e.ARN.Key().Name, e.Principal, e.Operation,
		scheduled, e.Refused, e.Calls, e.First.Format("15:04:05"), e.Last.Format("15:04:05"))
}

func TestLedger(t *testing.T) {
	t.Run("counts calls by secret, principal, operation and day", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		require.NoError(t, w.read(ann, "a"))
		w.clock.Advance(30 * time.Second)
		require.NoError(t, w.read(ann, "a"))
		require.NoError(t, w.read(bob, "a"))
		w.delete("a")
		require.Error(t, w.read(bob, "a"))
		w.clock.Advance(time.Minute)
		require.Error(t, w.read(bob, "a"))
		require.Error(t, w.read(bob, "a"))
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, []string{
			"01-02 a ann CreateSecret 0/1 23:59:00-23:59:00",
			"01-02 a ann DeleteSecret 0/1 23:59:30-23:59:30",
			"01-02 a AKIDBOB GetSecretValue 0/1 23:59:30-23:59:30",
			"01-02 a ann GetSecretValue 0/2 23:59:00-23:59:30",
			"01-02 a AKIDBOB GetSecretValue scheduled 1/1 23:59:30-23:59:30",
			"01-03 a AKIDBOB GetSecretValue scheduled 2/2 00:00:30-00:00:30",
			"01-03 a 123456789012 RestoreSecret scheduled 0/1 00:00:30-00:00:30",
		}, w.lines(access.Query{}))
		require.Equal(t, []string{
			"01-03 a AKIDBOB GetSecretValue scheduled 2/2 00:00:30-00:00:30",
			"01-03 a 123456789012 RestoreSecret scheduled 0/1 00:00:30-00:00:30",
		}, w.lines(access.Query{Scheduled: true, From: start.Truncate(24*time.Hour).AddDate(0, 0, 1)}))
	})

	t.Run("tells incarnations apart, and outlives them", func(t *testing.T) {
		w := newWorld(t)
		first := w.create("a")
		w.delete("a")
		_, err := w.purger.Advance(ctx, 8*24*time.Hour)
		require.NoError(t, err)
		second := w.create("a")
		require.NotEqual(t, first, second)
		seen := map[secretlife.ARN]secretlife.Incarnation{}
		for e, err := range w.ledger.Entries(ctx, access.Query{}) {
			require.NoError(t, err)
			seen[e.ARN] = e.Incarnation
		}
		require.Len(t, seen, 2)
		require.NotEqual(t, seen[first], seen[second])
	})

	t.Run("counts each secret of a batch", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.create("b")
		w.delete("b")
		_, err := w.BatchGetSecretValue(bob, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a", "b", "c"}})
		require.NoError(t, err)
		lines := w.lines(access.Query{})
		require.Contains(t, lines, "01-02 a AKIDBOB GetSecretValue 0/1 23:59:00-23:59:00")
		require.Contains(t, lines, "01-02 b AKIDBOB GetSecretValue scheduled 1/1 23:59:00-23:59:00")
		require.NotContains(t, strings.Join(lines, "\n"), "Batch")
		require.Len(t, w.alarms, 1)
	})

	t.Run("does not count calls that found no secret, or did not happen", func(t *testing.T) {
		w := newWorld(t)
		arn := w.create("a")
		before := w.lines(access.Query{})
		require.Error(t, w.read(ann, "b"))
		require.Error(t, w.read(ann, "a b"))
		_, err := w.ListSecrets(ann, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		gone, cancel := context.WithCancel(ann)
		cancel()
		require.ErrorIs(t, w.read(gone, "a"), context.Canceled)
		other, err := w.In("999999999999", "us-east-1")
		require.NoError(t, err)
		_, err = other.DescribeSecret(ann, secretlife.SecretInput{SecretID: arn.String()})
		require.ErrorIs(t, err, secretlife.ErrAccessDenied)
		w.store.Next(storetest.Value, storetest.Fault{Err: errors.New("bad sector")})
		require.ErrorIs(t, w.read(ann, "a"), secretlife.ErrInternal)
		require.Equal(t, before, w.lines(access.Query{}))
	})

	t.Run("has no value", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a")
		_, err := w.PutSecretValue(ann, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("hunter3")})
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
		all := w.log.String() + fmt.Sprintf("%+v %#v", w.alarms, w.alarms)
		for e, err := range w.ledger.Entries(ctx, access.Query{}) {
			require.NoError(t, err)
			all += fmt.Sprintf("%+v %#v", e, e)
		}
		require.NotContains(t, all, "hunter")
	})

	t.Run("keeps text as principals", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for _, p := range []string{"\xff\x00", "\xfe\x00", strings.Repeat("ä", 2000)} {
			require.NoError(t, w.read(secretlife.WithCaller(ctx, secretlife.Caller{Principal: p}), "a"))
		}
		require.Equal(t, []string{
			"01-02 a ann CreateSecret 0/1 23:59:00-23:59:00",
			"01-02 a " + strings.Repeat("ä", 512) + " GetSecretValue 0/1 23:59:00-23:59:00",
			"01-02 a \uFFFD\uFFFD GetSecretValue 0/2 23:59:00-23:59:00",
		}, w.lines(access.Query{}))
	})
}

func TestLedgerNeedsAStore(t *testing.T) {
	type hidden struct{ secretlife.Store }
	for _, store := range []secretlife.Store{hidden{memstore.New()}, storetest.NewFaults(hidden{memstore.New()})} {
		_, err := access.New(store)
		require.ErrorIs(t, err, errors.ErrUnsupported)
		require.ErrorContains(t, err, "must pass on the methods of access.Store")
	}
}

func TestLedgerWrites(t *testing.T) {
	t.Run("what a failed attempt left, once", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.store.Next(storetest.AddAccesses, storetest.Fault{Err: errors.New("bad sector")})
		require.ErrorContains(t, w.ledger.Flush(ctx), "bad sector")
		require.ErrorContains(t, w.ledger.Status().Err, "bad sector")
		require.Equal(t, 1, w.ledger.Status().Waiting)
		require.NoError(t, w.read(ann, "a"))
		w.store.Next(storetest.AddAccesses, storetest.Fault{Lost: secretlife.ErrOutcomeUnknown})
		require.ErrorIs(t, w.ledger.Flush(ctx), secretlife.ErrOutcomeUnknown, "it is written, and the answer is lost")
		require.NoError(t, w.read(ann, "a"))
		require.Equal(t, []string{
			"01-02 a ann CreateSecret 0/1 23:59:00-23:59:00",
			"01-02 a ann GetSecretValue 0/2 23:59:00-23:59:00",
		}, w.lines(access.Query{}))
		require.Equal(t, access.Status{Written: start}, w.ledger.Status())
	})

	t.Run("in groups and pages", func(t *testing.T) {
		w := newWorld(t)
		var want []string
		for i := range 2500 {
			want = append(want, fmt.Sprintf("secret-%04d", i))
			w.create(want[i])
		}
		require.NoError(t, w.ledger.Flush(ctx))
		require.Equal(t, 10, w.store.Calls(storetest.AddAccesses))
		for limit, n := range map[int]int{0: 2500, 1: 1, 1000: 1000, 1500: 1500, 5000: 2500} {
			var got []string
			for e, err := range w.ledger.Entries(ctx, access.Query{Limit: limit}) {
				require.NoError(t, err)
				got = append(got, e.ARN.Key().Name.String())
			}
			require.Equal(t, want[:n], got, "limit %d", limit)
		}
	})

	t.Run("within a bound of memory", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		const most = 1 << 16
		for i := range most + 10 {
			caller := secretlife.Caller{Principal: fmt.Sprint("principal-", i)}
			require.NoError(t, w.read(secretlife.WithCaller(ctx, caller), "a"))
		}
		require.NoError(t, w.read(secretlife.WithCaller(ctx, secretlife.Caller{Principal: "principal-1"}), "a"))
		s := w.ledger.Status()
		require.Equal(t, most, s.Waiting)
		require.EqualValues(t, 11, s.Dropped, "one entry is that of CreateSecret")
		require.NoError(t, w.ledger.Flush(ctx))
		require.Zero(t, w.ledger.Status().Waiting)
		require.NoError(t, w.read(secretlife.WithCaller(ctx, secretlife.Caller{Principal: "new"}), "a"))
		require.Equal(t, 1, w.ledger.Status().Waiting)
	})
}

func TestLedgerRun(t *testing.T) {
	// run runs the ledger until the test ends it.
	run := func(w *world) (end func() error) {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- w.ledger.Run(ctx) }()
		return func() error { cancel(); return <-done }
	}

	t.Run("writes in the background, and at its end", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		wrote := make(chan struct{})
		w.store.Decide(func(c storetest.Call) storetest.Fault {
			if c.Method == storetest.AddAccesses && c.N == 1 {
				return storetest.Fault{After: func() { close(wrote) }}
			}
			return storetest.Fault{}
		})
		end := run(w)
		for waiting := true; waiting; {
			w.clock.Advance(10 * time.Second) // Run may not wait yet
			select {
			case <-wrote:
				waiting = false
			default:
			}
		}
		require.NoError(t, w.read(ann, "a"))
		require.NoError(t, end())
		require.Zero(t, w.ledger.Status().Waiting)
	})

	t.Run("says at its end what is lost", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.store.Decide(func(c storetest.Call) storetest.Fault {
			if c.Method == storetest.AddAccesses {
				return storetest.Fault{Err: errors.New("bad sector")}
			}
			return storetest.Fault{}
		})
		require.EqualError(t, run(w)(), "access: 1 entries are lost: bad sector")
	})

	t.Run("writes early when many wait", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		wrote := make(chan struct{})
		w.store.Next(storetest.AddAccesses, storetest.Fault{After: func() { close(wrote) }})
		end := run(w)
		for i := range 1 << 14 {
			caller := secretlife.Caller{Principal: fmt.Sprint("principal-", i)}
			require.NoError(t, w.read(secretlife.WithCaller(ctx, caller), "a"))
		}
		<-wrote
		require.NoError(t, end())
	})

	t.Run("does not try again with every call", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		failed := make(chan struct{}, 100_000)
		w.store.Decide(func(c storetest.Call) storetest.Fault {
			if c.Method == storetest.AddAccesses {
				return storetest.Fault{Err: errors.New("bad sector"), After: func() { failed <- struct{}{} }}
			}
			return storetest.Fault{}
		})
		end := run(w)
		read := func(from int) {
			for i := range 1 << 14 {
				caller := secretlife.Caller{Principal: fmt.Sprint("principal-", from+i)}
				require.NoError(t, w.read(secretlife.WithCaller(ctx, caller), "a"))
			}
		}
		read(0)
		<-failed
		read(1 << 14)
		require.Error(t, end())
		require.Equal(t, 2, w.store.Calls(storetest.AddAccesses), "the second is that at the end")
	})

	t.Run("forgets old entries", func(t *testing.T) {
		w := newWorld(t, func(o *access.Options) { o.KeepDays = 2 })
		w.create("a")
		end := run(w)
		for len(w.lines(access.Query{})) > 0 {
			w.clock.Advance(24 * time.Hour)
		}
		require.NoError(t, end())
		require.GreaterOrEqual(t, w.clock.Now().Sub(start), 2*24*time.Hour)
	})
}

func TestAlarm(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a")
	w.delete("a")
	require.Empty(t, w.alarms)
	for range 3 {
		require.ErrorIs(t, w.read(bob, "a"), secretlife.ErrScheduledForDeletion)
	}
	require.ErrorIs(t, w.read(ann, "a"), secretlife.ErrScheduledForDeletion)
	_, err := w.DeleteSecret(ann, secretlife.DeleteSecretInput{SecretID: "a"})
	require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion, "deleting twice is no use of it")
	_, err = w.DescribeSecret(ann, secretlife.SecretInput{SecretID: "a"})
	require.NoError(t, err)
	w.clock.Advance(time.Minute)
	require.ErrorIs(t, w.read(bob, "a"), secretlife.ErrScheduledForDeletion)

	require.Len(t, w.alarms, 3)
	first, again := w.alarms[0], w.alarms[2]
	require.Equal(t, arn, first.Call.Secret.ARN())
	require.Equal(t, secretlife.OpGetSecretValue, first.Call.Operation)
	require.Equal(t, []string{"AKIDBOB", "ann", "AKIDBOB"}, []string{first.Principal, w.alarms[1].Principal, again.Principal})
	require.Equal(t, []int{1, 1, 3}, []int{first.Attempts, w.alarms[1].Attempts, again.Attempts})
	logged := slices.Collect(strings.Lines(w.log.String()))
	require.Len(t, logged, 3)
	require.Contains(t, logged[2], `level=WARN msg="a secret that is scheduled for deletion was asked for" arn=`+
		arn.String()+` deletionDate=2030-01-09T23:59:00.000Z operation=GetSecretValue principal=AKIDBOB attempts=3`)
}
