package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
)

const (
	// laterAfter is how long a change waits that nobody waits for, so that many share a
	// transaction. What a crash loses is no older.
	laterAfter = time.Second
	// mostLater is how many changes wait before callers of CommitLater do.
	mostLater = 4096
	// laterTogether is how many are written together: few enough that a caller of Commit
	// that comes meanwhile does not wait for long.
	laterTogether = 64
)

// later is a change that is decided and written after CommitLater returned.
type later struct {
	key     secretlife.Key
	decide  func(secretlife.Secret) secretlife.Change
	outcome chan secretlife.Outcome // has room for one
	written chan struct{}           // closed when readers see what became of it
}

// laterQueue has the changes that wait, in order.
type laterQueue struct {
	mu   sync.Mutex
	wait []*later
	last map[secretlife.Key]*later // of each key

	some chan struct{} // told that a first change waits
	now  chan struct{} // told that a caller waits for them
}

func newLaterQueue() *laterQueue {
	return &laterQueue{
		last: map[secretlife.Key]*later{}, some: make(chan struct{}, 1), now: make(chan struct{}, 1),
	}
}

func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// add takes a change in. Where there are too many it returns the first of them instead.
func (q *laterQueue) add(l *later) (full *later) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.wait) >= mostLater {
		return q.wait[0]
	}
	q.wait = append(q.wait, l)
	q.last[l.key] = l
	if len(q.wait) == 1 {
		tell(q.some)
	}
	return nil
}

// lastOf returns the last change of a key, nil where none waits.
func (q *laterQueue) lastOf(key secretlife.Key) *later {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.last[key]
}

// lastOfAll returns the last change.
func (q *laterQueue) lastOfAll() *later {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.wait) == 0 {
		return nil
	}
	return q.wait[len(q.wait)-1]
}

// first returns the changes that are written next. They wait until they are removed.
func (q *laterQueue) first() []*later {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.wait[:min(len(q.wait), laterTogether)]
}

// remove takes out the first changes, and returns how many are left.
func (q *laterQueue) remove(changes []*later) (left int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range changes {
		if q.last[l.key] == l {
			delete(q.last, l.key)
		}
	}
	q.wait = q.wait[len(changes):]
	if len(q.wait) == 0 {
		q.wait = nil
	}
	return len(q.wait)
}

// until waits for a change, nil for none, and for all before it.
func (q *laterQueue) until(ctx context.Context, l *later) error {
	if l == nil {
		return nil
	}
	tell(q.now)
	select {
	case <-l.written:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// laterJob is some changes that are decided as they are written.
type laterJob struct {
	changes  []*later
	outcomes []secretlife.Outcome
}

func (j *laterJob) apply(ctx context.Context, tx *transaction) (secretlife.Receipt, error) {
	j.outcomes = make([]secretlife.Outcome, len(j.changes))
	var forms [][]byte
	for i, l := range j.changes {
		events, err := l.write(ctx, tx)
		if engine.Refused(err) || errors.Is(err, codec.ErrDamaged) {
			j.outcomes[i].Err = err
		} else if err != nil {
			return secretlife.Receipt{}, err
		}
		if len(events) > 0 {
			j.outcomes[i].Receipt.FirstSeq = uint64(tx.lastSeq) + 1 + uint64(len(forms))
		}
		forms = append(forms, events...)
	}
	return tx.addEvents(ctx, forms)
}

// write decides a change and writes it, but for its events.
func (l *later) write(ctx context.Context, tx *transaction) (events [][]byte, err error) {
	there, err := tx.find(ctx, l.key)
	if err != nil || there.secret.IsZero() {
		return nil, err
	}
	change := l.decide(there.secret)
	if change.IsZero() {
		return nil, nil
	}
	in, revision := change.Base()
	switch {
	case in != there.secret.Incarnation() || revision != there.secret.Revision() || change.Key() != l.key:
		return nil, secretlife.ErrConflict
	case len(change.Values())+len(change.Removed()) > 0 || change.Next().Incarnation() != in:
		return nil, secretlife.ErrInvalidParameter
	}
	encoded, err := engine.NewWrite(change)
	if err != nil {
		return nil, err
	}
	w := write{Write: encoded}
	return w.Events, w.make(ctx, tx, there)
}
