package lifetest

import (
	"context"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// RotationFunction is the function with which histories rotate secrets: a
// [secretlife.Rotator] that works as the user guide says such functions do, or
// fails as it is told. Scripts of histories use it.
type RotationFunction struct{ rotor rotor }

// NewRotationFunction makes one for a service over a store.
func NewRotationFunction(store secretlife.Store, clock secretlife.Clock) *RotationFunction {
	return &RotationFunction{rotor{store: store, clock: clock}}
}

// Next tells how the next tries at rotations go, over and over: in the words of a
// history, such as "works (createSecret)" or "fails before its work (testSecret)".
func (f *RotationFunction) Next(tries ...string) {
	f.rotor.moods, f.rotor.next = nil, 0
	for _, text := range tries {
		f.rotor.moods = append(f.rotor.moods, parseMood(text))
	}
}

// Rotate implements [secretlife.Rotator].
func (f *RotationFunction) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	return f.rotor.Rotate(ctx, in)
}

// ParseSchedule understands the cron() expressions that histories use.
func (*RotationFunction) ParseSchedule(expression string) (secretlife.Schedule, error) {
	return parseCron(expression)
}

func parseMood(text string) mood {
	for _, d := range []deed{works, failsBefore, failsAfter, idles, promotes, isOvertaken, isCancelled, isDeleted} {
		for _, step := range []secretlife.RotationStep{secretlife.StepCreateSecret, secretlife.StepSetSecret, secretlife.StepTestSecret, secretlife.StepFinishSecret} {
			if m := (mood{d, step}); m.String() == text {
				return m
			}
		}
	}
	panic(fmt.Sprintf("lifetest: there is no try that goes %q", text))
}
