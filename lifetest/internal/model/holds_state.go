package model

import "github.com/secretlife-go/secretlife/lifetest/internal/plain"

// Unlearned reports whether the store knows a count that the model does not.
func (s *Secret) Unlearned() bool {
	for _, e := range s.endings() {
		if e.date != Never && e.period > 0 && e.Count == nil {
			return true
		}
	}
	return false
}

// LearnCounts takes the counts of the holds and of the protection from the store.
func (s *Secret) LearnCounts(st plain.State) {
	for i, h := range st.Holds {
		if i >= len(s.Holds) || s.Holds[i].Name != h.Name {
			return
		}
		if h.Until != nil {
			s.Holds[i].until.Count = &h.Until.Count
		}
		if h.Release != nil {
			s.Holds[i].release.Count = &h.Release.Count
		}
	}
	if st.Protection != nil {
		s.Protection.final.Count = st.Protection.Cooling
	}
}

func (s *Secret) endings() []ending {
	out := []ending{s.Protection.final}
	for _, h := range s.Holds {
		out = append(out, h.until, h.release)
	}
	return out
}

// guardState fills in what a store shows of the holds and of the protection.
func (s *Secret) guardState(st *plain.State) {
	for _, h := range s.Holds {
		st.Holds = append(st.Holds, plain.HoldState{
			Name: h.Name, Reason: h.reason, By: h.by, Since: h.since, Until: h.until.state(),
			ReleasedBy: h.releasedBy, Release: h.release.state(),
		})
	}
	if p := s.Protection; p.is != (limits{}) {
		st.Protection = &plain.ProtectionState{
			NoForce: p.is.noForce, Window: p.is.days, FloorNoForce: p.least.noForce, FloorWindow: p.least.days,
			Final: p.final.date, Cooling: p.final.Count,
		}
	}
}

func (e ending) state() *plain.CountdownState {
	if e.date == Never {
		return nil
	}
	st := &plain.CountdownState{Date: e.date, Due: e.date}
	if e.Count != nil {
		st.Count = *e.Count
	}
	return st
}

// HoldNames returns the names of the holds, for a caller that chooses one.
func (s *Secret) HoldNames() (out []string) {
	for _, h := range s.Holds {
		out = append(out, h.Name)
	}
	return out
}
