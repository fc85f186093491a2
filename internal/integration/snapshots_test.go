package integration

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

// The SDK's module has a request and a response of every operation, and a response of
// every exception, with a value for each member. The SDK tests its serializers against
// them; the tests here read them from the module cache.

// snapshot is one of the files: a line, header fields, and a JSON object.
type snapshot struct {
	line   string
	header http.Header
	body   []byte
}

// snapshots reads the files of one kind, by their names without the kind.
func snapshots(t *testing.T, folder, kind string) map[string]snapshot {
	t.Helper()
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/aws/aws-sdk-go-v2/service/secretsmanager").Output()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), folder, "*"+kind))
	require.NoError(t, err)
	require.NotEmpty(t, files, "the SDK has no such files any more")
	out := map[string]snapshot{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		first, rest, _ := strings.Cut(string(data), "\n")
		head, body, ok := strings.Cut(strings.TrimPrefix(rest, "\n"), "\n\n")
		require.True(t, ok, file)
		s := snapshot{line: first, header: http.Header{}, body: []byte(body)}
		for field := range strings.SplitSeq(head, "\n") {
			name, value, _ := strings.Cut(field, ": ")
			s.header.Add(name, value)
		}
		out[strings.TrimSuffix(filepath.Base(file), kind)] = s
	}
	return out
}

func operationNames() []string {
	var out []string
	for _, op := range secretlife.Operations() {
		out = append(out, op.String())
	}
	slices.Sort(out)
	return out
}

func parse(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	require.NoError(t, d.Decode(&out), "%s", body)
	return out
}

// inProcess is the endpoint without a socket, in virtual time.
func inProcess(t *testing.T, store secretlife.Store, edits ...func(*secretlife.Options)) *awsapi.API {
	t.Helper()
	m, err := secretlife.New(store, append([]func(*secretlife.Options){func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	}}, edits...)...)
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Purger, o.Settle, o.Virtual = secretlife.NewPurger(m), true, true
	})
	require.NoError(t, err)
	return api
}

// TestSDKRequestSnapshots sends the SDK's request of each operation, and then the same
// with each of its members made another type: that the endpoint refuses it shows that
// it reads the member, under this name and at this place.
func TestSDKRequestSnapshots(t *testing.T) {
	t.Parallel()
	api := inProcess(t, memstore.New())
	send := func(s snapshot, body any) (exception, text string) {
		data, err := json.Marshal(body)
		require.NoError(t, err)
		method, path, _ := strings.Cut(s.line, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(data))
		maps.Copy(r.Header, s.header)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		got, err := io.ReadAll(w.Result().Body)
		require.NoError(t, err)
		exception, _ = parse(t, got)["__type"].(string)
		return exception, string(got)
	}
	all := snapshots(t, "request_snapshot", ".request.snap")
	require.Equal(t, operationNames(), slices.Sorted(maps.Keys(all)))
	members := 0
	for operation, s := range all {
		exception, text := send(s, parse(t, s.body))
		require.NotContains(t, []string{"SerializationException", "UnknownOperationException", "InternalServiceError"},
			exception, "%s: %s", operation, text)
		body := parse(t, s.body)
		for _, set := range leaves(body) {
			was := set(json.RawMessage("{}"))
			exception, text := send(s, body)
			require.Equal(t, "SerializationException", exception, "%s of a wrong type in %s: %s", was, operation, text)
			set(was)
			members++
		}
	}
	require.Greater(t, members, 100)
}

// leaves returns functions that set one value inside an object or a list and return the
// one before.
func leaves(v any) []func(any) any {
	var out []func(any) any
	leaf := func(value any, set func(any) any) {
		if inside := leaves(value); inside != nil {
			out = append(out, inside...)
			return
		}
		out = append(out, set)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			leaf(value, func(to any) any {
				was := v[name]
				v[name] = to
				return was
			})
		}
	case []any:
		for i, value := range v {
			leaf(value, func(to any) any {
				was := v[i]
				v[i] = to
				return was
			})
		}
	}
	return out
}

// paths adds the places of all values in a response, such as Tags[].Key, with their
// JSON types. The names in maps of versions to labels are left out.
func paths(at string, v any, to map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if at == "VersionIdsToStages" || strings.HasSuffix(at, "SecretVersionsToStages") {
				name = "*"
			}
			paths(strings.TrimPrefix(at+"."+name, "."), value, to)
		}
	case []any:
		for _, value := range v {
			paths(at+"[]", value, to)
		}
	case string:
		to[at] = "text"
	case json.Number:
		to[at] = "number"
	case bool:
		to[at] = "flag"
	}
}

// statusOf is the status of the snapshot of a response.
func statusOf(t *testing.T, s snapshot) int {
	t.Helper()
	status, err := strconv.Atoi(s.line)
	require.NoError(t, err)
	return status
}
