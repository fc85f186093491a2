package lifetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
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
		s.happen()
	}
	s.rotor.tries = nil
	switch n := s.random.IntN(10); {
	case n < 5:
		s.pass(s.upTo(time.Minute))
	case n < 8:
		s.pass(s.upTo(6 * time.Hour))
	default:
		s.pass(s.upTo(3 * 24 * time.Hour))
	}
	if !s.truth.Before(s.mood.until) {
		s.mood = storeMood{}
	}
	if !s.leap.IsZero() && !s.truth.Before(s.leap) {
		s.clock.Jump(-s.skew())
		s.leap = time.Time{}
	}
}

// happen is what befalls machines and their store.
func (s *simulation) happen() {
	switch s.random.IntN(9) {
	case 0, 1:
		kinds := []string{faultFull, faultReadOnly, faultOut}
		s.mood = storeMood{kinds[s.random.IntN(len(kinds))], s.truth.Add(s.upTo(24 * time.Hour))}
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
		s.setWrong(faultLeap, s.far())
	case 6:
		s.setWrong(faultBack, -s.far())
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

// setWrong sets the clock wrong until somebody finds out. Purgers have seen the
// time before: one that starts then believes the clock, by a day at most.
func (s *simulation) setWrong(kind string, by time.Duration) {
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
	s.drawMoods()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a := &actor{cancel: cancel}
	s.actor, s.working = a, i
	report, err := s.purgers[i].RunDue(ctx)
	s.actor, s.working = nil, -1
	s.judgeWork(a, report, err)
	if errors.Is(err, secretlife.ErrClockJump) && s.leap.IsZero() {
		s.trusted(s.purgers[i])
	}
	if a.crashed {
		s.restart(i)
	}
}

// judgeWork holds what a purger answers.
func (s *simulation) judgeWork(a *actor, report secretlife.Report, err error) {
	jump := errors.Is(err, secretlife.ErrClockJump)
	if jump {
		s.report.Refused++
	}
	switch {
	case jump && len(report) > 0:
		s.witness.blame(fmt.Errorf("work in spite of a clock jump"))
	case !jump && !a.hurt && s.skew() > 2*smallStep:
		s.witness.blame(fmt.Errorf("a purger went by a clock that is %v ahead", s.skew()))
	case !jump && !a.hurt && err != nil:
		s.witness.blame(fmt.Errorf("a purger failed without a fault: %w", err))
	case !a.hurt:
		s.witness.blame(inPurgeOrder(report))
	}
	if err != nil && leaks(err.Error()) {
		s.witness.blame(fmt.Errorf("a purger's error shows a value"))
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

// simRotator is the rotation function of a simulation, and counts what goes
// wrong in it.
type simRotator struct{ s *simulation }

// Rotate is one call of the function.
func (r simRotator) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	err := r.s.rotor.Rotate(ctx, in)
	switch m := r.s.rotor.tries[len(r.s.rotor.tries)-1].mood; {
	case m.step != in.Step:
	case m.meddles():
		r.s.hit(faultMeddle)
	case m.deed == failsBefore || m.deed == failsAfter:
		r.s.hit(faultFunction)
	}
	return err
}

// drawMoods decides how the next rotations go.
func (s *simulation) drawMoods() {
	deeds := []deed{works, works, works, failsBefore, failsAfter, idles, promotes, isOvertaken, isCancelled, isDeleted}
	steps := []secretlife.RotationStep{secretlife.StepCreateSecret, secretlife.StepSetSecret, secretlife.StepTestSecret, secretlife.StepFinishSecret}
	s.rotor.moods, s.rotor.next = s.rotor.moods[:0], 0
	for range 3 {
		s.rotor.moods = append(s.rotor.moods, mood{deeds[s.random.IntN(len(deeds))], steps[s.random.IntN(len(steps))]})
	}
}
