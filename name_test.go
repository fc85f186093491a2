package secretlife_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const invalidName = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the " +
	"following: -/_+=.@!"

func TestParseName(t *testing.T) {
	for _, good := range []string{"a", "A-z0-9/_+=.@-!", "/testing2/two-", "Valid/_+=.@-Name-a1b2c3-", "rds!db-1",
		strings.Repeat("n", 512)} {
		n, err := secretlife.ParseName(good)
		require.NoError(t, err, good)
		require.Equal(t, good, n.String())
		require.False(t, n.IsZero())
	}
	for bad, text := range map[string]string{
		"": "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member " +
			"must have length greater than or equal to 1",
		"a b":   invalidName,
		"a*":    invalidName,
		"é":     invalidName,
		"a\x00": invalidName,
		"a:b":   invalidName,
		strings.Repeat("n", 513): "1 validation error detected: Value '" + strings.Repeat("n",
			256) + "...' at 'name' failed to satisfy constraint: Member must have length less than or equal to 512",
	} {
		_, err := secretlife.ParseName(bad)
		var v *secretlife.ValidationError
		require.ErrorAs(t, err, &v, bad)
		require.Equal(t, text, v.Message)
		require.Equal(t, "ValidationException", v.ErrorCode())
		require.Equal(t, "ValidationException: "+text, err.Error())
	}
}

func TestParseAccountAndRegion(t *testing.T) {
	a, err := secretlife.ParseAccount("000000000001")
	require.NoError(t, err)
	require.Equal(t, "000000000001", a.String())
	for _, bad := range []string{"", "1234", "1234567890123", "12345678901x"} {
		_, err := secretlife.ParseAccount(bad)
		require.Error(t, err, bad)
	}
	for _, good := range []string{"us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "a-1",
		"eu-isoe-west-10", "za-az-09"} {
		r, err := secretlife.ParseRegion(good)
		require.NoError(t, err, good)
		require.Equal(t, good, r.String())
	}
	for _, bad := range []string{"", "us", "1", "-1", "us-", "us-east", "us--1", "us--east-1", "-us-1", "US-EAST-1",
		"us-east-1a", "us_east-1", "us-east-1 ", strings.Repeat("a", 128) + "-1"} {
		_, err := secretlife.ParseRegion(bad)
		var v *secretlife.ValidationError
		require.ErrorAs(t, err, &v, bad)
		require.NotEmpty(t, v.Members)
	}
}

func TestKeyOrder(t *testing.T) {
	keys := []secretlife.Key{
		keyOf(t, "111111111111", "a-1", "z"),
		keyOf(t, "111111111111", "b-1", "a"),
		keyOf(t, "111111111111", "b-1", "b"),
		keyOf(t, "222222222222", "a-1", "a"),
	}
	for i := range keys {
		for j := range keys {
			require.Equal(t, i < j, keys[i].Compare(keys[j]) < 0)
			require.Equal(t, i == j, keys[i].Compare(keys[j]) == 0)
		}
	}
	require.True(t, secretlife.Key{}.IsZero())
	require.False(t, keys[0].IsZero())
}

func keyOf(t testing.TB, account, region, name string) secretlife.Key {
	t.Helper()
	a, err := secretlife.ParseAccount(account)
	require.NoError(t, err)
	r, err := secretlife.ParseRegion(region)
	require.NoError(t, err)
	n, err := secretlife.ParseName(name)
	require.NoError(t, err)
	return secretlife.Key{Account: a, Region: r, Name: n}
}

func TestParseSecretID(t *testing.T) {
	t.Run("forms", func(t *testing.T) {
		const base = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
		for in, name := range map[string]string{
			"prod/db":                         "prod/db",
			"name-AbCdEf":                     "name-AbCdEf", // no arn: prefix, so just a name
			base + "prod/db-AbCdE1":           "prod/db",
			base + "prod/db":                  "prod/db",
			base + "Valid/_+=.@-Name-a1b2":    "Valid/_+=.@-Name-a1b2",
			base + "Valid/_+=.@-Name-a1b2c3-": "Valid/_+=.@-Name-a1b2c3-",
			base + "db-abc123":                "db", // a full ARN and nothing else
			base + "-abc123":                  "-abc123",
			base + "abc123":                   "abc123",
			base + "db-abc12!":                "db-abc12!",
			"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-ABCDEF": "x",
		} {
			id, err := secretlife.ParseSecretID(in)
			require.NoError(t, err, in)
			require.Equal(t, name, id.Name().String(), in)
			require.Equal(t, in, id.String())
		}
		for _, bad := range []string{
			"a b", "arn", "arn:", "arn:aws:s3:::bucket", base, base + "a b-abcdef", base + "a:b-abcdef",
			"arn:aws:secretsmanager:us-east-1:12345:secret:a", "arn:aws:secretsmanager:nowhere:123456789012:secret:a",
			"arn:aws:secretsmanager:us-east-1:123456789012:key:a", "arn:xyz:secretsmanager:us-east-1:123456789012:secret:a",
			strings.Repeat("n", 513), base + strings.Repeat("n", 513),
		} {
			_, err := secretlife.ParseSecretID(bad)
			if bad == "arn" {
				require.NoError(t, err, "arn is a name like any other")
				continue
			}
			require.ErrorIs(t, err, secretlife.ErrInvalidName, bad)
			var v *secretlife.ValidationError
			require.ErrorAs(t, err, &v)
			require.Equal(t, invalidName, v.Message)
		}
		_, err := secretlife.ParseSecretID("")
		require.ErrorContains(t, err,
			"Value '' at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1")
		_, err = secretlife.ParseSecretID(strings.Repeat("n", 2049))
		require.ErrorContains(t, err, "Member must have length less than or equal to 2048")
	})

	// An id as long as an ARN may be is not a name; a longer one is too long.
	t.Run("longest", func(t *testing.T) {
		_, err := secretlife.ParseSecretID(strings.Repeat("n", 2048))
		require.Equal(t, invalidName, validation(t, err).Message)
	})
}

func TestParseARN(t *testing.T) {
	const text = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdE1"
	arn, err := secretlife.ParseARN(text)
	require.NoError(t, err)
	require.Equal(t, text, arn.String())
	require.Equal(t, "123456789012", arn.Account().String())
	require.Equal(t, "eu-west-1", arn.Region().String())
	require.Equal(t, "prod/db", arn.Name().String())
	require.False(t, arn.IsZero())
	require.Empty(t, secretlife.ARN{}.String())
	for _, bad := range []string{"prod/db", text[:len(text)-7], "", "a b"} {
		_, err := secretlife.ParseARN(bad)
		require.Error(t, err, bad)
	}
}

func FuzzParseSecretID(f *testing.F) {
	for _, s := range []string{"", "a", "prod/db", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdE1",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db", "arn:::::::", "é", "a\x00b",
		strings.Repeat("a", 513), "arn:aws:secretsmanager:eu-west-1:123456789012:secret:-abcdef"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := secretlife.ParseSecretID(s)
		if err != nil {
			var v *secretlife.ValidationError
			require.ErrorAs(t, err, &v)
			require.NotEmpty(t, v.Message)
			return
		}
		require.Equal(t, s, id.String())
		_, err = secretlife.ParseName(id.Name().String())
		require.NoError(t, err, "the name within is a name")
		if arn, err := secretlife.ParseARN(s); err == nil {
			require.Equal(t, s, arn.String(), "an ARN is written as it was read")
			require.Equal(t, id.Name(), arn.Name())
		}
	})
}

func TestErrors(t *testing.T) {
	t.Run("names and texts", func(t *testing.T) {
		f := secretlife.ErrorDetails{Message: "text", Reason: secretlife.ErrInternal, ARN: "arn"}
		for code, e := range map[string]secretlife.Error{
			"ResourceNotFoundException":        &secretlife.ResourceNotFoundError{ErrorDetails: f},
			"ResourceExistsException":          &secretlife.ResourceExistsError{ErrorDetails: f},
			"InvalidParameterException":        &secretlife.InvalidParameterError{ErrorDetails: f},
			"InvalidRequestException":          &secretlife.InvalidRequestError{ErrorDetails: f},
			"LimitExceededException":           &secretlife.LimitExceededError{ErrorDetails: f},
			"MalformedPolicyDocumentException": &secretlife.MalformedPolicyDocumentError{ErrorDetails: f},
			"PublicPolicyException":            &secretlife.PublicPolicyError{ErrorDetails: f},
			"InvalidNextTokenException":        &secretlife.InvalidNextTokenError{ErrorDetails: f},
			"AccessDeniedException":            &secretlife.AccessDeniedError{ErrorDetails: f},
			"EncryptionFailure":                &secretlife.KMSFailureError{ErrorDetails: f},
			"DecryptionFailure":                &secretlife.KMSFailureError{ErrorDetails: f, Decryption: true},
			"InternalServiceError":             &secretlife.InternalServiceError{ErrorDetails: f},
			"ValidationException":              &secretlife.ValidationError{ErrorDetails: f},
		} {
			require.Equal(t, code, e.ErrorCode())
			require.Equal(t, "text", e.ErrorMessage())
			require.Equal(t, code+": text", e.Error())
			require.Equal(t, "arn", e.Details().ARN)
			wrapped := fmt.Errorf("calling: %w", e)
			require.ErrorIs(t, wrapped, secretlife.ErrInternal)
			var again secretlife.Error
			require.ErrorAs(t, wrapped, &again)
		}
	})

	t.Run("cause of an internal error", func(t *testing.T) {
		cause := errors.New("disk is gone")
		e := &secretlife.InternalServiceError{
			ErrorDetails: secretlife.ErrorDetails{
				Message: "An error occurred on the server side.", Reason: secretlife.ErrInternal,
			},
			Cause: cause,
		}
		require.ErrorIs(t, e, cause)
		require.ErrorIs(t, e, secretlife.ErrInternal)
		require.NotContains(t, e.ErrorMessage(), "disk")
		require.Contains(t, e.Error(), "disk is gone")
	})

	t.Run("reasons", func(t *testing.T) {
		seen := map[string]bool{}
		for r := secretlife.ErrSecretNotFound; r <= secretlife.ErrClockNotVirtual; r++ {
			require.NotContains(t, r.Error(), "Reason(")
			require.NotEqual(t, "secretlife: ", r.Error())
			require.False(t, seen[r.Error()])
			seen[r.Error()] = true
		}
		for _, none := range []secretlife.Reason{0, secretlife.ErrClockNotVirtual + 1} {
			require.Equal(t, fmt.Sprintf("Reason(%d)", none), none.Error())
		}
		require.NoError(t, (&secretlife.ResourceNotFoundError{}).Unwrap())
	})
}

func TestValidationError(t *testing.T) {
	// The lengths of the API model count characters, of which many have more than one byte.
	t.Run("lengths are in characters", func(t *testing.T) {
		w := newWorld(t)
		text := func(n int) string { return strings.Repeat("é", n) }
		in := secretlife.CreateSecretInput{
			Name: "a", ClientRequestToken: text(64), Value: secretlife.SecretString("v"), Description: text(2048),
			Tags: []secretlife.Tag{{Key: text(128), Value: text(256)}},
		}
		out, err := w.CreateSecret(ctx, in)
		require.NoError(t, err)
		require.Equal(t, text(64), out.VersionID)
		_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a",
			VersionStage: secretlife.Stage(text(256)), MoveToVersionID: text(64)})
		require.NoError(t, err)

		in = secretlife.CreateSecretInput{Name: "b", ClientRequestToken: text(65), Description: text(2049),
			Tags: []secretlife.Tag{{Key: text(129), Value: text(257)}}}
		_, err = w.CreateSecret(ctx, in)
		require.Len(t, validation(t, err).Members, 4)
		_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a",
			VersionStage: secretlife.Stage(text(257)), MoveToVersionID: text(31)})
		require.Len(t, validation(t, err).Members, 2)
	})

	// As much as is allowed, and one more.
	t.Run("limits are inclusive", func(t *testing.T) {
		const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
		w := newWorld(t)
		w.create("a")
		filters := func(n, values int) error {
			f := secretlife.Filter{Key: "name", Values: make([]string, values)}
			in := secretlife.ListSecretsInput{}
			for range n {
				in.Filters = append(in.Filters, f)
			}
			_, err := w.ListSecrets(ctx, in)
			return err
		}
		for name, c := range map[string]struct {
			most int
			call func(n int) error
		}{
			"a name": {512, func(n int) error { _, err := secretlife.ParseName(strings.Repeat("n", n)); return err }},
			"a name as an id": {512, func(n int) error {
				_, err := secretlife.ParseSecretID(strings.Repeat("n", n))
				return err
			}},
			"a name in an ARN": {512, func(n int) error {
				_, err := secretlife.ParseSecretID(arn + strings.Repeat("n", n))
				return err
			}},
			"a Region": {128, func(n int) error {
				_, err := secretlife.ParseRegion(strings.Repeat("a", n-2) + "-1")
				return err
			}},
			"filters":            {10, func(n int) error { return filters(n, 1) }},
			"values of a filter": {10, func(n int) error { return filters(1, n) }},
			"secrets of a batch": {20, func(n int) error {
				_, err := w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: slicesOf("a", n)})
				return err
			}},
			"bytes of a value": {65_536, func(n int) error {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
					Value: secretlife.SecretBinary(make([]byte, n))})
				return err
			}},
			"labels of a version": {20, func(n int) error {
				s := newWorld(t)
				s.create("a", func(in *secretlife.CreateSecretInput) { in.Value = secretlife.Value{} })
				labels := []secretlife.Stage{secretlife.StageCurrent}
				for i := range n - 1 {
					labels = append(labels, secretlife.Stage(fmt.Sprint(i)))
				}
				_, err := s.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("x"),
					VersionStages: labels})
				return err
			}},
		} {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, c.call(c.most))
				require.NotEmpty(t, validation(t, c.call(c.most+1)).Message)
			})
		}
	})

	// 256 bytes of it.
	t.Run("shows 256 bytes of a value", func(t *testing.T) {
		for n, shown := range map[int]string{256: strings.Repeat("x", 256), 257: strings.Repeat("x", 256) + "..."} {
			_, err := secretlife.ParseRegion(strings.Repeat("x", n))
			require.Contains(t, validation(t, err).Message, "'"+shown+"'")
		}
	})

	// As AWS does in the path of the wrong one.
	t.Run("members are counted from one", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		long := strings.Repeat("x", 3000)
		for member, call := range map[string]func() error{
			"filters.2.member.key": func() error {
				_, err := w.ListSecrets(ctx,
					secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"a"}},
						{Key: "no", Values: []string{"a"}}}})
				return err
			},
			"filters.1.member.values.2.member": func() error {
				_, err := w.ListSecrets(ctx,
					secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"a", "?"}}}})
				return err
			},
			"secretIdList.2.member": func() error {
				_, err := w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a", ""}})
				return err
			},
			"removeReplicaRegions.2.member": func() error {
				_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a",
					RemoveReplicaRegions: []string{"eu-west-1", "?"}})
				return err
			},
			"addReplicaRegions.2.member.region": func() error {
				_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a",
					AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}, {Region: "?"}}})
				return err
			},
			"externalSecretRotationMetadata.2.member.key": func() error {
				_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "a", RotationLambdaARN: function,
					ExternalSecretRotationMetadata: []secretlife.Tag{{Key: "k", Value: "v"},
						{Value: "v"}}})
				return err
			},
			"tags.2.member.key": func() error {
				return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}, {}}})
			},
			"tags.2.member.value": func() error {
				return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"},
					{Key: "l", Value: long}}})
			},
			"tagKeys.2.member": func() error {
				return w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "a", TagKeys: []string{"k", ""}})
			},
		} {
			v := validation(t, call())
			require.Equal(t, []string{member}, v.Members)
		}
	})
}

func slicesOf(s string, n int) []string { return strings.Split(strings.Repeat(s+",", n-1)+s, ",") }

// TestUnknownOperationPhaseAndRule has numbers beyond the last: they have no meaning.
func TestUnknownOperationPhaseAndRule(t *testing.T) {
	all := secretlife.Operations()
	last := all[len(all)-1]
	require.Equal(t, "ValidateResourcePolicy", last.String())
	require.True(t, last.ReadOnly())
	for _, op := range []secretlife.Operation{0, last + 1} {
		require.Equal(t, fmt.Sprintf("Operation(%d)", op), op.String())
		require.False(t, op.ReadOnly())
		require.Zero(t, op.Rule(secretlife.PhaseActive))
	}
	require.Zero(t, last.Rule(secretlife.PhasePrimaryWithReplicas+1))
	for _, r := range []secretlife.Rule{0, secretlife.RuleHasReplicas + 1} {
		require.Equal(t, fmt.Sprintf("Rule(%d)", r), r.String())
	}
}

// TestLastYear brings a virtual clock to the last year; it can't be brought beyond.
func TestLastYear(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(time.Date(9899, time.December, 31, 0, 0, 0, 0, time.UTC))
	w.advance(aDay)
	w.create("a")
	_, err := w.purger.Advance(ctx, 366*aDay)
	require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
	require.Equal(t, 9900, w.clock.Now().Year(), "the clock stays")
}

func TestTextForms(t *testing.T) {
	type nouns struct {
		ARN         secretlife.ARN
		Key         secretlife.Key
		Name        secretlife.Name
		Account     secretlife.Account
		Region      secretlife.Region
		Version     secretlife.VersionID
		Incarnation secretlife.Incarnation
		Phase       secretlife.Phase
		Operation   secretlife.Operation
		Work        secretlife.Work
		Reason      secretlife.Reason
	}
	arn := arnOf("a/b-AbCdEf")
	want := nouns{
		arn, arn.Key(), arn.Name(), arn.Account(), arn.Region(), version(t, tokenA), secretlife.Incarnation{1},
		secretlife.PhaseAwaitingPurge, secretlife.OpDeleteSecret, secretlife.WorkPurge, secretlife.ErrNotDue,
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a/b-AbCdEf",
		"Key": "123456789012/us-east-1/a/b", "Name": "a/b", "Account": "123456789012", "Region": "us-east-1",
		"Version": "`+tokenA+`", "Incarnation": "01000000000000000000000000000000", "Phase": "AwaitingPurge",
		"Operation": "DeleteSecret", "Work": "purge", "Reason": "secretlife: not due yet"}`, string(text))
	var got nouns
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)

	text, err = json.Marshal(nouns{})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, nouns{}, got)
	for name, value := range map[string]string{
		"ARN": "a", "Key": "123456789012/us-east-1", "Name": "a b", "Account": "1", "Region": "us", "Version": "short",
		"Incarnation": "01", "Phase": "Dead", "Operation": "PutSecret", "Work": "rest", "Reason": "because",
	} {
		require.Error(t, json.Unmarshal([]byte(`{"`+name+`": "`+value+`"}`), &got), name)
		require.Equal(t, nouns{}, got, name)
	}
}

func TestReasonsAreATree(t *testing.T) {
	s := then(t)(born(t).Delete(atStart, secretlife.Window(7), 0))
	_, err := s.Restore(secretlife.Exactly(start.AddDate(0, 0, 8)))
	require.ErrorIs(t, err, secretlife.ErrRecoveryWindowOver)
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	require.NotErrorIs(t, err, secretlife.ErrScheduledForDeletion)
	require.NotErrorIs(t, secretlife.ErrSecretNotFound, secretlife.ErrRecoveryWindowOver)
	var e secretlife.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.ClientFault())
	require.False(t, secretlife.Error(&secretlife.InternalServiceError{}).ClientFault())
}
