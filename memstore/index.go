package memstore

import (
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// index finds secrets otherwise than by key: the lists of every account and
// Region, and what is due. Its methods need the lock, for writing where they
// change it.
type index struct {
	mu     sync.RWMutex
	realms map[realmID]*realm
	byDue  sorted[dated]
}

type realmID struct {
	account secretlife.Account
	region  secretlife.Region
}

// realm is an account and Region that has secrets.
type realm struct {
	realmID
	byName    sorted[*record]
	byCreated sorted[*record]
	// byDate are the orders by dates that change. Each is nil until somebody
	// asks for it, so that changes cost nothing more where nobody does. sorting are those
	// on their way. Both are set under the locks of the index and of all shards: a goroutine
	// that has one of them may read whether they are set.
	byDate  [len(dateOrders)]*sorted[dated]
	sorting [len(dateOrders)]*sorting
}

// realmOf returns the realm of a key, which it makes if it is new.
func (x *index) realmOf(key secretlife.Key) *realm {
	id := realmID{key.Account, key.Region}
	r := x.realms[id]
	if r == nil {
		r = &realm{realmID: id}
		r.byName.moved = func(rec *record, to *chunk[*record]) { rec.inNames = to }
		r.byCreated.moved = func(rec *record, to *chunk[*record]) { rec.inCreated = to }
		if x.realms == nil {
			x.realms = map[realmID]*realm{}
		}
		x.realms[id] = r
	}
	return r
}

// add puts a new record into the lists of its realm.
func (x *index) add(rec *record) {
	rec.realm.byName.insert(rec, func(o *record) bool { return o.name.String() < rec.name.String() })
	rec.realm.byCreated.insert(rec, func(o *record) bool { return o.createdBefore(rec) })
	rec.realm.date(rec, rec.state.Load().secret)
}

// remove takes a record out of the lists, and drops a realm without secrets.
func (x *index) remove(rec *record) {
	rec.realm.byName.remove(rec, rec.inNames, func(o *record) bool { return o.name.String() < rec.name.String() })
	rec.realm.byCreated.remove(rec, rec.inCreated, func(o *record) bool { return o.createdBefore(rec) })
	rec.realm.undate(rec, rec.state.Load().secret)
	if rec.realm.byName.len == 0 {
		delete(x.realms, rec.realm.realmID)
	}
}

// instant is when something is next to be done for a secret, in milliseconds,
// or never.
type instant struct {
	ms  int64
	set bool
}

func nextDue(s secretlife.Secret) instant {
	at, _, ok := s.NextDue()
	if !ok {
		return instant{}
	}
	return instant{at.UnixMilli(), true}
}

// dated is a record at an instant: a place in the order of what is due and in
// those of byDate, by instant and then by key.
type dated struct {
	ms  int64
	rec *record
}

// enter and leave are for lists whose entries are in the order of before.
func enter(l *sorted[dated], e dated) { l.insert(e, func(o dated) bool { return o.before(e) }) }

func leave(l *sorted[dated], e dated) { l.remove(e, nil, func(o dated) bool { return o.before(e) }) }

func (e dated) before(o dated) bool {
	if e.ms != o.ms {
		return e.ms < o.ms
	}
	return e.rec.keyBefore(o.rec)
}

// reschedule moves a record from one place among what is due to another.
func (x *index) reschedule(rec *record, from, to instant) {
	if from.set {
		leave(&x.byDue, dated{from.ms, rec})
	}
	if to.set {
		enter(&x.byDue, dated{to.ms, rec})
	}
}

// someDue is how many entries of what is due there is room for at first.
const someDue = 512

// due returns the entries that a query asks for.
func (x *index) due(q secretlife.DueQuery) []dated {
	var start place
	if q.After != (secretlife.Due{}) {
		start = x.byDue.search(func(e dated) bool { return e.due().Compare(q.After) <= 0 })
	}
	page := make([]dated, 0, max(min(q.Limit, x.byDue.len, someDue), 0))
	last := q.By.UnixMilli()
	for e := range x.byDue.ascend(start) {
		if e.ms > last || len(page) >= q.Limit {
			break
		}
		page = append(page, e)
	}
	return page
}

func (e dated) due() secretlife.Due {
	return secretlife.Due{At: time.UnixMilli(e.ms).UTC(), Key: e.rec.key()}
}
