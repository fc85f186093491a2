package awsapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

const function = "arn:aws:lambda:us-east-1:123456789012:function:rotate"

// lambda is a stand-in for Lambda with one function.
func lambda(t *testing.T, answer func(w http.ResponseWriter, event map[string]string)) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := url.PathUnescape(r.URL.EscapedPath())
		if err != nil || r.Method != http.MethodPost || path != "/2015-03-31/functions/"+function+"/invocations" {
			http.NotFound(w, r)
			return
		}
		if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		var event map[string]string
		if json.NewDecoder(r.Body).Decode(&event) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answer(w, event)
	}))
	t.Cleanup(server.Close)
	return server
}

// rotating is a world whose rotation functions are called at a URL.
func rotating(t *testing.T, endpoint string) *world {
	w := newWorld(t)
	rotator, err := awsapi.NewLambdaRotator(endpoint, nil)
	require.NoError(t, err)
	m, err := secretlife.New(w.store, func(o *secretlife.Options) {
		o.Clock, o.Rotator, o.CheckRotation = w.clock, rotator.Rotate, rotator.CheckRotation
	})
	require.NoError(t, err)
	w.m = m
	w.serve(m, func(o *awsapi.Options) { o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true })
	return w
}

// TestRotationOverHTTP has the function call the endpoint that called it.
func TestRotationOverHTTP(t *testing.T) {
	var w *world
	var events []map[string]string
	server := lambda(t, func(out http.ResponseWriter, e map[string]string) {
		events = append(events, e)
		id := `"SecretId":"` + e["SecretId"] + `"`
		switch e["Step"] {
		case "createSecret":
			w.ok("PutSecretValue", `{`+id+`,"ClientRequestToken":"`+e["ClientRequestToken"]+
				`","SecretString":"rotated","VersionStages":["AWSPENDING"],"RotationToken":"`+e["RotationToken"]+`"}`)
		case "finishSecret":
			w.ok("UpdateSecretVersionStage", `{`+id+`,"VersionStage":"AWSCURRENT","RemoveFromVersionId":"`+tokenA+
				`","MoveToVersionId":"`+e["ClientRequestToken"]+`"}`)
		}
		_, _ = io.WriteString(out, "null")
	})
	w = rotating(t, server.URL)
	arn := w.create("a")
	got := w.ok("RotateSecret", `{"SecretId":"a","ClientRequestToken":"`+tokenB+`","RotationLambdaARN":"`+function+
		`","RotationRules":{"AutomaticallyAfterDays":30,"Duration":"2h"}}`)
	require.JSONEq(t, `{"ARN":"`+arn+`","Name":"a","VersionId":"`+tokenB+`"}`, got)
	require.Len(t, events, 4)
	require.Equal(t, map[string]string{
		"Step": "createSecret", "SecretId": arn, "ClientRequestToken": tokenB, "RotationToken": events[0]["RotationToken"],
	}, events[0])
	require.Contains(t, w.ok("GetSecretValue", `{"SecretId":"a"}`), `"SecretString":"rotated"`)
	const rotation = `"RotationEnabled":true,"RotationLambdaARN":"` + function +
		`","RotationRules":{"AutomaticallyAfterDays":30,"Duration":"2h"},"LastRotatedDate":1522777862.095,` +
		`"NextRotationDate":1525312799`
	require.Contains(t, w.ok("DescribeSecret", `{"SecretId":"a"}`), rotation)
	require.Contains(t, w.ok("ListSecrets", `{}`), rotation)
	got = w.ok("CancelRotateSecret", `{"SecretId":"a"}`)
	require.JSONEq(t, `{"ARN":"`+arn+`","Name":"a"}`, got)
	require.Contains(t, w.ok("DescribeSecret", `{"SecretId":"a"}`), `"RotationEnabled":false`)
}

// TestFunctionsThatCannotBeCalled checks that RotateSecret changes nothing where Lambda does
// not know the function, and does not call the function to find out.
func TestFunctionsThatCannotBeCalled(t *testing.T) {
	server := lambda(t, func(http.ResponseWriter, map[string]string) { t.Error("called") })
	w := rotating(t, server.URL)
	w.create("a")
	before := w.ok("DescribeSecret", `{"SecretId":"a"}`)
	rotate := `{"SecretId":"a","ClientRequestToken":"` + tokenB + `","RotationLambdaARN":"` + function + `-unknown"}`
	status, got := w.send("RotateSecret", rotate)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, got, "AccessDeniedException")
	require.Equal(t, before, w.ok("DescribeSecret", `{"SecretId":"a"}`))

	for status, fails := range map[int]bool{200: false, 202: false, 204: false, 403: true, 404: true, 400: false,
		500: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "DryRun", r.Header.Get("X-Amz-Invocation-Type"))
			w.WriteHeader(status)
		}))
		rotator, err := awsapi.NewLambdaRotator(server.URL, server.Client())
		require.NoError(t, err)
		err = rotator.CheckRotation(t.Context(), secretlife.RotationRequest{FunctionARN: function})
		require.Equal(t, fails, err != nil, "status %d: %v", status, err)
		withPath, err := awsapi.NewLambdaRotator(server.URL+"/path", server.Client())
		require.NoError(t, err)
		server.Close()
		require.Error(t, rotator.CheckRotation(t.Context(), secretlife.RotationRequest{FunctionARN: function}), "gone")
		require.NoError(t, withPath.CheckRotation(t.Context(), secretlife.RotationRequest{FunctionARN: function}))
	}
}

func TestLambdaRotatorErrors(t *testing.T) {
	request := secretlife.RotationRequest{Step: secretlife.StepSetSecret, FunctionARN: function}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   string
	}{
		{"error of the function", func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"hunter2 was refused","errorType":"ValueError"}`)
		}, "the rotation function failed: ValueError"},
		{"error without type", func(w http.ResponseWriter) { w.Header().Set("X-Amz-Function-Error", "Unhandled") },
			"the rotation function failed: Unhandled"},
		{"status", func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
			"the rotation function's endpoint answered 403 Forbidden"},
		{"fine", func(w http.ResponseWriter) { _, _ = io.WriteString(w, `null`) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := lambda(t, func(w http.ResponseWriter, _ map[string]string) { c.answer(w) })
			rotator, err := awsapi.NewLambdaRotator(server.URL, server.Client())
			require.NoError(t, err)
			err = rotator.Rotate(t.Context(), request)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
		})
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	rotator, err := awsapi.NewLambdaRotator(gone.URL, nil)
	require.NoError(t, err)
	require.ErrorContains(t, rotator.Rotate(t.Context(), request), "calling the rotation function")
	for _, bad := range []string{"", "127.0.0.1:9000", "ftp://x", "http://", ":"} {
		_, err := awsapi.NewLambdaRotator(bad, nil)
		require.ErrorContains(t, err, "is not the URL of a Lambda endpoint", bad)
	}
}

func TestLambdaEndpointWithAPath(t *testing.T) {
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { path = r.URL.Path }))
	defer server.Close()
	rotator, err := awsapi.NewLambdaRotator(server.URL+"/2015-03-31/functions/function/invocations", nil)
	require.NoError(t, err)
	require.NoError(t, rotator.Rotate(t.Context(), secretlife.RotationRequest{FunctionARN: function}))
	require.Equal(t, "/2015-03-31/functions/function/invocations", path)
}
