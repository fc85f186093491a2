package mockless

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
	"github.com/secretlife-go/secretlife/lifetest"
)

// The fake itself keeps the rules, also where answers are lost and the client of the SDK has
// to make its calls again.
func TestTheFakeKeepsTheRulesWhereAnswersAreLost(t *testing.T) {
	if err := flag.Set("rapid.checks", "15"); err != nil { // of 100, which take longer
		t.Fatal(err)
	}
	lifetest.CheckService(t, func(t *testing.T) lifetest.Subject {
		fake := awsfake.New(t)
		return lifetest.Subject{
			In: func(account, region string) lifetest.Service {
				if account != "111111111111" || region != "us-east-1" {
					return nil // one place is enough here
				}
				return lifetest.SDK(fake.In(account, region))
			},
			Now: fake.Clock.Now,
			Advance: func(_ context.Context, d time.Duration) error {
				fake.Advance(d)
				return nil
			},
			LoseAnswer: func(op secretlife.Operation) {
				fake.Fail(awsfake.Failure{Operation: op, Times: 1, Effect: awsfake.AnswerLost()})
			},
		}
	})
}
