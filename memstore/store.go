// Package memstore is the [secretlife.Store] that keeps everything in memory.
//
// It is safe for concurrent use and starts no goroutine. Reading a secret or a
// value takes the read lock of one of 64 shards; changes of different secrets
// meet only for the moments in which lists, due times and the event log are
// brought up to date. Finding what is due and reading a page of a list cost
// about the same however many secrets there are. A secret with a value of 32
// bytes and its first event takes about 600 bytes.
//
// What is purged is out of the store's reach at once; the memory it was in is
// reused when Go's garbage collector has found it, and is not overwritten
// before.
package memstore

import (
	"context"
	"hash/maphash"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// shardCount is the number of bits in a shardSet.
const shardCount = 64

// Store is a [secretlife.Store] in memory. It is made by [New].
type Store struct {
	secretlife.BaseStore

	hash   func(secretlife.Key) uint64
	shards [shardCount]shard

	// Locks are taken in this order: shards by their index, the index, the log.
	index index
	log   eventLog
	notes notes

	accesses accesses
}

var _ secretlife.Store = (*Store)(nil)

// Options are what [New] can be told. Their zero values are good defaults.
type Options struct {
	// KeepEvents is how many of the newest events are kept at least; older ones
	// are forgotten, some hundreds at a time. 0 keeps all.
	KeepEvents int
	// KeepAccesses is how many entries of access ledgers are kept at most; those that came
	// first go first. 0 keeps all. An entry takes about 300 bytes.
	KeepAccesses int
}

// New makes an empty Store. Each edit changes the options in turn:
//
//	store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 10_000 })
func New(edits ...func(*Options)) *Store {
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	seed := maphash.MakeSeed()
	s := &Store{hash: func(k secretlife.Key) uint64 { return maphash.Comparable(seed, k) }}
	s.log.init(o.KeepEvents)
	s.accesses.keep = max(o.KeepAccesses, 0)
	s.accesses.hash = func(e *access.Entry) uint64 { return hashAccess(seed, e) }
	return s
}

// Load implements [secretlife.Store].
func (s *Store) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Secret{}, err
	}
	st := s.load(key)
	if st == nil {
		return secretlife.Secret{}, secretlife.ErrSecretNotFound
	}
	return st.secret, nil
}

// Value implements [secretlife.Store].
func (s *Store) Value(
	ctx context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Value{}, err
	}
	st := s.load(key)
	if st == nil || st.secret.Incarnation() != in {
		return secretlife.Value{}, secretlife.ErrVersionNotFound
	}
	v := st.value(id)
	if v.IsZero() {
		return secretlife.Value{}, secretlife.ErrVersionNotFound
	}
	return v, nil
}

// load returns the present state at a key, nil if it has no secret.
func (s *Store) load(key secretlife.Key) *state {
	hash := s.hash(key)
	sh := s.shard(hash)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if rec := sh.find(hash, key); rec != nil {
		return rec.state.Load()
	}
	return nil
}

func (s *Store) shard(hash uint64) *shard { return &s.shards[hash%shardCount] }

// List implements [secretlife.Store]. The first list of an account and Region
// by a date that changes sorts its secrets, for which no other call waits; from then on
// every change keeps that order, and a secret takes about 16 bytes more for it.
func (s *Store) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		page, ok := s.list(query)
		if ok {
			return page, nil
		}
		s.order(ctx, realmID{query.Account, query.Region}, dateOrder(query.Order))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func (s *Store) list(query secretlife.ListQuery) ([]secretlife.Secret, bool) {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.list(query)
}

// Count implements [secretlife.Store].
func (s *Store) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	if r := s.index.realms[realmID{account, region}]; r != nil {
		return r.byName.len, nil
	}
	return 0, nil
}

// Due implements [secretlife.Store].
func (s *Store) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	due := s.dueRecords(query)
	out := make([]secretlife.Due, len(due))
	for i, e := range due {
		out[i] = e.due()
	}
	return out, nil
}

// Health implements [secretlife.Store]: memory does not fail.
func (s *Store) Health(ctx context.Context) error { return ctx.Err() }

// Events implements [secretlife.Store]. With [Options.KeepEvents] the oldest
// events may be gone: the first one returned then has a number further above
// after than by one.
func (s *Store) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.log.read(after, limit), nil
}

// Len returns how many secrets there are, in all accounts and Regions,
// scheduled ones included.
func (s *Store) Len() int {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	n := 0
	for _, r := range s.index.realms {
		n += r.byName.len
	}
	return n
}

// Reset forgets everything, events, notes and entries of access included; the numbers of
// events start again from 1.
// A Commit happens wholly before it or wholly after it.
func (s *Store) Reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all := ^shardSet(0)
	s.lock(all)
	defer s.unlock(all)
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for i := range s.shards {
		s.shards[i].records, s.shards[i].others = nil, nil
	}
	s.index.realms, s.index.byDue = nil, sorted[dated]{}
	s.log.init(s.log.keep)
	s.notes.reset()
	s.accesses.reset()
	return nil
}
