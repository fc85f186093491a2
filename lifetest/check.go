package lifetest

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
)

// Check runs random histories over stores that open makes, each empty, and
// fails the test at the first answer or state that is against the rules. A
// history calls every operation of the Manager, from several accounts and
// Regions, and two purgers; lets time pass, also to the very millisecond of a
// DeletionDate; rotates secrets with functions that work, and that fail; and sets
// the wall clock wrong. Check sets Clock, Random, PurgeDelay, Rotator,
// ParseSchedule and Logger of the options itself, after edits.
//
// How many histories there are, and how long they are, the flags -rapid.checks
// and -rapid.steps tell; -rapid.shrinktime is how long a history that fails is
// made shorter for.
func Check(t *testing.T, open func(t *testing.T) secretlife.Store, edits ...func(*secretlife.Options)) {
	t.Helper()
	t.Log(machine.Check(t, open, edits))
}
