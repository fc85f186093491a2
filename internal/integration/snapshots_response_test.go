package integration

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// recorder is a client's transport that keeps the responses.
type recorder struct {
	http.RoundTripper
	operation string
	status    int
	body      []byte
}

func (r *recorder) Do(req *http.Request) (*http.Response, error) {
	resp, err := r.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r.operation = strings.TrimPrefix(req.Header.Get("X-Amz-Target"), "secretsmanager.")
	r.status = resp.StatusCode
	if r.body, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(r.body))
	return resp, nil
}

// snapped are clients of an endpoint, and what they have seen of responses.
type snapped struct {
	t     *testing.T
	wire  *recorder
	here  *secretsmanager.Client
	there *secretsmanager.Client
	seen  map[string]map[string]string // by operation, paths and types of what the endpoint sent
}

func newSnapped(t *testing.T, transport http.RoundTripper) *snapped {
	s := &snapped{t: t, wire: &recorder{RoundTripper: transport}, seen: map[string]map[string]string{}}
	over := func(o *secretsmanager.Options) { o.HTTPClient = s.wire }
	s.here = client("http://localhost", "123456789012", "us-east-1", over)
	s.there = client("http://localhost", "123456789012", "eu-west-1", over)
	return s
}

// understood checks that the SDK has read every member of a response, and notes which
// there were.
func understood[Out any](s *snapped, out Out, err error) Out {
	s.t.Helper()
	require.NoError(s.t, err)
	body := map[string]any{}
	if len(s.wire.body) > 0 {
		body = parse(s.t, s.wire.body)
	}
	same(s.t, s.wire.operation, body, reflect.ValueOf(out).Elem())
	if s.seen[s.wire.operation] == nil {
		s.seen[s.wire.operation] = map[string]string{}
	}
	paths("", body, s.seen[s.wire.operation])
	return out
}

// same checks that a value of the SDK has what JSON has.
func same(t *testing.T, at string, want any, got reflect.Value) {
	t.Helper()
	if got.Kind() == reflect.Pointer {
		require.False(t, got.IsNil(), "the SDK has not read %s", at)
		got = got.Elem()
	}
	switch want := want.(type) {
	case map[string]any:
		for name, value := range want {
			var field reflect.Value
			if got.Kind() == reflect.Map {
				field = got.MapIndex(reflect.ValueOf(name))
			} else {
				field = got.FieldByName(name)
			}
			require.True(t, field.IsValid(), "the SDK does not know %s.%s", at, name)
			same(t, at+"."+name, value, field)
		}
	case []any:
		require.Equal(t, len(want), got.Len(), at)
		for i, value := range want {
			same(t, at, value, got.Index(i))
		}
	case json.Number:
		f, err := want.Float64()
		require.NoError(t, err)
		if date, ok := got.Interface().(time.Time); ok {
			require.InDelta(t, f, float64(date.UnixMilli())/1000, 1e-6, at)
			return
		}
		require.InDelta(t, f, got.Convert(reflect.TypeFor[float64]()).Float(), 0, at)
	case string:
		if data, ok := got.Interface().([]byte); ok {
			require.Equal(t, want, base64.StdEncoding.EncodeToString(data), at)
			return
		}
		require.Equal(t, want, got.String(), at)
	default:
		require.Equal(t, want, got.Interface(), at)
	}
}

// rotates is a rotation function whose first step makes a value current at once, or fails
// if the function's name is broken.
func rotates(ctx context.Context, r secretlife.RotationRequest) error {
	if r.Step != secretlife.StepCreateSecret {
		return nil
	}
	if strings.HasSuffix(r.FunctionARN, "broken") {
		return errors.New("broken")
	}
	_, err := r.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: r.SecretID,
		ClientRequestToken: r.ClientRequestToken, Value: secretlife.SecretString("rotated")})
	return err
}

// TestSDKResponseSnapshots makes calls in which the endpoint sends every member that the
// SDK's responses have, of the same JSON type and at the same place, and no other; and
// the SDK reads each of them.
func TestSDKResponseSnapshots(t *testing.T) {
	t.Parallel()
	s := newSnapped(t, inProcess(t, memstore.New(), func(o *secretlife.Options) {
		o.Rotator = rotates
	}))
	s.walk()
	all := snapshots(t, "response_snapshot", ".response.snap")
	require.Equal(t, operationNames(), slices.Sorted(maps.Keys(all)))
	for _, operation := range operationNames() {
		snapshot := all[operation]
		require.Equal(t, http.StatusOK, statusOf(t, snapshot), operation)
		want := map[string]string{}
		paths("", parse(t, snapshot.body), want)
		// A replica has a date and a message later than in the response that adds it: that
		// DescribeSecret has them is enough.
		for path := range want {
			if _, ok := s.seen[operation][path]; !ok && strings.HasPrefix(path, "ReplicationStatus[].") {
				require.Contains(t, s.seen["DescribeSecret"], path, operation)
				delete(want, path)
			}
		}
		require.Equal(t, want, s.seen[operation], operation)
	}
}

// exceptionsOnRequest are the exceptions of the API model that a call can cause, each
// with one that does. The others need KMS, or are never returned.
func exceptionsOnRequest(ctx context.Context, c *secretsmanager.Client) map[string]func() error {
	name := aws.String("a")
	describe := func(id string) error {
		_, err := c.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &id})
		return err
	}
	policy := func(document string, block bool) error {
		_, err := c.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{SecretId: name,
			ResourcePolicy: &document, BlockPublicPolicy: &block})
		return err
	}
	return map[string]func() error{
		"ResourceNotFoundException": func() error { return describe("nobody") },
		"ResourceExistsException": func() error {
			_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: name})
			return err
		},
		"InvalidParameterException": func() error {
			_, err := c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: name,
				RecoveryWindowInDays: aws.Int64(3)})
			return err
		},
		"InvalidRequestException": func() error {
			_, err := c.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: name})
			return err
		},
		"InvalidNextTokenException": func() error {
			_, err := c.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: aws.String("nothing")})
			return err
		},
		"MalformedPolicyDocumentException": func() error { return policy("{}", false) },
		"PublicPolicyException": func() error {
			return policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",`+
				`"Action":"secretsmanager:*","Resource":"*"}]}`, true)
		},
		"LimitExceededException": func() error {
			tags := make([]types.Tag, 51)
			for i := range tags {
				tags[i] = types.Tag{Key: aws.String(strings.Repeat("k", i+1)), Value: aws.String("")}
			}
			_, err := c.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: name, Tags: tags})
			return err
		},
		"DecryptionFailure": func() error {
			_, err := c.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("locked")})
			return err
		},
		"EncryptionFailure": func() error {
			_, err := c.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("locked"),
				SecretString: aws.String("w")})
			return err
		},
		"InternalServiceError": func() error { return describe("broken") },
	}
}

// broken fails to load one secret.
type broken struct{ secretlife.Store }

func (b broken) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if key.Name.String() == "broken" {
		return secretlife.Secret{}, errors.New("broken")
	}
	return b.Store.Load(ctx, key)
}

// neverReturned are the exceptions that no call here can cause.
var neverReturned = []string{"PreconditionNotMetException"}

// TestSDKErrorSnapshots causes the exceptions: each has the status and the members of
// the SDK's response, and is of its type in the SDK.
func TestSDKErrorSnapshots(t *testing.T) {
	t.Parallel()
	var disabled bool
	s := newSnapped(t, inProcess(t, broken{memstore.New()}, func(o *secretlife.Options) {
		o.Emulate.CheckKMSKey = func(context.Context, string) error {
			if disabled {
				return secretlife.ErrKMSKeyDisabled
			}
			return nil
		}
	}))
	_, err := s.here.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("a"),
		SecretString: aws.String("v")})
	require.NoError(t, err)
	_, err = s.here.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("locked"),
		SecretString: aws.String("v"), KmsKeyId: aws.String("key")})
	require.NoError(t, err)
	disabled = true
	all := snapshots(t, "response_snapshot", ".error.snap")
	calls := exceptionsOnRequest(t.Context(), s.here)
	require.ElementsMatch(t, append(slices.Collect(maps.Keys(calls)), neverReturned...), slices.Collect(maps.Keys(all)))
	for exception, call := range calls {
		err := call()
		var typed smithy.APIError
		require.ErrorAs(t, err, &typed, exception)
		require.Equal(t, exception, typed.ErrorCode())
		require.Equal(t, exception, reflect.TypeOf(typed).Elem().Name(), "the type in the SDK")
		require.Equal(t, statusOf(t, all[exception]), s.wire.status, exception)
		want, got := parse(t, all[exception].body), parse(t, s.wire.body)
		require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)), exception)
		require.Equal(t, got["Message"], typed.ErrorMessage(), exception)
	}
}
