package model

import (
	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
)

// stop is how far a try went at a rotation whose function works: what it saved,
// and which end the service noted.
type stop struct {
	read, put, moved bool
	end              string // "": none
}

const (
	endsWell         = "well"
	failedInCreating = "The rotation function failed in the step createSecret."
	failedInFinish   = "The rotation function failed in the step finishSecret."
)

// Stops are all there are. Only the first step and the last ask for something.
var Stops = func() (out []stop) {
	for _, end := range []string{"", endsWell, failedInCreating, failedInFinish} {
		for bits := range 8 {
			out = append(out, stop{bits&1 > 0, bits&2 > 0, bits&4 > 0, end})
		}
	}
	return out
}()

// TryUntil is a try up to a stop. It reports false where there is no such one.
func (m *Model) TryUntil(s *Secret, fresh string, wall int64, at stop) bool {
	if fresh == "" && !s.Running() && !s.occupied() && !s.full() {
		return false
	}
	if !m.BeginTry(s, fresh) {
		return at == stop{}
	}
	now := m.Now
	m.Now = wall
	defer func() { m.Now = now }()
	id := s.Rotation.Run.Version
	if s.Rotation.Run.test {
		if at.end == endsWell {
			m.endTest(s, "")
		}
		return at == stop{} || at == stop{end: endsWell}
	}
	if !m.functionDid(s, id, at) {
		return false
	}
	switch at.end {
	case "":
	case endsWell:
		if s.Labels[Current] != id {
			return false
		}
		m.endTry(s, "")
	default:
		m.endTry(s, at.end)
	}
	return true
}

// functionDid does what the function saved, and reports whether it can have.
func (m *Model) functionDid(s *Secret, id string, at stop) bool {
	before := len(m.Events)
	if at.read {
		in := secretlife.GetSecretValueInput{SecretID: s.ARN(), VersionID: id, VersionStage: Pending}
		if _, _, f := m.Get(s.Place, in); f != nil || len(m.Events) == before {
			return false
		}
	}
	if at.put {
		in := secretlife.PutSecretValueInput{
			SecretID:           s.ARN(),
			ClientRequestToken: id,
			Value:              canary.RotatedValue(id),
			VersionStages:      []secretlife.Stage{Pending},
		}
		if !s.Version(id).Empty() {
			return false
		}
		if _, f := m.Put(s.Place, in, id); f != nil {
			return false
		}
	}
	if at.moved {
		if s.Labels[Current] == id {
			return false
		}
		in := secretlife.UpdateSecretVersionStageInput{
			SecretID:            s.ARN(),
			VersionStage:        Current,
			RemoveFromVersionID: s.Labels[Current],
			MoveToVersionID:     id,
		}
		if _, f := m.MoveStage(s.Place, in); f != nil {
			return false
		}
	}
	return true
}
