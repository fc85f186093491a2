package awsapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/multierr"

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
	if !a.o.Virtual || a.o.Purger == nil {
		sayError(w, http.StatusConflict, "the clock is real: it can't be advanced")
		return
	}
	d, err := readDuration(w, r)
	if err != nil {
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	report, err := a.o.Purger.Advance(r.Context(), d)
	switch {
	case errors.Is(err, secretlife.ErrClockNotVirtual):
		sayError(w, http.StatusConflict, "the clock is real: it can't be advanced")
		return
	case errors.Is(err, secretlife.ErrInvalidParameter):
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	out := advanced{Now: a.now(), Purged: []string{}}
	for _, arn := range report.Purged() {
		out.Purged = append(out.Purged, arn.String())
	}
	status := http.StatusOK
	for _, e := range multierr.Errors(err) {
		status = http.StatusInternalServerError
		out.Failed = append(out.Failed, e.Error())
	}
	say(w, status, out)
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

// eventPage is how many events are read from the store at once.
const eventPage = 500

func (a *API) events(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var after uint64
	if s := query.Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 63); err != nil {
			sayError(w, http.StatusBadRequest, "after must be the number of an event, from 0")
			return
		}
	}
	// The first page is read before the status is sent.
	page, err := a.m.Store().Events(r.Context(), after, eventPage)
	if err != nil {
		a.o.Logger.ErrorContext(r.Context(), "reading events failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the events could not be read")
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for len(page) > 0 {
		for _, event := range page {
			if e.Encode(event) != nil {
				return // the client has gone
			}
		}
		page, err = a.m.Store().Events(r.Context(), page[len(page)-1].Seq(), eventPage)
		if err != nil {
			a.o.Logger.ErrorContext(r.Context(), "reading events failed", "error", err)
			return // the next call goes on after the last event that was sent
		}
	}
}

func (a *API) reset(w http.ResponseWriter, r *http.Request) {
	if a.o.Reset == nil || !a.o.Virtual && !a.o.AllowReset {
		sayError(w, http.StatusForbidden, "reset is allowed with a virtual clock or --allow-reset only")
		return
	}
	if err := a.o.Reset(r.Context()); err != nil {
		a.o.Logger.ErrorContext(r.Context(), "reset failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the store could not be emptied")
		return
	}
	say(w, http.StatusOK, map[string]string{"status": "reset"})
}
