package machine

import (
	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// outcomes are what the model can be after a piece of background work was done,
// in part maybe, while the store failed.
func (m *machine) outcomes(x *model.Model, t model.Task) []*model.Model {
	if t.Work != secretlife.WorkRotate {
		next := x.Clone()
		next.Do(t)
		return []*model.Model{next}
	}
	var out []*model.Model
	for _, stop := range model.Stops {
		next := x.Clone()
		if next.TryUntil(next.Secrets[t.Key], m.freshIn(t.Key), m.clock.Now().UnixMilli(), stop) {
			out = append(out, next)
		}
	}
	return out
}

// freshIn is the version of the try that a secret had last: as its function was
// told, or as the store knows where that was not called.
func (m *machine) freshIn(k model.Key) string {
	for _, t := range m.function.Tries {
		if t.Key == k {
			return t.Request.ClientRequestToken
		}
	}
	if st := m.all(m.t)[k].State(); st.Rotation != nil && st.Rotation.Run != nil {
		return st.Rotation.Run.Version
	}
	return ""
}
