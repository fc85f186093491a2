package awsapi

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/secretlife-go/secretlife"
)

const (
	// eventPage is how many events are written at once.
	eventPage = 100
	// streamShare is the part of the memory for requests that a stream of events
	// gets, by which it is divided: how large a page is depends on the events.
	streamShare = 16
)

// events streams the events after one, a page at a time.
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, ok := count(query.Get("after"), 0, 0)
	if !ok {
		sayError(w, http.StatusBadRequest, "after must be the number of an event, from 0")
		return
	}
	left, ok := count(query.Get("limit"), 1, math.MaxInt64)
	if !ok {
		sayError(w, http.StatusBadRequest, "limit must be a number of events, from 1")
		return
	}
	s := a.share()
	defer s.release()
	if s.take(a.memory.limit/streamShare) != nil {
		sayProtocol(w, errBusy)
		return
	}
	// The first page is read before the status is sent.
	page, err := a.eventPage(r.Context(), after, left)
	if err != nil {
		sayError(w, http.StatusInternalServerError, noEvents)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for ; len(page) > 0; page, err = a.eventPage(r.Context(), after, left) {
		for _, event := range page {
			if out.Encode(event) != nil {
				return // the client has gone
			}
		}
		after, left = page[len(page)-1].Seq(), left-uint64(len(page))
		_ = http.NewResponseController(w).Flush() // where there is something to flush
	}
	if err != nil {
		// Too late for a status. A last line that is no event tells the client
		// that there may be more.
		_ = out.Encode(map[string]string{"error": noEvents})
	}
}

const noEvents = "the events could not be read"

// eventPage reads up to left events, within the time limit.
func (a *API) eventPage(ctx context.Context, after, left uint64) ([]secretlife.Event, error) {
	if left == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.o.Timeout)
	defer cancel()
	var page []secretlife.Event
	for e, err := range a.m.Events(ctx, after) {
		if err != nil {
			a.o.Logger.ErrorContext(ctx, "reading events failed", "error", err)
			return nil, err
		}
		if page = append(page, e); len(page) == int(min(left, eventPage)) {
			break
		}
	}
	return page, nil
}

// count reads a parameter of a query: a number from least, or what it is where
// it is not given.
func count(s string, least, absent uint64) (uint64, bool) {
	if s == "" {
		return absent, true
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil && n >= least
}
