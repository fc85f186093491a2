package awsapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

type advanced struct {
	Now            time.Time
	Purged, Failed []string
	Stopped, Left  string
}

// advance makes the control call.
func (w *world) advance(ctx context.Context, body string) (int, advanced) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/_secretlife/clock/advance", strings.NewReader(body))
	r.Host = "localhost"
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	var out advanced
	require.NoError(w.t, json.Unmarshal(rec.Body.Bytes(), &out), rec.Body)
	return rec.Code, out
}

// rotates is a rotation function that does a step.
func rotates(ctx context.Context, r secretlife.RotationRequest) error {
	switch r.Step {
	case secretlife.StepCreateSecret:
		_, err := r.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
			SecretID: r.SecretID, ClientRequestToken: r.ClientRequestToken,
			Value: secretlife.SecretString("new"), VersionStages: []secretlife.Stage{secretlife.StagePending},
		})
		return err
	case secretlife.StepFinishSecret:
		d, err := r.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: r.SecretID})
		if err != nil {
			return err
		}
		move := secretlife.UpdateSecretVersionStageInput{
			SecretID: r.SecretID, VersionStage: secretlife.StageCurrent, MoveToVersionID: r.ClientRequestToken,
		}
		for id, stages := range d.VersionIDsToStages {
			for _, s := range stages {
				if s == secretlife.StageCurrent {
					move.RemoveFromVersionID = id
				}
			}
		}
		_, err = r.Manager.UpdateSecretVersionStage(ctx, move)
		return err
	}
	return nil
}

// rotatingDaily makes a world with a rotation function and ten secrets that are rotated
// every day, with a secret that is to be purged after three days.
func rotatingDaily(t *testing.T, function func(context.Context, secretlife.RotationRequest) error) (*world, string) {
	w := &world{t: t, store: memstore.New(), clock: secretlife.NewVirtualClock(start)}
	m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock, o.Rotator = w.clock, function })
	require.NoError(t, err)
	w.m = m
	w.serve(m, func(o *awsapi.Options) { o.Purger, o.Virtual = secretlife.NewPurger(m), true })
	for i := range 10 {
		w.create(fmt.Sprint("s", i))
		w.ok("RotateSecret", fmt.Sprintf(
			`{"SecretId":"s%d","ClientRequestToken":"%s","RotationLambdaARN":"arn:aws:lambda:us-east-1:1:function:f",`+
				`"RotationRules":{"ScheduleExpression":"rate(1 day)"},"RotateImmediately":false}`, i, tokenB))
	}
	arn := w.create("dying")
	w.ok("DeleteSecret", `{"SecretId":"dying","RecoveryWindowInDays":7}`)
	return w, arn
}

// requireRotated checks that nothing is left half done, and that every rotation is
// ahead.
func (w *world) requireRotated() {
	w.t.Helper()
	for i := range 10 {
		d, err := w.m.DescribeSecret(w.t.Context(), secretlife.SecretInput{SecretID: fmt.Sprint("s", i)})
		require.NoError(w.t, err)
		require.True(w.t, d.NextRotationDate.After(w.clock.Now()), d.Name)
		for _, stages := range d.VersionIDsToStages {
			require.NotEqual(w.t, []secretlife.Stage{secretlife.StagePending}, stages, d.Name)
		}
	}
}

// TestAdvanceTakesItsTime: a second a step, ten secrets, a week.
func TestAdvanceTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w, arn := rotatingDaily(t, func(ctx context.Context, r secretlife.RotationRequest) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return rotates(ctx, r)
			}
		})
		status, got := w.advance(t.Context(), `{"duration":"168h"}`)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, advanced{Now: start.Add(168 * time.Hour), Purged: []string{arn}}, got)
		require.Greater(t, time.Since(began), 4*time.Minute)
		w.requireRotated()
	})
}

// TestAdvanceStopsAtItsTimeout: the function hangs in the third rotation.
func TestAdvanceStopsAtItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		w, arn := rotatingDaily(t, func(ctx context.Context, r secretlife.RotationRequest) error {
			if calls++; calls == 10+10 {
				<-ctx.Done()
				return ctx.Err()
			}
			return rotates(ctx, r)
		})
		status, got := w.advance(t.Context(), `{"duration":"168h","timeout":"20s"}`)
		require.Equal(t, 20*time.Second, time.Since(began))
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "the timeout of the request is over", got.Stopped)
		require.Empty(t, got.Failed)
		require.Equal(t, w.clock.Now(), got.Now)
		require.Equal(t, start.Add(168*time.Hour).Sub(got.Now).String(), got.Left)

		status, got = w.advance(t.Context(), `{"duration":"`+got.Left+`","timeout":"20s"}`)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, advanced{Now: start.Add(168 * time.Hour), Purged: []string{arn}}, got)
		w.requireRotated()
	})
}

// TestAdvanceForCallersThatLeave: what was purged for one stands in the answer to
// the next.
func TestAdvanceForCallersThatLeave(t *testing.T) {
	var leave func()
	w := newWorld(t)
	w.over(departing{w.store, func() { leave() }})
	a, b, c := w.create("a"), w.create("b"), w.create("c")
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	w.ok("DeleteSecret", `{"SecretId":"b","RecoveryWindowInDays":8}`)
	w.ok("DeleteSecret", `{"SecretId":"c","RecoveryWindowInDays":9}`)

	for i := range 2 {
		var caller context.Context
		caller, leave = context.WithCancel(t.Context())
		_, got := w.advance(caller, `{"duration":"720h"}`)
		require.Equal(t, "the caller has gone", got.Stopped)
		require.Empty(t, got.Failed)
		require.Equal(t, start.Add(time.Duration(7+i)*24*time.Hour), w.clock.Now())
	}
	leave = func() {}
	_, got := w.advance(t.Context(), `{"duration":"24h"}`)
	require.Equal(t, []string{a, b, c}, got.Purged)
	_, got = w.advance(t.Context(), `{"duration":"24h"}`)
	require.Empty(t, got.Purged)

	gone, leave := context.WithCancel(t.Context())
	leave()
	now := w.clock.Now()
	_, got = w.advance(gone, `{"duration":"1h"}`)
	require.Equal(t, "the caller has gone", got.Stopped)
	require.Equal(t, now, w.clock.Now())
}

// departing is a store whose caller leaves during a purge.
type departing struct {
	secretlife.Store
	leave func()
}

func (d departing) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if batch.Changes[0].Purges() {
		d.leave()
	}
	return d.Store.Commit(ctx, batch)
}

func TestAdvanceStopsWithItsStore(t *testing.T) {
	w := newWorld(t)
	w.over(blind{w.store})
	status, got := w.advance(t.Context(), `{"duration":"1h"}`)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "the store could not say what is due", got.Stopped)
	require.Equal(t, "1h0m0s", got.Left)
	require.Len(t, got.Failed, 1)
	require.Equal(t, start, w.clock.Now())
}

// blind is a store that does not know what is due.
type blind struct{ secretlife.Store }

func (blind) Due(context.Context, secretlife.DueQuery) ([]secretlife.Due, error) {
	return nil, errors.New("bad sector")
}
