package machine

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

// setTryPlans tells the rotation function how its next tries go.
func (m *machine) setTryPlans(plans []model.TryPlan) {
	if m.subject != nil || m.function == nil {
		return
	}
	m.tellTryPlans(plans)
	m.function.Plans, m.function.Next = plans, 0
}

// followTry does the next try at a rotation of a secret on the model, and checks when
// and how the function was called.
func (m *machine) followTry(s *model.Secret) {
	now := m.model.Now
	defer func() { m.model.Now = now }()
	t := m.function.Take(s.Key)
	fresh := ""
	if t != nil {
		if fresh = t.Request.ClientRequestToken; m.virtual {
			m.model.Now = t.Wall
		}
	}
	if !m.model.BeginTry(s, fresh) {
		require.Nil(m.t, t, "the function of %s was called", s.ARN())
		return
	}
	require.NotNil(m.t, t, "the function of %s was not called", s.ARN())
	m.checkRequest(s, t)
	steps, over := m.model.Try(s, &t.Try)
	equal(m, steps, t.Steps, "steps of the rotation of %s: %s", s.ARN(), t.Plan)
	require.True(m.t, !over || t.Plan.Interferes(), "a try at %s was over", s.ARN())
	if !t.Before.IsZero() { // it was deleted meanwhile, which is a step of its own
		m.known[s.Key] = t.Before
		m.deletedInTry[t.Before.Incarnation()] = t.Wall
		m.learn()
	}
}

// checkRequest checks what the function was told, and that the start of its try was
// saved before.
func (m *machine) checkRequest(s *model.Secret, t *rotator.Try) {
	got, r := t.Request, s.Rotation
	equal(m, r.RunState(), t.Run, "the rotation of %s in the store when its function was called", s.ARN())
	equal(m, s.ARN(), got.SecretID, "the function's SecretID")
	equal(m, r.Run.Version, got.ClientRequestToken, "the function's ClientRequestToken")
	equal(m, r.Function, got.FunctionARN, "the function's FunctionARN")
	equal(m, r.Role, got.RoleARN, "the function's RoleARN")
	equal(m, r.Metadata, got.Metadata, "the function's Metadata")
	equal(m, s.Account, got.Manager.Account().String(), "the account of the function's Manager")
	equal(m, s.Region, got.Manager.Region().String(), "the Region of the function's Manager")
}

// countRotations counts how the rotations of a step went.
func (m *machine) countRotations() {
	for _, e := range m.model.Events {
		if strings.Contains(e.Name, "Rotation") {
			m.coverage.rotation(e.Name, m.model.PhaseOf(m.model.Secrets[e.Key]))
		}
	}
}
