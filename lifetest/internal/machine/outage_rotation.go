package machine

import (
	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// outcomes returns the models that are possible after a piece of background work that
// was done, perhaps in part, while the store failed.
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

// freshIn returns the version of the last try of a secret: from the call of its
// function, or from the store if there was no call.
func (m *machine) freshIn(k model.Key) string {
	for _, t := range m.function.Tries {
		if t.Key == k {
			return t.Request.ClientRequestToken
		}
	}
	if st := plain.Of(m.all(m.t)[k]); st.Rotation != nil && st.Rotation.Run != nil {
		return st.Rotation.Run.Version
	}
	return ""
}
