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

// events streams the events after one, a page at a time, and with them the records of the
// trail that are asked for, each after the event that was saved before.
func (a *API) events(w http.ResponseWriter, r *controlRequest) {
	q, problem := a.parseEventQuery(r)
	if problem != "" {
		sayError(w, http.StatusBadRequest, problem)
		return
	}
	s := a.share()
	defer s.release()
	if s.take(a.memory.limit/streamShare) != nil {
		sayProtocol(w, errBusy)
		return
	}
	// The first page is read before the status is sent. What the trail gets from then on is
	// for the next request.
	page, err := a.eventPage(r.Context(), q.after, q.left)
	if err != nil {
		sayError(w, http.StatusInternalServerError, noEvents)
		return
	}
	var unsaved []secretlife.Event
	if q.include != (inclusion{}) {
		unsaved = q.include.of(a.o.Trail.Since(q.after, q.unsaved))
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	send := func(e secretlife.Event) bool {
		q.left--
		return out.Encode(e) == nil
	}
	for ; len(page) > 0; page, err = a.eventPage(r.Context(), q.after, q.left) {
		for _, event := range page {
			for ; q.left > 0 && len(unsaved) > 0 && unsaved[0].Seq() < event.Seq(); unsaved = unsaved[1:] {
				if !send(unsaved[0]) {
					return // the client has gone
				}
			}
			if q.left == 0 {
				return
			}
			if !send(event) {
				return
			}
		}
		q.after = page[len(page)-1].Seq()
		_ = http.NewResponseController(w).Flush() // where there is something to flush
	}
	if err != nil {
		// Too late for a status. A last line that is no event tells the client
		// that there may be more.
		_ = out.Encode(map[string]string{"error": noEvents})
		return
	}
	for ; q.left > 0 && len(unsaved) > 0; unsaved = unsaved[1:] {
		if !send(unsaved[0]) {
			return
		}
	}
}

// eventQuery is which events are asked for.
type eventQuery struct {
	after, unsaved, left uint64
	include              inclusion
}

// parseEventQuery reads the query of a request, or says what is wrong with it.
func (a *API) parseEventQuery(r *controlRequest) (q eventQuery, problem string) {
	query := r.URL.Query()
	var ok bool
	if q.after, ok = count(query.Get("after"), 0, 0); !ok {
		return q, "after must be the number of an event, from 0"
	}
	if q.unsaved, ok = count(query.Get("unsaved"), 0, 0); !ok {
		return q, "unsaved must be the number of a record, from 0"
	}
	if q.left, ok = count(query.Get("limit"), 1, math.MaxInt64); !ok {
		return q, "limit must be a number of events, from 1"
	}
	if q.include, ok = parseInclusion(query.Get("include")); !ok {
		return q, "include must be refused, reads, or both with a comma between them"
	}
	if q.include != (inclusion{}) && a.o.Trail == nil {
		return q, "this server keeps no records of refused calls and of reads"
	}
	return q, ""
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
