package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/secretlife-go/secretlife"
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
	if name != "events" { // those have a time limit per page
		ctx, cancel := context.WithTimeout(r.Context(), a.o.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	call(a, w, r)
}

// say writes a JSON answer.
func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client has gone
}

func sayError(w http.ResponseWriter, status int, text string) {
	say(w, status, map[string]string{"error": text})
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, map[string]string{"status": "ok"})
}

// now is the clock's time as RFC 3339, to the millisecond.
func (a *API) now() string {
	return a.m.Clock().Now().UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}

func (a *API) clock(w http.ResponseWriter, _ *http.Request) {
	say(w, http.StatusOK, map[string]string{"now": a.now()})
}

// advanced is the answer to a call that let time pass.
type advanced struct {
	Now    string   `json:"now"`
	Purged []string `json:"purged"`
	Failed []string `json:"failed,omitempty"`
}

func (a *API) advance(w http.ResponseWriter, r *http.Request) {
	switch {
	case !a.o.Virtual:
		sayError(w, http.StatusConflict, clockIsReal)
		return
	case a.o.Purger == nil:
		sayError(w, http.StatusConflict, "there is no purger to advance the clock with")
		return
	}
	d, err := readDuration(w, r)
	if err != nil {
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	start := a.m.Clock().Now()
	report, err := a.o.Purger.Advance(r.Context(), d)
	switch {
	case errors.Is(err, secretlife.ErrClockNotVirtual):
		sayError(w, http.StatusConflict, clockIsReal)
		return
	case err != nil && a.m.Clock().Now().Before(start.Add(d)): // it goes on where work failed
		a.refuseAdvance(w, r, err)
		return
	}
	out := advanced{Now: a.now(), Purged: []string{}}
	for _, arn := range report.Purged() {
		out.Purged = append(out.Purged, arn.String())
	}
	status := http.StatusOK
	for _, e := range parts(err) {
		status = http.StatusInternalServerError
		out.Failed = append(out.Failed, e.Error())
	}
	say(w, status, out)
}

const clockIsReal = "the clock is real: it can't be advanced"

// refuseAdvance answers an advance that did not move the clock.
func (a *API) refuseAdvance(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, secretlife.ErrInvalidParameter) {
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	a.o.Logger.ErrorContext(r.Context(), "advancing the clock failed", "error", err)
	sayError(w, http.StatusInternalServerError, "the clock could not be advanced")
}

// parts are the errors that one error of the Purger lists.
func parts(err error) []error {
	if list, ok := err.(interface{ Errors() []error }); ok {
		return list.Errors()
	}
	if err == nil {
		return nil
	}
	return []error{err}
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
	say(w, http.StatusOK, map[string]string{"now": a.now()})
}

var errDuration = errors.New(`the body must be {"duration":"720h"}, with a duration such as "720h" or "90m", not below zero`)

func readDuration(w http.ResponseWriter, r *http.Request) (time.Duration, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	if err != nil {
		return 0, errDuration
	}
	in, err := parseObject(body)
	if err != nil {
		return 0, errDuration
	}
	v, _ := in.get("duration")
	d, err := time.ParseDuration(v.text)
	if v.kind != text || err != nil || d < 0 {
		return 0, errDuration
	}
	return d, nil
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
	say(w, http.StatusOK, map[string]string{"status": "reset"})
}
