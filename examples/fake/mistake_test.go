//go:build mistake

package fake_test

import (
	"testing"
	"time"

	"github.com/secretlife-go/secretlife/examples/fake"
	"github.com/secretlife-go/secretlife/lifetest"
)

// TestAMistakeIsFound fails, and shows the shortest history that tells:
//
//	go test -tags mistake -run Mistake ./examples/fake
func TestAMistakeIsFound(t *testing.T) {
	lifetest.CheckService(t, func(*testing.T) lifetest.Subject {
		return subject(&fake.SecretsManager{Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Again: true})
	})
}
