package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/secretlife-go/secretlife"
)

// readiness is the response to GET ready.
type readiness struct {
	Status  string   `json:"status"`
	Reasons []reason `json:"reasons,omitempty"`
	// Purger is for callers that may read.
	Purger *purgerState `json:"purger,omitempty"`
}

// reason is why the service is not ready. Its text is for callers that may read.
type reason struct {
	Part string `json:"part"`
	Text string `json:"reason,omitempty"`
}

// purgerState is what the purger did and what it waits for.
type purgerState struct {
	LastRun string `json:"lastRun,omitempty"`
	// Waiting is how many secrets wait for counted time past their DeletionDate. Of
	// the first of them Counted of its Window has passed, and NextIn is missing.
	Waiting int    `json:"waiting"`
	NextIn  string `json:"nextIn,omitempty"`
	Counted string `json:"counted,omitempty"`
	Window  string `json:"window,omitempty"`
}

const (
	partStore  = "store"
	partPurger = "purger"
	partStuck  = "stuck"
)

// ready reports whether the store works and the background keeps up.
func (a *API) ready(w http.ResponseWriter, r *controlRequest) {
	out := readiness{Status: "ready"}
	if err := a.health.check(r.Context(), a.m, a.o.Wall); err != nil {
		out.Reasons = append(out.Reasons, reason{partStore, err.Error()})
	}
	if a.o.Purger != nil {
		s := a.o.Purger.Status()
		out.Reasons = append(out.Reasons, purgerReasons(s)...)
		out.Purger = stateOf(s)
	}
	status := http.StatusOK
	if len(out.Reasons) > 0 {
		out.Status, status = "unavailable", http.StatusServiceUnavailable
	}
	if !r.rights.has(RightRead) {
		out = out.withoutTexts()
	}
	_ = say(w, status, out)
}

func stateOf(s secretlife.PurgerStatus) *purgerState {
	out := &purgerState{Waiting: s.Waiting.Secrets}
	if !s.LastRun.IsZero() {
		out.LastRun = rfc3339(s.LastRun)
	}
	if s.Waiting.Secrets > 0 {
		out.NextIn = s.Waiting.Least.Round(time.Second).String()
		out.Counted, out.Window = s.Waiting.Counted.Truncate(time.Second).String(), s.Waiting.Window.String()
	}
	return out
}

// mostStuck is how many stuck secrets are named.
const mostStuck = 10

// purgerReasons are why the background does not keep up.
func purgerReasons(s secretlife.PurgerStatus) (out []reason) {
	if s.Err != nil {
		out = append(out, reason{partPurger, s.Err.Error()})
	}
	if s.Stalled {
		out = append(out, reason{partPurger, "it has done nothing for more than a minute"})
	}
	for i, stuck := range s.Stuck {
		if i == mostStuck {
			return append(out, reason{partStuck, fmt.Sprintf("and %d more secrets", len(s.Stuck)-i)})
		}
		k := stuck.Key
		out = append(out, reason{partStuck, fmt.Sprintf("%s in %s of %s failed %d times, and is tried again at %s: %v",
			k.Name, k.Region, k.Account, stuck.Tries, rfc3339(stuck.Next), stuck.Err)})
	}
	return out
}

// withoutTexts names each part once, and tells nothing else of the inside.
func (r readiness) withoutTexts() readiness {
	out := readiness{Status: r.Status}
	for i, x := range r.Reasons {
		if i == 0 || r.Reasons[i-1].Part != x.Part {
			out.Reasons = append(out.Reasons, reason{Part: x.Part})
		}
	}
	return out
}

const (
	healthTimeout = 900 * time.Millisecond
	healthKept    = 100 * time.Millisecond // together with the timeout, a second
)

// health asks a store whether it works, for one caller at a time, and keeps the
// answer for a moment: a check may write, and callers need no token.
type health struct {
	turn  chan struct{} // has room for the one that asks
	asked time.Time
	err   error
}

func newHealth() *health { return &health{turn: make(chan struct{}, 1)} }

func (h *health) check(ctx context.Context, m *secretlife.Manager, now func() time.Time) error {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if since := now().Sub(h.asked); !h.asked.IsZero() && since >= 0 && since < healthKept {
		return h.err
	}
	// A caller that leaves is no failure of the store.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
	defer cancel()
	h.err = m.Health(ctx)
	if h.err != nil && ctx.Err() != nil {
		h.err = fmt.Errorf("it did not respond within %v: %w", healthTimeout, h.err)
	}
	h.asked = now()
	return h.err
}
