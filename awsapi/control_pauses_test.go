package awsapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

// TestPauses looks at states that are over in no time otherwise: a replica that is not in sync yet, and a
// secret past its DeletionDate that is not purged yet.
func TestPauses(t *testing.T) {
	w := newWorld(t)
	call := func(method, path, body string) string {
		status, got := w.control(method, "/_secretlife/"+path, body)
		require.Equal(t, http.StatusOK, status, got)
		return got
	}
	arn := w.create("a")
	require.JSONEq(t, `{"id":1}`, call("POST", "pauses", `{"work":["replicate"]}`))
	require.Contains(t, w.ok("ReplicateSecretToRegions", `{"SecretId":"a","AddReplicaRegions":[{"Region":"eu-west-1"}]}`),
		`"Status":"InProgress"`)
	require.Contains(t, w.ok("DescribeSecret", readA), `"Status":"InProgress"`)
	require.JSONEq(t, `{"pauses":[{"id":1,"work":["replicate"]}]}`, call("GET", "pauses", ""))
	require.JSONEq(t, `{"resumed":1}`, call("DELETE", "pauses?id=1", ""))
	require.Contains(t, w.ok("DescribeSecret", readA), `"Status":"InSync"`)
	w.ok("RemoveRegionsFromReplication", `{"SecretId":"a","RemoveReplicaRegions":["eu-west-1"]}`)

	require.JSONEq(t, `{"id":2}`, call("POST", "pauses", ``))
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	require.Contains(t, call("POST", "clock/advance", `{"duration":"1w"}`), `"purged":[]`)
	status, got := w.send("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenB+`"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, got, "scheduled for deletion", "the name is taken until the purge")
	require.JSONEq(t, `{"done":{"work":"purge","arn":"`+arn+`"}}`, call("POST", "step", ""))
	require.JSONEq(t, `{"done":null}`, call("POST", "step", ""))
	w.create("a")

	call("POST", "pauses", `{"work":["purge","age"]}`)
	require.JSONEq(t, `{"resumed":2}`, call("DELETE", "pauses", ""))
	require.JSONEq(t, `{"pauses":[]}`, call("GET", "pauses", ""))
	call("POST", "pauses", ``)
	call("POST", "reset", ``)
	require.JSONEq(t, `{"pauses":[]}`, call("GET", "pauses", ""))
}

func TestPausesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{
		`{"work":"purge"}`, `{"work":["delete"]}`, `{"work":[]}`, `{"work":[1]}`, `{"work":[""]}`, `{"kinds":["purge"]}`,
	} {
		status, got := w.control("POST", "/_secretlife/pauses", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Contains(t, got, `the body may be {\"work\":[\"replicate\"]}`)
	}
	status, _ := w.control("DELETE", "/_secretlife/pauses?id=7", "")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = w.control("DELETE", "/_secretlife/pauses?id=x", "")
	require.Equal(t, http.StatusBadRequest, status)
	w = newWorld(t, func(o *awsapi.Options) { o.Purger, o.Settle = nil, false })
	status, _ = w.control("POST", "/_secretlife/step", "")
	require.Equal(t, http.StatusConflict, status)
	w = newWorld(t, func(o *awsapi.Options) { o.Virtual = false })
	status, _ = w.control("POST", "/_secretlife/pauses", "")
	require.Equal(t, http.StatusForbidden, status)
}
