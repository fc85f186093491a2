package seed

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

const file = `{"Secrets": [
	{"Name": "prod/db", "SecretString": "hunter2", "Tags": [{"Key": "team", "Value": "a"}],
	 "ResourcePolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:*",
	   "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Resource": "*"}]}},
	{"Name": "old", "SecretString": "x", "Age": "90d", "Deletion": {"Ago": "25d", "RecoveryWindowInDays": 30}},
	{"Name": "rotated", "Versions": [
	  {"VersionId": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "SecretString": "first"},
	  {"VersionId": "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb", "SecretBinary": "AQID"},
	  {"SecretString": "next", "VersionStages": ["AWSPENDING"]}]},
	{"Name": "held", "Deletion": {"Ago": "40d", "RecoveryWindowInDays": 7},
	 "Holds": [{"Name": "case-17", "Reason": "litigation"}]},
	{"Name": "elsewhere", "Account": "111111111111", "Region": "eu-west-1", "ReplicaRegions": ["us-east-1"]}
]}`

// world is a service whose clock is to stand at now after Apply.
func world(t *testing.T, now time.Time, secrets []Secret) (*secretlife.Manager, error) {
	t.Helper()
	clock := secretlife.NewVirtualClock(now.Add(-Age(secrets)))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	purger := secretlife.NewPurger(m)
	err = Apply(t.Context(), m, secrets, func(ctx context.Context, d time.Duration) error {
		_, err := purger.Advance(ctx, d)
		return err
	})
	if err == nil {
		require.Equal(t, now, clock.Now())
	}
	return m, err
}

func TestApply(t *testing.T) {
	ctx, now := t.Context(), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	secrets, err := Parse([]byte(file))
	require.NoError(t, err)
	m, err := world(t, now, secrets)
	require.NoError(t, err)

	t.Run("a secret that a hold keeps beyond its window", func(t *testing.T) {
		s, err := m.Secret(ctx, "held")
		require.NoError(t, err)
		require.Equal(t, secretlife.PhaseAwaitingPurge, s.Phase(now))
		require.Equal(t, []secretlife.Hold{{Name: "case-17", Reason: "litigation", PlacedBy: "seed",
			Since: now.Add(-40 * day)}}, s.Holds())
	})
	t.Run("a secret with its attributes", func(t *testing.T) {
		out, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
		require.NoError(t, err)
		require.Equal(t, []secretlife.Tag{{Key: "team", Value: "a"}}, out.Tags)
		require.Equal(t, now, out.CreatedDate)
		value, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "prod/db"})
		require.NoError(t, err)
		require.Equal(t, "hunter2", value.Value.Reveal())
		policy, err := m.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: "prod/db"})
		require.NoError(t, err)
		require.Contains(t, policy.ResourcePolicy, "secretsmanager:*")
	})
	t.Run("one that is scheduled for deletion", func(t *testing.T) {
		out, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "old"})
		require.NoError(t, err)
		require.Equal(t, now.Add(-90*day), out.CreatedDate)
		require.Equal(t, now.Add(-25*day), out.DeletedDate)
		list, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: true})
		require.NoError(t, err)
		require.Len(t, list.SecretList, 4)
		purged, err := secretlife.NewPurger(m).Advance(ctx, 5*day-time.Millisecond)
		require.NoError(t, err)
		require.Empty(t, purged.Purged())
		purged, err = secretlife.NewPurger(m).Advance(ctx, time.Millisecond)
		require.NoError(t, err)
		require.Len(t, purged.Purged(), 1)
	})
	t.Run("one with versions", func(t *testing.T) {
		out, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "rotated"})
		require.NoError(t, err)
		require.Len(t, out.VersionIDsToStages, 3)
		require.Equal(t, []secretlife.Stage{"AWSCURRENT"}, out.VersionIDsToStages["bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"])
		require.Equal(t, []secretlife.Stage{"AWSPREVIOUS"}, out.VersionIDsToStages["aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"])
	})
	t.Run("one of another account, with a replica", func(t *testing.T) {
		there, err := m.In("111111111111", "us-east-1")
		require.NoError(t, err)
		out, err := there.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "elsewhere"})
		require.NoError(t, err)
		require.Equal(t, "eu-west-1", out.PrimaryRegion)
	})
	t.Run("what the service refuses", func(t *testing.T) {
		_, err := world(t, now, []Secret{{Name: "a"}, {Name: "a"}})
		require.ErrorIs(t, err, secretlife.ErrSecretExists)
		require.ErrorContains(t, err, `secret "a"`)
	})
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`{"Secrets": [{}]}`:                           "needs a Name",
		`{"Secrets": [{"Name":"a","Colour":"blue"}]}`: "Colour",
		`{"Secrets": [{"Name":"a","SecretString":"hunter2","SecretBinary":"AQID"}]}`:                      `secret "a"`,
		`{"Secrets": [{"Name":"a","SecretString":"hunter2","Versions":[{"SecretString":"hunter2"}]}]}`:    "Versions",
		`{"Secrets": [{"Name":"a","SecretString":"x","Deletion":{"Ago":"7d","RecoveryWindowInDays":7}}]}`: "would be gone",
		`{"Secrets": [{"Name":"a","Age":"-1d"}]}`:                                                         "",
		`{"Secrets": [{"Name":"a","Age":"soon"}]}`:                                                        "soon",
		`{"Secrets": [{"Name":"a","SecretString":1234567890}]}`:                                           "SecretString can't be",
		`{"Secrets": []} {}`: "more",
		`[]`:                 "",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := Parse([]byte(text))
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "hunter2")
			require.NotContains(t, err.Error(), "1234567890")
		})
	}
}

func TestSecretsHideValues(t *testing.T) {
	secrets, err := Parse([]byte(file))
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		require.NotContains(t, fmt.Sprintf(verb, secrets), "hunter2")
	}
}

// FuzzParse reads anything without a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(file))
	f.Fuzz(func(t *testing.T, data []byte) {
		secrets, err := Parse(data)
		if err != nil {
			return
		}
		for _, s := range secrets {
			require.NoError(t, s.Check())
		}
	})
}
