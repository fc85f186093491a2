// Package simulate runs a service for years of virtual time with faults.
package simulate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// Options are what [Simulate] can be told.
type Options struct {
	// Seed decides everything that happens: the same seed is the same history.
	Seed uint64
	// Years is how long the simulated service lives; 0 is one year.
	Years int
	// Open opens an empty store; nil is one of package memstore. It must not
	// fail by itself.
	Open func() secretlife.Store
}

// Report is what a simulation went through.
type Report struct {
	Seed    uint64
	Steps   int // of clients, purgers and the world
	Calls   int // of operations
	Commits int // that took effect
	Events  int
	Purged  int
	// Refused counts how often a purger held still for its clock.
	Refused int
	// Years is how much time went by, in years of 365.25 days.
	Years float64
	// Faults counts the faults of each kind that happened.
	Faults map[string]int
	// Hash is of all events, in order: two histories are the same if theirs is.
	Hash string
}

// String tells the report in some lines.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"seed %d: %.1f years, %d steps, %d calls, %d commits, %d events, %d purged, %d times held still by the clock guard\n",
		r.Seed,
		r.Years,
		r.Steps,
		r.Calls,
		r.Commits,
		r.Events,
		r.Purged,
		r.Refused,
	)
	for _, kind := range faultKinds {
		fmt.Fprintf(&b, "%9d  %s\n", r.Faults[kind], kind)
	}
	fmt.Fprintf(&b, "events: %s", r.Hash)
	return b.String()
}

// simulation is one run: one goroutine, and one random source for all that
// happens.
type simulation struct {
	random   *rand.Rand
	bytes    *rand.ChaCha8 // for the library
	clock    *secretlife.VirtualClock
	truth    time.Time
	observer *observer
	front    *faultyStore
	places   []model.Place
	at       map[model.Place]*secretlife.Manager
	first    *secretlife.Manager
	purgers  []*secretlife.Purger
	function *rotator.Function

	actor      *actor // whose calls can go wrong; nil for nobody's
	working    int    // the purger at work; -1 for none
	nested     bool   // somebody acts in the middle of another's call
	storeState storeState
	leap       time.Time // when the clock will be set right; zero while it is
	tokens     int
	late       []func() // requests to send again
	report     Report
}

// faultyStore is a store that fails, and keeps the purgers' mark.
type faultyStore struct {
	*storetest.Faults
	mark time.Time
}

func (s *faultyStore) ClockMark(context.Context) (time.Time, error) { return s.mark, nil }

func (s *faultyStore) SetClockMark(_ context.Context, mark time.Time) error {
	if mark.After(s.mark) {
		s.mark = mark
	}
	return nil
}

// Run runs a simulation. See Simulate of package lifetest.
func Run(ctx context.Context, o Options) (Report, error) {
	s, err := newSimulation(o)
	if err != nil {
		return Report{Seed: o.Seed}, err
	}
	end := history.Epoch.AddDate(max(o.Years, 1), 0, 0)
	for s.truth.Before(end) && ctx.Err() == nil {
		s.report.Steps++
		s.step()
		if s.report.Steps%64 == 0 {
			s.observer.fail(s.observer.all(s.at))
		}
		if s.observer.wrong != nil {
			return s.finish(), fmt.Errorf("seed %d, step %d: %w", o.Seed, s.report.Steps, s.observer.wrong)
		}
	}
	if ctx.Err() != nil {
		return s.finish(), ctx.Err()
	}
	if err := s.settle(); err != nil {
		return s.finish(), fmt.Errorf("seed %d, at the end: %w", o.Seed, err)
	}
	return s.finish(), nil
}

func newSimulation(o Options) (*simulation, error) {
	store := secretlife.Store(memstore.New(func(m *memstore.Options) { m.KeepEvents = 1000 }))
	if o.Open != nil {
		store = o.Open()
	}
	s := &simulation{
		random: rand.New(
			rand.NewPCG(o.Seed, o.Seed),
		), clock: secretlife.NewVirtualClock(history.Epoch), truth: history.Epoch,
		at: map[model.Place]*secretlife.Manager{}, report: Report{Seed: o.Seed, Faults: map[string]int{}},
	}
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(s.random.Uint32())
	}
	s.bytes = rand.NewChaCha8(seed)
	s.observer = newObserver(store, s.clock, func() time.Time { return s.truth })
	s.front = &faultyStore{Faults: storetest.NewFaults(s.observer)}
	s.front.Decide(s.decide)
	s.function = &rotator.Function{Store: s.observer, Clock: s.clock}
	delay, err := secretlife.RandomDelay(0, 48*time.Hour)
	if err != nil {
		return nil, err
	}
	s.first, err = secretlife.New(s.front, func(o *secretlife.Options) {
		o.Clock, o.Random, o.PurgeDelay = s.clock, s, delay
		o.ParseSchedule, o.Rotator = rotator.ParseSchedule, countingFunction{s}
	})
	if err != nil {
		return nil, err
	}
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			at := model.Place{Account: a, Region: r}
			if s.at[at], err = s.first.In(a, r); err != nil {
				return nil, err
			}
			s.places = append(s.places, at)
		}
	}
	for range 3 {
		s.purgers = append(s.purgers, secretlife.NewPurger(s.first))
	}
	return s, nil
}

func (s *simulation) finish() Report {
	s.report.Commits, s.report.Purged = s.observer.commits, s.observer.purged
	s.report.Events = int(s.observer.seen) //nolint:gosec // far from 2^63
	// Not by Sub: a Duration ends after 292 years.
	s.report.Years = float64(s.truth.Unix()-history.Epoch.Unix()) / (365.25 * 24 * 60 * 60)
	s.report.Hash = hex.EncodeToString(s.observer.hash.Sum(nil))
	return s.report
}

// settle ends the simulation: all is well again, time passes until nothing can
// be left, and then nothing may be.
func (s *simulation) settle() error {
	s.actor, s.storeState, s.leap = nil, storeState{}, time.Time{}
	s.clock.Jump(s.truth.Sub(s.clock.Now()))
	s.function.Plans = nil
	last := s.truth
	for _, st := range s.observer.states {
		if st.PurgeAt != nil && time.UnixMilli(*st.PurgeAt).After(last) {
			last = time.UnixMilli(*st.PurgeAt)
		}
	}
	s.pass(last.Sub(s.truth) + time.Minute)
	for range 4 { // a purger that failed waits for up to an hour
		for _, p := range s.purgers {
			if err := p.TrustClock(context.Background()); err != nil {
				return err
			}
			if _, err := p.RunDue(context.Background()); err != nil {
				return err
			}
		}
		s.pass(2 * time.Hour)
	}
	if s.observer.wrong != nil {
		return s.observer.wrong
	}
	for _, st := range s.observer.states {
		if st.PurgeAt != nil {
			return fmt.Errorf("%s was never purged", st.ARN)
		}
	}
	return errors.Join(s.observer.all(s.at), invariants.CheckReplicas(s.observer.states))
}
