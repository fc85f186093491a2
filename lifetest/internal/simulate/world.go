package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// smallStep is how far a clock may be off and still be called right.
const smallStep = 5 * time.Minute

// pass lets time go by.
func (s *simulation) pass(d time.Duration) {
	s.truth = s.truth.Add(d)
	s.clock.Set(s.clock.Now().Add(d))
}

// skew is how far the clock is ahead.
func (s *simulation) skew() time.Duration { return s.clock.Now().Sub(s.truth) }

// upTo draws a duration.
func (s *simulation) upTo(d time.Duration) time.Duration {
	return time.Duration(1 + s.random.Int64N(int64(d)))
}

// step is one thing that happens, and some time after it.
func (s *simulation) step() {
	switch n := s.random.IntN(100); {
	case n < 68:
		s.client()
	case n < 94:
		s.work()
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
	if !s.leap.IsZero() && !s.truth.Before(s.leap) {
		s.clock.Jump(-s.skew())
		s.leap = time.Time{}
	}
}

// incident is what befalls machines and their store.
func (s *simulation) incident() {
	switch s.random.IntN(9) {
	case 0, 1:
		kinds := []string{faultFull, faultReadOnly, faultOut}
		s.storeState = storeState{kinds[s.random.IntN(len(kinds))], s.truth.Add(s.upTo(24 * time.Hour))}
	case 2:
		s.restart(s.random.IntN(len(s.purgers)))
	case 3:
		s.hit(faultIdle)
		for range 1 + s.random.IntN(20) {
			s.client()
			s.pass(24 * time.Hour)
		}
	case 4:
		if s.leap.IsZero() {
			s.hit(faultStep)
			s.clock.Jump(s.upTo(2*smallStep) - smallStep - s.skew())
		}
	case 5:
		s.setClockWrong(faultLeap, s.far())
	case 6:
		s.setClockWrong(faultBack, -s.far())
	case 7:
		if s.leap.IsZero() {
			s.hit(faultSuspend)
			d := s.upTo(60 * 24 * time.Hour)
			s.clock.Jump(d)
			s.truth = s.truth.Add(d)
		}
	default:
		s.retryLate()
	}
}

// far is more than any guard lets pass, and up to a year.
func (s *simulation) far() time.Duration { return time.Hour + s.upTo(365*24*time.Hour) }

// setClockWrong sets the clock wrong until somebody finds out. Purgers have seen the
// time before: one that starts then believes the clock, by a day at most.
func (s *simulation) setClockWrong(kind string, by time.Duration) {
	if !s.leap.IsZero() {
		return
	}
	for _, p := range s.purgers {
		s.trusted(p)
	}
	s.hit(kind)
	s.clock.Jump(by)
	s.leap = s.truth.Add(s.upTo(4 * 24 * time.Hour))
}

// trusted lets a purger look at the clock, by an operator's word if need be.
func (s *simulation) trusted(p *secretlife.Purger) {
	_, _, err := p.Step(context.Background())
	if errors.Is(err, secretlife.ErrClockJump) {
		s.report.Refused++
		_ = p.TrustClock(context.Background()) // the mark is always kept
	}
}

// restart puts a new purger in the place of one, but not while the clock is
// wrong: whoever starts then has nothing to know it by.
func (s *simulation) restart(i int) {
	if s.leap.IsZero() {
		s.hit(faultRestart)
		s.purgers[i] = secretlife.NewPurger(s.first)
	}
}

// work lets a purger work.
func (s *simulation) work() {
	i := s.random.IntN(len(s.purgers))
	s.drawTryPlans()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &actor{cancel: cancel}
	s.actor, s.working = a, i
	report, err := s.purgers[i].RunDue(ctx)
	s.actor, s.working = nil, -1
	s.checkReport(a, report, err)
	if errors.Is(err, secretlife.ErrClockJump) && s.leap.IsZero() {
		s.trusted(s.purgers[i])
	}
	if a.crashed {
		s.restart(i)
	}
}

// checkReport holds what a purger answers.
func (s *simulation) checkReport(a *actor, report secretlife.Report, err error) {
	jump := errors.Is(err, secretlife.ErrClockJump)
	if jump {
		s.report.Refused++
	}
	switch {
	case jump && len(report) > 0:
		s.observer.fail(fmt.Errorf("work in spite of a clock jump"))
	case !jump && !a.faulted && s.skew() > 2*smallStep:
		s.observer.fail(fmt.Errorf("a purger went by a clock that is %v ahead", s.skew()))
	case !jump && !a.faulted && err != nil:
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
	i := s.random.IntN(len(s.purgers))
	if i == s.working {
		i = (i + 1) % len(s.purgers)
	}
	_, _ = s.purgers[i].RunDue(context.Background())
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
