package lifetest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
)

var errHeld = errors.New("the secret is held")

// deleteUnlessHeld is a deletion rule of one's own: a secret with the tag "hold" is not
// deleted, however a caller asks.
func deleteUnlessHeld(s secretlife.Secret, at secretlife.At, mode secretlife.DeletionMode) (secretlife.Change, error) {
	if slices.ContainsFunc(s.Tags(), func(t secretlife.Tag) bool { return t.Key == "hold" }) {
		return secretlife.Change{}, errHeld
	}
	return s.Delete(at, mode, 0)
}

// TestHeldSecretsAreKept tests it with any secret that the rules of the library can lead to.
func TestHeldSecretsAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := lifetest.Secrets().Draw(t, "secret")
		at := secretlife.Exactly(s.LastChangedDate().Add(time.Hour))
		c, err := deleteUnlessHeld(s, at, secretlife.Force())
		if slices.Contains(s.Tags(), secretlife.Tag{Key: "hold", Value: "a"}) {
			if !errors.Is(err, errHeld) || !c.IsZero() {
				t.Fatalf("a held secret was deleted: %v", err)
			}
			return
		}
		want, refused := s.Delete(at, secretlife.Force(), 0)
		if (err != nil) != (refused != nil) || !c.Next().Equal(want.Next()) {
			t.Fatalf("a secret that is not held was not deleted as by the rules: %v", err)
		}
	})
}

// isGuard reports whether a change is about holds or protection, which AWS's dates don't show.
func isGuard(c secretlife.Change) bool {
	switch op, _ := c.Events()[0].Operation(); op {
	case secretlife.OpPlaceHold, secretlife.OpReleaseHold, secretlife.OpProtectSecret:
		return true
	}
	return false
}

// TestLivesKeepTheirPromises is a property test of the rules themselves, without a Manager
// or a store.
func TestLivesKeepTheirPromises(t *testing.T) {
	phases, purged := map[secretlife.Phase]bool{}, false
	rapid.Check(t, func(t *rapid.T) {
		var before secretlife.Secret
		for _, c := range lifetest.Lives().Draw(t, "life") {
			s, at := c.Next(), c.Events()[0].Time()
			phases[s.Phase(at)] = true
			date, scheduled := before.Deletion().Date()
			switch {
			case c.Purges() && (!scheduled || at.Before(date)):
				t.Fatalf("purged at %s, before %s", at, date)
			case c.Purges() && len(before.HeldBy(secretlife.Exactly(at))) > 0:
				t.Fatal("purged in spite of a hold")
			case c.Purges():
				purged = true
			case scheduled && !s.Deletion().Scheduled() && !slices.Equal(s.Versions(), before.Versions()):
				t.Fatal("a restoration lost a version")
			case !before.IsZero() && !isGuard(c) && !s.LastChangedDate().After(before.LastChangedDate()):
				t.Fatal("LastChangedDate stood still")
			}
			before = s
		}
	})
	require.True(t, purged)
	for _, p := range []secretlife.Phase{
		secretlife.PhaseActive, secretlife.PhaseScheduledForDeletion, secretlife.PhaseAwaitingPurge,
	} {
		require.True(t, phases[p], "no life came to %s", p)
	}
}
