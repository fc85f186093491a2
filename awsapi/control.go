package awsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// controls are the control calls, by method and name.
var controls = map[string]map[string]func(*API, http.ResponseWriter, *http.Request){
	"health":        {http.MethodGet: (*API).health},
	"clock":         {http.MethodGet: (*API).clock},
	"clock/advance": {http.MethodPost: (*API).advance},
	"clock/trust":   {http.MethodPost: (*API).trust},
	"events":        {http.MethodGet: (*API).events},
	"reset":         {http.MethodPost: (*API).reset},
}

// control answers a control call.
func (a *API) control(w http.ResponseWriter, r *http.Request, name string) {
	methods, ok := controls[name]
	if !ok {
		sayError(w, http.StatusNotFound, "there is no such control call")
		return
	}
	call, ok := methods[r.Method]
	if !ok {
		for method := range methods {
			w.Header().Set("Allow", method)
		}
		sayError(w, http.StatusMethodNotAllowed, "use "+w.Header().Get("Allow"))
		return
	}
	// A web page can make its reader's browser send requests to this machine,
	// but not without these headers.
	if site := r.Header.Get("Sec-Fetch-Site"); r.Header.Get("Origin") != "" || site != "" && site != "none" {
		sayError(w, http.StatusForbidden, "control calls are not for web pages")
		return
	}
	if a.o.Credentials != nil && name != "health" && !fromHere(r) {
		sayError(w, http.StatusForbidden, "control calls are not signed, and so for this machine only")
		return
	}
	if name != "events" && name != "clock/advance" { // the first has a time limit per page, the second that of its caller
		ctx, cancel := context.WithTimeout(r.Context(), a.o.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	call(a, w, r)
}

// say writes a JSON answer. It fails if the client has gone.
func say(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func sayError(w http.ResponseWriter, status int, text string) {
	_ = say(w, status, map[string]string{"error": text})
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	_ = say(w, http.StatusOK, map[string]string{"status": "ok"})
}

// now is the clock's time as RFC 3339, to the millisecond.
func (a *API) now() string {
	return a.m.Clock().Now().UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}

func (a *API) clock(w http.ResponseWriter, _ *http.Request) {
	_ = say(w, http.StatusOK, map[string]string{"now": a.now()})
}

// trust is an operator's word that the clock is right, after the purger stopped
// because it had jumped.
func (a *API) trust(w http.ResponseWriter, r *http.Request) {
	if a.o.Purger == nil {
		sayError(w, http.StatusConflict, "there is no purger to tell")
		return
	}
	if err := a.o.Purger.TrustClock(r.Context()); err != nil {
		a.o.Logger.ErrorContext(r.Context(), "trusting the clock failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the clock's mark could not be kept")
		return
	}
	_ = say(w, http.StatusOK, map[string]string{"now": a.now()})
}

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
	_ = say(w, http.StatusOK, map[string]string{"status": "reset"})
}
