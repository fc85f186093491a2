package mock

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
	"github.com/secretlife-go/secretlife/memstore"
)

// overLibrary is a mock of the three methods with the rules of the library.
type overLibrary struct{ *secretlife.Manager }

func (o overLibrary) CreateSecret(ctx context.Context, in *secretsmanager.CreateSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.CreateSecretOutput, error) {
	value := secretlife.SecretString(*in.SecretString)
	out, err := o.Manager.CreateSecret(ctx, secretlife.CreateSecretInput{Name: *in.Name, Value: value})
	return &secretsmanager.CreateSecretOutput{ARN: &out.ARN}, awsfake.SDKError(err)
}

func (o overLibrary) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := o.Manager.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: *in.SecretId})
	value := out.Value.Reveal()
	return &secretsmanager.GetSecretValueOutput{SecretString: &value}, awsfake.SDKError(err)
}

func (o overLibrary) DeleteSecret(ctx context.Context, in *secretsmanager.DeleteSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.DeleteSecretOutput, error) {
	out, err := o.Manager.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: *in.SecretId,
		RecoveryWindowInDays: in.RecoveryWindowInDays})
	return &secretsmanager.DeleteSecretOutput{DeletionDate: &out.DeletionDate}, awsfake.SDKError(err)
}

func TestOverTheLibrary(t *testing.T) {
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	forgets(t, overLibrary{m}, func(d time.Duration) {
		_, err := secretlife.NewPurger(m).Advance(t.Context(), d)
		require.NoError(t, err)
	})
}

// overFake is the SDK's client, with one method of the test's own.
type overFake struct {
	*secretsmanager.Client
	reads int
}

func (o *overFake) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput,
	opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	o.reads++
	return o.Client.GetSecretValue(ctx, in, opts...)
}

func TestOverTheFake(t *testing.T) {
	fake := awsfake.New(t)
	mock := &overFake{Client: fake.Client}
	forgets(t, mock, func(d time.Duration) { fake.Advance(d) })
	require.Equal(t, 4, mock.reads)
}

// forgets has a password forgotten, and then another one in its place.
func forgets(t *testing.T, s Secrets, advance func(time.Duration)) {
	t.Helper()
	password := func() (string, error) { return Password(t.Context(), s, "app", "first") }
	for range 2 {
		got, err := password()
		require.NoError(t, err)
		require.Equal(t, "first", got)
	}
	require.NoError(t, Forget(t.Context(), s, "app"))
	_, err := password()
	require.ErrorAs(t, err, new(*types.InvalidRequestException), "it is marked for deletion")
	advance(8 * 24 * time.Hour)
	_, err = password()
	require.NoError(t, err, "its name is free again")
}
