package memstore

import (
	"context"
	"math/bits"

	"github.com/secretlife-go/secretlife"
)

// Commit implements [secretlife.Store].
func (s *Store) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	if err := batch.Check(); err != nil {
		return secretlife.Receipt{}, err
	}
	var few [4]write
	writes := few[:0]
	var locked shardSet
	for i := range batch.Changes {
		hash := s.hash(batch.Changes[i].Key())
		writes = append(writes, write{change: &batch.Changes[i], hash: hash})
		locked |= 1 << (hash % shardCount)
	}
	s.lock(locked)
	defer s.unlock(locked)
	for i := range writes {
		w := &writes[i]
		w.rec = s.shard(w.hash).find(w.hash, w.change.Key())
		if err := w.prepare(); err != nil {
			return secretlife.Receipt{}, err
		}
	}
	s.apply(writes)
	return secretlife.Receipt{FirstSeq: s.log.append(batch.Changes)}, nil
}

// shardSet is a set of shards, one bit for each.
type shardSet uint64

// lock takes the locks of shards in the order of their index, which is the
// order for everybody.
func (s *Store) lock(set shardSet) {
	for ; set != 0; set &= set - 1 {
		s.shards[bits.TrailingZeros64(uint64(set))].mu.Lock()
	}
}

func (s *Store) unlock(set shardSet) {
	for ; set != 0; set &= set - 1 {
		s.shards[bits.TrailingZeros64(uint64(set))].mu.Unlock()
	}
}

// write is one change on its way into the store.
type write struct {
	change *secretlife.Change
	hash   uint64
	rec    *record // what is there, nil if nothing
	next   *state  // what will be there, nil if nothing
	same   bool    // next is of the incarnation that is there
	from   instant // when the background was to come
	to     instant // when it is to come now
}

// prepare refuses a change that was not decided at what is there.
func (w *write) prepare() error {
	var old *state
	if w.rec != nil {
		old = w.rec.state.Load()
		w.from = nextDue(old.secret)
	}
	inc, revision := w.change.Base()
	if (revision == 0) != (old == nil) ||
		old != nil && (old.secret.Revision() != revision || old.secret.Incarnation() != inc) {
		return secretlife.ErrConflict
	}
	next := w.change.Next()
	if next.IsZero() {
		return nil
	}
	w.same = old != nil && next.Incarnation() == inc
	if !w.same {
		old = nil
	}
	w.next = old.after(next, w.change)
	w.to = nextDue(next)
	return nil
}

// moves reports whether a secret that stays comes to another place in a list, or may be read for one
// that is on its way, at two places among what is due.
func (w *write) moves() bool {
	return w.from != w.to && w.rec.realm.sorts() || w.rec.realm.moves(w.rec, w.rec.state.Load().secret, w.next.secret)
}

// apply makes the writes. Of several, nobody sees some without the others: who
// loads waits for the shards, who lists or looks for due work for the index.
func (s *Store) apply(writes []write) {
	if len(writes) == 1 && writes[0].same && writes[0].from == writes[0].to && !writes[0].moves() {
		writes[0].rec.state.Store(writes[0].next)
		return
	}
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	for i := range writes {
		w := &writes[i]
		if w.same {
			moves := w.moves()
			if moves {
				w.rec.realm.undate(w.rec, w.rec.state.Load().secret)
			}
			w.rec.state.Store(w.next)
			if moves {
				w.rec.realm.date(w.rec, w.next.secret)
			}
			if w.from != w.to {
				s.index.reschedule(w.rec, w.from, w.to)
			}
			continue
		}
		if w.rec != nil {
			s.leave(w.rec, w.from)
		}
		if w.next != nil {
			s.enter(w.hash, w.change.Key(), w.next)
		}
	}
}
