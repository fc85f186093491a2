package stores_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// noticed is a context that tells when a Commit has put its changes into the
// queue: it then asks a second time when the context is done.
type noticed struct {
	context.Context
	mu     sync.Mutex
	asked  int
	queued chan struct{}
}

func (n *noticed) Done() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked++; n.asked == 2 {
		close(n.queued)
	}
	return n.Context.Done()
}

// jam stops the writer in the middle of a first commit, so that others wait.
type jam struct {
	t       *testing.T
	s       *sqlstore.SQLite
	release chan struct{}
	first   chan error
	begun   int
}

func newJam(t *testing.T, fail func(statement) error) *jam {
	t.Helper()
	f := newFiles(t)
	s, err := openSQLite("sqlite-spied", f.db(), f.master())
	require.NoError(t, err)
	j := &jam{t: t, s: s, release: make(chan struct{}), first: make(chan error, 1)}
	stopped := make(chan struct{})
	var once sync.Once
	spy.watch(func(st statement) error {
		if st.query == "BEGIN IMMEDIATE" && !st.after {
			j.begun++
			once.Do(func() {
				close(stopped)
				<-j.release
			})
		}
		return fail(st)
	})
	t.Cleanup(func() {
		spy.set(nil)
		require.NoError(t, s.Close())
	})
	go func() { j.first <- touch(s) }()
	<-stopped
	return j
}

// queue has changes wait behind the jam, and returns where the answer will be.
func (j *jam) queue(c context.Context, changes ...secretlife.Change) <-chan error {
	n := &noticed{Context: c, queued: make(chan struct{})}
	answer := make(chan error, 1)
	go func() {
		_, err := j.s.Commit(n, secretlife.Batch{Changes: changes})
		answer <- err
	}()
	<-n.queued
	return answer
}

func (j *jam) create(id int) secretlife.Change {
	w := &worker{store: j.s, id: id}
	c, _, err := w.decide("create")
	require.NoError(j.t, err)
	return c
}

func (j *jam) there(id int) bool {
	_, err := j.s.Load(ctx, workerKey(id))
	if !errors.Is(err, secretlife.ErrSecretNotFound) {
		require.NoError(j.t, err)
	}
	return err == nil
}

func nothingFails(statement) error { return nil }

// TestCommitsTogetherAreRefusedByThemselves checks that commits which share a
// transaction are accepted and refused each by itself.
func TestCommitsTogetherAreRefusedByThemselves(t *testing.T) {
	j := newJam(t, nothingFails)
	one := j.create(1)
	other := j.create(1) // the same name
	secret := one.Next()
	read := func() secretlife.Change {
		c, err := secret.Update(secretlife.Exactly(start), secretlife.Update{})
		require.NoError(t, err)
		return c
	}
	stale := read()
	gone, giveUp := context.WithCancel(ctx)
	answers := []struct {
		answer <-chan error
		want   error
	}{
		{j.queue(ctx, one), nil},
		{j.queue(ctx, other), secretlife.ErrConflict},
		{j.queue(ctx, read()), nil},
		{j.queue(ctx, j.create(2), stale), secretlife.ErrConflict},
		{j.queue(gone, j.create(3)), context.Canceled},
		{j.queue(ctx, j.create(4)), nil},
	}
	giveUp()
	require.ErrorIs(t, <-answers[4].answer, context.Canceled)
	close(j.release)
	require.NoError(t, <-j.first)
	for i, a := range answers {
		if i != 4 {
			require.ErrorIs(t, <-a.answer, a.want, i)
		}
	}
	require.Equal(t, 2, j.begun, "transactions")
	require.True(t, j.there(1))
	require.False(t, j.there(2), "half of a refused commit")
	require.False(t, j.there(3), "a change whose caller had gone")
	require.True(t, j.there(4))
	events, err := j.s.Events(ctx, 0, 100)
	require.NoError(t, err)
	require.Len(t, events, 3)
}

// TestWhatOneCantDoIsNotRefusedToOthers holds the same for failures.
func TestWhatOneCantDoIsNotRefusedToOthers(t *testing.T) {
	j := newJam(t, func(st statement) error {
		if strings.HasPrefix(st.query, "INSERT INTO secretlife_secrets") && hasArg(st.args, workerName(2)) {
			return errPlanted
		}
		return nil
	})
	first, poison, last := j.queue(ctx, j.create(1)), j.queue(ctx, j.create(2)), j.queue(ctx, j.create(3))
	close(j.release)
	require.NoError(t, <-first)
	require.ErrorIs(t, <-poison, errPlanted)
	require.NoError(t, <-last)
	require.True(t, j.there(1))
	require.False(t, j.there(2))
	require.True(t, j.there(3))
	for _, id := range []int{1, 3} {
		_, _, err := look(j.s, id)
		require.NoError(t, err)
	}
}

// TestAFailureAtTheEndIsTold checks that no caller is told of a conflict with what
// was written for himself, where a transaction failed at its very end.
func TestAFailureAtTheEndIsTold(t *testing.T) {
	commits := 0
	j := newJam(t, func(st statement) error {
		if st.query == "COMMIT" && st.after {
			if commits++; commits == 2 {
				return errPlanted
			}
		}
		return nil
	})
	first, second := j.queue(ctx, j.create(1)), j.queue(ctx, j.create(2))
	close(j.release)
	require.ErrorIs(t, <-first, errPlanted)
	require.ErrorIs(t, <-second, errPlanted)
	require.NoError(t, <-j.queue(ctx, j.create(3)))
	for _, id := range []int{1, 2, 3} { // the first two were written after all
		_, _, err := look(j.s, id)
		require.NoError(t, err)
	}
}

func hasArg(args []driver.NamedValue, want string) bool {
	for _, a := range args {
		if a.Value == want {
			return true
		}
	}
	return false
}

// TestACallThatEndsWhileItIsWritten cancels a CreateSecret in the middle of its
// COMMIT. The caller is told that the outcome is unknown, and the event reaches the
// sink with the next call when the secret was written, and never when it was not.
func TestACallThatEndsWhileItIsWritten(t *testing.T) {
	for _, fails := range []error{nil, errPlanted} {
		f := newFiles(t)
		s, err := openSQLite("sqlite-spied", f.db(), f.master())
		require.NoError(t, err)
		var events []string
		m, err := secretlife.New(s, func(o *secretlife.Options) {
			o.Clock = secretlife.NewVirtualClock(start)
			o.Observer.Saved = func(_ context.Context, e secretlife.Event) { events = append(events, e.Key().Name.String()) }
		})
		require.NoError(t, err)
		writing, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		spy.watch(func(st statement) (err error) {
			if st.query == "COMMIT" && !st.after {
				once.Do(func() {
					close(writing)
					<-goOn
					err = fails
				})
			}
			return err
		})
		soon, cancel := context.WithCancel(ctx)
		answer := make(chan error, 1)
		go func() {
			_, err := m.CreateSecret(
				soon,
				secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")},
			)
			answer <- err
		}()
		<-writing
		cancel()
		err = <-answer
		require.ErrorIs(t, err, secretlife.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.Canceled)
		var unknown *secretlife.OutcomeUnknownError
		require.ErrorAs(t, err, &unknown)
		require.Empty(t, events)
		close(goOn)
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Value: secretlife.SecretString("v")})
		require.NoError(t, err) // the writer has answered the call before
		_, err = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "b"})
		require.NoError(t, err)
		want := []string{"a", "b"}
		if fails != nil {
			want = want[1:]
		}
		require.ElementsMatch(t, want, events)
		spy.set(nil)
		require.NoError(t, s.Close())
	}
}
