package awsapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/duration"
)

// advanced is the answer to a call that let time pass.
type advanced struct {
	Now    string   `json:"now"`
	Purged []string `json:"purged"`
	Failed []string `json:"failed,omitempty"`
	// Stopped says why the clock did not go all the way, and Left how much of it
	// is left.
	Stopped string `json:"stopped,omitempty"`
	Left    string `json:"left,omitempty"`
}

// unreported are the purges whose answers did not reach a caller. The next answer
// has them, too.
type unreported struct {
	mu     sync.Mutex
	purged []string
}

// take returns them, with those of a report after them.
func (u *unreported) take(report secretlife.Report) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := u.purged
	u.purged = nil
	if out == nil {
		out = []string{}
	}
	for _, arn := range report.Purged() {
		out = append(out, arn.String())
	}
	return out
}

// put keeps those of an answer that was lost.
func (u *unreported) put(purged []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.purged = append(purged, u.purged...)
}

func (u *unreported) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.purged = nil
}

const (
	clockIsReal = "the clock is real: it can't be advanced"
	stopTimeout = "the timeout of the request is over"
	stopCaller  = "the caller has gone"
	stopStore   = "the store could not say what is due"
	noPurger    = "there is no purger to advance the clock with"
	textAdvance = `the body must be {"duration":"720h"}, with a duration such as "720h", "30d", "1w" or "P30D", not ` +
		`below zero; beside it may be a timeout, such as "20s", after which the call stops`
	textSet = `the body must be {"time":"2030-02-01T00:00:00Z"}, with a time as in RFC 3339; beside it may be a ` +
		`timeout, such as "20s", after which the call stops`
	textBack = "the clock stands at %s and can't be set back"
	textFar  = "that is too far: one call lets 292 years pass at most"
)

// maxAdvance is how much time can pass in one call.
const maxAdvance time.Duration = math.MaxInt64

var errTimeout = errors.New(stopTimeout)

// advance lets time pass. It takes as long as the work does, and ends before when
// its caller has gone or the timeout of the request is over.
func (a *API) advance(w http.ResponseWriter, r *controlRequest) {
	v, _ := r.body.get("duration")
	d, err := duration.Parse(v.text)
	timeout, ok := readTimeout(r.body)
	if !ok || v.kind != text || err != nil || d < 0 {
		sayError(w, http.StatusBadRequest, textAdvance)
		return
	}
	a.advanceBy(w, r, timeout, func(time.Time) time.Duration { return d })
}

// setClock lets time pass until an instant.
func (a *API) setClock(w http.ResponseWriter, r *controlRequest) {
	v, _ := r.body.get("time")
	at, err := time.Parse(time.RFC3339, v.text)
	timeout, ok := readTimeout(r.body)
	if !ok || v.kind != text || err != nil {
		sayError(w, http.StatusBadRequest, textSet)
		return
	}
	if !a.m.Clock().Now().Add(maxAdvance).After(at) {
		sayError(w, http.StatusBadRequest, textFar)
		return
	}
	a.advanceBy(w, r, timeout, func(now time.Time) time.Duration { return at.Sub(now) })
}

// advanceBy lets as much time pass as is to pass from a start; below zero is refused. A timeout of
// 0 means that there is no limit.
func (a *API) advanceBy(w http.ResponseWriter, r *controlRequest, timeout time.Duration,
	passing func(start time.Time) time.Duration) {
	switch {
	case !a.o.Virtual:
		sayError(w, http.StatusConflict, clockIsReal)
		return
	case a.o.Purger == nil:
		sayError(w, http.StatusConflict, noPurger)
		return
	}
	start := a.m.Clock().Now()
	d := passing(start)
	if d < 0 {
		sayError(w, http.StatusConflict, fmt.Sprintf(textBack, rfc3339(start)))
		return
	}
	ctx := r.Context()
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errTimeout)
		defer cancel()
	}
	report, err := a.o.Purger.Advance(ctx, d)
	left := start.Add(d).Sub(a.m.Clock().Now())
	switch {
	case errors.Is(err, secretlife.ErrClockNotVirtual):
		sayError(w, http.StatusConflict, clockIsReal)
		return
	case len(report) == 0 && left == d && ctx.Err() == nil && errors.Is(err, secretlife.ErrInvalidParameter):
		sayError(w, http.StatusBadRequest, err.Error())
		return
	}
	a.sayAdvanced(ctx, w, r.Request, report, left, err)
}

// sayAdvanced answers how far the clock came.
func (a *API) sayAdvanced(ctx context.Context, w http.ResponseWriter, r *http.Request, report secretlife.Report,
	left time.Duration, err error) {
	status := http.StatusOK
	out := advanced{Now: a.now(), Purged: a.lost.take(report)}
	for _, e := range parts(err) {
		if ctx.Err() != nil && errors.Is(e, ctx.Err()) {
			continue
		}
		status = http.StatusInternalServerError
		out.Failed = append(out.Failed, e.Error())
	}
	if left > 0 && err != nil {
		out.Left, out.Stopped = left.String(), stopStore
		switch {
		case errors.Is(context.Cause(ctx), errTimeout):
			out.Stopped = stopTimeout
		case ctx.Err() != nil:
			out.Stopped = stopCaller
		default:
			a.o.Logger.ErrorContext(ctx, "advancing the clock failed", "error", err)
		}
	}
	if say(w, status, out) != nil || r.Context().Err() != nil {
		a.lost.put(out.Purged)
	}
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

// readTimeout reads in what time the call is to be done; 0 is as long as it takes.
func readTimeout(body value) (timeout time.Duration, ok bool) {
	v, there := body.get("timeout")
	if !there {
		return 0, true
	}
	return positive(v)
}

// positive reads a duration above zero.
func positive(v value) (time.Duration, bool) {
	d, err := duration.Parse(v.text)
	return d, v.kind == text && err == nil && d > 0
}
