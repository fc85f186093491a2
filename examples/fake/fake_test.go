package fake_test

import (
	"testing"
	"time"

	"github.com/secretlife-go/secretlife/examples/fake"
	"github.com/secretlife-go/secretlife/lifetest"
)

// subject puts a fake under the kit: where it is, what time it is there, and what
// it does not look at.
func subject(f *fake.SecretsManager) lifetest.Subject {
	return lifetest.Subject{
		In: func(account, region string) lifetest.Service {
			if account != "111111111111" || region != "us-east-1" {
				return nil
			}
			return lifetest.SDK(f)
		},
		Now:       func() time.Time { return f.Now },
		Advance:   f.Advance,
		Unchecked: []string{"ValidationException", "LimitExceededException"},
	}
}

func TestTheFakeKeepsTheRules(t *testing.T) {
	lifetest.CheckService(t, func(*testing.T) lifetest.Subject {
		return subject(&fake.SecretsManager{Now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)})
	})
}
