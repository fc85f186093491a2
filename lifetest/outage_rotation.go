package lifetest

import "github.com/secretlife-go/secretlife"

// outcomes are what the model can be after a piece of background work was done,
// in part maybe, while the store failed.
func (m *machine) outcomes(x *model, t task) []*model {
	if t.work != secretlife.WorkRotate {
		next := x.clone()
		next.do(t)
		return []*model{next}
	}
	var out []*model
	for _, stop := range stops {
		next := x.clone()
		if next.tryUntil(next.secrets[t.key], m.freshIn(t.key), m.clock.Now().UnixMilli(), stop) {
			out = append(out, next)
		}
	}
	return out
}

// freshIn is the version of the try that a secret had last: as its function was
// told, or as the store knows where that was not called.
func (m *machine) freshIn(k key) string {
	for _, t := range m.rotor.tries {
		if t.key == k {
			return t.request.ClientRequestToken
		}
	}
	if st := m.all(m.t)[k].State(); st.Rotation != nil && st.Rotation.Run != nil {
		return st.Rotation.Run.Version
	}
	return ""
}

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

// stops are all there are. Only the first step and the last ask for something.
var stops = func() (out []stop) {
	for _, end := range []string{"", endsWell, failedInCreating, failedInFinish} {
		for bits := range 8 {
			out = append(out, stop{bits&1 > 0, bits&2 > 0, bits&4 > 0, end})
		}
	}
	return out
}()

// tryUntil is a try up to a stop. It reports false where there is no such one.
func (m *model) tryUntil(s *secret, fresh string, wall int64, at stop) bool {
	if fresh == "" && !s.running() && !s.occupied() && !s.full() {
		return false
	}
	if !m.beginTry(s, fresh) {
		return at == stop{}
	}
	now := m.now
	m.now = wall
	defer func() { m.now = now }()
	id := s.rotation.run.version
	if s.rotation.run.test {
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
		if s.labels[current] != id {
			return false
		}
		m.endTry(s, "")
	default:
		m.endTry(s, at.end)
	}
	return true
}

// functionDid does what the function saved, and reports whether it can have.
func (m *model) functionDid(s *secret, id string, at stop) bool {
	before := len(m.events)
	if at.read {
		in := secretlife.GetSecretValueInput{SecretID: s.arn(), VersionID: id, VersionStage: pending}
		if _, _, f := m.get(s.place, in); f != nil || len(m.events) == before {
			return false
		}
	}
	if at.put {
		in := secretlife.PutSecretValueInput{SecretID: s.arn(), ClientRequestToken: id, Value: rotatedValue(id), VersionStages: []secretlife.Stage{pending}}
		if !s.version(id).empty() {
			return false
		}
		if _, f := m.put(s.place, in, id); f != nil {
			return false
		}
	}
	if at.moved {
		if s.labels[current] == id {
			return false
		}
		in := secretlife.UpdateSecretVersionStageInput{SecretID: s.arn(), VersionStage: current, RemoveFromVersionID: s.labels[current], MoveToVersionID: id}
		if _, f := m.moveStage(s.place, in); f != nil {
			return false
		}
	}
	return true
}
