package memstore

import (
	"context"
	"fmt"

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
	c := claim{due: due, writes: make([]write, len(due)), byIncarnation: make(map[secretlife.Incarnation]*write, len(due))}
	var locked shardSet
	for i, e := range due {
		c.writes[i].hash = s.hash(e.rec.key())
		locked |= 1 << (c.writes[i].hash % shardCount)
	}
	s.lock(locked)
	defer s.unlock(locked)
	secrets := c.present()
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

func (s *Store) dueRecords(query secretlife.DueQuery) []dated {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.due(query)
}

// claim is a call of Claim.
type claim struct {
	due           []dated
	writes        []write // one for each of due
	byIncarnation map[secretlife.Incarnation]*write
}

// present returns the secrets that are still due as they were before their shards were
// locked.
func (c *claim) present() []secretlife.Secret {
	out := make([]secretlife.Secret, 0, len(c.due))
	for i, e := range c.due {
		w := &c.writes[i]
		w.rec = e.rec
		st := e.rec.state.Load()
		if st != nil && nextDue(st.secret) == (instant{e.ms, true}) {
			out, c.byIncarnation[st.secret.Incarnation()] = append(out, st.secret), w
		}
	}
	return out
}

// prepare returns the writes of changes, each of another secret that was handed out.
func (c *claim) prepare(changes []secretlife.Change) ([]write, error) {
	out := make([]write, len(changes))
	for i, change := range changes {
		if change.IsZero() {
			return nil, fmt.Errorf("memstore: a claim with a zero change: %w", secretlife.ErrInvalidParameter)
		}
		in, _ := change.Base()
		w := c.byIncarnation[in]
		switch {
		case w == nil || !w.rec.is(change.Key()):
			return nil, secretlife.ErrConflict
		case !w.change.IsZero():
			return nil, fmt.Errorf(
				"memstore: a claim with two changes of %q: %w", change.Key().Name, secretlife.ErrInvalidParameter,
			)
		}
		w.change = change
		if err := w.prepare(); err != nil {
			return nil, err
		}
		out[i] = *w
	}
	return out, nil
}
