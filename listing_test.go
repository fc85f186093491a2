package secretlife_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// list reads all pages.
func (w *world) list(in secretlife.ListSecretsInput) []string {
	w.t.Helper()
	names := []string{}
	for range 10_000 {
		out, err := w.ListSecrets(ctx, in)
		require.NoError(w.t, err)
		for _, s := range out.SecretList {
			names = append(names, s.Name)
		}
		if out.NextToken == "" {
			return names
		}
		require.NotEmpty(w.t, out.SecretList)
		in.NextToken = out.NextToken
	}
	w.t.Fatal("the list does not end")
	return nil
}

func TestListSecrets(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"c", "app/b", "app/a", "d"} {
		w.create(name)
		w.clock.Set(w.clock.Now().Add(time.Second))
	}
	w.delete("c", 7)
	named := func(values ...string) []secretlife.Filter {
		return []secretlife.Filter{{Key: "name", Values: values}}
	}
	for _, c := range []struct {
		name string
		in   secretlife.ListSecretsInput
		want string
	}{
		{"by creation", secretlife.ListSecretsInput{}, "app/b app/a d"},
		{"descending", secretlife.ListSecretsInput{SortOrder: secretlife.SortDescending}, "d app/a app/b"},
		{"by name", secretlife.ListSecretsInput{SortBy: secretlife.SortByName, SortOrder: secretlife.SortAscending}, "app/a app/b d"},
		{"by name, descending", secretlife.ListSecretsInput{SortBy: secretlife.SortByName, SortOrder: secretlife.SortDescending}, "d app/b app/a"},
		{"scheduled ones too", secretlife.ListSecretsInput{IncludePlannedDeletion: true, SortBy: secretlife.SortByCreatedDate}, "c app/b app/a d"},
		{"prefix", secretlife.ListSecretsInput{Filters: named("app/")}, "app/b app/a"},
		{"prefix, descending", secretlife.ListSecretsInput{Filters: named("app/"), SortOrder: secretlife.SortDescending}, "app/a app/b"},
		{"prefix by name", secretlife.ListSecretsInput{Filters: named("app/"), SortBy: secretlife.SortByName}, "app/a app/b"},
		{"case matters", secretlife.ListSecretsInput{Filters: named("App/")}, ""},
		{"a space is a space", secretlife.ListSecretsInput{Filters: named("app d")}, ""},
		{"one of several values", secretlife.ListSecretsInput{Filters: named("app/a", "d")}, "app/a d"},
		{"negated", secretlife.ListSecretsInput{Filters: named("!app/")}, "d"},
		{"all filters", secretlife.ListSecretsInput{Filters: append(named("app/"), named("!app/a")...)}, "app/b"},
		{"scheduled with prefix", secretlife.ListSecretsInput{Filters: named("c")}, ""},
		{"planned with prefix", secretlife.ListSecretsInput{Filters: named("c"), IncludePlannedDeletion: true}, "c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{0, 1, 2, 100} {
				c.in.MaxResults = size
				require.Equal(t, c.want, strings.Join(w.list(c.in), " "), "in pages of %d", size)
			}
		})
	}
	out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: true, MaxResults: 1})
	require.NoError(t, err)
	require.Equal(t, start.Add(4*time.Second+7*aDay), *out.SecretList[0].DeletedDate)
	require.Len(t, out.SecretList[0].SecretVersionsToStages, 1)
}

func TestListSecretsOfAWidePrefix(t *testing.T) {
	w := newWorld(t)
	for i := range 1100 {
		name := fmt.Sprintf("wide/%04d", 5000-i)
		w.create(name)
		if i%10 == 0 {
			w.delete(name, 7)
		}
	}
	in := secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"wide/"}}}, MaxResults: 70}
	require.Len(t, w.list(in), 990)
	in.Filters[0].Values[0] = "wide/4999"
	require.Equal(t, []string{"wide/4999"}, w.list(in))
}

func TestNextTokens(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.create(fmt.Sprint("s", i))
	}
	first, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 2})
	require.NoError(t, err)
	for name, in := range map[string]secretlife.ListSecretsInput{
		"garbage":         {NextToken: "?"},
		"garbage in form": {NextToken: "e30"},
		"another request": {NextToken: first.NextToken, IncludePlannedDeletion: true},
	} {
		_, err := w.ListSecrets(ctx, in)
		var bad *secretlife.InvalidNextTokenError
		require.ErrorAs(t, err, &bad, name)
		require.ErrorIs(t, err, secretlife.ErrInvalidNextToken)
	}
	_, err = w.in("123456789012", "eu-west-1").ListSecrets(ctx, secretlife.ListSecretsInput{NextToken: first.NextToken})
	require.ErrorIs(t, err, secretlife.ErrInvalidNextToken)
	_, err = w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "s0", NextToken: first.NextToken})
	require.ErrorIs(t, err, secretlife.ErrInvalidNextToken)

	// The page goes on though the secret it ended with is gone.
	w.delete("s1", 0)
	w.advance(0)
	second, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 2, NextToken: first.NextToken})
	require.NoError(t, err)
	require.Equal(t, "s2", second.SecretList[0].Name)
}

// versionsOf gives the secret a six versions, and tells the ids of the last
// five.
func versionsOf(w *world) func(int) string {
	w.create("a")
	id := func(i int) string { return fmt.Sprintf("%032d", i) }
	for i := range 5 {
		w.clock.Set(w.clock.Now().Add(time.Second))
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: id(i), Value: secretlife.SecretString("x")})
		require.NoError(w.t, err)
	}
	return id
}

// listVersions reads all pages.
func listVersions(w *world, in secretlife.ListSecretVersionIdsInput) (ids []string) {
	w.t.Helper()
	in.SecretID = "a"
	for range 100 {
		out, err := w.ListSecretVersionIds(ctx, in)
		require.NoError(w.t, err)
		for _, v := range out.Versions {
			ids = append(ids, v.VersionID)
			require.Equal(w.t, []string{"DefaultEncryptionKey"}, v.KmsKeyIDs)
		}
		if in.NextToken = out.NextToken; in.NextToken == "" {
			return ids
		}
	}
	w.t.Fatal("the list does not end")
	return nil
}

func TestListSecretVersionIdsUnderAClockThatWentBack(t *testing.T) {
	w := newWorld(t)
	id := versionsOf(w)
	list := func(in secretlife.ListSecretVersionIdsInput) []string { return listVersions(w, in) }
	// The next version is older than the last, by a clock that went back.
	w.clock.Jump(-hour)
	_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB, Value: secretlife.SecretString("x")})
	require.NoError(t, err)
	require.Equal(t, []string{id(4), tokenB}, list(secretlife.ListSecretVersionIdsInput{MaxResults: 1}))
	require.Len(t, list(secretlife.ListSecretVersionIdsInput{MaxResults: 1, IncludeDeprecated: true}), 7)
}

// TestListSecretVersionIdsOfOneInstant: pages go on behind the version they ended
// with, not behind its time.
func TestListSecretVersionIdsOfOneInstant(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	for _, token := range []string{tokenB, tokenC} {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: token, Value: secretlife.SecretString("x")})
		require.NoError(t, err)
	}
	require.Equal(t, []string{tokenA, tokenB, tokenC}, listVersions(w, secretlife.ListSecretVersionIdsInput{MaxResults: 1, IncludeDeprecated: true}))
}

func TestListSecretVersionIdsInPages(t *testing.T) {
	w := newWorld(t)
	id := versionsOf(w)
	list := func(in secretlife.ListSecretVersionIdsInput) []string { return listVersions(w, in) }
	for _, size := range []int{0, 1, 2, 6} {
		require.Equal(t, []string{id(3), id(4)}, list(secretlife.ListSecretVersionIdsInput{MaxResults: size}))
		require.Equal(t, []string{tokenA, id(0), id(1), id(2), id(3), id(4)}, list(secretlife.ListSecretVersionIdsInput{MaxResults: size, IncludeDeprecated: true}))
	}
}

func TestAPageOfVersionsGoesOnThoughItsEndIsGone(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	for i := range 119 {
		w.clock.Set(w.clock.Now().Add(time.Second))
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: fmt.Sprintf("%032d", i), Value: secretlife.SecretString("x")})
		require.NoError(t, err)
	}
	in := secretlife.ListSecretVersionIdsInput{SecretID: "a", IncludeDeprecated: true, MaxResults: 3}
	first, err := w.ListSecretVersionIds(ctx, in)
	require.NoError(t, err)
	w.advance(2 * aDay) // ageing takes the first page, and more
	in.NextToken = first.NextToken
	second, err := w.ListSecretVersionIds(ctx, in)
	require.NoError(t, err)
	require.Equal(t, w.load("a").Versions()[0].ID().String(), second.Versions[0].VersionID)
}

func TestPartitions(t *testing.T) {
	for region, partition := range map[string]string{"us-east-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b"} {
		w := newWorld(t, func(o *secretlife.Options) { o.Region = region })
		require.True(t, strings.HasPrefix(w.create("a").ARN, "arn:"+partition+":secretsmanager:"+region+":"))
	}
}
