package lifetest_test

import (
	"testing"

	"github.com/secretlife-go/secretlife/lifetest"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
)

func TestTheFakeOfTheExampleKeepsTheRules(t *testing.T) {
	testrun.FewerHistories(t, "50")
	lifetest.CheckService(t, openPasswords)
}
