package lifetest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
)

var errLost = errors.New("connection reset")

// losing is a service of five operations, in one place, that loses answers when it is told to.
type losing struct {
	NotServed
	m     Service
	lose  secretlife.Operation
	wrong bool   // refuses a PutSecretValue that repeats one whose answer was lost
	token string // of that
}

// lost returns the error of a call whose answer is lost.
func (l *losing) lost(op secretlife.Operation, err error) error {
	if l.lose == op {
		l.lose = 0
		return errLost
	}
	return err
}

func (l *losing) CreateSecret(ctx context.Context, in secretlife.CreateSecretInput) (secretlife.SecretOutput, error) {
	out, err := l.m.CreateSecret(ctx, in)
	return out, l.lost(secretlife.OpCreateSecret, err)
}

func (l *losing) PutSecretValue(
	ctx context.Context, in secretlife.PutSecretValueInput,
) (secretlife.SecretOutput, error) {
	token := l.token
	if l.token = ""; l.wrong && token != "" {
		return secretlife.SecretOutput{}, refuse("ResourceExistsException")
	}
	if l.lose == secretlife.OpPutSecretValue {
		l.token = in.ClientRequestToken
	}
	out, err := l.m.PutSecretValue(ctx, in)
	return out, l.lost(secretlife.OpPutSecretValue, err)
}

func (l *losing) DeleteSecret(ctx context.Context, in secretlife.DeleteSecretInput) (secretlife.SecretOutput, error) {
	out, err := l.m.DeleteSecret(ctx, in)
	return out, l.lost(secretlife.OpDeleteSecret, err)
}

func (l *losing) DescribeSecret(
	ctx context.Context, in secretlife.SecretInput,
) (secretlife.SecretDetails, error) {
	return l.m.DescribeSecret(ctx, in)
}

func (l *losing) ListSecretVersionIds(
	ctx context.Context, in secretlife.ListSecretVersionIdsInput,
) (secretlife.ListSecretVersionIdsOutput, error) {
	return l.m.ListSecretVersionIds(ctx, in)
}

// losesAnswers is the library behind a connection that loses answers.
func losesAnswers(t *testing.T, wrong bool) Subject {
	s := ours(t)
	all, l := s.In, &losing{wrong: wrong}
	s.In = func(account, region string) Service {
		if account != "111111111111" || region != "us-east-1" {
			return nil
		}
		l.m = all(account, region)
		return l
	}
	s.Without = []Part{Replicas}
	s.LoseAnswer = func(op secretlife.Operation) { l.lose = op }
	return s
}

func TestLostAnswers(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("50", "10"))
	CheckService(t, func(t *testing.T) Subject { return losesAnswers(t, false) })
	found := findIn(func() Subject { return losesAnswers(t, true) })
	require.ErrorContains(t, found, "PutSecretValue returned ResourceExistsException")
	require.Contains(t, found.Script, "s.LoseAnswer(secretlife.OpPutSecretValue)\n")
}
