package awsapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

const failures = "/_secretlife/failures"

// TestFailuresOverControlCalls is what a test in another language does.
func TestFailuresOverControlCalls(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	add := func(body string) string {
		status, got := w.control(http.MethodPost, failures, body)
		require.Equal(t, http.StatusOK, status, got)
		return got
	}
	require.JSONEq(t, `{"id":1}`, add(`{"operation":"GetSecretValue","skip":1,"times":1,"effect":"throttling"}`))
	require.JSONEq(t, `{"id":2}`, add(`{"account":"222222222222","latency":"1d"}`))

	w.ok("GetSecretValue", readA)
	w.refused("GetSecretValue", readA, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
	w.ok("GetSecretValue", readA)

	_, got := w.control(http.MethodGet, failures, "")
	require.JSONEq(t, `{"failures":[
		{"id":1,"failure":{"operation":"GetSecretValue","skip":1,"times":1,
			"effect":{"exception":"ThrottlingException","message":"Rate exceeded","status":400}},"matched":3,"failed":1},
		{"id":2,"failure":{"account":"222222222222","latency":"24h0m0s"},"matched":0,"failed":0}]}`, got)
	_, got = w.control(http.MethodGet, failures+"?account=333333333333", "")
	require.JSONEq(t, `{"failures":[]}`, got)

	add(`{"secretId":"a","effect":{"exception":"DecryptionFailure","message":"no key"}}`)
	w.refused("DescribeSecret", readA, `{"__type":"DecryptionFailure","Message":"no key"}`)
	_, got = w.control(http.MethodDelete, failures+"?id=3", "")
	require.JSONEq(t, `{"removed":1}`, got)
	w.ok("DescribeSecret", readA)
	_, got = w.control(http.MethodDelete, failures+"?account=222222222222", "")
	require.JSONEq(t, `{"removed":1}`, got, "those of the account")
	add(`{"effect":"throttling"}`)
	_, got = w.control(http.MethodDelete, failures, "")
	require.JSONEq(t, `{"removed":2}`, got, "all")
	w.ok("DescribeSecret", readA)

	add(`{"effect":"throttling"}`)
	status, _ := w.control(http.MethodPost, "/_secretlife/reset", "")
	require.Equal(t, http.StatusOK, status)
	w.create("a")
}

func TestFailuresThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", failures, ``, 400, `the body must be {\"operation\":\"GetSecretValue\"`},
		{"POST", failures, `{"operation":"GetSecretValue"}`, 400, `there must be an effect or a latency`},
		{"POST", failures, `{"operation":"Get","effect":"cut"}`, 400, `Get`},
		{"POST", failures, `{"effect":"slow"}`, 400, `an effect is \"throttling\", \"timeout\"`},
		{"POST", failures, `{"effect":"cut","nth":2}`, 400, `there is no member \"nth\" in this call: the body must be`},
		{"POST", failures, `{"latency":"soon"}`, 400, `\"30d\", \"1w\"`},
		{"POST", failures, `{"account":"7","effect":"cut"}`, 400, `7`},
		{"DELETE", failures + "?id=7", ``, 404, `there is no failure 7`},
		{"DELETE", failures + "?id=all", ``, 400, `id must be the number of a failure`},
		{"DELETE", failures + "?id=7&account=111111111111", ``, 400, `not both`},
		{"PUT", failures, ``, 405, `use DELETE or GET or POST`},
	} {
		status, got := w.control(c.method, c.path, c.body)
		require.Equal(t, c.status, status, "%v: %s", c, got)
		require.Contains(t, got, c.want)
	}

	w = newWorld(t, func(o *awsapi.Options) { o.Virtual = false })
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		status, got := w.control(method, failures, map[string]string{http.MethodPost: `{"effect":"cut"}`}[method])
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, got, "allowed with a virtual clock")
	}
	w = newWorld(t, func(o *awsapi.Options) { o.Virtual, o.AllowReset = false, true })
	status, _ := w.control(http.MethodPost, failures, `{"effect":"cut"}`)
	require.Equal(t, http.StatusOK, status)
}
