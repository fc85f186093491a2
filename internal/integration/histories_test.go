package integration

import (
	"testing"

	"github.com/secretlife-go/secretlife/lifetest"
)

// TestHistoriesOverTheWire runs random histories with the Go SDK on a process,
// and holds every answer against the reference model.
func TestHistoriesOverTheWire(t *testing.T) {
	t.Parallel()
	s := start(t)
	lifetest.CheckService(t, func(t *testing.T) lifetest.Subject {
		return lifetest.Endpoint(t, s.url, func(account, region string) any { return client(s.url, account, region) })
	})
}
