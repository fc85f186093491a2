package lifetest

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

// RotationFunction is the rotation function of histories: its Rotate, as Rotator of
// [secretlife.Options], works as the AWS user guide says, or fails as Next says. Scripts of histories use it.
type RotationFunction struct{ function rotator.Function }

// NewRotationFunction returns a function for a service over a store.
func NewRotationFunction(store secretlife.Store, clock secretlife.Clock) *RotationFunction {
	return &RotationFunction{rotator.Function{Store: store, Clock: clock}}
}

// Next sets how the next tries at rotations go, repeated in order, in the words of a
// history, such as "works (createSecret)" or "fails before its work (testSecret)".
func (f *RotationFunction) Next(tries ...string) {
	f.function.Plans, f.function.Next = nil, 0
	for _, text := range tries {
		f.function.Plans = append(f.function.Plans, rotator.ParseTryPlan(text))
	}
}

// Rotate is for [secretlife.Options].Rotator.
func (f *RotationFunction) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	return f.function.Rotate(ctx, in)
}

// CheckRotation is for [secretlife.Options].CheckRotation: it refuses the one function of
// histories that can't be called.
func (f *RotationFunction) CheckRotation(ctx context.Context, in secretlife.RotationRequest) error {
	return f.function.CheckRotation(ctx, in)
}

// ParseSchedule understands the cron() expressions that histories use.
func (*RotationFunction) ParseSchedule(expression string) (secretlife.Schedule, error) {
	return rotator.ParseSchedule(expression)
}
