package awsapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// holds are the kinds of background work that clients hold back. The zero value holds nothing. They
// are safe for concurrent use.
type holds struct {
	mu   sync.Mutex
	last int
	by   map[int]hold
}

// hold is one call that holds work back.
type hold struct {
	ID      int               `json:"id"`
	Work    []secretlife.Work `json:"work"`
	release func()
}

// allWork are the kinds of background work.
var allWork = []secretlife.Work{
	secretlife.WorkPurge, secretlife.WorkAge, secretlife.WorkReplicate, secretlife.WorkRotate,
}

func (h *holds) add(p *secretlife.Purger, kinds []secretlife.Work) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[int]hold{}
	}
	h.last++
	h.by[h.last] = hold{h.last, kinds, p.Hold(kinds...)}
	return h.last
}

// list returns the holds in the order in which they were added.
func (h *holds) list() []hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := []hold{}
	for _, id := range slices.Sorted(maps.Keys(h.by)) {
		out = append(out, h.by[id])
	}
	return out
}

// release ends a hold, or all for 0, and returns how many there were.
func (h *holds) release(id int) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.by {
		if id == 0 || x.ID == id {
			x.release()
			delete(h.by, x.ID)
			n++
		}
	}
	return n
}

const textHold = `the body may be {"work":["replicate"]}, with some of "purge", "age", "replicate" and "rotate"; ` +
	`without it all work is held`

// allowsHolds reports whether background work can be held back, and responds to the request if not.
func (a *API) allowsHolds(w http.ResponseWriter) bool {
	if !a.allowsTests(w) {
		return false
	}
	if a.o.Purger == nil {
		sayError(w, http.StatusConflict, "there is no purger, so that there is no background work")
	}
	return a.o.Purger != nil
}

// addHold holds work back from now on.
func (a *API) addHold(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsHolds(w) {
		return
	}
	kinds, ok := readWork(r.body)
	if !ok {
		sayError(w, http.StatusBadRequest, textHold)
		return
	}
	_ = say(w, http.StatusOK, map[string]int{"id": a.holds.add(a.o.Purger, kinds)})
}

// readWork reads kinds of work. An empty list means all of them.
func readWork(body value) (kinds []secretlife.Work, ok bool) {
	v, there := body.get("work")
	if !there {
		return allWork, true
	}
	for _, m := range v.members {
		var k secretlife.Work
		if err := k.UnmarshalText([]byte(m.value.text)); err != nil || m.value.kind != text || m.value.text == "" {
			return nil, false
		}
		kinds = append(kinds, k)
	}
	return kinds, v.kind == list && len(kinds) > 0
}

// listHolds tells what is held back.
func (a *API) listHolds(w http.ResponseWriter, _ *controlRequest) {
	_ = say(w, http.StatusOK, map[string][]hold{"holds": a.holds.list()})
}

// releaseHolds ends one hold, or all, and does what is due.
func (a *API) releaseHolds(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsHolds(w) {
		return
	}
	id := 0
	if text := r.URL.Query().Get("id"); text != "" {
		var err error
		if id, err = strconv.Atoi(text); err != nil || id < 1 {
			sayError(w, http.StatusBadRequest, "id must be the number of a hold")
			return
		}
	}
	n := a.holds.release(id)
	if n == 0 && id != 0 {
		sayError(w, http.StatusNotFound, "there is no hold "+strconv.Itoa(id))
		return
	}
	a.settle(r.Context())
	_ = say(w, http.StatusOK, map[string]int{"released": n})
}

// stepped is a piece of work that was done.
type stepped struct {
	Work secretlife.Work `json:"work"`
	ARN  string          `json:"arn"`
}

// step does the piece of work that is due first, held or not.
func (a *API) step(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsHolds(w) {
		return
	}
	done, did, err := a.o.Purger.Step(r.Context())
	if err != nil {
		sayError(w, http.StatusInternalServerError, err.Error())
		return
	}
	var out struct {
		Done *stepped `json:"done"`
	}
	if did {
		out.Done = &stepped{done.Work, done.ARN.String()}
	}
	_ = say(w, http.StatusOK, out)
}
