package awsapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

// record is what these tests look at of a CloudTrail record.
type record struct {
	EventName         string
	ErrorCode         string
	SourceIPAddress   string
	ReadOnly          bool
	RequestParameters map[string]any
	ResponseElements  map[string]any
	UserIdentity      map[string]any
	Secretlife        struct{ Seq, Unsaved int }
}

func (r record) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d.%d %s %s", r.Secretlife.Seq, r.Secretlife.Unsaved, r.EventName, r.ErrorCode))
}

// records reads the control call for events.
func (w *world) records(query string) (all []record, told []string) {
	w.t.Helper()
	status, got := w.control(http.MethodGet, "/_secretlife/events"+query, "")
	require.Equal(w.t, http.StatusOK, status, got)
	for line := range strings.Lines(got) {
		var r record
		require.NoError(w.t, json.Unmarshal([]byte(line), &r), line)
		all, told = append(all, r), append(told, r.String())
	}
	return all, told
}

// TestRecords checks which records the control call for events has, and their order.
func TestRecords(t *testing.T) {
	w := newWorld(t)
	w.create("a")                              // 1
	w.ok("DescribeSecret", `{"SecretId":"a"}`) // between 1 and 2
	w.refused("GetSecretValue", `{"SecretId":"nobody"}`, gone)
	w.ok("TagResource", `{"SecretId":"a","Tags":[{"Key":"k","Value":"v"}]}`) // 2
	status, _ := w.send("DeleteSecret", `{"RecoveryWindowInDays":7}`)
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = w.send("DeleteSecret", `{"SecretId":7}`)
	require.Equal(t, http.StatusBadRequest, status, "which is no request of the API, and leaves no record")
	w.ok("ListSecrets", `{"MaxResults":5}`)
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`) // 3 and 4

	describe, unknown := "1.1 DescribeSecret", "1.2 GetSecretValue ResourceNotFoundException"
	invalid, list := "2.3 DeleteSecret ValidationException", "2.4 ListSecrets"
	create, tag := "1.0 CreateSecret", "2.0 TagResource"
	for query, want := range map[string][]string{
		"":                               {create, tag, "3.0 DeleteSecret", "4.0 StartSecretVersionDelete"},
		"?include=refused":               {create, unknown, tag, invalid, "3.0 DeleteSecret", "4.0 StartSecretVersionDelete"},
		"?include=reads&limit=4":         {create, describe, tag, list},
		"?include=reads&limit=2":         {create, describe},
		"?include=refused,reads&limit=6": {create, describe, unknown, tag, invalid, list},
		"?include=reads,refused&after=2": {invalid, list, "3.0 DeleteSecret", "4.0 StartSecretVersionDelete"},
		"?include=reads,refused&after=2&unsaved=3": {list, "3.0 DeleteSecret", "4.0 StartSecretVersionDelete"},
		"?include=reads,refused&after=4&unsaved=4": nil,
	} {
		_, told := w.records(query)
		require.Equal(t, want, told, query)
	}

	all, _ := w.records("?include=refused,reads")
	require.Equal(t, map[string]any{"maxResults": 5.0}, all[5].RequestParameters)
	require.Equal(t, map[string]any{"secretId": "nobody"}, all[2].RequestParameters)
	require.True(t, all[1].ReadOnly)
	for _, r := range all[1:3] {
		require.Nil(t, r.ResponseElements)
		require.Equal(t, "127.0.0.1", r.SourceIPAddress)
	}
	status, _ = w.control(http.MethodPost, "/_secretlife/reset", "")
	require.Equal(t, http.StatusOK, status)
	_, told := w.records("?include=refused,reads")
	require.Empty(t, told)
}

// TestRecordsSayWhoCalled sends signed requests from other addresses.
func TestRecordsSayWhoCalled(t *testing.T) {
	w := newWorld(t)
	from := []struct{ peer, address string }{
		{"[2001:db8::7%eth0]:49152", "2001:db8::7"}, {"192.0.2.1:49152", "192.0.2.1"}, {"[::ffff:192.0.2.2]:1", "192.0.2.2"},
	}
	send := func(peer, operation, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.RemoteAddr = peer
		r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
		r.Header.Set("Authorization", sign("AKIDEXAMPLE", "us-east-1"))
		w.ServeHTTP(httptest.NewRecorder(), r)
	}
	for i, x := range from {
		send(x.peer, "CreateSecret", fmt.Sprintf(`{"Name":"a%d","ClientRequestToken":"%s"}`, i, tokenA))
		send(x.peer, "DescribeSecret", `{"SecretId":"nobody"}`)
	}
	all, _ := w.records("?include=refused")
	require.Len(t, all, 2*len(from))
	for i, r := range all {
		require.Equal(t, from[i/2].address, r.SourceIPAddress)
		require.Equal(t, map[string]any{"type": "AWSAccount", "accountId": "123456789012", "accessKeyId": "AKIDEXAMPLE"},
			r.UserIdentity)
	}
}

func TestRecordsThatCantBeHad(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]string{
		"?include=writes":  "include must be refused, reads, or both with a comma between them",
		"?unsaved=-1":      "unsaved must be the number of a record, from 0",
		"?unsaved=x":       "unsaved must be the number of a record, from 0",
		"?include=refused": "this server keeps no records of refused calls and of reads",
	} {
		w.over(w.store, func(o *awsapi.Options) { o.Trail = nil })
		status, got := w.control(http.MethodGet, "/_secretlife/events"+query, "")
		require.Equal(t, http.StatusBadRequest, status, query)
		require.Contains(t, got, want)
	}
}
