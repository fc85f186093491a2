package service

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// SDK returns a [Service] that calls a client of aws-sdk-go-v2, or a fake with some
// methods of that client:
//
//	CreateSecret(context.Context, *secretsmanager.CreateSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.CreateSecretOutput, error)
//
// with or without the options. A missing method returns [ErrNotServed]. An error is a
// refusal if something in its chain has the methods ErrorCode and ErrorMessage. SDK
// panics if a method has another shape.
func SDK(client any) Service {
	s := sdk{client: reflect.ValueOf(client)}
	for _, op := range secretlife.Operations() {
		m := s.client.MethodByName(op.String())
		if m.IsValid() && !isCall(m.Type()) {
			panic(fmt.Sprintf("lifetest: %T.%s has not the shape of the SDK: %s", client, op, m.Type()))
		}
	}
	return s
}

type sdk struct{ client reflect.Value }

func isCall(t reflect.Type) bool {
	in := t.NumIn() == 2 || t.NumIn() == 3 && t.IsVariadic()
	return in && t.NumOut() == 2 && t.In(0) == reflect.TypeFor[context.Context]() &&
		isStructPointer(t.In(1)) && isStructPointer(t.Out(0)) && t.Out(1) == reflect.TypeFor[error]()
}

func isStructPointer(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// callSDK calls a method with the SDK's form of a request, and converts the output.
func callSDK[O any](ctx context.Context, s sdk, op secretlife.Operation, in any) (out O, err error) {
	method := s.client.MethodByName(op.String())
	if !method.IsValid() {
		return out, ErrNotServed
	}
	request := reflect.New(method.Type().In(1).Elem())
	toSDK(request.Elem(), reflect.ValueOf(in))
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), request})
	if err, failed := results[1].Interface().(error); failed {
		return out, refusalOf(err)
	}
	if results[0].IsNil() {
		return out, fmt.Errorf("lifetest: %s answered nil and no error", op)
	}
	fromSDK(reflect.ValueOf(&out).Elem(), results[0].Elem())
	return out, nil
}

// refusalOf finds the exception in an error.
func refusalOf(err error) error {
	var api interface {
		ErrorCode() string
		ErrorMessage() string
	}
	if errors.Is(err, ErrNotServed) || !errors.As(err, &api) {
		return err
	}
	code := api.ErrorCode()
	return &RefusedError{Code: code[strings.LastIndexByte(code, '#')+1:], Message: api.ErrorMessage()}
}

func (s sdk) BatchGetSecretValue(
	ctx context.Context,
	in secretlife.BatchGetSecretValueInput,
) (secretlife.BatchGetSecretValueOutput, error) {
	return callSDK[secretlife.BatchGetSecretValueOutput](ctx, s, secretlife.OpBatchGetSecretValue, in)
}

func (s sdk) CancelRotateSecret(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpCancelRotateSecret, in)
}

func (s sdk) CreateSecret(
	ctx context.Context,
	in secretlife.CreateSecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpCreateSecret, in)
}

func (s sdk) DeleteResourcePolicy(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpDeleteResourcePolicy, in)
}

func (s sdk) DeleteSecret(
	ctx context.Context,
	in secretlife.DeleteSecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpDeleteSecret, in)
}

func (s sdk) DescribeSecret(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretDetails, error) {
	return callSDK[secretlife.SecretDetails](ctx, s, secretlife.OpDescribeSecret, in)
}

func (s sdk) GetRandomPassword(
	ctx context.Context,
	in secretlife.GetRandomPasswordInput,
) (secretlife.Value, error) {
	out, err := callSDK[struct{ RandomPassword secretlife.Value }](ctx, s, secretlife.OpGetRandomPassword, in)
	return out.RandomPassword, err
}

func (s sdk) GetResourcePolicy(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpGetResourcePolicy, in)
}

func (s sdk) GetSecretValue(
	ctx context.Context,
	in secretlife.GetSecretValueInput,
) (secretlife.GetSecretValueOutput, error) {
	return callSDK[secretlife.GetSecretValueOutput](ctx, s, secretlife.OpGetSecretValue, in)
}

func (s sdk) ListSecretVersionIds(
	ctx context.Context,
	in secretlife.ListSecretVersionIdsInput,
) (secretlife.ListSecretVersionIdsOutput, error) {
	return callSDK[secretlife.ListSecretVersionIdsOutput](ctx, s, secretlife.OpListSecretVersionIds, in)
}

func (s sdk) ListSecrets(ctx context.Context, in secretlife.ListSecretsInput) (secretlife.ListSecretsOutput, error) {
	return callSDK[secretlife.ListSecretsOutput](ctx, s, secretlife.OpListSecrets, in)
}

func (s sdk) PutResourcePolicy(
	ctx context.Context,
	in secretlife.PutResourcePolicyInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpPutResourcePolicy, in)
}

func (s sdk) PutSecretValue(
	ctx context.Context,
	in secretlife.PutSecretValueInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpPutSecretValue, in)
}

func (s sdk) RemoveRegionsFromReplication(
	ctx context.Context,
	in secretlife.RemoveRegionsFromReplicationInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](
		ctx,
		s,
		secretlife.OpRemoveRegionsFromReplication,
		in,
	)
}

func (s sdk) ReplicateSecretToRegions(
	ctx context.Context,
	in secretlife.ReplicateSecretToRegionsInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpReplicateSecretToRegions, in)
}

func (s sdk) RestoreSecret(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpRestoreSecret, in)
}

func (s sdk) RotateSecret(
	ctx context.Context,
	in secretlife.RotateSecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpRotateSecret, in)
}

func (s sdk) StopReplicationToReplica(
	ctx context.Context,
	in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpStopReplicationToReplica, in)
}

func (s sdk) TagResource(ctx context.Context, in secretlife.TagResourceInput) error {
	_, err := callSDK[struct{}](ctx, s, secretlife.OpTagResource, in)
	return err
}

func (s sdk) UntagResource(ctx context.Context, in secretlife.UntagResourceInput) error {
	_, err := callSDK[struct{}](ctx, s, secretlife.OpUntagResource, in)
	return err
}

func (s sdk) UpdateSecret(
	ctx context.Context,
	in secretlife.UpdateSecretInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpUpdateSecret, in)
}

func (s sdk) UpdateSecretVersionStage(
	ctx context.Context,
	in secretlife.UpdateSecretVersionStageInput,
) (secretlife.SecretOutput, error) {
	return callSDK[secretlife.SecretOutput](ctx, s, secretlife.OpUpdateSecretVersionStage, in)
}

func (s sdk) ValidateResourcePolicy(
	ctx context.Context,
	in secretlife.ValidateResourcePolicyInput,
) (secretlife.ValidateResourcePolicyOutput, error) {
	return callSDK[secretlife.ValidateResourcePolicyOutput](ctx, s, secretlife.OpValidateResourcePolicy, in)
}
