package awsapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

const heldA = `{"__type":"InvalidRequestException",` +
	`"Message":"You can't perform this operation on the secret because it has the hold \"case-17\"."}`

// guarded is an API whose holds and protection control calls set.
type guarded struct{ *world }

// call makes a control call that succeeds.
func (w guarded) call(method, path, body string) string {
	w.t.Helper()
	status, got := w.control(method, "/_secretlife/"+path, body)
	require.Equal(w.t, http.StatusOK, status, got)
	return got
}

// TestHolds shows that a hold keeps a secret from being deleted, and what clients of AWS see of it.
func TestHolds(t *testing.T) {
	w := guarded{newWorld(t)}
	arn := w.create("a")
	before := w.ok("DescribeSecret", readA)

	got := w.call("POST", "holds", `{"secret":"a","name":"case-17","reason":"litigation","for":"90d","by":"ada"}`)
	require.JSONEq(t, `{"hold":{"secret":"a","arn":"`+arn+`","name":"case-17","reason":"litigation",
		"placedBy":"ada, by a control call from 192.0.2.1","since":"2018-04-03T17:51:02.095Z",
		"until":"2018-07-02T17:51:02.095Z"}}`, got)
	var placed map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(got), &placed))
	list := `{"holds":[` + string(placed["hold"]) + `]}`
	require.JSONEq(t, list, w.call("GET", "holds", ""))
	require.JSONEq(t, list, w.call("GET", "holds?secret=a", ""))
	require.JSONEq(t, `{"holds":[]}`, w.call("GET", "holds?account=111111111111", ""))
	require.JSONEq(t, `{"holds":[]}`, w.call("GET", "holds?region=eu-west-1", ""))

	w.refused("DeleteSecret", `{"SecretId":"a"}`, heldA)
	w.refused("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`, heldA)
	require.Equal(t, before, w.ok("DescribeSecret", readA), "AWS's responses show no holds")

	w.call("POST", "clock/advance", `{"duration":"90d"}`)
	require.JSONEq(t, `{"holds":[]}`, w.call("GET", "holds?secret=a", ""), "it has ended")
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
}

// TestHoldsOnScheduledSecrets shows that a hold stops the purge, and what its release does.
func TestHoldsOnScheduledSecrets(t *testing.T) {
	w := guarded{newWorld(t)}
	arn := w.create("a")
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	w.call("POST", "holds", `{"secret":"`+arn+`","name":"case-17"}`)
	require.Contains(t, w.call("POST", "clock/advance", `{"duration":"30d"}`), `"purged":[]`)
	w.ok("RestoreSecret", readA)
	require.Contains(t, w.ok("GetSecretValue", readA), `"SecretString":"value"`)

	w.refused("DeleteSecret", `{"SecretId":"a"}`, heldA)
	require.Contains(t, w.call("DELETE", "holds?secret=a&name=case-17&by=grace", ""), `"released":true`)
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
	w.call("POST", "holds", `{"secret":"a","name":"case-18","until":"2019-01-01T00:00:00Z"}`)
	w.call("POST", "clock/advance", `{"duration":"30d"}`)
	w.ok("DescribeSecret", readA)
	w.call("DELETE", "holds?secret=a&name=case-18", "")
	w.refused("DescribeSecret", readA, gone) // it was due at once
	require.Contains(t, w.call("GET", "events", ""), `"userName":"grace, by a control call from 192.0.2.1"`)
}

// TestProtection shows that a protected secret is not deleted by force, nor soon.
func TestProtection(t *testing.T) {
	w := guarded{newWorld(t)}
	arn := w.create("a")
	about := `{"protection":{"secret":"a","arn":"` + arn + `",`
	require.JSONEq(t, about+`"noForce":false,"minimumWindow":0}}`, w.call("GET", "protection?secret=a", ""))
	final := about + `"noForce":true,"minimumWindow":14,"final":"2018-04-04T17:51:02.095Z"}}`
	require.JSONEq(t, final, w.call("POST", "protection",
		`{"secret":"a","noForce":true,"minimumWindow":14,"coolingOff":"1d"}`))
	require.JSONEq(t, final, w.call("GET", "protection?secret=a", ""))

	w.refused("DeleteSecret", `{"SecretId":"a","ForceDeleteWithoutRecovery":true}`, `{"__type":"InvalidRequestException",`+
		`"Message":"You can't delete the secret without a recovery window because it is protected."}`)
	w.refused("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":13}`, `{"__type":"InvalidRequestException",`+
		`"Message":"You can't delete the secret with a recovery window of less than 14 days because it is protected."}`)
	w.call("POST", "protection", `{"secret":"a","minimumWindow":7,"coolingOff":"1d"}`) // not final yet
	w.call("POST", "clock/advance", `{"duration":"2d"}`)
	status, got := w.control("POST", "/_secretlife/protection", `{"secret":"a"}`)
	require.Equal(t, http.StatusConflict, status, got)
	w.ok("DeleteSecret", `{"SecretId":"a","RecoveryWindowInDays":7}`)
}

func TestHoldsThatAreRefused(t *testing.T) {
	w := guarded{newWorld(t)}
	w.create("a")
	w.call("POST", "holds", `{"secret":"a","name":"case-17","by":"ada"}`)
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{"POST", "holds", ``, 400, `the body must be {\"secret\"`},
		{"POST", "holds", `{"secret":"a"}`, 400, `the body must be {\"secret\"`},
		{"POST", "holds", `{"name":"x"}`, 400, `the body must be {\"secret\"`},
		{"POST", "holds", `{"secret":"a","name":1}`, 400, `the body must be {\"secret\"`},
		{"POST", "holds", `{"secret":"a","name":"x","for":"soon"}`, 400, `the body must be {\"secret\"`},
		{"POST", "holds", `{"secret":"a","name":"x","for":"1d","until":"2030-01-01T00:00:00Z"}`, 400, `the body must be`},
		{"POST", "holds", `{"secret":"a","name":"x","end":"1d"}`, 400, `there is no member \"end\"`},
		{"POST", "holds", `{"secret":"a","name":"a b"}`, 400, "a b"},
		{"POST", "holds", `{"secret":"a","name":"x","until":"2001-01-01T00:00:00Z"}`, 400, "future"},
		{"POST", "holds", `{"secret":"b","name":"x"}`, 404, "can't find"},
		{"POST", "holds?account=111111111111", `{"secret":"a","name":"x"}`, 404, "can't find"},
		{"POST", "holds?region=nowhere", `{"secret":"a","name":"x"}`, 400, "Region"},
		{"POST", "holds?account=1", `{"secret":"a","name":"x"}`, 400, "twelve digits"},
		{"POST", "holds", `{"secret":"a","name":"case-17","reason":"another"}`, 409, "case-17"},
		{"DELETE", "holds?secret=a&name=x", "", 404, "x"},
		{"DELETE", "holds?name=x", "", 400, "secret"},
		{"GET", "holds?secret=b", "", 404, "can't find"},
		{"GET", "protection", "", 400, "secret"},
		{"POST", "protection", `{"secret":"a","minimumWindow":6}`, 400, "between 7 and 30"},
		{"POST", "protection", `{"secret":"a","minimumWindow":1000}`, 400, "the body must be"},
		{"POST", "protection", `{"secret":"a","minimumWindow":"7"}`, 400, "the body must be"},
		{"POST", "protection", `{"secret":"a","noForce":1}`, 400, "the body must be"},
		{"POST", "protection", `{"secret":"a","noForce":true,"coolingOff":"long"}`, 400, "the body must be"},
		{"POST", "protection", `{"secret":"b","noForce":true}`, 404, "can't find"},
	} {
		status, got := w.control(c.method, "/_secretlife/"+c.path, c.body)
		require.Equal(t, c.status, status, "%v: %s", c, got)
		require.Contains(t, got, c.text, c)
	}
}

// TestHoldsNeedTwo shows that with ReleaseByAnother the token that placed a hold does not release it,
// whatever the caller says, nor another token of the same name.
func TestHoldsNeedTwo(t *testing.T) {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock, o.ReleaseByAnother, o.ReleaseDelay = secretlife.NewVirtualClock(start), true, time.Hour
	})
	require.NoError(t, err)
	_, err = m.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "a"})
	require.NoError(t, err)
	tokens, err := awsapi.ParseControlTokens(reader + " read\n" + advancer + " hold ada\n" +
		"another-of-AAAAAAAAAAA hold ada\n" + operator + " all")
	require.NoError(t, err)
	w := &world{t: t}
	w.serve(m, func(o *awsapi.Options) {
		o.Control = awsapi.ControlForTokens(func() awsapi.ControlTokens { return tokens })
		o.Hosts = []string{"example.com"}
	})
	call := func(token, method, path, body string, status int) string {
		t.Helper()
		rec := ask(w, method, path, body, "Authorization", "Bearer "+token)
		require.Equal(t, status, rec.Code, rec.Body)
		return rec.Body.String()
	}
	place, release := `{"secret":"a","name":"case-17"}`, "holds?secret=a&name=case-17"
	call(reader, "POST", "holds", place, http.StatusForbidden)
	require.Contains(t, call(advancer, "POST", "holds", place, http.StatusOK), `"placedBy":"control token ada"`)
	require.Contains(t, call(advancer, "DELETE", release, "", http.StatusForbidden), "another principal")
	call("another-of-AAAAAAAAAAA", "DELETE", release, "", http.StatusForbidden)
	require.Contains(t, call(advancer, "DELETE", release+"&by=grace", "", http.StatusBadRequest), "leave out")
	got := call(operator, "DELETE", release, "", http.StatusOK)
	require.Contains(t, got, `"releasedBy":"control token sha256:`)
	require.Contains(t, got, `"releaseAt":"2018-04-03T18:51:02.095Z"`)
	require.Contains(t, got, `"released":false`)
	require.Contains(t, call(reader, "GET", "holds", "", http.StatusOK), "case-17", "for an hour")
}
