package stores_test

import (
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// endpoint asks an endpoint over a store how it is.
type endpoint struct {
	t   *testing.T
	api *awsapi.API
	now time.Time
}

func newEndpoint(t *testing.T, s secretlife.Store) *endpoint {
	e := &endpoint{t: t, now: time.Unix(1_900_000_000, 0)}
	api, err := awsapi.New(manager(t, s), func(o *awsapi.Options) { o.Wall = func() time.Time { return e.now } })
	require.NoError(t, err)
	e.api = api
	return e
}

// get makes a control call a second later, and returns the parts that don't work.
func (e *endpoint) get(name string) (status int, parts []string) {
	e.t.Helper()
	e.now = e.now.Add(time.Second)
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, "http://localhost/_secretlife/"+name, nil)
	require.NoError(e.t, err)
	resp, err := e.api.RoundTrip(r)
	require.NoError(e.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(e.t, err)
	var out struct {
		Reasons []struct{ Part, Reason string }
	}
	require.NoError(e.t, json.Unmarshal(body, &out))
	for _, r := range out.Reasons {
		e.t.Log(r.Reason)
		parts = append(parts, r.Part)
	}
	return resp.StatusCode, parts
}

// works checks whether the endpoint is ready; it lives in any case.
func (e *endpoint) works(ready bool) {
	e.t.Helper()
	status, _ := e.get("health")
	require.Equal(e.t, http.StatusOK, status)
	status, parts := e.get("ready")
	if ready {
		require.Equal(e.t, http.StatusOK, status)
		return
	}
	require.Equal(e.t, http.StatusServiceUnavailable, status)
	require.Equal(e.t, []string{"store"}, parts)
}

// TestReadyWithAFullDisk: neither a disk on which nothing can be written nor a log that
// can't be written into the database is called ready.
func TestReadyWithAFullDisk(t *testing.T) {
	var full atomic.Pointer[string]
	vfs.Register("ready", boundedVFS{vfs.Find(""), &full})
	defer vfs.Unregister("ready")
	f := newFiles(t)
	db, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(f.db())+"?vfs=ready")
	require.NoError(t, err)
	s, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(f.master()),
		func(o *sqlstore.Options) { o.ScrubAfter = time.Hour })
	require.NoError(t, err)
	m := manager(t, s)
	e := newEndpoint(t, s)
	create(t, m, "a", "v")
	require.NoError(t, s.Scrub(ctx)) // the log is empty
	e.works(true)
	require.NoError(t, s.Scrub(ctx))

	wal, database := "-wal", ".db"
	full.Store(&wal)
	e.works(false)
	full.Store(&database)
	value := secretlife.SecretString(strings.Repeat("x", 60_000))
	for range 700 { // over 32 MB of log
		_, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: value})
		require.NoError(t, err, "the log takes it")
	}
	e.works(false)
	full.Store(nil)
	e.works(true)
	require.NoError(t, s.Close())
}

// TestReadyWithAServerThatStopped: it shows at the next request, and goes when the
// server is back.
func TestReadyWithAServerThatStopped(t *testing.T) {
	c := newCluster(t)
	e := newEndpoint(t, c.database(t).open(t))
	e.works(true)
	c.Stop()
	e.works(false)
	c.Run()
	// A look of the background at the server that was on its way when it stopped is made
	// again within about a second; until then what it met is still told.
	back := func() bool { status, _ := e.get("ready"); return status == http.StatusOK }
	require.Eventually(t, back, 30*time.Second, 50*time.Millisecond)
}
