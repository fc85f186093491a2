package stores_test

import (
	"testing"

	"github.com/secretlife-go/secretlife/lifetest"
)

// TestSQLiteKeepsTheRules runs random histories; the flags -rapid.checks and
// -rapid.steps tell how many and how long.
func TestSQLiteKeepsTheRules(t *testing.T) { lifetest.Check(t, openForTest) }
