package memstore

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// Claim implements [secretlife.Store]. While decide is at work, no other caller reads or
// changes the secrets that it was given, nor those in the same shards.
func (s *Store) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Receipt{}, err
	}
	due := s.dueRecords(query)
	c := claim{writes: make([]write, len(due))}
	var locked shardSet
	for i, e := range due {
		c.writes[i] = write{rec: e.rec, hash: e.rec.hash}
		locked |= 1 << (e.rec.hash % shardCount)
	}
	s.lock(locked)
	defer s.unlock(locked)
	s.readAhead(c.writes)
	secrets := c.present(due)
	if len(secrets) == 0 {
		return secretlife.Receipt{}, nil
	}
	changes := decide(secrets)
	writes, err := c.prepare(changes)
	if err != nil || len(changes) == 0 {
		return secretlife.Receipt{}, err
	}
	s.apply(writes)
	return secretlife.Receipt{FirstSeq: s.log.append(changes)}, nil
}

// readAhead reads the places in the shards that a purge removes. Nobody has touched them for a week,
// so that each is far away in the memory; such reads don't depend on one another, and the processor
// waits for many of them at once. Without it, purging 300,000 secrets took 7 % more processor time.
func (s *Store) readAhead(writes []write) {
	there := 0
	for i := range writes {
		if s.shard(writes[i].hash).records[writes[i].hash] != nil {
			there++
		}
	}
	runtime.KeepAlive(there)
}

func (s *Store) dueRecords(query secretlife.DueQuery) []dated {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.due(query)
}

// claim is a call of Claim.
type claim struct {
	writes []write // one for each secret that is due, in order
	next   int     // where to look first
}

// present returns the secrets that are still due as they were before their shards were
// locked, and leaves out the writes of others.
func (c *claim) present(due []dated) []secretlife.Secret {
	out := make([]secretlife.Secret, 0, len(due))
	for i, e := range due {
		st := e.rec.state.Load()
		if st != nil && nextDue(st.secret) == (instant{e.ms, true}) {
			c.writes[len(out)] = c.writes[i]
			out = append(out, st.secret)
		}
	}
	c.writes = c.writes[:len(out)]
	return out
}

// prepare returns the writes of changes, each of another secret that was handed out.
func (c *claim) prepare(changes []secretlife.Change) ([]write, error) {
	for i := range changes {
		change := &changes[i]
		if change.IsZero() {
			return nil, fmt.Errorf("memstore: a claim with a zero change: %w", secretlife.ErrInvalidParameter)
		}
		w := c.of(change)
		switch {
		case w == nil:
			return nil, secretlife.ErrConflict
		case w.change != nil:
			return nil, fmt.Errorf(
				"memstore: a claim with two changes of %q: %w", change.Key().Name, secretlife.ErrInvalidParameter,
			)
		}
		w.change = change
		if err := w.prepare(); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(c.writes, func(w write) bool { return w.change == nil }), nil
}

// of returns the write of a change's secret, nil if that was not handed out. It looks behind the last
// one first, as changes most often come in the order of the secrets.
func (c *claim) of(change *secretlife.Change) *write {
	in, _ := change.Base()
	key := change.Key()
	for range c.writes {
		w := &c.writes[c.next]
		c.next = (c.next + 1) % len(c.writes)
		if w.rec.is(key) && w.rec.state.Load().secret.Incarnation() == in {
			return w
		}
	}
	return nil
}
