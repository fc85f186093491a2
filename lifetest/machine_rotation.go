package lifetest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// meddles reports whether others act in such a try, so that it may be over
// before its end.
func (m mood) meddles() bool {
	return m.deed == isOvertaken || m.deed == isCancelled || m.deed == isDeleted
}

// setMoods tells the rotation functions how their next tries go.
func (m *machine) setMoods(moods []mood) {
	if m.subject != nil || m.rotor == nil {
		return
	}
	m.tellMoods(moods)
	m.rotor.moods, m.rotor.next = moods, 0
}

// followTry does on the model the next try at a rotation of a secret, and holds
// that its function was called when and as it had to be.
func (m *machine) followTry(s *secret) {
	now := m.model.now
	defer func() { m.model.now = now }()
	t := m.rotor.take(s.key)
	fresh := ""
	if t != nil {
		if fresh = t.request.ClientRequestToken; m.virtual {
			m.model.now = t.wall
		}
	}
	if !m.model.beginTry(s, fresh) {
		require.Nil(m.t, t, "the function of %s was called", s.arn())
		return
	}
	require.NotNil(m.t, t, "the function of %s was not called", s.arn())
	m.checkRequest(s, t)
	steps, over := m.model.try(s, t)
	require.Equal(m.t, steps, t.steps, "steps of the rotation of %s: %s", s.arn(), t.mood)
	require.True(m.t, !over || t.mood.meddles(), "a try at %s was over", s.arn())
	if !t.before.IsZero() { // it was deleted meanwhile, which is a step of its own
		m.known[s.key] = t.before
		m.learn()
	}
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
	require.Equal(m.t, s.account, got.Manager.Account().String())
	require.Equal(m.t, s.region, got.Manager.Region().String())
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
