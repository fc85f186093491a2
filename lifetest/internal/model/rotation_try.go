package model

import (
	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
)

// rotationDue returns when the background rotates next, or Never.
func (s *Secret) rotationDue() int64 {
	at := int64(Never)
	if s.Rotation == nil || s.Rotation.managed() {
		return at
	}
	if s.Rotation.enabled {
		at = s.Rotation.opens
	}
	if s.Running() && s.Rotation.Run.due != Never && (at == Never || s.Rotation.Run.due < at) {
		at = s.Rotation.Run.due
	}
	return at
}

// BeginTry starts a rotation, or another try at a running one. It returns false if
// another version has AWSPENDING: then this window passes without a rotation.
func (m *Model) BeginTry(s *Secret, fresh string) bool {
	r := s.Rotation
	if r.enabled && r.opens != Never && r.opens <= m.Now {
		r.plan(m.Now)
	}
	if !s.Running() {
		if s.occupied() || s.full() {
			m.recordFailure("RotationFailed", s, "", textRotating)
			return false
		}
		r.Run = &rotationRun{Version: fresh}
		s.reserve(fresh, m.Now)
		m.change(s)
		m.queueReplication(s)
	}
	r.Run.tries++
	r.Run.due = m.Now + hour
	name := "RotationStarted"
	if r.Run.test {
		name = "TestRotationStarted"
	}
	m.record(name, s, r.Run.Version)
	return true
}

// Try does one try at a rotation. It returns the steps in which the function is called,
// and whether the try ended early.
func (m *Model) Try(s *Secret, t *Try) (steps []secretlife.RotationStep, over bool) {
	m.Now = t.Wall
	run := *s.Rotation.Run
	all := []secretlife.RotationStep{
		secretlife.StepCreateSecret,
		secretlife.StepSetSecret,
		secretlife.StepTestSecret,
		secretlife.StepFinishSecret,
	}
	if run.test {
		all = []secretlife.RotationStep{secretlife.StepTestSecret}
	}
	failure := ""
	for _, step := range all {
		if len(steps) > 0 && (!s.Running() || *s.Rotation.Run != run || s.Scheduled) {
			return steps, true
		}
		steps = append(steps, step)
		if m.callFunction(s, t, step) {
			failure = "The rotation function failed in the step " + string(step) + "."
			break
		}
	}
	if now := s.Rotation.Run; now == nil || now.Version != run.Version || s.Scheduled {
		return steps, true
	}
	m.endTry(s, failure)
	return steps, false
}

// endTry records the result of a try.
func (m *Model) endTry(s *Secret, failure string) {
	r := s.Rotation
	id := r.Run.Version
	switch {
	case r.Run.test:
		m.endTest(s, failure)
		return
	case failure == "" && s.Labels[Current] != id:
		failure = "The rotation function ended without moving AWSCURRENT to the new version."
	}
	if failure != "" {
		if r.Run.tries >= 5 {
			r.Run.due = Never
		}
		m.recordFailure("RotationFailed", s, id, failure)
		return
	}
	r.Run, r.last = nil, m.Now
	if r.enabled {
		r.plan(m.Now)
		if r.rules.ScheduleExpression != "" {
			r.rules.AutomaticallyAfterDays = max(1, (r.opens-m.Now+Day-1)/Day)
		}
	}
	m.queueReplication(s)
	m.record("RotationSucceeded", s, id)
}

// endTest removes AWSPENDING from the version of a test. It removes the version and
// its labels if the version got no value.
func (m *Model) endTest(s *Secret, failure string) {
	id := s.Rotation.Run.Version
	s.Rotation.Run = nil
	if s.Labels[Pending] == id {
		delete(s.Labels, Pending)
	}
	if v := s.Version(id); v != nil && v.Empty() {
		s.removeVersion(id)
	}
	m.change(s)
	m.queueReplication(s)
	if failure != "" {
		m.recordFailure("TestRotationFailed", s, id, failure)
		return
	}
	m.record("TestRotationSucceeded", s, id)
}

func (s *Secret) removeVersion(id string) {
	var kept []Version
	for _, v := range s.Versions {
		if v.ID != id {
			kept = append(kept, v)
		}
	}
	s.Versions = kept
	for label, v := range s.Labels {
		if v == id {
			delete(s.Labels, label)
		}
	}
}

// callFunction does what the rotation function does in a step, by the plan of the try,
// and reports whether it failed.
func (m *Model) callFunction(s *Secret, t *Try, step secretlife.RotationStep) (failed bool) {
	acts := t.Plan.Step == step
	switch {
	case acts && t.Plan.Behavior == FailsBefore:
		return true
	case t.Plan.Behavior == Idles:
		return false
	case t.Plan.Behavior == Promotes:
		return m.functionPuts(s, t, step, nil) != nil
	case acts:
		m.interfere(s, t)
	}
	var f *Fault
	switch step {
	case secretlife.StepCreateSecret:
		_, _, f = m.Get(
			s.Place,
			secretlife.GetSecretValueInput{SecretID: s.ARN(), VersionID: t.Token, VersionStage: Pending},
		)
		if f != nil && f.Code == CodeNotFound {
			f = m.functionPuts(s, t, step, []secretlife.Stage{Pending})
		}
	case secretlife.StepFinishSecret:
		if s.Labels[Current] != t.Token {
			_, f = m.MoveStage(s.Place, secretlife.UpdateSecretVersionStageInput{
				SecretID: s.ARN(), VersionStage: Current, RemoveFromVersionID: s.Labels[Current], MoveToVersionID: t.Token,
			})
		}
	}
	return f != nil || acts && t.Plan.Behavior == FailsAfter
}

// functionPuts writes the value of the new version in the first step.
func (m *Model) functionPuts(s *Secret, t *Try, step secretlife.RotationStep, stages []secretlife.Stage) *Fault {
	if step != t.Steps[0] {
		return nil
	}
	token := t.Token
	_, f := m.Put(
		s.Place,
		secretlife.PutSecretValueInput{
			SecretID:           s.ARN(),
			ClientRequestToken: token,
			Value:              canary.RotatedValue(token),
			VersionStages:      stages,
		},
		token,
	)
	return f
}

// interfere does what another caller does to the secret during the try.
func (m *Model) interfere(s *Secret, t *Try) {
	switch t.Plan.Behavior {
	case IsOvertaken:
		_, _ = m.Put(
			s.Place,
			secretlife.PutSecretValueInput{
				SecretID:           s.ARN(),
				ClientRequestToken: t.ManualToken,
				Value:              canary.RotatedValue(t.ManualToken),
			},
			t.ManualToken,
		)
	case IsCancelled:
		_, _, _ = m.CancelRotation(s.Place, s.ARN())
	case IsDeleted:
		week := int64(7)
		_, _ = m.Remove(s.Place, secretlife.DeleteSecretInput{SecretID: s.ARN(), RecoveryWindowInDays: &week})
	}
}
