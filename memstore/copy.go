package memstore

import (
	"context"
	"maps"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// Clone returns a store with the same secrets, values, events, notes and entries of access. What changes in one of
// them does not change in the other. A Commit happens wholly before it or wholly after it. The memory
// of secrets and values is shared.
func (s *Store) Clone() *Store {
	all := ^shardSet(0)
	s.lock(all)
	defer s.unlock(all)
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	out := &Store{hash: s.hash}
	for i := range s.shards {
		for _, rec := range s.shards[i].records {
			out.enter(rec.hash, rec.key(), rec.state.Load())
		}
		for _, rec := range s.shards[i].others {
			out.enter(rec.hash, rec.key(), rec.state.Load())
		}
	}
	s.log.mu.RLock()
	defer s.log.mu.RUnlock()
	out.log.keep, out.log.first, out.log.next = s.log.keep, s.log.first, s.log.next
	out.log.chunks = slices.Clone(s.log.chunks)
	for i, chunk := range out.log.chunks { // the log uses their memory again
		out.log.chunks[i] = append(make([]secretlife.Event, 0, logChunk), chunk...)
	}
	s.notes.mu.RLock()
	defer s.notes.mu.RUnlock()
	out.notes.values = maps.Clone(s.notes.values)
	s.accesses.cloneTo(&out.accesses)
	return out
}

// RemoveAccount forgets the secrets of an account, in all Regions, and who called what on them.
// Its events stay, as their numbers are those of all accounts. A Commit happens wholly before it or wholly after it.
func (s *Store) RemoveAccount(ctx context.Context, account secretlife.Account) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all := ^shardSet(0)
	s.lock(all)
	defer s.unlock(all)
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	for id, r := range s.index.realms {
		if id.account != account {
			continue
		}
		for _, rec := range slices.Collect(r.byName.ascend(place{})) {
			s.leave(rec, nextDue(rec.state.Load().secret))
		}
	}
	s.accesses.removeAccount(account)
	return nil
}

// enter adds a record for a new incarnation. It needs the locks of its shard and the index.
func (s *Store) enter(hash uint64, key secretlife.Key, st *state) {
	rec := &record{
		realm:   s.index.realmOf(key),
		hash:    hash,
		name:    key.Name,
		created: st.secret.CreatedDate().UnixMilli(),
	}
	rec.state.Store(st)
	s.shard(hash).put(rec)
	s.index.add(rec)
	s.index.reschedule(rec, instant{}, nextDue(st.secret))
}

// leave removes a record, which was to come up at an instant. It needs the locks of its shard and
// the index.
func (s *Store) leave(rec *record, due instant) {
	s.shard(rec.hash).remove(rec)
	s.index.reschedule(rec, due, instant{})
	s.index.remove(rec)
	rec.state.Store(nil)
}
