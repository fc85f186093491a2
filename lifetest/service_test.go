package lifetest

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
	"github.com/secretlife-go/secretlife/memstore"
)

// ours is the library itself, seen from the outside.
func ours(t *testing.T) Subject {
	clock := secretlife.NewVirtualClock(time.Date(2026, 1, 31, 13, 37, 42, 123e6, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock, o.Random, o.ParseSchedule = clock, rand.NewChaCha8([32]byte{}), rotator.ParseSchedule
	})
	require.NoError(t, err)
	return Manager(t, m, clock)
}

func TestTheLibraryFromTheOutside(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("150", "30")) // everything is looked at after every call
	CheckService(t, ours)
}

// few is a service with four operations and no Regions.
type few struct {
	NotServed
	m *secretlife.Manager
}

func (f few) CreateSecret(
	ctx context.Context,
	in secretlife.CreateSecretInput,
) (secretlife.SecretOutput, error) {
	if len(in.AddReplicaRegions) > 0 {
		return secretlife.SecretOutput{}, ErrNotServed
	}
	return f.m.CreateSecret(ctx, in)
}

func (f few) DeleteSecret(
	ctx context.Context,
	in secretlife.DeleteSecretInput,
) (secretlife.SecretOutput, error) {
	return f.m.DeleteSecret(ctx, in)
}

func (f few) DescribeSecret(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretDetails, error) {
	return f.m.DescribeSecret(ctx, in)
}

func (f few) RestoreSecret(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return f.m.RestoreSecret(ctx, in)
}

func TestAServiceOfFewOperations(t *testing.T) {
	testrun.FewerHistories(t, testrun.UnlessRace("400", "50"))
	CheckService(t, func(t *testing.T) Subject {
		s := ours(t)
		all := s.In
		s.In = func(account, region string) Service {
			if account != "111111111111" || region != "us-east-1" {
				return nil
			}
			m, _ := all(account, region).(*secretlife.Manager)
			return few{m: m}
		}
		return s
	})
}
