package secretlife

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// TallyReport is what an operator wants to know of the counted time of a store.
type TallyReport struct {
	// Now is the time by the clock.
	Now time.Time
	// LastBeat is what the wall clock said when time was counted last, and By who
	// counted.
	LastBeat time.Time
	By       string
	// Tally includes the time from then up to now.
	Tally Tally
	// Scheduled is the number of secrets with a recovery window, without those that a hold
	// without an end keeps.
	Scheduled int
	// Waiting are those of them that are past their DeletionDate.
	Waiting Waiting
	// Gaps are the gaps without proof, each with the effect of confirming all of it.
	Gaps []GapEffect
}

// TallyReport returns what is counted, which gaps there are, and what waits for
// counted time. It changes nothing. It reads all secrets for which background work
// is scheduled.
//
// Errors: see [Manager.At].
func (m *Manager) TallyReport(ctx context.Context) (TallyReport, error) {
	saved, err := m.Tally(ctx)
	if err != nil {
		return TallyReport{}, err
	}
	at, err := m.core.counter.present(ctx)
	if err != nil {
		return TallyReport{}, m.core.failed(ctx, err)
	}
	r := TallyReport{Now: at.Time, Tally: at.Tally}
	if !saved.IsZero() {
		r.LastBeat, r.By = saved.LastBeat()
	}
	for _, g := range at.Tally.Gaps() {
		if g.Proof == tally.ProofNone.String() {
			e, err := at.Tally.effect(g.Number, 0)
			if err != nil {
				return TallyReport{}, err
			}
			r.Gaps = append(r.Gaps, e)
		}
	}
	err = m.eachWindow(ctx, func(s Secret) {
		r.Scheduled++
		due, _ := s.Deletion().PurgeAt()
		if missing := at.Tally.Missing(s); missing > 0 && !at.Time.Before(due) {
			r.Waiting.add(at.Tally, s)
		}
		for i := range r.Gaps {
			r.Gaps[i].add(at, s)
		}
	})
	return r, err
}

// GapEffect returns what [Manager.ConfirmGap] with the same parameters would do. It
// counts time, if it is time for that, and changes nothing else. It reads as much as
// [Manager.TallyReport].
//
// Errors: see [Manager.ConfirmGap].
func (m *Manager) GapEffect(ctx context.Context, number uint64, passed time.Duration) (GapEffect, error) {
	seen, err := m.core.counter.counted(ctx)
	if err != nil {
		return GapEffect{}, m.core.failed(ctx, err)
	}
	at := seen.at(tally.Stamp{})
	e, err := at.Tally.effect(number, passed)
	if err != nil {
		return GapEffect{}, err
	}
	err = m.eachWindow(ctx, func(s Secret) { e.add(at, s) })
	return e, err
}

// eachWindow calls do for every secret that is scheduled with a recovery window.
func (m *Manager) eachWindow(ctx context.Context, do func(Secret)) error {
	end := time.Date(lastYear+99, 1, 1, 0, 0, 0, 0, time.UTC)
	var after Due
	for {
		page, err := m.core.store.Due(ctx, DueQuery{By: end, After: after, Limit: duePage})
		if err != nil {
			return m.core.failed(ctx, err)
		}
		for _, due := range page {
			s, err := m.core.store.Load(ctx, due.Key)
			switch {
			case errors.Is(err, ErrSecretNotFound): // purged meanwhile
			case err != nil:
				return m.core.failed(ctx, err)
			case s.Deletion().Window() > 0:
				do(s)
			}
		}
		if len(page) < duePage {
			return nil
		}
		after = page[len(page)-1]
	}
}

// ConfirmGap lets an operator vouch that so much time passed in a gap of the
// store's [Tally] in which no process counted; 0 is all of it, as the wall clocks said.
// It counts for secrets that were scheduled before the gap. It takes effect after an
// hour of counted time, so that [Manager.WithdrawGap] can take it back. Confirming
// time that has not passed purges secrets early: [Manager.GapEffect] returns what it
// would do. digest, if it is not "", must be that [GapEffect]'s, so that nothing is
// confirmed but what was shown.
//
// The operator is the Principal of [WithCaller], and is in the event. The event is saved
// first, and nothing is confirmed if that fails. If the gap is changed in between, a second
// event has the error. ConfirmGap logs a warning.
//
// Errors: [*InvalidParameterError] if there is no such gap, if it is proven already,
// if more time is confirmed than the wall clocks said, and if the digest is another;
// see [Manager.At] for others.
func (m *Manager) ConfirmGap(
	ctx context.Context, number uint64, passed time.Duration, digest string,
) (Tally, error) {
	return m.vouch(ctx, EventConfirmGap, gapCall{number: number, passed: passed},
		func(t Tally, nonce uint64) (Tally, error) {
			if err := t.checkDigest(digest, number, passed); err != nil {
				return Tally{}, err
			}
			next, err := t.t.Confirm(number, passed, nonce)
			return Tally{next}, err
		})
}

// WithdrawGap takes a confirmation of [Manager.ConfirmGap] back, for every secret
// that is not purged yet. The event WithdrawGap is saved first, as with ConfirmGap.
// WithdrawGap logs a warning.
//
// Errors: [*InvalidParameterError] if the gap was not confirmed; see [Manager.At] for
// others.
func (m *Manager) WithdrawGap(ctx context.Context, number uint64) (Tally, error) {
	return m.vouch(ctx, EventWithdrawGap, gapCall{number: number},
		func(t Tally, nonce uint64) (Tally, error) {
			next, err := t.t.Withdraw(number, nonce)
			return Tally{next}, err
		})
}

// vouch changes a gap of the tally, once the event of that is saved.
func (m *Manager) vouch(
	ctx context.Context, kind EventKind, gap gapCall, edit func(t Tally, nonce uint64) (Tally, error),
) (Tally, error) {
	gap.by = callerOf(ctx).Principal
	saved := false
	next, err := settle(func() (Tally, error) {
		s, err := m.core.counter.counted(ctx)
		if err != nil {
			return Tally{}, m.core.failed(ctx, err)
		}
		_, nonce, err := draw()
		if err != nil {
			return Tally{}, internal(err)
		}
		next, err := edit(Tally{s.tally}, nonce)
		if _, ok := asError(err); err != nil && !ok {
			err = badParameter(err.Error(), ErrInvalidParameter)
		}
		if err != nil {
			if saved {
				err = errors.Join(err, m.saveOperatorEvent(ctx, kind, gap, err))
			}
			return Tally{}, err
		}
		if !saved {
			if err := m.saveOperatorEvent(ctx, kind, gap, nil); err != nil {
				return Tally{}, m.core.failed(ctx, err)
			}
			saved = true
		}
		err = m.core.counter.save(ctx, s, next.t)
		if err != nil && !errors.Is(err, ErrConflict) {
			err = m.core.failed(ctx, err)
		}
		return next, err
	})
	if err != nil {
		return Tally{}, err
	}
	m.core.log.WarnContext(ctx, "an operator changed what counts as passed", "event", kind.String(),
		"gap", gap.number, "passed", gap.passed, "by", gap.by)
	return next, nil
}

func (m *Manager) saveOperatorEvent(ctx context.Context, kind EventKind, gap gapCall, refused error) error {
	e := operatorEvent(kind, m.in, m.core.clock.Now(), gap, refused)
	return m.core.save(ctx, time.Time{}, Change{on: e.on, events: []Event{e}})
}

// MarshalJSON writes the report for operators.
func (r TallyReport) MarshalJSON() ([]byte, error) {
	effects := r.Gaps
	if effects == nil {
		effects = []GapEffect{}
	}
	return json.Marshal(struct {
		Now       time.Time   `json:"now"`
		LastBeat  time.Time   `json:"lastBeat,omitzero"`
		By        string      `json:"by,omitempty"`
		Tally     Tally       `json:"tally"`
		Scheduled int         `json:"scheduled"`
		Waiting   Waiting     `json:"waiting"`
		Effects   []GapEffect `json:"effects"`
	}{r.Now, r.LastBeat, r.By, r.Tally, r.Scheduled, r.Waiting, effects})
}

// Tally returns the elapsed time that was counted for the Manager's store, the zero
// Tally if none was. It counts nothing itself.
//
// Errors: [*InternalServiceError].
func (m *Manager) Tally(ctx context.Context) (Tally, error) {
	s, err := m.core.counter.look(ctx)
	if err != nil {
		return Tally{}, m.core.failed(ctx, err)
	}
	return Tally{s.tally}, nil
}

// At returns the present instant of the Manager's store, for decisions that are
// made without an operation, such as [ImportSecret].
//
// Errors: [*InternalServiceError], which wraps [ErrClockOfStore] where the clock is
// of another kind than the store's.
func (m *Manager) At(ctx context.Context) (At, error) {
	at, err := m.core.counter.stamped(ctx)
	if err != nil {
		return At{}, m.core.failed(ctx, err)
	}
	at.Protection = m.core.protection
	return at, nil
}
