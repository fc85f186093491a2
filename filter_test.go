package secretlife_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// find lists the names that a filter finds, over pages of two.
func (w *world) find(in secretlife.ListSecretsInput) []string {
	w.t.Helper()
	var out []string
	in.MaxResults = 2
	for {
		page, err := w.ListSecrets(ctx, in)
		require.NoError(w.t, err)
		for _, s := range page.SecretList {
			out = append(out, s.Name)
		}
		if page.NextToken == "" {
			return out
		}
		in.NextToken = page.NextToken
	}
}

func (w *world) filtered(key string, values ...string) []string {
	w.t.Helper()
	return w.find(secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: key, Values: values}}})
}

func TestFilters(t *testing.T) {
	w := newWorld(t)
	for i, s := range []secretlife.CreateSecretInput{
		{Name: "prod/AppBeta/x", Description: "a secret"},
		{Name: "b", Description: "an secret", Tags: []secretlife.Tag{{Key: "Team", Value: "Blue"}}},
		{Name: "c", Description: "asecret", Tags: []secretlife.Tag{{Key: "stage", Value: "Team"}}},
		{Name: "d", Description: "thesecret"},
		{Name: "COMPANYthings"},
	} {
		s.ClientRequestToken = tokenA
		w.clock.Set(start.Add(time.Duration(i) * time.Second))
		_, err := w.CreateSecret(ctx, s)
		require.NoError(t, err)
	}
	for _, c := range []struct {
		key    string
		values []string
		want   []string
	}{
		{"description", []string{"a"}, []string{"prod/AppBeta/x", "b", "c"}},
		{"description", []string{"!a"}, []string{"d", "COMPANYthings"}},
		{"description", []string{"a secret"}, []string{"prod/AppBeta/x", "b"}},
		{"description", []string{"SECRET an"}, []string{"b"}},
		{"description", []string{"!c"}, []string{"prod/AppBeta/x", "b", "c", "d", "COMPANYthings"}},
		{"name", []string{"prod/App"}, []string{"prod/AppBeta/x"}},
		{"name", []string{"Prod"}, nil},
		{"name", []string{"!prod", "prod/"}, []string{"prod/AppBeta/x", "b", "c", "d", "COMPANYthings"}},
		{"tag-key", []string{"Te"}, []string{"b"}},
		{"tag-key", []string{"te"}, nil},
		{"tag-value", []string{"Te", "Bl"}, []string{"b", "c"}},
		{"tag-value", []string{"!Te"}, []string{"prod/AppBeta/x", "b", "d", "COMPANYthings"}},
		{"primary-region", []string{"us"}, nil},
		{"owning-service", []string{"rds"}, nil},
		{"owning-service", []string{"!rds"}, []string{"prod/AppBeta/x", "b", "c", "d", "COMPANYthings"}},
		{"all", []string{"AppBeta"}, []string{"prod/AppBeta/x"}},
		{"all", []string{"beta prod"}, []string{"prod/AppBeta/x"}},
		{"all", []string{"Ythings"}, []string{"COMPANYthings"}},
		{"all", []string{"things"}, nil},
		{"all", []string{"team"}, []string{"b", "c"}},
		{"all", []string{"+"}, nil},
		{"all", []string{"ret"}, nil},
	} {
		require.Equal(t, c.want, w.filtered(c.key, c.values...), "%s %q", c.key, c.values)
	}
	both := secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "description", Values: []string{"a"}}, {Key: "description", Values: []string{"secret"}}}}
	require.Equal(t, []string{"prod/AppBeta/x", "b"}, w.find(both), "all filters must fit")
}

func TestFilterByPrimaryRegion(t *testing.T) {
	w := newWorld(t)
	w.create("alone")
	w.create("shared", func(in *secretlife.CreateSecretInput) {
		in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
	})
	w.advance(0)
	require.Equal(t, []string{"shared"}, w.filtered("primary-region", "us-east"))
	require.Equal(t, []string{"shared"}, w.filtered("primary-region", ""))
	require.Empty(t, w.filtered("primary-region", "eu"))
	out, err := w.in("123456789012", "eu-west-1").ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "primary-region", Values: []string{"us-east-1"}}}})
	require.NoError(t, err)
	require.Len(t, out.SecretList, 1)
}

func TestListOrders(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"c", "a", "b"} {
		w.clock.Set(start.Add(time.Duration(i) * time.Hour))
		w.create(name)
	}
	text := "changed"
	w.clock.Set(start.Add(5 * time.Hour))
	_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "c", Description: &text})
	require.NoError(t, err)
	for day, name := range []string{"b", "c"} {
		w.clock.Set(start.Add(time.Duration(day+1) * aDay))
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		require.NoError(t, err)
	}
	for by, want := range map[secretlife.SortBy][]string{
		"": {"c", "a", "b"}, secretlife.SortByName: {"a", "b", "c"},
		secretlife.SortByLastChangedDate: {"a", "b", "c"}, secretlife.SortByLastAccessedDate: {"a", "b", "c"},
	} {
		require.Equal(t, want, w.find(secretlife.ListSecretsInput{SortBy: by}), "by %s", by)
		require.Equal(t, []string{want[2], want[1], want[0]}, w.find(secretlife.ListSecretsInput{SortBy: by, SortOrder: secretlife.SortDescending}), "by %s, down", by)
	}
}

func TestBadFilters(t *testing.T) {
	w := newWorld(t)
	const keys = "[all, name, tag-key, description, tag-value, primary-region, owning-service]"
	for _, c := range []struct {
		filter secretlife.Filter
		want   string
	}{
		{secretlife.Filter{Key: "invalid", Values: []string{"x"}}, "1 validation error detected: Value 'invalid' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: " + keys},
		{secretlife.Filter{Key: "name"}, "1 validation error detected: Value '0' at 'filters.1.member.values' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{secretlife.Filter{Key: "name", Values: []string{"a*b"}}, `1 validation error detected: Value 'a*b' at 'filters.1.member.values.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-]*$`},
	} {
		_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{c.filter}})
		requireError(t, err, "ValidationException", c.want)
	}
}

// TestAPageLooksAtSoMany has a filter that fits almost nobody among many: pages
// come empty, and the one that fits is found all the same.
func TestAPageLooksAtSoMany(t *testing.T) {
	w := newWorld(t, func(o *secretlife.Options) { o.Sink = nil })
	for i := range 25_000 {
		in := secretlife.CreateSecretInput{Name: fmt.Sprintf("n%05d", i), ClientRequestToken: tokenA}
		if i == 24_000 {
			in.Description = "needle"
		}
		_, err := w.CreateSecret(ctx, in)
		require.NoError(t, err)
	}
	in := secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "description", Values: []string{"needle"}}}}
	pages, found := 0, 0
	for {
		out, err := w.ListSecrets(ctx, in)
		require.NoError(t, err)
		pages, found = pages+1, found+len(out.SecretList)
		if in.NextToken = out.NextToken; in.NextToken == "" {
			break
		}
	}
	require.Equal(t, 1, found)
	require.Equal(t, 3, pages)
}

func TestBatchGetSecretValue(t *testing.T) {
	w := newWorld(t)
	for i := range 25 {
		w.create(fmt.Sprintf("app/%02d", i))
	}
	w.create("app/dying")
	w.delete("app/dying", 7)
	w.create("app/empty", func(in *secretlife.CreateSecretInput) { in.Value = secretlife.Value{} })
	in := secretlife.BatchGetSecretValueInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"app/"}}}}
	first, err := w.BatchGetSecretValue(ctx, in)
	require.NoError(t, err)
	require.Len(t, first.SecretValues, 20)
	in.NextToken = first.NextToken
	second, err := w.BatchGetSecretValue(ctx, in)
	require.NoError(t, err)
	require.Len(t, second.SecretValues, 5)
	require.Len(t, second.Errors, 1, "a secret without a value")
	require.Empty(t, second.NextToken)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", first, first, first), "value of app/00")

	few := in
	few.MaxResults, few.NextToken = 5, ""
	third, err := w.BatchGetSecretValue(ctx, few)
	require.NoError(t, err)
	require.Len(t, third.SecretValues, 5)
	require.NotEmpty(t, third.NextToken)

	in.Filters[0].Values[0] = "app"
	_, err = w.BatchGetSecretValue(ctx, in)
	require.ErrorIs(t, err, secretlife.ErrInvalidNextToken, "a token is good for its request")
	for _, c := range []struct {
		in         secretlife.BatchGetSecretValueInput
		code, text string
	}{
		{secretlife.BatchGetSecretValueInput{}, "InvalidParameterException", "Either 'SecretIdList' or 'Filters' must be provided, but not both."},
		{secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a"}, MaxResults: 3}, "InvalidParameterException", "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."},
		{secretlife.BatchGetSecretValueInput{SecretIDList: strings.Split(strings.Repeat("a,", 20)+"a", ",")}, "ValidationException", "1 validation error detected: Value '21' at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to 20"},
	} {
		_, err := w.BatchGetSecretValue(ctx, c.in)
		requireError(t, err, c.code, c.text)
	}
}

func TestTokensOfAnotherManager(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	w.create("b")
	in := secretlife.ListSecretsInput{MaxResults: 1}
	out, err := w.ListSecrets(ctx, in)
	require.NoError(t, err)
	in.NextToken = out.NextToken
	for _, same := range []bool{true, false} {
		key := []byte("a key that two processes share")
		one, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock, o.TokenKey = w.clock, key })
		require.NoError(t, err)
		two, err := secretlife.New(w.store, func(o *secretlife.Options) {
			o.Clock = w.clock
			if same {
				o.TokenKey = key
			}
		})
		require.NoError(t, err)
		out, err := one.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 1})
		require.NoError(t, err)
		_, err = two.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 1, NextToken: out.NextToken})
		require.Equal(t, same, err == nil)
	}
	_, err = w.In("210987654321", "us-east-1")
	require.NoError(t, err)
	_, err = w.in("210987654321", "us-east-1").ListSecrets(ctx, in)
	require.ErrorIs(t, err, secretlife.ErrInvalidNextToken, "another account")
}

func FuzzNextToken(f *testing.F) {
	w := newWorld(f)
	w.create("a")
	w.create("b")
	out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 1})
	require.NoError(f, err)
	f.Add(out.NextToken)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 1, NextToken: token})
		switch {
		case token == "":
		case err == nil:
			require.Equal(t, out.NextToken, token, "a token that was not given out")
			require.Equal(t, "b", got.SecretList[0].Name)
		default:
			var e secretlife.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []string{"InvalidNextTokenException", "ValidationException"}, e.ErrorCode())
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("all", "AppBeta x", "prod/AppBeta", "one COMPANYthings")
	f.Add("description", "a secret", "n", "an secret")
	f.Fuzz(func(t *testing.T, key, value, name, description string) {
		w := newWorld(t)
		if _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Description: description}); err != nil {
			return
		}
		count := func(v string) (int, error) {
			out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: key, Values: []string{v}}}})
			return len(out.SecretList), err
		}
		value = strings.TrimPrefix(value, "!")
		fits, err := count(value)
		not, errNot := count("!" + value)
		require.Equal(t, err == nil, errNot == nil || len(value) == 512 || strings.HasPrefix(value, "!"))
		if err == nil && errNot == nil && !strings.HasPrefix(value, "!") {
			require.Equal(t, 1, fits+not, "a secret fits a value or its negation")
		}
	})
}

func TestSecretsOfOtherServices(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"rds!db-1", "rds", "redshift!x/y", "a/b!c", "!d", "e"} {
		w.create(name)
	}
	owners := map[string]string{}
	page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
	require.NoError(t, err)
	for _, s := range page.SecretList {
		owners[s.Name] = s.OwningService
		d, err := w.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: s.Name})
		require.NoError(t, err)
		require.Equal(t, s.OwningService, d.OwningService)
	}
	require.Equal(t, map[string]string{"rds!db-1": "rds", "rds": "", "redshift!x/y": "redshift", "a/b!c": "", "!d": "", "e": ""}, owners)
	page, err = w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "owning-service", Values: []string{"rd"}}}})
	require.NoError(t, err)
	require.Len(t, page.SecretList, 1)
	require.Equal(t, "rds!db-1", page.SecretList[0].Name)
}
