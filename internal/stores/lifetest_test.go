package stores_test

import (
	"testing"

	"github.com/secretlife-go/secretlife/lifetest"
)

func TestSQLiteKeepsTheRules(t *testing.T) { lifetest.Check(t, openForTest) }
