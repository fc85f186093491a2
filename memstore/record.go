package memstore

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/immutable"
)

// record is one incarnation of a secret. Its realm, name and date
// stay the same, so that lists can be read without its shard's lock.
type record struct {
	realm   *realm
	hash    uint64 // of its key
	name    secretlife.Name
	created int64                 // in milliseconds
	state   atomic.Pointer[state] // nil once the record is removed

	// Where it stands in the lists of its realm; under the lock of the index.
	inNames, inCreated *chunk[*record]
}

// state is a secret with the values of its versions at one revision. It is
// never changed once it is in a record.
type state struct {
	secret secretlife.Secret
	values values
}

// values are those of the versions of a secret, in the order in which they came.
type values = immutable.List[secretlife.VersionValue]

// byID says that values are found by the ids of their versions.
var byID = immutable.Kind[secretlife.VersionValue]{
	Key: func(v secretlife.VersionValue) string { return v.ID.String() },
}

// after returns the state a change leads to. The state before it may be nil:
// then this is the first of its incarnation.
func (s *state) after(secret secretlife.Secret, c *secretlife.Change) *state {
	next := &state{secret: secret}
	if s != nil {
		next.values = s.values
	}
	if removed := c.Removed(); s != nil && len(removed) > 0 {
		gone := make(map[secretlife.VersionID]bool, len(removed))
		for _, id := range removed {
			gone[id] = true
		}
		next.values = next.values.Filter(byID, func(_ int, v secretlife.VersionValue) bool { return !gone[v.ID] })
	}
	for _, v := range c.Values() {
		next.values = next.values.Append(byID, v)
	}
	return next
}

func (r *record) key() secretlife.Key {
	return secretlife.Key{Account: r.realm.account, Region: r.realm.region, Name: r.name}
}

func (r *record) is(k secretlife.Key) bool {
	return r.name == k.Name && r.realm.account == k.Account && r.realm.region == k.Region
}

func (r *record) createdBefore(o *record) bool {
	if r.created != o.created {
		return r.created < o.created
	}
	if a, b := r.ordinal(), o.ordinal(); a != b {
		return a < b
	}
	return r.name.String() < o.name.String()
}

// ordinal returns the place among records of one date. It is read from the state, as all
// states of a record have the same and it is compared for equal dates only.
func (r *record) ordinal() uint32 {
	return secretlife.CursorOf(r.state.Load().secret, secretlife.OrderByCreatedDate).Ordinal
}

func (r *record) keyBefore(o *record) bool {
	if r.realm == o.realm {
		return r.name.String() < o.name.String()
	}
	return r.key().Compare(o.key()) < 0
}

// value returns the value of a version, the zero Value if it has no such version.
func (s *state) value(id secretlife.VersionID) secretlife.Value {
	if i := s.values.Find(byID, id.String()); i >= 0 {
		return s.values.At(i).Value
	}
	return secretlife.Value{}
}

// shard has the records whose keys hash to it. Records are found by the hash
// alone, which takes a fraction of the room of their keys. Of several with the same
// hash, as good as none, all but one are among others.
type shard struct {
	mu      sync.RWMutex
	records map[uint64]*record
	others  []*record
}

func (s *shard) find(hash uint64, key secretlife.Key) *record {
	if r := s.records[hash]; r != nil && r.is(key) {
		return r
	}
	for _, r := range s.others {
		if r.is(key) {
			return r
		}
	}
	return nil
}

func (s *shard) put(r *record) {
	if s.records == nil {
		s.records = map[uint64]*record{}
	}
	if s.records[r.hash] != nil {
		s.others = append(s.others, r)
		return
	}
	s.records[r.hash] = r
}

func (s *shard) remove(r *record) {
	if i := slices.Index(s.others, r); i >= 0 {
		s.others = slices.Delete(s.others, i, i+1)
		return
	}
	delete(s.records, r.hash)
}
