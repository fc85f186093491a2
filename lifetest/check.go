package lifetest

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
)

// Check runs random histories over stores that open returns, each empty, and fails the
// test at the first output or state that breaks a rule. A history calls every operation
// of the Manager from several accounts and Regions, and two purgers. It lets time pass,
// also to the exact millisecond of a DeletionDate. It rotates secrets with functions
// that work and functions that fail, and sets the wall clock wrong. Check sets Clock,
// Random, Emulate.PurgeDelay, Emulate.Regions, Rotator, CheckRotation, ParseSchedule and Logger
// after edits.
//
// The flags -rapid.checks and -rapid.steps set the number and the length of histories.
// -rapid.shrinktime sets how long Check shortens a history that fails.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, edits ...func(*secretlife.Options)) {
	t.Helper()
	t.Log(machine.Check(t, open, edits))
}
