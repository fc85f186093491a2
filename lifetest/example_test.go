package lifetest_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
	"github.com/secretlife-go/secretlife/memstore"
)

// restorableUntilItsDate is a property of one's own: whatever the window, and
// wherever the clock goes, a scheduled secret can be restored until its
// DeletionDate, and then no more.
func restorableUntilItsDate(t *rapid.T) {
	ctx := context.Background()
	clock := secretlife.NewVirtualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	if err != nil {
		t.Fatal(err)
	}
	name := lifetest.Names().Draw(t, "name")
	if _, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name}); err != nil {
		t.Fatal(err)
	}
	window := lifetest.Windows().Draw(t, "window")
	deleted, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: window})
	if err != nil {
		return // there is no such window
	}
	passes := lifetest.ClockMoves(clock.Now(), deleted.DeletionDate).Draw(t, "time that passes")
	clock.Set(clock.Now().Add(passes))
	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
	if restored := err == nil; restored != clock.Now().Before(deleted.DeletionDate) {
		t.Fatalf("restored after %v: %v", passes, restored)
	}
}

func ExampleClockMoves() {
	_ = func(t *testing.T) { // a test
		rapid.Check(t, restorableUntilItsDate)
	}
}
