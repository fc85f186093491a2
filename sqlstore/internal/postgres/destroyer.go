package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// destroyer destroys data keys in the background, and what else is to be done there, from
// one goroutine.
type destroyer struct {
	*server
	purges  chan int64    // from the writer
	grown   chan struct{} // from the writer
	end     context.CancelFunc
	ctx     context.Context
	stopped chan struct{}

	mu sync.Mutex // held while data keys are destroyed
}

func newDestroyer(p *server) *destroyer {
	s := &destroyer{server: p, purges: make(chan int64, 1), grown: make(chan struct{}, 1), stopped: make(chan struct{})}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// stop ends the goroutine, in the middle of its work if need be.
func (s *destroyer) stop() {
	s.end()
	<-s.stopped
}

// longestLook is how long a store does not look at the epoch, which another may
// have begun: so long the keys that were destroyed can still be in its memory.
const longestLook = time.Minute

// anchorAfter is how long after a purge the anchor knows of it, so that many share a
// mark, and how long after a failure it is tried again.
const anchorAfter = time.Second

func (s *destroyer) loop() {
	defer close(s.stopped)
	look := time.NewTicker(min(s.options.DestroyKeysAfter, longestLook))
	defer look.Stop()
	soon, waits := time.NewTimer(0), true // what was there when the store was opened
	defer soon.Stop()
	again := func() {
		if !waits {
			waits = true
			soon.Reset(anchorAfter)
		}
	}
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.grown:
			s.analyze(s.ctx)
			continue
		case <-look.C:
		case <-s.purges:
			again()
			if s.options.DestroyKeysEvery == 0 {
				continue
			}
		case <-soon.C:
			waits = false
		}
		err := s.reachable(s.ctx)
		if err == nil {
			err = errors.Join(s.anchored.Advance(s.ctx, s.q), s.look(s.ctx, time.Now()))
			if s.ctx.Err() == nil && !wentAway(err) {
				s.background.Set(err)
			}
		}
		if s.ctx.Err() != nil {
			return
		}
		if err != nil {
			again()
			s.options.Logger.WarnContext(s.ctx, "destroying data keys, or keeping the anchor, failed; it is tried again",
				"error", err)
		}
	}
}

// analyze has the server look through the table of secrets, each time that this process has
// made twice as many of them. Servers do so by themselves, a minute later or so. Before
// that they don't know which index finds a secret, and a store that is being filled gets
// slower with every secret: BenchmarkPostgresFill measures it.
func (s *destroyer) analyze(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	if _, err := s.q.ExecContext(ctx, s.d.analyze); err != nil {
		s.options.Logger.WarnContext(ctx, "the server did not analyze the table of secrets", "error", err)
	}
}

// wentAway reports whether the server says that it ends, or is not to be reached. That says
// nothing of the store, and is over when the server is back.
func wentAway(err error) bool { return dberr.State(err) != "" && unreachable(err) }

// reachable waits for a server that is restarted. Health finds out by itself that a server
// does not come back.
func (s *destroyer) reachable(ctx context.Context) error {
	return s.retry.do(ctx, func(ctx context.Context) error {
		if _, err := s.head(ctx, s.q, ""); err != nil {
			return &dberr.DriverError{Err: err}
		}
		return nil
	})
}

// anchorLast keeps the last event of a store that is closed.
func (s *destroyer) anchorLast() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Timeout)
	defer cancel()
	return s.anchored.Advance(ctx, s.q)
}

// look destroys data keys where it is time to.
func (s *destroyer) look(ctx context.Context, now time.Time) error {
	h, r, err := s.state(ctx)
	if err != nil {
		return err
	}
	if h.epoch != s.epochs.now() {
		if err := s.enter(ctx, h.epoch); err != nil {
			return err
		}
	}
	if r.settled.Valid {
		s.epochs.forget(h.epoch)
	}
	switch {
	case !timeToDestroy(r, h.purged, now, s.options):
		return nil
	case !r.settled.Valid:
		return s.finish(ctx, h.epoch)
	}
	return s.destroy(ctx)
}

// finish does what another began, and no more.
func (s *destroyer) finish(ctx context.Context, epoch int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.settle(ctx, epoch)
	if err != nil && s.overtaken(ctx, epoch, err) {
		return nil
	}
	return err
}

// timeToDestroy: what one Store has begun and does not finish, others do.
func timeToDestroy(r epochRow, purged int64, now time.Time, o Options) bool {
	age := now.Sub(time.UnixMilli(r.began))
	if !r.settled.Valid {
		return age >= longestLook
	}
	waiting := purged - r.purged
	return waiting > 0 && age >= o.DestroyKeysAfter || o.DestroyKeysEvery > 0 && waiting >= int64(o.DestroyKeysEvery)
}

func (s *destroyer) destroy(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		epoch, err := s.destroyOnce(ctx)
		if err == nil || ctx.Err() != nil || !s.overtaken(ctx, epoch, err) {
			return err
		}
	}
}

// destroyOnce returns the epoch that it worked on last.
func (s *destroyer) destroyOnce(ctx context.Context) (int64, error) {
	h, r, err := s.state(ctx)
	if err != nil {
		return 0, fmt.Errorf("sqlstore: looking at the epoch: %w", dberr.Explain(err))
	}
	// A keyring that is not the others' must not begin an epoch.
	if err := s.enter(ctx, h.epoch); err != nil {
		return h.epoch, err
	}
	// What another began and did not finish is finished first: what was purged
	// since is not in it.
	if !r.settled.Valid {
		if err := s.settle(ctx, h.epoch); err != nil {
			return h.epoch, err
		}
	}
	epoch, err := s.nextEpoch(ctx, h.epoch)
	if err != nil {
		return h.epoch, err
	}
	return epoch, s.settle(ctx, epoch)
}

// settle carries the data keys that are left over to an epoch, and destroys the
// keys of those before.
func (s *destroyer) settle(ctx context.Context, epoch int64) error {
	if err := s.enter(ctx, epoch); err != nil {
		return err
	}
	if err := s.rewrap(ctx, epoch); err != nil {
		return fmt.Errorf("sqlstore: carrying data keys over to epoch %d: %w", epoch, dberr.Explain(err))
	}
	if err := s.epochs.keys.Destroy(ctx, s.ring.ID.String(), uint64(epoch)); err != nil {
		return fmt.Errorf("%w: %w", errEpochKeys, err)
	}
	s.epochs.forget(epoch)
	at := time.Now()
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		r, err := readEpoch(ctx, tx, s.ring, `epoch = ? FOR UPDATE`, epoch)
		if err != nil || r.settled.Valid {
			return err
		}
		r.settled = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
		_, err = tx.ExecContext(ctx, `UPDATE secretlife_epochs SET settled = ?, mac = ? WHERE epoch = ?`,
			r.settled, r.code(s.ring), epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlstore: noting that data keys were destroyed: %w", dberr.Explain(err))
	}
	s.options.Logger.InfoContext(ctx, "destroyed the data keys of what was purged", "epoch", epoch)
	return nil
}

// KeysDestroyed is sqlstore.KeysDestroyed, which says what its fields are.
type KeysDestroyed struct {
	Events  uint64
	At      time.Time
	Waiting int
}

func (s *destroyer) keysDestroyed(ctx context.Context) (KeysDestroyed, error) {
	h, err := s.head(ctx, s.q, "")
	if err != nil {
		return KeysDestroyed{}, err
	}
	r, err := readEpoch(ctx, s.q, s.ring, `settled IS NOT NULL ORDER BY epoch DESC LIMIT 1`)
	if err != nil {
		return KeysDestroyed{}, err
	}
	out := KeysDestroyed{
		Events:  uint64(r.seq),
		At:      time.UnixMilli(r.settled.Int64).UTC(),
		Waiting: int(h.purged - r.purged),
	}
	if r.seq == 0 {
		out.At = time.Time{}
	}
	return out, nil
}

// destructionIsLate returns by how much the destruction of data keys is late; 0 where it is
// not. A destroyer looks at the epoch once a minute.
func destructionIsLate(r epochRow, purged int64, now time.Time, o Options) time.Duration {
	if r.settled.Valid && purged == r.purged {
		return 0
	}
	return max(0, now.Sub(time.UnixMilli(r.began))-o.DestroyKeysAfter-2*longestLook)
}
