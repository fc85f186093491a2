package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// controlCall is a control call.
type controlCall struct {
	// right is what the caller must be allowed; zero for calls that need no token.
	right Rights
	// members are those of the body, and query the parameters in the URL. Others are refused:
	// what is misspelt must not be taken for what was left out.
	members, query []string
	// usage says what the body must be.
	usage string
	serve func(*API, http.ResponseWriter, *controlRequest)
}

// controlRequest is the request of a control call that may be made.
type controlRequest struct {
	*http.Request
	// body is the JSON object that was sent, empty without one, and raw its text.
	body value
	raw  []byte
	controlCaller
	// account is that of the URL; zero if it has none.
	account secretlife.Account
}

// controls are the control calls by their paths and methods.
var controls = map[string]map[string]controlCall{
	"/_secretlife/health": {http.MethodGet: {serve: (*API).live}},
	"/_secretlife/ready":  {http.MethodGet: {serve: (*API).ready}},
	"/_secretlife/clock":  {http.MethodGet: {right: RightRead, query: own, serve: (*API).clock}},
	"/_secretlife/clock/advance": {http.MethodPost: {
		right: RightAdvance, query: own, members: []string{"duration", "timeout"}, usage: textAdvance, serve: (*API).advance,
	}},
	"/_secretlife/clock/set": {http.MethodPost: {
		right: RightAdvance, query: own, members: []string{"time", "timeout"}, usage: textSet, serve: (*API).setClock,
	}},
	"/_secretlife/clock/confirm": {http.MethodPost: {
		right: RightTrust, members: []string{"gap", "passed", "digest", "by"}, usage: textConfirm, serve: (*API).confirmGap,
	}},
	"/_secretlife/clock/withdraw": {http.MethodPost: {
		right: RightTrust, members: []string{"gap", "by"}, usage: textWithdraw, serve: (*API).withdrawGap,
	}},
	"/_secretlife/events": {http.MethodGet: {
		right: RightRead, query: []string{"after", "limit", "include", "unsaved", ownAccount}, serve: (*API).events,
	}},
	"/_secretlife/access": {http.MethodGet: {right: RightRead, query: ledgerQuery, serve: (*API).accesses}},
	"/_secretlife/failures": {
		http.MethodGet:    {right: RightRead, query: []string{account}, serve: (*API).listFailures},
		http.MethodPost:   {right: RightFail, members: failureMembers, usage: textFailure, serve: (*API).addFailure},
		http.MethodDelete: {right: RightFail, query: []string{account, "id"}, serve: (*API).removeFailures},
	},
	"/_secretlife/holds": {
		http.MethodGet: {right: RightRead, query: []string{ofSecret, account, ofRegion}, serve: (*API).listHolds},
		http.MethodPost: {
			right: RightHold, query: []string{account, ofRegion},
			members: []string{ofSecret, ofName, "reason", "until", "for", ofBy}, usage: textHold, serve: (*API).placeHold,
		},
		http.MethodDelete: {
			right: RightHold, query: []string{ofSecret, ofName, ofBy, account, ofRegion}, serve: (*API).releaseHold,
		},
	},
	"/_secretlife/protection": {
		http.MethodGet: {right: RightRead, query: []string{ofSecret, account, ofRegion}, serve: (*API).showProtection},
		http.MethodPost: {
			right: RightHold, query: []string{account, ofRegion},
			members: []string{ofSecret, "noForce", "minimumWindow", "coolingOff", ofBy}, usage: textProtect,
			serve: (*API).protect,
		},
	},
	"/_secretlife/pauses": {
		http.MethodGet: {right: RightRead, query: own, serve: (*API).listPauses},
		http.MethodPost: {
			right: RightFail, query: own, members: []string{"work"}, usage: textPause, serve: (*API).addPause,
		},
		http.MethodDelete: {right: RightFail, query: []string{"id", ownAccount}, serve: (*API).endPauses},
	},
	"/_secretlife/step": {http.MethodPost: {right: RightFail, query: own, serve: (*API).step}},
	"/_secretlife/snapshots": {
		http.MethodGet: {right: RightRead, query: own, serve: (*API).listSnapshots},
		http.MethodPost: {
			right: RightReset, query: own, members: []string{"name"}, usage: textSnapshot, serve: (*API).saveSnapshot,
		},
		http.MethodDelete: {right: RightReset, query: []string{"name", ownAccount}, serve: (*API).deleteSnapshot},
	},
	"/_secretlife/snapshots/restore": {http.MethodPost: {
		right: RightReset, query: own, members: []string{"name"}, usage: textSnapshot, serve: (*API).restoreSnapshot,
	}},
	"/_secretlife/reset": {http.MethodPost: {
		right: RightReset, query: []string{account}, members: []string{"clock"}, usage: textReset, serve: (*API).reset,
	}},

	// What scripts for LocalStack and for moto's server call.
	"/_localstack/health": {http.MethodGet: {serve: (*API).liveAsLocalStack}},
	"/moto-api/reset":     {http.MethodPost: {right: RightReset, serve: (*API).resetAsMoto}},
}

// account is the parameter by which a call is about one account. ownAccount is the same for calls about
// what accounts have of their own only where they are isolated.
const (
	account    = "account"
	ownAccount = "account, where accounts are isolated"
)

var own = []string{ownAccount}

const textShared = "all accounts share one store and one clock here; with serve --isolate-accounts each has its own"

// untimed are the calls that have a time limit per page, or their caller's.
var untimed = []string{
	"/_secretlife/access", "/_secretlife/events", "/_secretlife/clock/advance", "/_secretlife/clock/set",
}

// isControl reports whether a path is that of a control call, or could be.
func isControl(path string) bool {
	return strings.HasPrefix(path, "/_secretlife/") || controls[path] != nil
}

// ControlHandler returns a handler that serves the control calls and nothing else,
// for an address of their own. What the other options say about hosts and local
// requests holds for it too.
func (a *API) ControlHandler(access ControlAccess) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = timedWriter{w, a.o.WriteTimeout}
		if !a.admits(w, r, headOf(r)) {
			return
		}
		if !isControl(r.URL.Path) {
			discard(w, r)
			sayError(w, http.StatusNotFound, "this address serves control calls only")
			return
		}
		a.control(w, r, access)
	})
}

// control serves a control call.
func (a *API) control(w http.ResponseWriter, r *http.Request, access ControlAccess) {
	s := a.share()
	defer s.release()
	body, failed := a.controlBody(w, r, s)
	if failed != nil {
		discard(w, r)
		sayProtocol(w, failed)
		return
	}
	methods, ok := controls[r.URL.Path]
	call, served := methods[r.Method]
	switch {
	case !ok:
		sayError(w, http.StatusNotFound, "there is no such control call")
		return
	case !served:
		allowed := slices.Sorted(maps.Keys(methods))
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		sayError(w, http.StatusMethodNotAllowed, "use "+strings.Join(allowed, " or "))
		return
	case isFromPage(r):
		sayError(w, http.StatusForbidden, "control calls are not for web pages")
		return
	}
	who, refused := access.caller(r, a.o.Credentials != nil)
	if refused == nil && !who.rights.has(call.right) {
		refused = noRight
	}
	if refused != nil && call.right != 0 {
		a.refuseControl(w, r, refused)
		return
	}
	q := &controlRequest{Request: r, raw: body, controlCaller: who}
	if call.right != 0 { // probes send what they like
		var wrong string
		if q.body, wrong = call.read(body, r.URL.RawQuery); wrong != "" {
			sayError(w, http.StatusBadRequest, wrong)
			return
		}
		if !a.findAccount(w, call, q) {
			return
		}
	}
	if !slices.Contains(untimed, r.URL.Path) {
		ctx, cancel := context.WithTimeout(r.Context(), a.o.Timeout)
		defer cancel()
		q.Request = r.WithContext(ctx)
	}
	call.serve(a, w, q)
}

// withOperator returns the context of a call with its caller: the token that was sent or, where none is
// needed, the name that an operator gives and the address.
func (r *controlRequest) withOperator(by string) context.Context {
	who := "a control call from " + sourceOf(r.Request)
	if r.token != "" {
		who = "control token " + r.token
	}
	if by != "" {
		who = by + ", by " + who
	}
	return secretlife.WithCaller(r.Context(), secretlife.Caller{Principal: who})
}

// read parses the body and the query of a call, or says what is wrong with them.
func (c controlCall) read(data []byte, query string) (body value, wrong string) {
	usage := c.usage
	if usage == "" {
		usage = "this call has no body"
	}
	body, err := parseObject(data, nil)
	if err != nil {
		return body, usage
	}
	for _, m := range body.members {
		if !slices.Contains(c.members, m.name) {
			return body, fmt.Sprintf("there is no member %q in this call: %s", clip(m.name), usage)
		}
	}
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return body, "the query can't be read"
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		switch {
		case len(c.query) == 0:
			return body, fmt.Sprintf("there is no parameter %q in this call, which has none", clip(name))
		case name == account && slices.Contains(c.query, ownAccount):
		case !slices.Contains(c.query, name):
			return body, fmt.Sprintf("there is no parameter %q in this call, which has: %s", clip(name),
				strings.Join(c.query, ", "))
		case len(parameters[name]) > 1:
			return body, fmt.Sprintf("the parameter %q is there more than once", name)
		}
	}
	return body, ""
}

// findAccount reads the account in the URL, and responds if it can't be one.
func (a *API) findAccount(w http.ResponseWriter, call controlCall, q *controlRequest) bool {
	name, there := q.URL.Query()[account]
	if !there {
		return true
	}
	if slices.Contains(call.query, ownAccount) && !a.o.Isolated {
		sayError(w, http.StatusConflict, textShared)
		return false
	}
	var err error
	if q.account, err = secretlife.ParseAccount(name[0]); err != nil {
		sayError(w, http.StatusBadRequest, "an account has twelve digits, such as 111111111111")
	}
	return err == nil
}

// isFromPage reports whether a browser sends a request for a web page. A page can
// make its reader's browser send requests to this machine, but not without these
// headers.
func isFromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

// refuseControl responds to a control call that is refused, and logs it.
func (a *API) refuseControl(w http.ResponseWriter, r *http.Request, why *refusal) {
	source := sourceOf(r)
	if n := a.failures.add(caller{source: source, control: true}, a.o.Wall()); n > 0 && n <= maxFailures {
		a.o.Logger.WarnContext(r.Context(), "control call refused",
			"call", r.URL.Path, "reason", why.text, "source", source, "last_of_this_minute", n == maxFailures)
	}
	if why.challenge != "" {
		w.Header().Set("WWW-Authenticate", why.challenge)
	}
	sayError(w, why.status, why.text)
}

// say writes a JSON answer. It fails if the client has gone.
func say(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

// sayProtocol tells what the protocol refuses.
func sayProtocol(w http.ResponseWriter, e *protocolError) {
	retryAfter(w, e.status)
	sayError(w, e.status, e.text)
}

func sayError(w http.ResponseWriter, status int, text string) {
	_ = say(w, status, map[string]string{"error": text})
}

// live reports that the process serves requests, whatever the store does.
func (a *API) live(w http.ResponseWriter, _ *controlRequest) {
	_ = say(w, http.StatusOK, map[string]string{"status": "ok"})
}

// now is the clock's time as RFC 3339, to the millisecond.
func (a *API) now() string {
	return rfc3339(a.m.Clock().Now())
}

func rfc3339(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }
