package lifetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/machine"
)

// Replay makes the steps of one history of [Check] again. It fails the test if they
// break a rule. Check prints a call of Replay where no output shows what is wrong, such
// as a value that the store keeps after a purge. Another version of this package may
// read other steps in the same text.
func Replay(t *testing.T, open func(t *testing.T) secretlife.Store, steps string, edits ...func(*secretlife.Options)) {
	t.Helper()
	h, err := history.ParseChoices(steps)
	require.NoError(t, err)
	machine.OverStores(func() secretlife.Store { return open(t) }, edits).Replay(t, h)
}

// ReplayService is [Replay] for [CheckService].
func ReplayService(t *testing.T, open func(t *testing.T) Subject, steps string) {
	t.Helper()
	h, err := history.ParseChoices(steps)
	require.NoError(t, err)
	machine.OverSubjects(func() machine.Subject { return machine.Subject(open(t)) }).Replay(t, h)
}
