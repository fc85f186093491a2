package awsfake_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsfake"
)

func TestCalls(t *testing.T) {
	ctx, fake := t.Context(), awsfake.New(t)
	made := create(t, fake.Client, "a")
	for range 5 {
		_, err := read(t, fake.Client, "a")
		require.NoError(t, err)
	}
	fake.Fail(awsfake.Failure{Operation: secretlife.OpDeleteSecret, Times: 1, Effect: awsfake.AnswerLost()})
	for range 2 {
		_, err := fake.Client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
			SecretId: made.ARN, RecoveryWindowInDays: aws.Int64(7),
		})
		require.Error(t, err)
	}
	_, err := read(t, fake.Client, "a b")
	require.Error(t, err)
	_, err = fake.Client.BatchGetSecretValue(ctx, &secretsmanager.BatchGetSecretValueInput{
		SecretIdList: []string{"a", "b"},
	})
	require.NoError(t, err)
	_, err = fake.In("222222222222", "eu-west-1").ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	require.NoError(t, err)

	t.Run("are all that clients made", func(t *testing.T) {
		require.Equal(t, []string{
			"CreateSecret a",
			"GetSecretValue a", "GetSecretValue a", "GetSecretValue a", "GetSecretValue a", "GetSecretValue a",
			"DeleteSecret " + *made.ARN + " answer-lost", "DeleteSecret " + *made.ARN + " InvalidRequestException",
			"GetSecretValue a b ValidationException",
			"BatchGetSecretValue a b",
			"ListSecrets",
		}, fake.Calls().Strings())
	})
	t.Run("say what was asked, and what came of it", func(t *testing.T) {
		c := fake.Calls().Of(secretlife.OpDeleteSecret)
		require.Equal(t, map[string]any{"SecretId": *made.ARN, "RecoveryWindowInDays": int64(7)}, c[0].Parameters)
		require.Equal(t, *made.ARN, c[0].SecretID)
		require.ErrorIs(t, c[0].Err, syscall.ECONNRESET)
		require.ErrorAs(t, c[1].Err, new(*types.InvalidRequestException))
		require.Equal(t, "123456789012", c[0].Caller.AccessKeyID)
		require.Equal(t, fake.Clock.Now(), c[0].Time)
	})
	t.Run("are narrowed down", func(t *testing.T) {
		all := fake.Calls()
		require.Len(t, all.Of(secretlife.OpGetSecretValue).On("a"), 5)
		require.Len(t, all.On("a"), 9, "by name, by ARN, and in a batch")
		require.Len(t, all.On(*made.ARN).Changes(), 3)
		require.Len(t, all.Failed(), 3)
		require.Empty(t, all.Of(secretlife.OpRestoreSecret))
		require.Equal(t, "ListSecrets", all.By("222222222222").String())
		require.Equal(t, "eu-west-1", all.By("222222222222")[0].Region)
	})
	t.Run("begin anew", func(t *testing.T) {
		fake.ForgetCalls()
		require.Empty(t, fake.Calls())
		_, err := read(t, fake.Client, "a")
		require.Error(t, err)
		require.Empty(t, fake.Calls().Changes(), "nothing but reads")
	})
}

// fill sets every member of an SDK input, and returns their names.
func fill(t *testing.T, in reflect.Value) (names []string) {
	t.Helper()
	text := aws.String("hunter2-hunter2-hunter2-hunter2-hunter2")
	for i := range in.NumField() {
		if !in.Type().Field(i).IsExported() {
			continue
		}
		switch x := in.Field(i).Addr().Interface().(type) {
		case **string:
			*x = text
		case *[]byte:
			*x = []byte(*text)
		case *bool:
			*x = true
		case **bool:
			*x = aws.Bool(true)
		case **int32:
			*x = aws.Int32(1)
		case **int64:
			*x = aws.Int64(1)
		case *[]string:
			*x = []string{"one"}
		case *[]types.Tag:
			*x = []types.Tag{{Key: text, Value: text}}
		case *[]types.Filter:
			*x = []types.Filter{{Key: "name", Values: []string{"a"}}}
		case *[]types.ReplicaRegionType:
			*x = []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}}
		case **types.RotationRulesType:
			*x = &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1)}
		case *[]types.ExternalSecretRotationMetadataItem:
			*x = []types.ExternalSecretRotationMetadataItem{{Key: text, Value: text}}
		case *types.SortOrderType:
			*x = types.SortOrderTypeAsc
		case *types.SortByType:
			*x = types.SortByTypeName
		default:
			require.Fail(t, "a member of a new type", "%s: %T", in.Type().Field(i).Name, x)
		}
		names = append(names, in.Type().Field(i).Name)
	}
	return names
}

// Calls show every member that the SDK sends, but none that has a value of a secret.
func TestCallsShowParameters(t *testing.T) {
	fake := awsfake.New(t)
	hidden := []string{"SecretString", "SecretBinary", "RotationToken"}
	for _, op := range secretlife.Operations() {
		call := reflect.ValueOf(fake.Client).MethodByName(op.String())
		in := reflect.New(call.Type().In(1).Elem())
		want := slices.DeleteFunc(fill(t, in.Elem()), func(name string) bool { return slices.Contains(hidden, name) })
		fake.ForgetCalls()
		call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		calls := fake.Calls()
		require.Len(t, calls, 1, op)
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(calls[0].Parameters)), op)
	}
}

func TestCallsHaveNoValues(t *testing.T) {
	fake := awsfake.New(t)
	create(t, fake.Client, "a")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, fake.Calls()), "value of a")
	}
	_, err := put(t.Context(), fake.Client, "nowhere", "value of b")
	require.Error(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", fake.Calls()), "value of b")
}
