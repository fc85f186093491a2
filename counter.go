package secretlife

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife/internal/elapsed"
	"github.com/secretlife-go/secretlife/internal/tally"
)

// tallyNote is the name of the note in which a store keeps its tally.
const tallyNote = "tally"

// keepsNotes reports whether a store has Note and SwapNote. It asks with a context that is
// done, with which nothing is read.
func keepsNotes(store Store) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := store.Note(ctx, tallyNote)
	return !errors.Is(err, errors.ErrUnsupported)
}

// counter counts elapsed time in a store's tally, for a Manager and its Purgers.
type counter struct {
	store   Store
	clock   Clock
	witness func(context.Context) (time.Time, error)

	mu   sync.Mutex
	own  []byte // the tally of a store that keeps no notes
	head sighting
	last tally.Reading // when the tally was looked at last; zero before
}

// sighting is a tally as a process saw it in the store.
type sighting struct {
	form    []byte // nil: the store has none yet
	tally   tally.Tally
	seen    tally.Reading // when this process first saw it
	now     tally.Reading // when it was looked at last
	unseen  time.Duration // how long before seen nobody here looked
	first   bool          // this process has seen no other
	durable bool
}

// look reads the tally and then the clocks, in this order: time that is read
// before the tally may be counted in it already.
func (c *counter) look(ctx context.Context) (sighting, error) {
	note, err := c.note(ctx)
	if err != nil {
		return sighting{}, fmt.Errorf("reading the tally: %w", err)
	}
	now := c.read(note)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.head
	s.now = now
	if note.Value == nil || s.seen.Boot != now.Boot || !bytes.Equal(s.form, note.Value) {
		s = sighting{form: note.Value, seen: now, now: now, unseen: math.MaxInt64, durable: note.Durable}
		s.first = c.last == (tally.Reading{})
		if c.last.Boot == now.Boot {
			s.unseen = now.Elapsed - c.last.Elapsed
		}
		if note.Value != nil {
			if err := s.tally.UnmarshalBinary(note.Value); err != nil {
				return sighting{}, err
			}
		}
		c.head = s
	}
	c.last = now
	return s, nil
}

// lookToCount is look, where the clock is of the kind that the tally counts with.
func (c *counter) lookToCount(ctx context.Context) (sighting, error) {
	s, err := c.look(ctx)
	if err == nil && s.form != nil && s.tally.Virtual() != s.now.Virtual {
		err = clockMismatch(s.tally.Virtual())
	}
	return s, err
}

func (c *counter) note(ctx context.Context) (Note, error) {
	note, err := c.store.Note(ctx, tallyNote)
	if !errors.Is(err, errors.ErrUnsupported) {
		return note, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return Note{Value: c.own}, nil
}

func (c *counter) swap(ctx context.Context, old, next []byte) error {
	err := c.store.SwapNote(ctx, tallyNote, old, next)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !bytes.Equal(c.own, old) {
		return ErrConflict
	}
	c.own = next
	return nil
}

// read reads the clocks. A store that outlives the process counts by the machine's
// clock, which does so too.
func (c *counter) read(note Note) tally.Reading {
	now := c.clock.Now()
	r := tally.Reading{Wall: instant(now), Store: note.Now}
	switch clk := c.clock.(type) {
	case ElapsedClock:
		e := clk.Elapsed()
		r.Boot, r.Elapsed, r.Virtual = e.Boot, e.Time, e.Virtual
	case SettableClock:
		// Time passes by setting it.
		r.Boot = fmt.Sprintf("clock %s %p", elapsed.ProcessID(), clk)
		r.Elapsed, r.Virtual = r.Wall.Sub(exactStart), true
	default:
		e := elapsed.Process(now)
		if note.Durable {
			e = elapsed.Host()
		}
		r.Boot, r.Elapsed = e.Boot, e.Elapsed
	}
	if r.Virtual {
		r.Store = time.Time{} // a server's clock says nothing of virtual time
	}
	return r
}

// clockMismatch is the error for a clock of the other kind than counted before.
func clockMismatch(virtual bool) error {
	if virtual {
		return fmt.Errorf("%w: it has counted virtual time, and the clock is real", ErrClockOfStore)
	}
	return fmt.Errorf("%w: it has counted real time, and the clock is virtual", ErrClockOfStore)
}

// beat counts the time since the last beat into the tally. Where another did so meanwhile it
// is not time for the next, and own is false: otherwise each of many callers would have to
// come before all others once.
func (c *counter) beat(ctx context.Context) (s sighting, own bool, err error) {
	tried := false
	s, err = again(func() (sighting, error) {
		s, err := c.lookToCount(ctx)
		if err != nil || tried && !s.due() {
			return s, err
		}
		tried = true
		next, err := c.next(ctx, s)
		if err != nil {
			return s, err
		}
		if err := c.save(ctx, s, next); err != nil {
			return s, err
		}
		own = true
		return c.lookToCount(ctx)
	})
	return s, own, err
}

// save puts the next tally in the place of the one that was seen, unless that is
// another by now. It makes the process its first observer.
func (c *counter) save(ctx context.Context, s sighting, next tally.Tally) error {
	form, err := next.MarshalBinary()
	if err != nil {
		return err
	}
	if err := c.swap(ctx, s.form, form); err != nil {
		return fmt.Errorf("writing the tally: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head = sighting{form: form, tally: next, seen: s.now, now: s.now, durable: s.durable}
	return nil
}

func (c *counter) next(ctx context.Context, s sighting) (tally.Tally, error) {
	var id tally.ID
	var nonce uint64
	if s.durable || s.form == nil {
		var err error
		if id, nonce, err = draw(); err != nil {
			return tally.Tally{}, err
		}
	}
	if c.witness != nil && !s.now.Virtual {
		if at, err := c.witness(ctx); err == nil {
			s.now.Witness = at.UTC().Round(0)
		} else if ctx.Err() != nil {
			return tally.Tally{}, ctx.Err()
		}
	}
	if s.form == nil {
		return tally.First(id, s.now, nonce), nil
	}
	return s.tally.Beat(tally.RulesOf(s.now), s.seen, s.now, s.unseen, nonce), nil
}

// draw returns an id and a number that no other process has. They are not from
// Options.Random: counting time changes no history.
func draw() (id tally.ID, nonce uint64, err error) {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		return id, 0, err
	}
	return tally.ID(b[:16]), binary.BigEndian.Uint64(b[16:]), nil
}

// due reports whether it is time for a beat: half a stride after the last one, by
// the process's own clock; at once if no time was counted yet, or virtual time moved.
func (s sighting) due() bool {
	since, same := s.tally.Since(s.now)
	switch {
	case s.form == nil:
		return true
	case s.now.Virtual:
		return since > 0 || !same
	case same:
		return since >= beatInterval
	}
	gone := s.now.Wall.Sub(s.tally.Wall())
	return s.now.Elapsed-s.seen.Elapsed >= beatInterval || s.first && gone.Abs() > 2*tally.Real().Stride
}

// beatInterval is how often time is counted.
var beatInterval = tally.Real().Stride / 2

// stamped returns the tally with the stamp of what begins now.
func (c *counter) stamped(ctx context.Context) (At, error) {
	s, err := c.lookToCount(ctx)
	if err != nil {
		return At{}, err
	}
	since, same := s.tally.Since(s.now)
	alone := s.form != nil && same && !s.durable // no other clock counts
	if !alone && s.due() {
		s, own, err := c.beat(ctx)
		if err != nil {
			return At{}, err
		}
		return s.at(s.tally.Stamp(tally.Real(), own)), nil
	}
	if alone {
		return s.at(s.tally.StampAfter(since)), nil
	}
	return s.at(s.tally.Stamp(tally.Real(), false)), nil
}

func (s sighting) at(stamp tally.Stamp) At {
	return At{Time: s.now.Wall, Tally: Tally{s.tally}, stamp: stamp}
}

// present returns the tally as a beat would make it now, which is not made.
func (c *counter) present(ctx context.Context) (At, error) {
	s, err := c.lookToCount(ctx)
	if err != nil || s.form == nil {
		return At{Time: s.now.Wall}, err
	}
	s.tally = s.tally.Beat(tally.RulesOf(s.now), s.seen, s.now, s.unseen, 0)
	return s.at(tally.Stamp{}), nil
}

// counted returns the tally as it is saved, after a beat where it is time for one.
func (c *counter) counted(ctx context.Context) (sighting, error) {
	s, err := c.lookToCount(ctx)
	if err != nil || !s.due() {
		return s, err
	}
	s, _, err = c.beat(ctx)
	return s, err
}

// stamped is the instant of the operation, with the stamp of a deletion.
func (req *request) stamped() (At, error) {
	at, err := req.core.counter.stamped(req.ctx)
	return req.counted(at, err)
}

// present is the instant of the operation, with all that has been counted.
func (req *request) present() (At, error) {
	at, err := req.core.counter.present(req.ctx)
	return req.counted(at, err)
}

func (req *request) counted(at At, err error) (At, error) {
	at.Time, at.Account, at.Protection = req.now, req.in.account, req.core.protection
	if req.who != nil {
		at.Principal = req.who.Principal
	}
	if err != nil {
		return at, req.failed(err)
	}
	return at, nil
}
