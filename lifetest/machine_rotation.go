package lifetest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// meddles reports whether others act in such a try, so that it may be over
// before its end: then no report has it.
func (m mood) meddles() bool {
	return m.deed == isOvertaken || m.deed == isCancelled || m.deed == isDeleted
}

// meddled reports whether the first try that was not followed is of that kind.
func (r *rotor) meddled() bool { return r != nil && len(r.tries) > 0 && r.tries[0].mood.meddles() }

// setMoods tells the rotation functions how their next tries go.
func (m *machine) setMoods(moods []mood) {
	if m.rotor == nil {
		return
	}
	m.t.Logf("rotation functions: %v", moods)
	set := func(w *world) { w.rotor.moods, w.rotor.next = moods, 0 }
	m.script = append(m.script, set)
	set(m.world)
}

// followTry does on the model the next try at a rotation of a secret, and holds
// that its function was called when and as it had to be. It reports whether the
// try was over before its end.
func (m *machine) followTry(s *secret) (over bool) {
	now := m.model.now
	defer func() { m.model.now = now }()
	t := m.rotor.take(s.key)
	fresh := ""
	if t != nil {
		if fresh = t.request.ClientRequestToken; m.virtual {
			m.model.now = t.wall
		}
	}
	due := s.rotationDue()
	require.NotEqual(m.t, int64(never), due, "%s was rotated", s.arn())
	require.LessOrEqual(m.t, due, m.model.now, "%s was rotated before its time", s.arn())
	if !m.model.beginTry(s, fresh) {
		require.Nil(m.t, t, "the function of %s was called", s.arn())
		return false
	}
	require.NotNil(m.t, t, "the function of %s was not called", s.arn())
	m.checkRequest(s, t)
	steps, over := m.model.try(s, t)
	require.Equal(m.t, steps, t.steps, "steps of the rotation of %s: %s", s.arn(), t.mood)
	require.True(m.t, !over || t.mood.meddles(), "a try at %s was over", s.arn())
	return over
}

// checkRequest holds what a function is told, and that the beginning of its try
// was saved before.
func (m *machine) checkRequest(s *secret, t *try) {
	got, r := t.request, s.rotation
	require.Equal(m.t, r.runState(), t.run, "rotation of %s in the store when its function was called", s.arn())
	require.Equal(m.t, s.arn(), got.SecretID)
	require.Equal(m.t, r.run.version, got.ClientRequestToken)
	require.Equal(m.t, r.function, got.FunctionARN)
	require.Equal(m.t, r.role, got.RoleARN)
	require.Equal(m.t, r.metadata, got.Metadata)
	require.Equal(m.t, s.place, place{got.Manager.Account().String(), got.Manager.Region().String()})
}

// followRest follows the tries that no report has, after the reported work.
func (m *machine) followRest(reported int) {
	for m.rotor != nil && len(m.rotor.tries) > 0 {
		m.learn()
		t := m.rotor.tries[0]
		s := m.model.secrets[t.key]
		require.NotNil(m.t, s, "the function of a secret was called that is not there: %+v", t.key)
		require.True(m.t, m.followTry(s), "a rotation of %s is in no report", s.arn())
		m.unordered = m.unordered || reported > 0
	}
}

// tallyRotations counts how the rotations of a step went.
func (m *machine) tallyRotations() {
	for _, e := range m.model.events {
		if strings.Contains(e.name, "Rotation") {
			m.tally.rotation(e.name, m.model.phaseOf(m.model.secrets[e.key]))
		}
	}
}

var _ secretlife.Rotator = (*rotor)(nil)
