package awsfake_test

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsfake"
)

// secrets are the methods of a client that the life below calls.
type secrets interface {
	CreateSecret(context.Context, *secretsmanager.CreateSecretInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.CreateSecretOutput, error)
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
	DeleteSecret(context.Context, *secretsmanager.DeleteSecretInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.DeleteSecretOutput, error)
	RestoreSecret(context.Context, *secretsmanager.RestoreSecretInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.RestoreSecretOutput, error)
}

// live creates a secret, reads it, deletes it, restores it, reads it again, and deletes it.
func live(b testing.TB, c secrets) {
	b.Helper()
	ctx, id := b.Context(), aws.String("prod/db")
	_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: id, SecretString: aws.String("hunter2")})
	require.NoError(b, err)
	_, err = c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
	require.NoError(b, err)
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id, RecoveryWindowInDays: aws.Int64(7)})
	require.NoError(b, err)
	_, err = c.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: id})
	require.NoError(b, err)
	_, err = c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
	require.NoError(b, err)
	_, err = c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id})
	require.NoError(b, err)
}

// BenchmarkLife is a whole life of a secret in a new fake, and in a mock as it is written by
// hand, which knows nothing of dates.
func BenchmarkLife(b *testing.B) {
	b.Run("fake", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			fake := awsfake.New(b)
			live(b, fake.Client)
			require.Len(b, fake.Advance(31*day), 1)
		}
	})
	b.Run("map mock", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mock := &mapMock{values: map[string]string{}, deleted: map[string]bool{}}
			live(b, mock)
			mock.purge()
			require.Empty(b, mock.values)
		}
	})
}

// TestLifeIsCheap: a test makes a fake of its own, and some have hundreds of tests.
func TestLifeIsCheap(t *testing.T) {
	most := testing.AllocsPerRun(20, func() {
		fake := awsfake.New(t)
		live(t, fake.Client)
		require.Len(t, fake.Advance(31*day), 1)
	})
	require.LessOrEqual(t, most, 2034.0)
}

// mapMock is a mock as it is written by hand.
type mapMock struct {
	mu      sync.Mutex
	values  map[string]string
	deleted map[string]bool
}

func (m *mapMock) find(id *string, deleted bool) error {
	if _, there := m.values[*id]; !there {
		return &types.ResourceNotFoundException{}
	}
	if m.deleted[*id] && !deleted {
		return &types.InvalidRequestException{}
	}
	return nil
}

func (m *mapMock) CreateSecret(
	_ context.Context, in *secretsmanager.CreateSecretInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.CreateSecretOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.values[*in.Name]; there {
		return nil, &types.ResourceExistsException{}
	}
	m.values[*in.Name] = *in.SecretString
	return &secretsmanager.CreateSecretOutput{Name: in.Name}, nil
}

func (m *mapMock) GetSecretValue(
	_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(in.SecretId, false); err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{Name: in.SecretId, SecretString: aws.String(m.values[*in.SecretId])}, nil
}

func (m *mapMock) DeleteSecret(
	_ context.Context, in *secretsmanager.DeleteSecretInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.DeleteSecretOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(in.SecretId, false); err != nil {
		return nil, err
	}
	m.deleted[*in.SecretId] = true
	return &secretsmanager.DeleteSecretOutput{Name: in.SecretId}, nil
}

func (m *mapMock) RestoreSecret(
	_ context.Context, in *secretsmanager.RestoreSecretInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.RestoreSecretOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(in.SecretId, true); err != nil {
		return nil, err
	}
	delete(m.deleted, *in.SecretId)
	return &secretsmanager.RestoreSecretOutput{Name: in.SecretId}, nil
}

func (m *mapMock) purge() {
	for id := range m.deleted {
		delete(m.values, id)
	}
}
