package awsapi_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/failure"
)

// TestServed checks what is said of requests that succeed, are refused, or fail on demand.
func TestServed(t *testing.T) {
	var got []awsapi.Request
	w := newWorld(t, func(o *awsapi.Options) {
		o.Served = func(_ context.Context, r awsapi.Request) { got = append(got, r) }
	})
	w.signed = sign("222222222222", "eu-west-1")
	w.ok("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenA+`","SecretString":"hunter2"}`)
	w.ok("GetSecretValue", readA)
	w.send("GetSecretValue", `{"SecretId":"b","MaxResults":7,"SecretStrng":"value"}`)
	w.send("GetSecretValue", `{"SecretId":7}`)
	w.send("GetSecretValue", `not JSON`)
	w.fail(awsapi.Failure{Effect: failure.Cut()})
	_, _, err := w.try(t.Context(), "DeleteSecret", readA)
	require.Error(t, err)

	var told []string
	for _, r := range got {
		code, _, _ := r.Exception()
		told = append(told, fmt.Sprintf("%v %v %v, %s", r.Operation, r.SecretIDs(), r.Effect, code))
	}
	require.Equal(t, []string{
		"CreateSecret [a] served, ", "GetSecretValue [a] served, ",
		"GetSecretValue [b] served, ResourceNotFoundException", "GetSecretValue [7] served, SerializationException",
		"DeleteSecret [a] cut, ",
	}, told, "a body that is not JSON is no request")
	require.Equal(t, "222222222222", got[0].Account.String())
	require.Equal(t, "eu-west-1", got[0].Region.String())
	require.Equal(t, secretlife.Caller{AccessKeyID: "222222222222"}, got[0].Caller)
	require.Equal(t, start, got[0].Time)
	require.Equal(t, map[string]any{"Name": "a", "ClientRequestToken": tokenA}, got[0].Parameters())
	require.Equal(t, map[string]any{"SecretId": "b", "MaxResults": int64(7)}, got[2].Parameters(),
		"a member that the API does not have may be a value")
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		require.NotContains(t, fmt.Sprintf(verb, got[0]), "hunter2")
	}
}
