package lifetest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
)

// passwords is a fake of AWS Secrets Manager with the three operations that the code
// under test calls. For what it does not do it returns ErrNotServed.
type passwords struct {
	lifetest.NotServed
	now     time.Time
	drawn   int
	secrets map[string]*password
}

type password struct {
	arn, version string
	value        secretlife.Value
	created      time.Time
	purge        time.Time // zero for an active secret
}

// CreateSecret makes a secret of a name and a value.
func (p *passwords) CreateSecret(
	_ context.Context, in secretlife.CreateSecretInput,
) (out secretlife.SecretOutput, err error) {
	s, there := p.secrets[in.Name]
	switch {
	case in.Value.IsZero() || in.Description+in.KMSKeyID+in.Type+in.ClientRequestToken != "" || in.Tags != nil:
		return out, lifetest.ErrNotServed
	case there && !s.purge.IsZero():
		return out, &lifetest.RefusedError{Code: "InvalidRequestException", Message: "It is scheduled for deletion."}
	case there:
		return out, &lifetest.RefusedError{Code: "ResourceExistsException", Message: "There is one already."}
	}
	p.drawn++
	s = &password{
		arn:     fmt.Sprintf("arn:aws:secretsmanager:us-east-1:111111111111:secret:%s-%06d", in.Name, p.drawn),
		version: fmt.Sprintf("00000000-0000-4000-8000-%012d", p.drawn),
		value:   in.Value, created: p.now,
	}
	p.secrets[in.Name] = s
	return secretlife.SecretOutput{ARN: s.arn, Name: in.Name, VersionID: s.version}, nil
}

// GetSecretValue reads the value of an active secret.
func (p *passwords) GetSecretValue(
	_ context.Context, in secretlife.GetSecretValueInput,
) (out secretlife.GetSecretValueOutput, err error) {
	s, there := p.secrets[in.SecretID]
	switch {
	case strings.HasPrefix(in.SecretID, "arn:") || in.VersionID != "" || in.VersionStage != "":
		return out, lifetest.ErrNotServed
	case !there:
		return out, &lifetest.RefusedError{Code: "ResourceNotFoundException", Message: "There is none."}
	case !s.purge.IsZero():
		return out, &lifetest.RefusedError{Code: "InvalidRequestException", Message: "It is scheduled for deletion."}
	}
	return secretlife.GetSecretValueOutput{
		ARN: s.arn, Name: in.SecretID, VersionID: s.version, Value: s.value, CreatedDate: s.created,
		VersionStages: []secretlife.Stage{secretlife.StageCurrent},
	}, nil
}

// DeleteSecret schedules the deletion of a secret.
func (p *passwords) DeleteSecret(
	_ context.Context, in secretlife.DeleteSecretInput,
) (out secretlife.SecretOutput, err error) {
	s, there := p.secrets[in.SecretID]
	days := int64(30)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	switch {
	case strings.HasPrefix(in.SecretID, "arn:") || in.ForceDeleteWithoutRecovery:
		return out, lifetest.ErrNotServed
	case days < 7 || days > 30:
		return out, &lifetest.RefusedError{Code: "InvalidParameterException", Message: "It is 7 to 30 days."}
	case !there:
		return out, &lifetest.RefusedError{Code: "ResourceNotFoundException", Message: "There is none."}
	case !s.purge.IsZero():
		return out, &lifetest.RefusedError{Code: "InvalidRequestException", Message: "It is scheduled for deletion."}
	}
	s.purge = p.now.Add(time.Duration(days) * 24 * time.Hour)
	return secretlife.SecretOutput{ARN: s.arn, Name: in.SecretID, DeletionDate: s.purge}, nil
}

// advance lets time pass, and purges what is due.
func (p *passwords) advance(_ context.Context, d time.Duration) error {
	p.now = p.now.Add(d)
	for name, s := range p.secrets {
		if !s.purge.IsZero() && !p.now.Before(s.purge) {
			delete(p.secrets, name)
		}
	}
	return nil
}

// openPasswords puts an empty fake under the kit: where it is, what time it is there,
// and what histories leave out.
func openPasswords(*testing.T) lifetest.Subject {
	p := &passwords{now: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), secrets: map[string]*password{}}
	return lifetest.Subject{
		In: func(account, region string) lifetest.Service {
			if account != "111111111111" || region != "us-east-1" {
				return nil
			}
			return p
		},
		Now:       func() time.Time { return p.now },
		Advance:   p.advance,
		Unchecked: []string{"ValidationException"},
		Without:   []lifetest.Part{lifetest.Texts, lifetest.Replicas, lifetest.Rotation, lifetest.Lists},
	}
}

// A fake of three operations is checked in one line. A mistake in it is shown as a few
// calls, and as a test to paste.
func ExampleCheckService() {
	_ = func(t *testing.T) { // func TestPasswords(t *testing.T)
		lifetest.CheckService(t, openPasswords)
	}
}
