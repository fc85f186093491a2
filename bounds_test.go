package secretlife_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestLimitsAreInclusive asks for as much as is allowed, and for one more.
func TestLimitsAreInclusive(t *testing.T) {
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
		"a name in an ARN":   {512, func(n int) error { _, err := secretlife.ParseSecretID(arn + strings.Repeat("n", n)); return err }},
		"a Region":           {128, func(n int) error { _, err := secretlife.ParseRegion(strings.Repeat("a", n-2) + "-1"); return err }},
		"filters":            {10, func(n int) error { return filters(n, 1) }},
		"values of a filter": {10, func(n int) error { return filters(1, n) }},
		"secrets of a batch": {20, func(n int) error {
			_, err := w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: slicesOf("a", n)})
			return err
		}},
		"bytes of a value": {65_536, func(n int) error {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretBinary(make([]byte, n))})
			return err
		}},
		"labels of a version": {20, func(n int) error {
			s := newWorld(t)
			s.create("a", func(in *secretlife.CreateSecretInput) { in.Value = secretlife.Value{} })
			labels := []secretlife.Stage{secretlife.StageCurrent}
			for i := range n - 1 {
				labels = append(labels, secretlife.Stage(fmt.Sprint(i)))
			}
			_, err := s.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("x"), VersionStages: labels})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.call(c.most))
			require.NotEmpty(t, validation(t, c.call(c.most+1)).Message)
		})
	}
}

func slicesOf(s string, n int) []string { return strings.Split(strings.Repeat(s+",", n-1)+s, ",") }

// TestAnIDOfTheLongestLength: what is as long as an ARN may be is told that it is
// no name, what is longer that it is too long.
func TestAnIDOfTheLongestLength(t *testing.T) {
	_, err := secretlife.ParseSecretID(strings.Repeat("n", 2048))
	require.Equal(t, invalidName, validation(t, err).Message)
}

// TestErrorsShowTheBeginningOfAValue: 256 bytes of it.
func TestErrorsShowTheBeginningOfAValue(t *testing.T) {
	for n, shown := range map[int]string{256: strings.Repeat("x", 256), 257: strings.Repeat("x", 256) + "..."} {
		_, err := secretlife.ParseRegion(strings.Repeat("x", n))
		require.Equal(t, shown, validation(t, err).Violations[0].Value)
	}
}

// TestMembersAreCountedFromOne: as AWS does, where it says which one is wrong.
func TestMembersAreCountedFromOne(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	long := strings.Repeat("x", 3000)
	for member, call := range map[string]func() error{
		"filters.2.member.key": func() error {
			_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"a"}}, {Key: "no", Values: []string{"a"}}}})
			return err
		},
		"filters.1.member.values.2.member": func() error {
			_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"a", "?"}}}})
			return err
		},
		"secretIdList.2.member": func() error {
			_, err := w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a", ""}})
			return err
		},
		"removeReplicaRegions.2.member": func() error {
			_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a", RemoveReplicaRegions: []string{"eu-west-1", "?"}})
			return err
		},
		"addReplicaRegions.2.member.region": func() error {
			_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a", AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}, {Region: "?"}}})
			return err
		},
		"externalSecretRotationMetadata.2.member.key": func() error {
			_, err := w.RotateSecret(ctx, secretlife.RotateSecretInput{SecretID: "a", RotationLambdaARN: function, ExternalSecretRotationMetadata: []secretlife.ExternalSecretRotationMetadataItem{{Key: "k", Value: "v"}, {Value: "v"}}})
			return err
		},
		"tags.2.member.key": func() error {
			return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}, {}}})
		},
		"tags.2.member.value": func() error {
			return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}, {Key: "l", Value: long}}})
		},
		"tagKeys.2.member": func() error {
			return w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "a", TagKeys: []string{"k", ""}})
		},
	} {
		v := validation(t, call())
		require.Len(t, v.Violations, 1, member)
		require.Equal(t, member, v.Violations[0].Member)
	}
}

// TestValuesBeyondTheLastHaveNoMeaning: an operation, phase or rule that is none.
func TestValuesBeyondTheLastHaveNoMeaning(t *testing.T) {
	all := secretlife.Operations()
	last := all[len(all)-1]
	require.Equal(t, "ValidateResourcePolicy", last.String())
	require.True(t, last.ReadOnly())
	for _, op := range []secretlife.Operation{0, last + 1} {
		require.Equal(t, fmt.Sprintf("Operation(%d)", op), op.String())
		require.False(t, op.ReadOnly())
		require.Zero(t, op.Rule(secretlife.Active))
	}
	require.Zero(t, last.Rule(secretlife.PrimaryWithReplicas+1))
	for _, r := range []secretlife.Rule{0, secretlife.RefusedHasReplicas + 1} {
		require.Equal(t, fmt.Sprintf("Rule(%d)", r), r.String())
	}
}

// TestTheLastYear: a virtual clock can be brought to it, and not beyond.
func TestTheLastYear(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(time.Date(9899, time.December, 31, 0, 0, 0, 0, time.UTC))
	w.advance(aDay)
	w.create("a")
	_, err := w.purger.Advance(ctx, 366*aDay)
	require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
	require.Equal(t, 9900, w.clock.Now().Year(), "the clock stays")
}
