package simulate

import (
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

// node is a process on a machine of its own: an API server with a purger.
type node struct {
	host    *hosttest.Host
	at      map[model.Place]*secretlife.Manager
	first   *secretlife.Manager
	purger  *secretlife.Purger
	correct time.Time // when somebody sets the wall clock right; zero for not at all
	resume  time.Time // when a machine that stalls goes on; zero if it does not stall
}

// start starts a process: the first one of a node, or a new one after the last has
// ended.
func (s *simulation) start(n *node) error {
	delay, err := secretlife.RandomDelay(0, 48*time.Hour)
	if err != nil {
		return err
	}
	n.first, err = secretlife.New(s.front, func(o *secretlife.Options) {
		o.Clock, o.Random, o.Emulate.PurgeDelay = n.host, s, delay
		o.ReleaseDelay = releaseDelay
		o.ParseSchedule, o.Rotator = rotator.ParseSchedule, countingFunction{s}.Rotate
	})
	if err != nil {
		return err
	}
	n.at = map[model.Place]*secretlife.Manager{}
	for _, at := range s.places {
		if n.at[at], err = n.first.In(at.Account, at.Region); err != nil {
			return err
		}
	}
	n.purger = secretlife.NewPurger(n.first)
	return nil
}

// restart ends the process of a node and starts another.
func (s *simulation) restart(n *node) {
	s.hit(faultRestart)
	s.observer.fail(s.start(n))
}

// anyNode draws a node, which acts from now on.
func (s *simulation) anyNode() *node {
	s.acting = s.nodes[s.random.IntN(len(s.nodes))]
	return s.acting
}

// pass lets time go by, on every machine by its own clock.
func (s *simulation) pass(d time.Duration) {
	s.truth = s.truth.Add(d)
	for _, n := range s.nodes {
		n.host.Pass(d)
	}
	s.server.Pass(d)
}

// setRight sets clocks right whose time for that has come.
func (s *simulation) setRight() {
	for _, n := range s.nodes {
		if !n.correct.IsZero() && !s.truth.Before(n.correct) {
			s.correct(n)
		}
		if !n.resume.IsZero() && !s.truth.Before(n.resume) {
			n.resume = time.Time{}
			n.host.Stall(false)
		}
	}
}

func (s *simulation) correct(n *node) {
	s.hit(faultCorrect)
	n.correct = time.Time{}
	n.host.SetWall(s.truth)
}

// wallIncidents are what can happen to the clocks of a machine while it works.
var wallIncidents = []func(*simulation, *node){
	func(s *simulation, n *node) {
		s.hit(faultStep)
		n.host.Step(s.upTo(10*time.Minute) - 5*time.Minute)
	},
	func(s *simulation, n *node) {
		s.hit(faultLeap)
		n.host.Step(s.far())
		n.correct = s.afterDays(60)
	},
	func(s *simulation, n *node) {
		s.hit(faultBack)
		n.host.Step(-s.far())
		n.correct = s.afterDays(60)
	},
	func(s *simulation, n *node) {
		s.hit(faultStall)
		n.host.Stall(true)
		n.resume = s.afterDays(10)
	},
	func(s *simulation, n *node) {
		s.hit(faultDrift)
		n.host.Drift(s.random.IntN(1001) - 500)
	},
	(*simulation).correct,
}

// rebootIncidents end the process of a machine.
var rebootIncidents = []func(*simulation, *node){
	func(s *simulation, n *node) {
		s.hit(faultBootPast)
		n.host.Reboot()
		n.host.SetWall(history.Epoch.AddDate(-6, 0, 0))
		n.correct = s.afterDays(3)
		s.restart(n)
	},
	func(s *simulation, n *node) {
		s.hit(faultReboot)
		n.host.Reboot()
		s.restart(n)
	},
	(*simulation).restart,
	(*simulation).clone,
}

// clone makes a machine a copy of another one as it was some time ago: with its boot
// and an older clock of elapsed time. Only a right clock of the store tells them apart.
func (s *simulation) clone(n *node) {
	of := s.nodes[s.random.IntN(len(s.nodes))]
	if s.storeClock != rightClock || of == n {
		return
	}
	s.hit(faultClone)
	of.host.Clone(n.host, s.upTo(10*24*time.Hour))
	s.restart(n)
}

// serverIncident sets the clock of the store wrong, or right, where that may be wrong.
func (s *simulation) serverIncident() {
	if s.storeClock != wrongClock {
		return
	}
	s.hit(faultServer)
	switch s.random.IntN(3) {
	case 0:
		s.server.SetWall(s.truth)
	case 1:
		s.server.Step(s.far())
	default:
		s.server.Step(-s.far())
	}
}

// far draws by how much a clock is set wrong: a nanosecond to a hundred years.
func (s *simulation) far() time.Duration { return s.upTo(time.Nanosecond << s.random.IntN(62)) }

func (s *simulation) afterDays(most int) time.Time {
	return s.truth.Add(s.upTo(time.Duration(most) * 24 * time.Hour))
}

// storeClock is whether the store has a clock of its own, as a database server does.
type storeClock int

const (
	noClock storeClock = iota
	wrongClock
	rightClock
)
