package secretlife_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const invalidName = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"

func TestParseName(t *testing.T) {
	for _, good := range []string{"a", "A-z0-9/_+=.@-!", "/testing2/two-", "Valid/_+=.@-Name-a1b2c3-", "rds!db-1", strings.Repeat("n", 512)} {
		n, err := secretlife.ParseName(good)
		require.NoError(t, err, good)
		require.Equal(t, good, n.String())
		require.False(t, n.IsZero())
	}
	for bad, text := range map[string]string{
		"":                       "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
		"a b":                    invalidName,
		"a*":                     invalidName,
		"é":                      invalidName,
		"a\x00":                  invalidName,
		"a:b":                    invalidName,
		strings.Repeat("n", 513): "1 validation error detected: Value '" + strings.Repeat("n", 256) + "...' at 'name' failed to satisfy constraint: Member must have length less than or equal to 512",
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
	for _, good := range []string{"us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "a-1", "eu-isoe-west-10", "za-az-09"} {
		r, err := secretlife.ParseRegion(good)
		require.NoError(t, err, good)
		require.Equal(t, good, r.String())
	}
	for _, bad := range []string{"", "us", "1", "-1", "us-", "us-east", "us--1", "us--east-1", "-us-1", "US-EAST-1", "us-east-1a", "us_east-1", "us-east-1 ", strings.Repeat("a", 128) + "-1"} {
		_, err := secretlife.ParseRegion(bad)
		var v *secretlife.ValidationError
		require.ErrorAs(t, err, &v, bad)
		require.NotEmpty(t, v.Violations)
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
	require.ErrorContains(t, err, "Value '' at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1")
	_, err = secretlife.ParseSecretID(strings.Repeat("n", 2049))
	require.ErrorContains(t, err, "Member must have length less than or equal to 2048")
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
	for _, s := range []string{"", "a", "prod/db", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdE1", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db", "arn:::::::", "é", "a\x00b", strings.Repeat("a", 513), "arn:aws:secretsmanager:eu-west-1:123456789012:secret:-abcdef"} {
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
