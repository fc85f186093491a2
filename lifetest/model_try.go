package lifetest

import "github.com/secretlife-go/secretlife"

// rotationDue is when the background next comes to rotate, never for not at all.
func (s *secret) rotationDue() int64 {
	at := int64(never)
	if s.rotation == nil {
		return at
	}
	if s.rotation.enabled {
		at = s.rotation.opens
	}
	if s.running() && s.rotation.run.due != never && (at == never || s.rotation.run.due < at) {
		at = s.rotation.run.due
	}
	return at
}

// beginTry begins a rotation, or another try at one that has begun. It reports
// false where somebody's AWSPENDING is in the way: then this window passes.
func (m *model) beginTry(s *secret, fresh string) bool {
	r := s.rotation
	if r.enabled && r.opens != never && r.opens <= m.now {
		r.plan(m.now)
	}
	if !s.running() {
		if s.occupied() || s.full() {
			m.failed("RotationFailed", s, "", textRotating)
			return false
		}
		r.run = &turn{version: fresh}
		s.reserve(fresh, m.now)
		m.change(s)
		m.spread(s)
	}
	r.run.tries++
	r.run.due = m.now + hour
	name := "RotationStarted"
	if r.run.test {
		name = "TestRotationStarted"
	}
	m.happened(name, s, r.run.version)
	return true
}

// try is one try at a rotation, from its beginning to its end. It tells in which
// steps the function is called, and whether the try was over before its end.
func (m *model) try(s *secret, t *try) (steps []secretlife.RotationStep, over bool) {
	m.now = t.wall
	run := *s.rotation.run
	all := []secretlife.RotationStep{secretlife.StepCreateSecret, secretlife.StepSetSecret, secretlife.StepTestSecret, secretlife.StepFinishSecret}
	if run.test {
		all = []secretlife.RotationStep{secretlife.StepTestSecret}
	}
	failure := ""
	for _, step := range all {
		if len(steps) > 0 && (!s.running() || *s.rotation.run != run || s.scheduled) {
			return steps, true
		}
		steps = append(steps, step)
		if m.callFunction(s, t, step) {
			failure = "The rotation function failed in the step " + string(step) + "."
			break
		}
	}
	if now := s.rotation.run; now == nil || now.version != run.version || s.scheduled {
		return steps, true
	}
	m.endTry(s, failure)
	return steps, false
}

// endTry notes how a try went.
func (m *model) endTry(s *secret, failure string) {
	r := s.rotation
	id := r.run.version
	switch {
	case r.run.test:
		m.endTest(s, failure)
		return
	case failure == "" && s.labels[current] != id:
		failure = "The rotation function ended without moving AWSCURRENT to the new version."
	}
	if failure != "" {
		if r.run.tries >= 5 {
			r.run.due = never
		}
		m.failed("RotationFailed", s, id, failure)
		return
	}
	r.run, r.last = nil, m.now
	if r.enabled {
		r.plan(m.now)
		if r.rules.ScheduleExpression != "" {
			r.rules.AutomaticallyAfterDays = max(1, (r.opens-m.now+day-1)/day)
		}
	}
	m.spread(s)
	m.happened("RotationSucceeded", s, id)
}

// endTest takes AWSPENDING off the version of a test, and takes the version away
// if it never got a value, with all its labels.
func (m *model) endTest(s *secret, failure string) {
	id := s.rotation.run.version
	s.rotation.run = nil
	if s.labels[pending] == id {
		delete(s.labels, pending)
	}
	if v := s.version(id); v != nil && v.empty() {
		s.removeVersion(id)
	}
	m.change(s)
	m.spread(s)
	if failure != "" {
		m.failed("TestRotationFailed", s, id, failure)
		return
	}
	m.happened("TestRotationSucceeded", s, id)
}

func (s *secret) removeVersion(id string) {
	var kept []version
	for _, v := range s.versions {
		if v.id != id {
			kept = append(kept, v)
		}
	}
	s.versions = kept
	for label, v := range s.labels {
		if v == id {
			delete(s.labels, label)
		}
	}
}

// callFunction does what the function of the histories does in a step, in the
// mood of a try, and reports whether it failed.
func (m *model) callFunction(s *secret, t *try, step secretlife.RotationStep) (failed bool) {
	acts := t.mood.step == step
	switch {
	case acts && t.mood.deed == failsBefore:
		return true
	case t.mood.deed == idles:
		return false
	case t.mood.deed == promotes:
		return m.functionPuts(s, t, step, nil) != nil
	case acts:
		m.meddle(s, t)
	}
	var f *fault
	switch step {
	case secretlife.StepCreateSecret:
		_, _, f = m.get(s.place, secretlife.GetSecretValueInput{SecretID: s.arn(), VersionID: t.request.ClientRequestToken, VersionStage: pending})
		if f != nil && f.code == codeNotFound {
			f = m.functionPuts(s, t, step, []secretlife.Stage{pending})
		}
	case secretlife.StepFinishSecret:
		if s.labels[current] != t.request.ClientRequestToken {
			_, f = m.moveStage(s.place, secretlife.UpdateSecretVersionStageInput{
				SecretID: s.arn(), VersionStage: current, RemoveFromVersionID: s.labels[current], MoveToVersionID: t.request.ClientRequestToken,
			})
		}
	}
	return f != nil || acts && t.mood.deed == failsAfter
}

// functionPuts writes the value of the new version, in the first step.
func (m *model) functionPuts(s *secret, t *try, step secretlife.RotationStep, stages []secretlife.Stage) *fault {
	if step != t.steps[0] {
		return nil
	}
	token := t.request.ClientRequestToken
	_, f := m.put(s.place, secretlife.PutSecretValueInput{SecretID: s.arn(), ClientRequestToken: token, Value: rotatedValue(token), VersionStages: stages}, token)
	return f
}

// meddle is what others do to the secret while the function is called.
func (m *model) meddle(s *secret, t *try) {
	switch t.mood.deed {
	case isOvertaken:
		_, _ = m.put(s.place, secretlife.PutSecretValueInput{SecretID: s.arn(), ClientRequestToken: t.hand, Value: rotatedValue(t.hand)}, t.hand)
	case isCancelled:
		_, _, _ = m.cancelRotation(s.place, s.arn())
	case isDeleted:
		_, _ = m.remove(s.place, secretlife.DeleteSecretInput{SecretID: s.arn(), RecoveryWindowInDays: secretlife.Days(7)})
	}
}
