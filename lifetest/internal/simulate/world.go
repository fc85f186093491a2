package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// upTo draws a duration above zero.
func (s *simulation) upTo(d time.Duration) time.Duration {
	return time.Duration(1 + s.random.Int64N(int64(d)))
}

// draw draws one of several values.
func draw[V any](s *simulation, from []V) V { return from[s.random.IntN(len(from))] }

// step is one thing that happens, and some time after it.
func (s *simulation) step() {
	switch n := s.random.IntN(1000); {
	case n < 660:
		s.client()
	case n < 920:
		s.work(s.anyNode())
	case n < 928:
		if s.random.IntN(4) == 0 {
			s.runPurgers(s.upTo(12*time.Hour), s.upTo(2*time.Minute))
		} else {
			s.runPurgers(s.upTo(30*24*time.Hour), s.upTo(6*time.Hour))
		}
	case n < 930:
		s.burst()
	default:
		s.incident()
	}
	s.function.Tries = nil
	switch n := s.random.IntN(10); {
	case n < 5:
		s.pass(s.upTo(time.Minute))
	case n < 8:
		s.pass(s.upTo(6 * time.Hour))
	default:
		s.pass(s.upTo(3 * 24 * time.Hour))
	}
	if !s.truth.Before(s.storeState.until) {
		s.storeState = storeState{}
	}
	s.setRight()
}

// incident is what happens to machines, their clocks and their store.
func (s *simulation) incident() {
	switch s.random.IntN(12) {
	case 0, 1:
		kinds := []string{faultFull, faultReadOnly, faultOut}
		s.storeState = storeState{draw(s, kinds), s.afterDays(1)}
	case 2:
		s.hit(faultIdle)
		for range 1 + s.random.IntN(20) {
			s.client()
			s.pass(24 * time.Hour)
		}
	case 3, 4, 5:
		draw(s, wallIncidents)(s, s.anyNode())
	case 6, 7:
		draw(s, rebootIncidents)(s, s.anyNode())
	case 8:
		s.serverIncident()
	case 9:
		s.takeBackup()
	case 10:
		if s.random.IntN(3) == 0 {
			s.restoreBackup()
		}
		s.confirm()
	default:
		s.retryLate()
	}
}

// runPurgers lets all purgers work for a while, each once in an interval, and seldom with
// faults.
func (s *simulation) runPurgers(d, interval time.Duration) {
	for until := s.truth.Add(d); s.truth.Before(until); s.pass(interval) {
		if s.acting = s.anyNode(); s.random.IntN(50) == 0 {
			s.work(s.acting)
		}
		for _, s.acting = range s.nodes {
			s.began = s.truth
			report, err := s.acting.purger.RunDue(context.Background())
			s.checkReport(&actor{faulted: s.storeState != (storeState{})}, report, err)
		}
		s.setRight()
	}
}

// work lets the purger of a node work.
func (s *simulation) work(n *node) {
	s.drawTryPlans()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &actor{cancel: cancel}
	s.actor, s.began = a, s.truth
	report, err := n.purger.RunDue(ctx)
	s.actor = nil
	s.report.Waited += n.purger.Waiting().Secrets
	s.checkReport(a, report, err)
	if a.crashed {
		s.restart(n)
	}
}

// checkReport checks what a purger returns.
func (s *simulation) checkReport(a *actor, report secretlife.Report, err error) {
	switch {
	case !a.faulted && err != nil:
		s.observer.fail(fmt.Errorf("a purger failed without a fault: %w", err))
	case !a.faulted:
		s.observer.fail(invariants.InPurgeOrder(report))
	}
	if err != nil && canary.Leaks(err.Error()) {
		s.observer.fail(fmt.Errorf("a purger's error shows a value"))
	}
}

// otherPurger works while another one, or a client, is in the middle of a save.
func (s *simulation) otherPurger() {
	i := s.random.IntN(len(s.nodes))
	if s.nodes[i] == s.acting {
		i = (i + 1) % len(s.nodes)
	}
	s.acting = s.nodes[i]
	_, _ = s.acting.purger.RunDue(context.Background())
}

// countingFunction is the rotation function of a simulation, and counts what goes
// wrong in it.
type countingFunction struct{ s *simulation }

// Rotate is one call of the function.
func (r countingFunction) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	err := r.s.function.Rotate(ctx, in)
	switch m := r.s.function.Tries[len(r.s.function.Tries)-1].Plan; {
	case m.Step != in.Step:
	case m.Interferes():
		r.s.hit(faultInterfere)
	case m.Behavior == model.FailsBefore || m.Behavior == model.FailsAfter:
		r.s.hit(faultFunction)
	}
	return err
}

// drawTryPlans decides how the next rotations go.
func (s *simulation) drawTryPlans() {
	behaviors := []model.Behavior{
		model.Works,
		model.Works,
		model.Works,
		model.FailsBefore,
		model.FailsAfter,
		model.Idles,
		model.Promotes,
		model.IsOvertaken,
		model.IsCancelled,
		model.IsDeleted,
	}
	steps := []secretlife.RotationStep{
		secretlife.StepCreateSecret,
		secretlife.StepSetSecret,
		secretlife.StepTestSecret,
		secretlife.StepFinishSecret,
	}
	s.function.Plans, s.function.Next = s.function.Plans[:0], 0
	for range 3 {
		s.function.Plans = append(
			s.function.Plans,
			model.TryPlan{Behavior: behaviors[s.random.IntN(len(behaviors))], Step: steps[s.random.IntN(len(steps))]},
		)
	}
}
