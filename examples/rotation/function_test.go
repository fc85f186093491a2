package rotation

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

const day = 24 * time.Hour

// database is one that can be out of order.
type database struct {
	password string
	down     bool
}

func (d *database) SetPassword(_ context.Context, password string) error {
	if d.down {
		return errors.New("the database is down")
	}
	d.password = password
	return nil
}

func (d *database) Login(_ context.Context, password string) error {
	if password != d.password {
		return errors.New("access denied")
	}
	return nil
}

// service is Secrets Manager with a rotation function, and a secret whose
// password is rotated every 30 days.
type service struct {
	*awsfake.Fake
	t  *testing.T
	db *database
}

func newService(t *testing.T) *service {
	s := &service{t: t, db: &database{password: "password-0"}}
	f := Function{Database: s.db}
	made := 0
	f.NewPassword = func() string { made++; return fmt.Sprint("password-", made) }
	s.Fake = awsfake.New(t, func(o *awsfake.Options) {
		o.Rotator = func(ctx context.Context, r secretlife.RotationRequest) error {
			return f.Handle(ctx, Event{Step: string(r.Step), SecretID: r.SecretID, ClientRequestToken: r.ClientRequestToken})
		}
	})
	f.Client = s.Client
	_, err := s.Client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("db"),
		SecretString: aws.String("password-0")})
	require.NoError(t, err)
	_, err = s.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
		SecretId:          aws.String("db"),
		RotationLambdaARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:rotate"),
		RotationRules:     &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)},
	})
	require.NoError(t, err)
	return s
}

// password is the one in the secret. The database's must be the same.
func (s *service) password() string {
	s.t.Helper()
	out, err := s.Client.GetSecretValue(s.t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("db")})
	require.NoError(s.t, err)
	require.Equal(s.t, s.db.password, *out.SecretString)
	return *out.SecretString
}

func TestPasswordChangesEveryThirtyDays(t *testing.T) {
	s := newService(t)
	require.Equal(t, "password-1", s.password(), "RotateSecret rotates at once")
	s.Advance(29 * day)
	require.Equal(t, "password-1", s.password())
	s.Advance(1 * day)
	require.Equal(t, "password-2", s.password())
	s.Advance(365 * day)
	require.Equal(t, "password-14", s.password(), "twelve more in a year")

	before, err := s.Client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("db"),
		VersionStage: aws.String("AWSPREVIOUS")})
	require.NoError(t, err)
	require.Equal(t, "password-13", *before.SecretString)
}

func TestRotationIsTriedAgainWhenTheDatabaseIsBack(t *testing.T) {
	s := newService(t)
	s.db.down = true
	s.Advance(30 * day)
	require.Equal(t, "password-1", s.password(), "nothing changed")
	_, err := s.Client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: aws.String("db")})
	var busy *types.InvalidRequestException
	require.ErrorAs(t, err, &busy)
	require.Equal(t, "A previous rotation isn't complete. That rotation will be reattempted.", *busy.Message)

	s.db.down = false
	s.Advance(time.Hour)
	require.Equal(t, "password-2", s.password(), "with the value that was made in the first try")
}

func TestDeletedSecretsAreNotRotated(t *testing.T) {
	s := newService(t)
	_, err := s.Client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("db"),
		RecoveryWindowInDays: aws.Int64(30)})
	require.NoError(t, err)
	s.Advance(30*day - time.Second)
	require.Equal(t, "password-1", s.db.password)
	_, err = s.Client.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	s.Advance(day)
	require.Equal(t, "password-2", s.password())
}
