package awsapi

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/secretlife-go/secretlife/internal/failure"
)

const textFailure = `the body must be {"operation":"GetSecretValue","effect":"throttling"}, with an effect, a ` +
	`latency, or both; beside them may be "secretId", "account", "region", "caller", "skip", "times" and "realLatency"`

var failureMembers = []string{
	"operation", "secretId", "account", "region", "caller", "skip", "times", "latency", "realLatency", "effect",
}

// allowsTests reports whether calls are allowed that change what the service is to its clients, and
// responds to the request if not.
func (a *API) allowsTests(w http.ResponseWriter) bool {
	if a.o.Virtual || a.o.AllowReset {
		return true
	}
	sayError(w, http.StatusForbidden,
		"this call is allowed with a virtual clock, or where the operator allows resets, only")
	return false
}

// addFailure has calls fail from now on.
func (a *API) addFailure(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsTests(w) {
		return
	}
	var rule failure.Rule
	if len(r.body.members) == 0 {
		sayError(w, http.StatusBadRequest, textFailure)
		return
	}
	err := json.Unmarshal(r.raw, &rule)
	id := 0
	if err == nil {
		id, err = a.o.Failures.Add(rule)
	}
	if err != nil {
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	_ = say(w, http.StatusOK, map[string]int{"id": id})
}

// countedFailure is a failure with the calls that it has counted.
type countedFailure struct {
	ID      int          `json:"id"`
	Failure failure.Rule `json:"failure"`
	Matched int          `json:"matched"`
	Failed  int          `json:"failed"`
}

// listFailures tells which calls fail, and how many did.
func (a *API) listFailures(w http.ResponseWriter, r *controlRequest) {
	about := r.account.String()
	list := []countedFailure{}
	for _, c := range a.o.Failures.Rules() {
		if about == "" || c.Account == about {
			list = append(list, countedFailure{c.ID, c.Rule, c.Matched, c.Failed})
		}
	}
	_ = say(w, http.StatusOK, map[string][]countedFailure{"failures": list})
}

// removeFailures serves calls again: of one failure, of those about an account, or of all.
func (a *API) removeFailures(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsTests(w) {
		return
	}
	query := r.URL.Query()
	var removed int
	switch id := query.Get("id"); {
	case id == "":
		removed = a.o.Failures.Clear(r.account.String())
	case query.Has(account):
		sayError(w, http.StatusBadRequest, "there must be an id or an account, not both")
		return
	default:
		n, err := strconv.Atoi(id)
		if err != nil {
			sayError(w, http.StatusBadRequest, "id must be the number of a failure")
			return
		}
		if !a.o.Failures.Remove(n) {
			sayError(w, http.StatusNotFound, "there is no failure "+id)
			return
		}
		removed = 1
	}
	_ = say(w, http.StatusOK, map[string]int{"removed": removed})
}
