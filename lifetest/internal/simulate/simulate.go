// Package simulate runs a service for years of virtual time with faults.
package simulate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
	"github.com/secretlife-go/secretlife/storetest"
)

// Options are the options of [Run].
type Options struct {
	// Seed decides everything that happens: the same seed is the same history. Of
	// three seeds one has a store without a clock of its own, one a store with a
	// clock that is set wrong, and one a store with a right clock and machines that
	// are cloned.
	Seed uint64
	// Years is how long the service runs; 0 is one year.
	Years int
	// Open returns an empty store, which must not fail by itself. If it is nil, a
	// store in memory is used, of which backups are taken and restored.
	Open func() secretlife.Store
}

// Report counts what happened in a simulation.
type Report struct {
	Seed    uint64
	Steps   int // of clients, purgers and the world
	Calls   int // of operations
	Commits int // that took effect
	Events  int
	Purged  int
	// Waited counts secrets that a purger found past their date, and did not purge
	// because their window had not passed by counted time.
	Waited int
	// Years is how much time went by, in years of 365.25 days.
	Years float64
	// Faults counts the faults of each kind that happened.
	Faults map[string]int
	// Hash is of all events, in order. Two histories are the same if theirs is.
	Hash string
}

// String returns the report in some lines.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %.1f years, %d steps, %d calls, %d commits, %d events, %d purged, "+
		"%d times a secret waited for counted time\n",
		r.Seed, r.Years, r.Steps, r.Calls, r.Commits, r.Events, r.Purged, r.Waited)
	for _, kind := range faultKinds {
		fmt.Fprintf(&b, "%9d  %s\n", r.Faults[kind], kind)
	}
	fmt.Fprintf(&b, "events: %s", r.Hash)
	return b.String()
}

// simulation is one run: one goroutine, and one random source for everything that
// happens.
type simulation struct {
	random     *rand.Rand
	bytes      *rand.ChaCha8 // for the library
	truth      time.Time     // what time it really is
	observer   *observer
	front      *faultyStore
	content    *snapshot.Store // nil for another store
	places     []model.Place
	nodes      []*node
	server     *hosttest.Host // the store's clock
	storeClock storeClock
	function   *rotator.Function

	actor      *actor    // whose calls can go wrong; nil for nobody's
	acting     *node     // that the present call is on
	began      time.Time // when the present call began
	nested     bool      // another client or purger acts in the middle of a call
	storeState storeState
	tokens     int
	late       []func() // requests to send again
	backups    []backup
	report     Report
}

// faultyStore is a durable store that fails, with a clock or without.
type faultyStore struct {
	*storetest.Faults
	clock *hosttest.Host // nil for none
}

// Note implements [secretlife.Store].
func (s *faultyStore) Note(ctx context.Context, name string) (secretlife.Note, error) {
	n, err := s.Faults.Note(ctx, name)
	n.Durable = true
	if s.clock != nil {
		n.Now = s.clock.Now()
	}
	return n, err
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
			s.observer.fail(s.observer.all(s.nodes[0].at))
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
	s := &simulation{
		random: rand.New(rand.NewPCG(o.Seed, o.Seed)), truth: history.Epoch, storeClock: storeClock(o.Seed % 3),
		server: hosttest.New("store", history.Epoch), report: Report{Seed: o.Seed, Faults: map[string]int{}},
	}
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(s.random.Uint32())
	}
	s.bytes = rand.NewChaCha8(seed)
	var store secretlife.Store
	if o.Open != nil {
		store = o.Open()
	} else {
		s.content = snapshot.New()
		s.content.KeptEvents = 1000
		store = s.content
	}
	s.observer = newObserver(store, func() time.Time { return s.truth }, func() time.Time { return s.began })
	s.front = &faultyStore{Faults: storetest.NewFaults(s.observer)}
	if s.storeClock != noClock {
		s.front.clock = s.server
	}
	s.front.Decide(s.decide)
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			s.places = append(s.places, model.Place{Account: a, Region: r})
		}
	}
	for i := range 3 {
		n := &node{host: hosttest.New(fmt.Sprint("machine ", i), history.Epoch)}
		s.nodes = append(s.nodes, n)
		if err := s.start(n); err != nil {
			return nil, err
		}
	}
	s.function = &rotator.Function{Store: s.observer, Clock: s.nodes[0].host}
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

// settle ends the simulation: everything is set right, and time passes until every
// secret that is scheduled for deletion must have been purged.
func (s *simulation) settle() error {
	s.actor, s.storeState, s.function.Plans = nil, storeState{}, nil
	for _, n := range s.nodes {
		n.host.Stall(false)
		n.host.Drift(0)
		n.host.SetWall(s.truth)
	}
	s.server.SetWall(s.truth)
	if err := s.work4(); err != nil {
		return err
	}
	if err := s.releaseAll(); err != nil {
		return err
	}
	last := s.truth
	for _, st := range s.observer.states {
		if st.PurgeAt != nil && time.UnixMilli(*st.PurgeAt).After(last) {
			last = time.UnixMilli(*st.PurgeAt)
		}
	}
	for s.truth.Before(last) {
		s.pass(last.Sub(s.truth) + time.Minute)
		if err := s.work4(); err != nil {
			return err
		}
	}
	for range 32 * 4 {
		s.pass(6 * time.Hour)
		if err := s.work4(); err != nil {
			return err
		}
	}
	if s.observer.wrong != nil {
		return s.observer.wrong
	}
	for _, st := range s.observer.states {
		if st.PurgeAt != nil {
			return fmt.Errorf("%s was never purged", st.ARN)
		}
	}
	return errors.Join(s.observer.all(s.nodes[0].at), invariants.CheckReplicas(s.observer.states))
}

// releaseAll asks for the release of all holds.
func (s *simulation) releaseAll() error {
	for _, k := range slices.SortedFunc(maps.Keys(s.observer.states), model.CompareKeys) {
		for _, h := range s.observer.states[k].Holds {
			s.began = s.truth
			_, err := s.nodes[0].at[k.Place].ReleaseHold(context.Background(), k.Name, h.Name)
			if err != nil && !errors.Is(err, secretlife.ErrHoldNotFound) { // it was over, and went with another one
				return err
			}
		}
	}
	return nil
}

// work4 lets each purger work four times.
func (s *simulation) work4() error {
	for range 4 {
		for _, n := range s.nodes {
			if _, err := n.purger.RunDue(context.Background()); err != nil {
				return err
			}
		}
		s.pass(30 * time.Second)
	}
	return nil
}
