package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// KeysDestroyed says how far the destruction of data keys has come, over PostgreSQL.
type KeysDestroyed struct {
	// Events is an event's number: of secrets and versions whose purge or
	// removal is this event, or one before it, no data key is left. It is 0
	// before the first time.
	Events uint64
	// At is when they were destroyed, by the clock of the process that did it.
	At time.Time
	// Waiting is how many versions were taken away since, whose data keys wait.
	Waiting int
}

// KeysDestroyed reports how far the destruction of data keys has come.
func (s *Postgres) KeysDestroyed(ctx context.Context) (KeysDestroyed, error) {
	out, err := s.engine.keysDestroyed(ctx)
	if err != nil && !errors.Is(err, ErrTampered) {
		err = s.failed(ctx, "looking which data keys were destroyed", err)
	}
	return out, err
}

// DestroyKeys destroys the data keys of all that was purged before it was called, and
// of versions that were removed, instead of waiting for it to be done in the
// background: it wraps all other data keys again, under a new epoch's key, and
// destroys the keys of the epochs before. It may be called from several Stores
// at the same time, and be cut off: the next goes on.
func (s *Postgres) DestroyKeys(ctx context.Context) error {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	return s.engine.destroy(ctx)
}

// destroyer destroys data keys in the background, from one goroutine.
type destroyer struct {
	*postgres
	purges  chan int64 // from the writer
	end     context.CancelFunc
	ctx     context.Context
	stopped chan struct{}
	claims  gate

	mu sync.Mutex // held while data keys are destroyed
}

func newDestroyer(p *postgres) *destroyer {
	s := &destroyer{postgres: p, purges: make(chan int64, 1), stopped: make(chan struct{})}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// stop ends the goroutine, in the middle of its work if need be.
func (s *destroyer) stop() {
	s.claims.close()
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
			err = errors.Join(s.anchored.advance(s.ctx, s.q), s.look(s.ctx, time.Now()))
			if s.ctx.Err() == nil {
				s.background.set(err)
			}
		}
		if s.ctx.Err() != nil {
			return
		}
		if err != nil {
			again()
			s.options.Logger.WarnContext(
				s.ctx,
				"destroying data keys, or keeping the anchor, failed; it is tried again",
				"error",
				err,
			)
		}
	}
}

// reachable waits for a server that is restarted. Health finds out by itself that a server
// does not come back.
func (s *destroyer) reachable(ctx context.Context) error {
	return s.retry.do(ctx, func(ctx context.Context) error {
		if _, err := s.head(ctx, s.q, ""); err != nil {
			return &failure{err}
		}
		return nil
	})
}

// anchorLast keeps the last event of a store that is closed.
func (s *destroyer) anchorLast() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Timeout)
	defer cancel()
	return s.anchored.advance(ctx, s.q)
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
func timeToDestroy(r epochRow, purged int64, now time.Time, o PostgresOptions) bool {
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
		return 0, fmt.Errorf("sqlstore: looking at the epoch: %w", explain(err))
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
		return fmt.Errorf("sqlstore: carrying data keys over to epoch %d: %w", epoch, explain(err))
	}
	if err := s.epochs.keys.Destroy(ctx, s.ring.ID.String(), uint64(epoch)); err != nil {
		return fmt.Errorf("%w: %w", errEpochKeys, err)
	}
	s.epochs.forget(epoch)
	at := time.Now()
	err := s.transact(ctx, func(ctx context.Context, tx *pgTx) error {
		r, err := readEpoch(ctx, tx, s.ring, `epoch = ? FOR UPDATE`, epoch)
		if err != nil || r.settled.Valid {
			return err
		}
		r.settled = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
		_, err = tx.ExecContext(
			ctx,
			`UPDATE secretlife_epochs SET settled = ?, mac = ? WHERE epoch = ?`,
			r.settled,
			r.code(s.ring),
			epoch,
		)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlstore: noting that data keys were destroyed: %w", explain(err))
	}
	s.options.Logger.InfoContext(ctx, "destroyed the data keys of what was purged", "epoch", epoch)
	return nil
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

// Remains looks for what is left of the incarnations that events
// tell the end of: rows, wrapped data keys, and epoch keys that old copies of
// those can be unwrapped with. It returns a list for each event, empty where
// nothing is left.
func (s *Postgres) Remains(ctx context.Context, of []secretlife.Event) ([][]string, error) {
	done, err := s.KeysDestroyed(ctx)
	if err != nil {
		return nil, err
	}
	found := make([][]string, len(of))
	for n, e := range of {
		if found[n], err = rowsOf(ctx, s.reads, e, []string{"secrets", "versions", "keys"}); err != nil {
			return nil, err
		}
		if e.Seq() > done.Events {
			found[n] = append(
				found[n],
				"the key of its epoch, which opens its data keys in old copies of the database: it was not destroyed yet",
			)
		}
	}
	return found, nil
}
