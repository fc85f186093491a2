package awsapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// pauses are the kinds of background work that clients pause. The zero value has none. They
// are safe for concurrent use.
type pauses struct {
	mu   sync.Mutex
	last int
	by   map[int]pause
}

// pause is one call that pauses work back.
type pause struct {
	ID     int               `json:"id"`
	Work   []secretlife.Work `json:"work"`
	resume func()
}

// allWork are the kinds of background work.
var allWork = []secretlife.Work{
	secretlife.WorkPurge, secretlife.WorkAge, secretlife.WorkReplicate, secretlife.WorkRotate,
}

func (p *pauses) add(purger *secretlife.Purger, kinds []secretlife.Work) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[int]pause{}
	}
	p.last++
	p.by[p.last] = pause{p.last, kinds, purger.Pause(kinds...)}
	return p.last
}

// list returns the pauses in the order in which they were added.
func (p *pauses) list() []pause {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []pause{}
	for _, id := range slices.Sorted(maps.Keys(p.by)) {
		out = append(out, p.by[id])
	}
	return out
}

// end ends a pause, or all for 0, and returns how many there were.
func (p *pauses) end(id int) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.by {
		if id == 0 || x.ID == id {
			x.resume()
			delete(p.by, x.ID)
			n++
		}
	}
	return n
}

const textPause = `the body may be {"work":["replicate"]}, with some of "purge", "age", "replicate" and "rotate"; ` +
	`without it all work is paused`

// allowsPauses reports whether background work can be paused, and responds to the request if not.
func (a *API) allowsPauses(w http.ResponseWriter) bool {
	if !a.allowsTests(w) {
		return false
	}
	if a.o.Purger == nil {
		sayError(w, http.StatusConflict, "there is no purger, so that there is no background work")
	}
	return a.o.Purger != nil
}

// addPause pauses work from now on.
func (a *API) addPause(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsPauses(w) {
		return
	}
	kinds, ok := readWork(r.body)
	if !ok {
		sayError(w, http.StatusBadRequest, textPause)
		return
	}
	_ = say(w, http.StatusOK, map[string]int{"id": a.pauses.add(a.o.Purger, kinds)})
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

// listPauses lists what is paused.
func (a *API) listPauses(w http.ResponseWriter, _ *controlRequest) {
	_ = say(w, http.StatusOK, map[string][]pause{"pauses": a.pauses.list()})
}

// endPauses ends one pause, or all, and does what is due.
func (a *API) endPauses(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsPauses(w) {
		return
	}
	id := 0
	if text := r.URL.Query().Get("id"); text != "" {
		var err error
		if id, err = strconv.Atoi(text); err != nil || id < 1 {
			sayError(w, http.StatusBadRequest, "id must be the number of a pause")
			return
		}
	}
	n := a.pauses.end(id)
	if n == 0 && id != 0 {
		sayError(w, http.StatusNotFound, "there is no pause "+strconv.Itoa(id))
		return
	}
	a.settle(r.Context())
	_ = say(w, http.StatusOK, map[string]int{"resumed": n})
}

// stepped is a piece of work that was done.
type stepped struct {
	Work secretlife.Work `json:"work"`
	ARN  string          `json:"arn"`
}

// step does the piece of work that is due first, paused or not.
func (a *API) step(w http.ResponseWriter, r *controlRequest) {
	if !a.allowsPauses(w) {
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
