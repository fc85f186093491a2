// Package access keeps the access ledger: who called what on which secret, refused or
// not, as counts per day, and above all in the recovery window of a secret. It raises an
// alarm when a secret is asked for that is scheduled for deletion.
//
// A [Ledger] receives the calls of a [secretlife.Manager] as a part of its Observer. It
// counts in memory, and [Ledger.Run] writes the counts into the store in the background.
package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/secretlife-go/secretlife"
)

// Options are what [New] can be told. Their zero values are good defaults.
type Options struct {
	// Interval is how long counts wait in memory at most while [Ledger.Run] runs and the
	// store works; by default 10 seconds. A crash loses the calls of that time.
	Interval time.Duration
	// KeepDays is how many days the store keeps entries; by default 90.
	KeepDays int
	// OnScheduled, if set, is called when a call is refused because its secret is scheduled
	// for deletion: see [Alarm]. The call waits for it, so it must not block.
	OnScheduled func(ctx context.Context, alarm Alarm)
	// Logger receives every [Alarm] as a warning, and what can't be written; by default
	// nothing is logged.
	Logger *slog.Logger
	// Clock is the Manager's clock; by default the system clock. Run waits by it, and
	// KeepDays ends by it.
	Clock secretlife.Clock
}

// Ledger counts calls, and writes the counts into a store. It is made by [New], and is
// safe for concurrent use.
type Ledger struct {
	store  Store
	o      Options
	writer [16]byte
	counts counts
	alarms alarms

	// writing is held by the one caller that writes. What stands below needs it.
	writing   chan struct{}
	written   uint64  // groups
	unwritten []Group // taken out of counts, in the order of their numbers
	forgot    time.Time

	mu     sync.Mutex
	status Status
}

// Status is how a [Ledger] is doing.
type Status struct {
	// Waiting is the number of entries in memory that are not in the store yet.
	Waiting int
	// Dropped is the number of calls since [New] that were not counted, as there was no room
	// for another entry in memory.
	Dropped uint64
	// Written is when all entries of that time were in the store last.
	Written time.Time
	// Err is why the last attempt to write failed; nil if it did not.
	Err error
}

// The defaults.
const (
	defaultInterval = 10 * time.Second
	defaultKeepDays = 90
	// groupLength is how many entries are written together: in a store with one writer, others wait
	// as long.
	groupLength = 250
	// lastWrite is how long Run takes at its end at most.
	lastWrite = 5 * time.Second
)

// New makes a Ledger over the store of a Manager. Each edit changes the options in turn.
// A store that is not a [Store] too is refused with [errors.ErrUnsupported].
func New(store secretlife.Store, edits ...func(*Options)) (*Ledger, error) {
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	in, err := storeOf(store)
	if err != nil {
		return nil, err
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.KeepDays <= 0 {
		o.KeepDays = defaultKeepDays
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	l := &Ledger{store: in, o: o, writing: make(chan struct{}, 1)}
	_, _ = rand.Read(l.writer[:]) // never fails
	l.counts.init()
	return l, nil
}

// Observer returns what tells the Ledger of calls. It is for [secretlife.Options], alone
// or with others: see [secretlife.Observer.And].
func (l *Ledger) Observer() secretlife.Observer {
	return secretlife.Observer{Called: func(ctx context.Context, c secretlife.Call) { l.called(ctx, &c) }}
}

// called counts a call that found a secret. Calls that an endpoint refuses before they
// reach the Manager find none, nor do those that AWS refuses without saying whether there
// is a secret.
func (l *Ledger) called(ctx context.Context, c *secretlife.Call) {
	if c.Secret.IsZero() {
		return
	}
	if c.Err != nil {
		if _, isException := asException(c.Err); !isException {
			return // the caller has gone, or the store failed
		}
	}
	l.counts.add(c)
	if c.Err != nil && wantsScheduled(c) {
		l.alarm(ctx, *c)
	}
}

// asException is the exception that the caller got, unless the service itself failed.
func asException(err error) (out secretlife.Error, ok bool) {
	var failed *secretlife.InternalServiceError
	return out, errors.As(err, &out) && !errors.As(err, &failed)
}

// Run writes the counts into the store every [Options.Interval], and when there are many,
// until ctx ends. It then writes what is left, for which it takes five seconds at most, and
// returns an error if entries are lost by that. What can't be written is tried again. Calls that
// go on after the end of ctx are written by [Ledger.Flush].
//
// Once a day it removes the entries that are older than [Options.KeepDays].
func (l *Ledger) Run(ctx context.Context) error {
	tick := l.o.Clock.After(l.o.Interval)
	var last string
	var dropped uint64
	for {
		many := l.counts.many
		if last != "" { // what failed is not tried again with every call
			many = nil
		}
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			if err := l.Flush(ctx); err != nil {
				return fmt.Errorf("access: %d entries are lost: %w", l.Status().Waiting, err)
			}
			return nil
		case <-many:
		case <-tick:
			tick = l.o.Clock.After(l.o.Interval)
		}
		last = l.logError(ctx, errors.Join(l.Flush(ctx), l.forget(ctx)), last)
		if n := l.Status().Dropped; n > dropped {
			l.o.Logger.WarnContext(ctx, "calls are missing in the access ledger", "dropped", n)
			dropped = n
		}
	}
}

// logError logs an error that is not the one before.
func (l *Ledger) logError(ctx context.Context, err error, last string) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if text := err.Error(); text != last {
		l.o.Logger.ErrorContext(ctx, "the access ledger can't be written", "error", err)
		return text
	}
	return last
}

// Flush writes all counts into the store now. Where it fails they wait for the next time.
func (l *Ledger) Flush(ctx context.Context) error {
	done, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	now := l.o.Clock.Now()
	if err = l.writeGroups(ctx); err == nil { // those of an attempt that failed
		l.take()
		err = l.writeGroups(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.status.Err = err; err == nil {
		l.status.Written = now
	}
	return err
}

// begin waits until no other caller writes. The caller ends that by done.
func (l *Ledger) begin(ctx context.Context) (done func(), err error) {
	select {
	case l.writing <- struct{}{}:
		return func() { <-l.writing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take makes groups of what was counted.
func (l *Ledger) take() {
	for part := range slices.Chunk(l.counts.take(), groupLength) {
		number := l.written + uint64(len(l.unwritten)) + 1
		l.unwritten = append(l.unwritten, Group{l.writer, number, part})
	}
}

// writeGroups writes the groups in their order. One that failed keeps its number, so that the
// store knows whether it was written after all.
func (l *Ledger) writeGroups(ctx context.Context) error {
	for len(l.unwritten) > 0 {
		if err := l.store.AddAccesses(ctx, l.unwritten[0]); err != nil {
			return err
		}
		l.counts.release(len(l.unwritten[0].Entries))
		l.unwritten[0] = Group{}
		l.unwritten = l.unwritten[1:]
		l.written++
	}
	l.unwritten = nil
	return nil
}

// forget removes old entries, once a day.
func (l *Ledger) forget(ctx context.Context) error {
	done, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	before := dayOf(l.o.Clock.Now()).AddDate(0, 0, -l.o.KeepDays)
	if !before.After(l.forgot) {
		return nil
	}
	for {
		n, err := l.store.ForgetAccesses(ctx, before, maxGroup)
		if err != nil {
			return err
		}
		if n < maxGroup {
			l.forgot = before
			return nil
		}
	}
}

// Status reports how the Ledger is doing.
func (l *Ledger) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.status
	s.Waiting, s.Dropped = int(l.counts.size.Load()), l.counts.dropped.Load()
	return s
}

// Entries returns the entries that a query asks for, in the order of [Entry.Compare], with
// all calls that ended before: it writes what waits first. Limit is how many there are at
// most; 0 is all.
func (l *Ledger) Entries(ctx context.Context, query Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := l.Flush(ctx); err != nil {
			yield(Entry{}, err)
			return
		}
		Entries(ctx, l.store, query)(yield)
	}
}

// Entries returns the entries of a store that a query asks for, in pages, as
// [Ledger.Entries] does. Entries that no Ledger has written yet are not there.
func Entries(ctx context.Context, store Store, query Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for left := query.Limit; query.Limit == 0 || left > 0; {
			next := query
			if next.Limit = maxGroup; query.Limit > 0 {
				next.Limit = min(left, maxGroup)
			}
			page, err := store.Accesses(ctx, next)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if left -= len(page); len(page) < next.Limit {
				return
			}
			query.After = page[len(page)-1]
		}
	}
}
