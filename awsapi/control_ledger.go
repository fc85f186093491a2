package awsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// ledgerPage is how many entries are written at once.
const ledgerPage = 1000

var ledgerQuery = []string{account, "region", "name", "scheduled", "from", "limit"}

// accesses streams entries of the access ledger, a page at a time.
func (a *API) accesses(w http.ResponseWriter, r *controlRequest) {
	if a.o.Ledger == nil {
		sayError(w, http.StatusConflict, "this server keeps no access ledger")
		return
	}
	q, problem := parseLedgerQuery(r)
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
	// The first page is read before the status is sent.
	left := q.Limit
	page, err := a.ledgerPage(r.Context(), q, left)
	if err != nil {
		sayError(w, http.StatusInternalServerError, noEntries)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for len(page) > 0 {
		for _, e := range page {
			if out.Encode(e) != nil {
				return // the client has gone
			}
		}
		_ = http.NewResponseController(w).Flush() // where there is something to flush
		left -= len(page)
		q.After = page[len(page)-1]
		if page, err = a.ledgerPage(r.Context(), q, left); err != nil {
			// Too late for a status. A last line that is no entry tells the client that there
			// may be more.
			_ = out.Encode(map[string]string{"error": noEntries})
			return
		}
	}
}

const noEntries = "the access ledger could not be read"

// ledgerPage reads up to left entries, within the time limit.
func (a *API) ledgerPage(ctx context.Context, q access.Query, left int) (page []access.Entry, err error) {
	if q.Limit = min(left, ledgerPage); q.Limit == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.o.Timeout)
	defer cancel()
	for e, err := range a.o.Ledger.Entries(ctx, q) {
		if err != nil {
			a.o.Logger.ErrorContext(ctx, "reading the access ledger failed", "error", err)
			return nil, err
		}
		page = append(page, e)
	}
	return page, nil
}

// parseLedgerQuery reads the query of a request, or says what is wrong with it.
func parseLedgerQuery(r *controlRequest) (q access.Query, problem string) {
	const unlimited = 1 << 31
	query := r.URL.Query()
	q.Account = r.account
	var err error
	if s := query.Get("region"); s != "" {
		if q.Region, err = secretlife.ParseRegion(s); err != nil {
			return q, "region must be a Region such as eu-west-1"
		}
	}
	if s := query.Get("name"); s != "" {
		if q.Name, err = secretlife.ParseName(s); err != nil {
			return q, "name must be the name of a secret"
		}
	}
	switch query.Get("scheduled") {
	case "true":
		q.Scheduled = true
	case "", "false":
	default:
		return q, "scheduled must be true or false"
	}
	if s := query.Get("from"); s != "" {
		if q.From, err = time.Parse(time.DateOnly, s); err != nil {
			return q, "from must be a day such as 2030-01-31"
		}
	}
	limit, ok := count(query.Get("limit"), 1, unlimited)
	if !ok || limit > unlimited {
		return q, "limit must be a number of entries, from 1"
	}
	q.Limit = int(limit)
	return q, ""
}
