package awsapi_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

const accountA, accountB = "111111111111", "222222222222"

// TestByAccount gives two accounts a store and a clock each, behind one handler.
func TestByAccount(t *testing.T) {
	worlds := map[string]*world{}
	var snapshots fakeSnapshots
	own := secretlife.Must(secretlife.ParseAccount(accountA))
	h := awsapi.ByAccount(own, func(a secretlife.Account) (*awsapi.API, error) {
		if worlds[a.String()] == nil {
			worlds[a.String()] = newWorld(t, func(o *awsapi.Options) {
				o.Account, o.Isolated, o.Snapshots = a.String(), true, &snapshots
			})
		}
		return worlds[a.String()].API, nil
	})
	control := func(method, path, body string) (int, string) {
		rec := ask(h, method, path, body)
		return rec.Code, rec.Body.String()
	}
	call := func(account string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Body = http.NoBody
		r.Host = "localhost"
		r.Header.Set("X-Amz-Target", "secretsmanager.GetRandomPassword")
		if account != "" {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+
				"/20300101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	}
	call(accountB)
	call("")
	call("AKIDEXAMPLE")
	require.ElementsMatch(t, []string{accountA, accountB}, slices.Collect(maps.Keys(worlds)))

	status, got := control("POST", "clock/advance?account="+accountB, `{"duration":"1w"}`)
	require.Equal(t, http.StatusOK, status, got)
	require.Equal(t, start.AddDate(0, 0, 7), worlds[accountB].clock.Now())
	require.Equal(t, start, worlds[accountA].clock.Now(), "time passed for the other account only")
	_, got = control("GET", "clock", "")
	require.Contains(t, got, `"now":"2018-04-03T`, "without an account it is the default one's")
	_, got = control("GET", "clock?account="+accountB, "")
	require.Contains(t, got, `"now":"2018-04-10T`)

	status, got = control("POST", "reset?account="+accountB, `{"clock":"start"}`)
	require.Equal(t, http.StatusOK, status, got)
	status, got = control("POST", "clock/set?account=7", `{"time":"2030-01-01T00:00:00Z"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, got, "an account has twelve digits")

	status, _ = control("GET", "health", "")
	require.Equal(t, http.StatusOK, status)
	rec := ask(h.ControlHandler(awsapi.ControlForAll()), "GET", "clock?account="+accountB, "")
	require.Equal(t, http.StatusOK, rec.Code)
}

// TestResetOfAnAccountAndOfTheClock checks what the owner of the store is asked for.
func TestResetOfAnAccountAndOfTheClock(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	status, got := w.control("POST", "/_secretlife/reset?account="+accountA, "")
	require.Equal(t, http.StatusOK, status, got)
	w.ok("DescribeSecret", readA)
	status, got = w.control("POST", "/_secretlife/reset?account=123456789012", "{}")
	require.Equal(t, http.StatusOK, status, got)
	w.refused("DescribeSecret", readA, gone)

	for _, body := range []string{``, `{"clock":"2030-01-01T00:00:00Z"}`, `{"clock":"start"}`} {
		status, got = w.control("POST", "/_secretlife/reset", body)
		require.Equal(t, http.StatusOK, status, got)
	}
	require.Equal(t, []awsapi.Reset{{}, {Clock: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, {Rewind: true}}, w.resets)

	for _, body := range []string{`{"clock":"begin"}`, `{"clock":7}`, `{"clock":"0001-01-01T00:00:00Z"}`} {
		status, got = w.control("POST", "/_secretlife/reset", body)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, got, `the body may be {`)
	}
	status, got = w.control("POST", "/_secretlife/reset?account="+accountA, `{"clock":"start"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, got, "all accounts share one store and one clock here; with serve --isolate-accounts")
	status, got = w.control("POST", "/_secretlife/clock/advance?account="+accountA, `{"duration":"1h"}`)
	require.Equal(t, http.StatusConflict, status, "they share the clock, too")
	require.Contains(t, got, "all accounts share")

	w = newWorld(t, func(o *awsapi.Options) { o.Virtual, o.AllowReset = false, true })
	status, got = w.control("POST", "/_secretlife/reset", `{"clock":"start"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, got, "the clock is real")
}

// fakeSnapshots keeps names only.
type fakeSnapshots struct{ names []string }

func (f *fakeSnapshots) Save(_ context.Context, name string) error {
	f.names = append(f.names, name)
	return nil
}

func (f *fakeSnapshots) Restore(_ context.Context, name string) error {
	if !slices.Contains(f.names, name) {
		return awsapi.ErrNoSnapshot
	}
	return nil
}

func (f *fakeSnapshots) Delete(_ context.Context, name string) error {
	err := f.Restore(context.Background(), name)
	f.names = slices.DeleteFunc(f.names, func(n string) bool { return n == name })
	return err
}

func (f *fakeSnapshots) List(context.Context) (out []awsapi.Snapshot, _ error) {
	for _, name := range f.names {
		out = append(out, awsapi.Snapshot{Name: name, Clock: start, Secrets: 7})
	}
	return out, nil
}

func TestSnapshotCalls(t *testing.T) {
	w := newWorld(t, func(o *awsapi.Options) { o.Snapshots = new(fakeSnapshots) })
	const snapshots = "/_secretlife/snapshots"
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", snapshots, ``, 200, `{"snapshots":[]}`},
		{"POST", snapshots, `{"name":"base"}`, 200, `{"status":"saved"}`},
		{"GET", snapshots, ``, 200, `{"snapshots":[{"name":"base","clock":"2018-04-03T17:51:02.095Z","secrets":7}]}`},
		{"POST", snapshots + "/restore", `{"name":"base"}`, 200, `{"status":"restored"}`},
		{"POST", snapshots + "/restore", `{"name":"other"}`, 404, `{"error":"there is no snapshot of that name"}`},
		{"DELETE", snapshots + "?name=base", ``, 200, `{"status":"deleted"}`},
		{"DELETE", snapshots + "?name=base", ``, 404, `{"error":"there is no snapshot of that name"}`},
		{"POST", snapshots, `{"name":""}`, 400,
			`{"error":"the body must be {\"name\":\"before the migration\"}, with up to 256 bytes"}`},
		{"POST", snapshots, `{"name":7}`, 400, ``},
		{"POST", snapshots, `{}`, 400, ``},
		{"POST", snapshots + "?account=" + accountA, `{"name":"a"}`, 409, ``},
	} {
		status, got := w.control(c.method, c.path, c.body)
		require.Equal(t, c.status, status, "%v: %s", c, got)
		if c.want != "" {
			require.JSONEq(t, c.want, got)
		}
	}
	w = newWorld(t)
	status, got := w.control("GET", snapshots, "")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, got, "they need a store in memory and a virtual clock")
	w = newWorld(t, func(o *awsapi.Options) { o.Virtual, o.Snapshots = false, new(fakeSnapshots) })
	status, _ = w.control("POST", snapshots, `{"name":"a"}`)
	require.Equal(t, http.StatusForbidden, status)
}
