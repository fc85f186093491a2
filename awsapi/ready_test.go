package awsapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

// checked is a store that says how it is.
type checked struct {
	secretlife.Store
	err   error
	asked int
	hangs bool
}

func (c *checked) Health(ctx context.Context) error {
	c.asked++ // one caller at a time
	if c.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return c.err
}

// readiness is a response to GET ready.
type readiness struct {
	Status  string
	Reasons []struct{ Part, Reason string }
	Purger  struct {
		LastRun string
		Waiting int
		Counted string
		Window  string
		NextIn  string
	}
}

func (w *world) ready(headers ...string) (int, readiness) {
	w.t.Helper()
	rec := ask(w, http.MethodGet, "ready", "", headers...)
	var out readiness
	require.NoError(w.t, json.Unmarshal(rec.Body.Bytes(), &out), rec.Body)
	return rec.Code, out
}

// TestReadyTellsOfTheStore breaks a store and mends it: both show within a second,
// and health, which is liveness, stays as it is.
func TestReadyTellsOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &checked{Store: w.store}
		w.over(store)
		status, got := w.ready()
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "ready", got.Status)
		require.Empty(t, got.Reasons)

		store.err = errors.New("disk 7 is full")
		time.Sleep(100 * time.Millisecond)
		status, got = w.ready()
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "unavailable", got.Status)
		require.Len(t, got.Reasons, 1)
		require.Equal(t, "store", got.Reasons[0].Part)
		require.Equal(t, "disk 7 is full", got.Reasons[0].Reason)
		require.Equal(t, http.StatusOK, ask(w, http.MethodGet, "health", "").Code)

		store.err = nil
		time.Sleep(100 * time.Millisecond)
		status, _ = w.ready()
		require.Equal(t, http.StatusOK, status)

		store.hangs = true
		time.Sleep(100 * time.Millisecond)
		before := time.Now()
		status, got = w.ready()
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Contains(t, got.Reasons[0].Reason, "did not respond within 900ms")
		require.Less(t, time.Since(before), time.Second)
	})
}

// TestReadyAsksOnceForManyCallers checks that callers can't make the store write as
// often as they like, and that one that leaves is no failure.
func TestReadyAsksOnceForManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &checked{Store: w.store}
		w.over(store)
		for range 100 {
			status, _ := w.ready()
			require.Equal(t, http.StatusOK, status)
		}
		require.Equal(t, 1, store.asked)
		store.hangs = true
		time.Sleep(100 * time.Millisecond)
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				status, _ := w.ready()
				require.Equal(t, http.StatusServiceUnavailable, status)
			})
		}
		callers.Wait()
		require.Equal(t, 2, store.asked)
	})
}

// TestReadyTellsStrangersNoMore checks that the inside shows to callers that may read
// only.
func TestReadyTellsStrangersNoMore(t *testing.T) {
	w := verifying(t)
	store := &checked{Store: w.store, err: errors.New("disk 7 is full")}
	m, err := secretlife.New(store)
	require.NoError(t, err)
	w.serve(m, func(o *awsapi.Options) {
		o.Credentials, o.Hosts, o.Control = noCredentials, []string{"example.com"}, tokens(t)
	})
	for _, headers := range [][]string{
		nil, {"Authorization", "Bearer " + advancer}, {"Authorization", "Bearer nonsense"},
	} {
		rec := ask(w, http.MethodGet, "ready", "", headers...)
		require.Equal(t, http.StatusServiceUnavailable, rec.Code)
		require.JSONEq(t, `{"status":"unavailable","reasons":[{"part":"store"}]}`, rec.Body.String())
	}
	_, got := w.ready("Authorization", "Bearer "+reader)
	require.Equal(t, "disk 7 is full", got.Reasons[0].Reason)
}

func noCredentials(string) (awsapi.Credential, bool) { return awsapi.Credential{}, false }

// undue is a store that can't say what is due, nor how it is.
type undue struct {
	secretlife.Store
	err error
}

func (undue) Health(context.Context) error { return errors.ErrUnsupported }

func (u undue) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if u.err != nil {
		return nil, u.err
	}
	return u.Store.Due(ctx, query)
}

// TestReadyReadsFromStoresThatCantTell has a store without Health.
func TestReadyReadsFromStoresThatCantTell(t *testing.T) {
	w := newWorld(t)
	w.over(undue{w.store, errors.New("disk 7 is on fire")})
	status, got := w.ready()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "store", got.Reasons[0].Part)
}

// TestReadyTellsOfTheBackground has secrets whose purge fails, until it is known that
// they are stuck, and a purger that can't work at all.
func TestReadyTellsOfTheBackground(t *testing.T) {
	w := newWorld(t)
	_, got := w.ready()
	require.Empty(t, got.Purger.LastRun)
	w.over(keeping{w.store, "kept"})
	w.create("kept")
	_, got = w.ready()
	require.Equal(t, "2018-04-03T17:51:02.095Z", got.Purger.LastRun)
	w.ok("DeleteSecret", `{"SecretId":"kept","ForceDeleteWithoutRecovery":true}`)
	status, _ := w.ready()
	require.Equal(t, http.StatusOK, status, "it is tried again")
	w.control(http.MethodPost, "/_secretlife/clock/advance", `{"duration":"1m"}`)
	status, got = w.ready()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Len(t, got.Reasons, 1)
	require.Equal(t, "stuck", got.Reasons[0].Part)
	require.Regexp(t, `^kept in us-east-1 of 123456789012 failed \d+ times, and is tried again at 2018-04-03T.*Z: `+
		`.*no purges on Mondays$`, got.Reasons[0].Reason)

	w = newWorld(t)
	failing := &undue{Store: w.store}
	w.over(failing)
	failing.err = errors.New("disk 7 is on fire")
	w.create("a")
	_, got = w.ready()
	require.Len(t, got.Reasons, 2)
	require.Equal(t, "store", got.Reasons[0].Part)
	require.Equal(t, "purger", got.Reasons[1].Part)
	require.Contains(t, got.Reasons[1].Reason, "looking for due work: disk 7 is on fire")
}

// TestReadyTellsWhatWaits has a clock that jumped over a DeletionDate: the secret waits
// for counted time, which is no failure.
func TestReadyTellsWhatWaits(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	w.clock.Jump(8 * 24 * time.Hour)
	for range 3 { // until the clock is believed
		w.clock.Set(w.clock.Now().Add(time.Hour))
		w.create(fmt.Sprint("b", w.clock.Now().Unix()))
	}
	status, got := w.ready()
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 1, got.Purger.Waiting)
	require.Equal(t, "165h0m0s", got.Purger.NextIn)
	require.Equal(t, "3h0m0s", got.Purger.Counted)
	require.Equal(t, "168h0m0s", got.Purger.Window)
}

// TestManyStuckSecretsAreCounted keeps the response short.
func TestManyStuckSecretsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.over(allKeeping{singly{memstore.New()}})
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		w.create(name)
		w.ok("DeleteSecret", `{"SecretId":"`+name+`","ForceDeleteWithoutRecovery":true}`)
	}
	w.control(http.MethodPost, "/_secretlife/clock/advance", `{"duration":"1m"}`)
	_, got := w.ready()
	require.Len(t, got.Reasons, 11)
	require.Equal(t, "and 2 more secrets", got.Reasons[10].Reason)
}

// allKeeping is a store that can't let go of anything.
type allKeeping struct{ secretlife.Store }

func (k allKeeping) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	for _, c := range batch.Changes {
		if c.Purges() {
			return secretlife.Receipt{}, errors.New("it stays")
		}
	}
	return k.Store.Commit(ctx, batch)
}

// Claim is not supported, so that purges come one by one.
func (allKeeping) Claim(
	context.Context, secretlife.DueQuery, func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.Receipt{}, errors.ErrUnsupported
}
