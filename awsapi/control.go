package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlCall is a control call.
type controlCall struct {
	method string
	// right is what the caller must be allowed; zero for calls that need no token.
	right Rights
	// serve gets the rights of the caller.
	serve func(*API, http.ResponseWriter, *http.Request, Rights)
}

var controls = map[string]controlCall{
	"health":         {http.MethodGet, 0, plain((*API).live)},
	"ready":          {http.MethodGet, 0, (*API).ready},
	"clock":          {http.MethodGet, RightRead, plain((*API).clock)},
	"clock/advance":  {http.MethodPost, RightAdvance, plain((*API).advance)},
	"clock/confirm":  {http.MethodPost, RightTrust, plain((*API).confirmGap)},
	"clock/withdraw": {http.MethodPost, RightTrust, plain((*API).withdrawGap)},
	"events":         {http.MethodGet, RightRead, plain((*API).events)},
	"reset":          {http.MethodPost, RightReset, plain((*API).reset)},
}

// plain is a call that is the same for all callers who may make it.
func plain(call func(*API, http.ResponseWriter, *http.Request)) func(*API, http.ResponseWriter, *http.Request, Rights) {
	return func(a *API, w http.ResponseWriter, r *http.Request, _ Rights) { call(a, w, r) }
}

// ControlHandler returns a handler that serves the control calls and nothing else,
// for an address of their own. What the other options say about hosts and local
// requests holds for it too.
func (a *API) ControlHandler(access ControlAccess) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = timedWriter{w, a.o.WriteTimeout}
		if !a.admits(w, r) {
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, controlPrefix)
		if !ok {
			discard(w, r)
			sayError(w, http.StatusNotFound, "this address serves control calls only")
			return
		}
		a.control(w, r, name, access)
	})
}

// control serves a control call.
func (a *API) control(w http.ResponseWriter, r *http.Request, name string, access ControlAccess) {
	s := a.share()
	defer s.release()
	r = a.controlRequest(w, r, s)
	if r == nil {
		return
	}
	call, ok := controls[name]
	switch {
	case !ok:
		sayError(w, http.StatusNotFound, "there is no such control call")
		return
	case call.method != r.Method:
		w.Header().Set("Allow", call.method)
		sayError(w, http.StatusMethodNotAllowed, "use "+call.method)
		return
	case isFromPage(r):
		sayError(w, http.StatusForbidden, "control calls are not for web pages")
		return
	}
	rights, refused := access.rights(r, a.o.Credentials != nil)
	if refused == nil && !rights.has(call.right) {
		refused = noRight
	}
	if refused != nil && call.right != 0 {
		a.refuseControl(w, r, name, refused)
		return
	}
	if name != "events" && name != "clock/advance" { // which have a time limit per page, and their caller's
		ctx, cancel := context.WithTimeout(r.Context(), a.o.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	call.serve(a, w, r, rights)
}

// isFromPage reports whether a browser sends a request for a web page. A page can
// make its reader's browser send requests to this machine, but not without these
// headers.
func isFromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") != "" || site != "" && site != "none"
}

// refuseControl responds to a control call that is refused, and logs it.
func (a *API) refuseControl(w http.ResponseWriter, r *http.Request, name string, why *refusal) {
	source := sourceOf(r)
	if n := a.failures.add(caller{source: source, control: true}, a.o.Wall()); n > 0 && n <= maxFailures {
		a.o.Logger.WarnContext(r.Context(), "control call refused",
			"call", name, "reason", why.text, "source", source, "last_of_this_minute", n == maxFailures)
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
func (a *API) live(w http.ResponseWriter, _ *http.Request) {
	_ = say(w, http.StatusOK, map[string]string{"status": "ok"})
}

// now is the clock's time as RFC 3339, to the millisecond.
func (a *API) now() string {
	return rfc3339(a.m.Clock().Now())
}

func rfc3339(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }

func (a *API) reset(w http.ResponseWriter, r *http.Request) {
	switch {
	case !a.o.Virtual && !a.o.AllowReset:
		sayError(w, http.StatusForbidden, "reset is allowed with a virtual clock, or where the operator allows it, only")
		return
	case a.o.Reset == nil:
		sayError(w, http.StatusConflict, "this store can't be reset")
		return
	}
	if err := a.o.Reset(r.Context()); err != nil {
		a.o.Logger.ErrorContext(r.Context(), "reset failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the store could not be emptied")
		return
	}
	a.lost.forget()
	if a.o.Trail != nil {
		a.o.Trail.Forget()
	}
	_ = say(w, http.StatusOK, map[string]string{"status": "reset"})
}
