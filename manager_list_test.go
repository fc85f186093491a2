package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
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
	// Recorded by Cloud Custodian's tests, and tested against AWS by moto.
	t.Run("in order of creation at one instant", func(t *testing.T) {
		w := newWorld(t)
		runDue := func() {
			t.Helper()
			_, err := w.purger.RunDue(ctx)
			require.NoError(t, err)
		}
		pages := func(want string) {
			t.Helper()
			backward := strings.Fields(want)
			slices.Reverse(backward)
			for size := range 5 {
				in := secretlife.ListSecretsInput{MaxResults: size, IncludePlannedDeletion: true}
				require.Equal(t, want, strings.Join(w.list(in), " "), "in pages of %d", size)
				in.SortOrder = secretlife.SortDescending
				require.Equal(t, backward, w.list(in), "in pages of %d", size)
			}
		}
		for _, name := range []string{"c", "a", "d", "b"} {
			w.create(name)
		}
		pages("c a d b")
		w.delete("a", 7)
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		pages("c a d b")
		w.delete("d", 0)
		w.delete("b", 0)
		runDue()
		w.create("aa")
		pages("c a aa")
		w.clock.Set(start.Add(time.Hour))
		w.create("A")
		w.clock.Set(start) // as a wrong clock does
		w.create("0")
		pages("c a aa 0 A")
		w.Manager, err = secretlife.New(w.store, func(o *secretlife.Options) { o.Clock = w.clock }) // as after a restart
		require.NoError(t, err)
		w.create("-")
		pages("c a aa 0 - A")

		w.create("with-replica")
		w.replicate("with-replica", false, "eu-west-1")
		runDue()
		west := *w
		west.Manager = w.in("123456789012", "eu-west-1")
		west.create("by-itself")
		w.create("at-last")
		w.replicate("at-last", false, "eu-west-1")
		runDue()
		require.Equal(t, "with-replica by-itself at-last", strings.Join(west.list(secretlife.ListSecretsInput{}), " "))
	})

	// Secrets that are created at once have no order of creation. What is created after them
	// comes after them.
	t.Run("created at once at one instant", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
		for round := range 5 {
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprintf("%d-%d", 9-round, i)})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		whole := w.list(secretlife.ListSecretsInput{})
		require.Len(t, whole, 40)
		for i, name := range whole {
			require.Equal(t, fmt.Sprint(9-i/8), name[:1], "%v", whole)
		}
		require.Equal(t, whole, w.list(secretlife.ListSecretsInput{MaxResults: 3}), "pages are of the same order")
	})

	t.Run("scheduled secrets on request", func(t *testing.T) {
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
			{"by name", secretlife.ListSecretsInput{SortBy: secretlife.SortByName, SortOrder: secretlife.SortAscending},
				"app/a app/b d"},
			{"by name, descending", secretlife.ListSecretsInput{SortBy: secretlife.SortByName,
				SortOrder: secretlife.SortDescending}, "d app/b app/a"},
			{"scheduled ones too", secretlife.ListSecretsInput{IncludePlannedDeletion: true,
				SortBy: secretlife.SortByCreatedDate}, "c app/b app/a d"},
			{"prefix", secretlife.ListSecretsInput{Filters: named("app/")}, "app/b app/a"},
			{"prefix, descending", secretlife.ListSecretsInput{Filters: named("app/"), SortOrder: secretlife.SortDescending},
				"app/a app/b"},
			{
				"prefix by name",
				secretlife.ListSecretsInput{Filters: named("app/"), SortBy: secretlife.SortByName},
				"app/a app/b",
			},
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
		require.Equal(t, start.Add(4*time.Second), out.SecretList[0].DeletedDate)
		require.Len(t, out.SecretList[0].VersionIDsToStages, 1)
	})

	t.Run("a wide prefix", func(t *testing.T) {
		w := newWorld(t)
		for i := range 1100 {
			name := fmt.Sprintf("wide/%04d", 5000-i)
			w.create(name)
			if i%10 == 0 {
				w.delete(name, 7)
			}
		}
		in := secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "name", Values: []string{"wide/"}}},
			MaxResults: 70}
		require.Len(t, w.list(in), 990)
		in.Filters[0].Values[0] = "wide/4999"
		require.Equal(t, []string{"wide/4999"}, w.list(in))
	})

	t.Run("orders", func(t *testing.T) {
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
		for by, want := range map[string][]string{
			"": {"c", "a", "b"}, secretlife.SortByName: {"a", "b", "c"},
			secretlife.SortByLastChangedDate: {"a", "b", "c"}, secretlife.SortByLastAccessedDate: {"a", "b", "c"},
		} {
			require.Equal(t, want, w.find(secretlife.ListSecretsInput{SortBy: by}), "by %s", by)
			require.Equal(t, []string{want[2], want[1], want[0]},
				w.find(secretlife.ListSecretsInput{SortBy: by, SortOrder: secretlife.SortDescending}), "by %s, down", by)
		}
	})

	t.Run("partitions", func(t *testing.T) {
		for region, partition := range map[string]string{"us-east-1": "aws", "cn-north-1": "aws-cn",
			"us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b"} {
			w := newWorld(t, func(o *secretlife.Options) { o.Region = region })
			require.True(t, strings.HasPrefix(w.create("a").ARN, "arn:"+partition+":secretsmanager:"+region+":"))
		}
	})

	t.Run("secrets of other services", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"rds!db-1", "rds", "redshift!x/y", "a/b!c", "!d", "e"} {
			w.create(name)
		}
		owners := map[string]string{}
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		for _, s := range page.SecretList {
			owners[s.Name] = s.OwningService
			d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: s.Name})
			require.NoError(t, err)
			require.Equal(t, s.OwningService, d.OwningService)
		}
		require.Equal(t, map[string]string{"rds!db-1": "rds", "rds": "", "redshift!x/y": "redshift", "a/b!c": "", "!d": "",
			"e": ""}, owners)
		page, err = w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "owning-service",
			Values: []string{"rd"}}}})
		require.NoError(t, err)
		require.Len(t, page.SecretList, 1)
		require.Equal(t, "rds!db-1", page.SecretList[0].Name)
	})
}

func TestNextToken(t *testing.T) {
	t.Run("of the same request", func(t *testing.T) {
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
	})

	t.Run("of another Manager", func(t *testing.T) {
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
	})
}

// versionsOf gives the secret a six versions, and tells the ids of the last
// five.
func versionsOf(w *world) func(int) string {
	w.create("a")
	id := func(i int) string { return fmt.Sprintf("%032d", i) }
	for i := range 5 {
		w.clock.Set(w.clock.Now().Add(time.Second))
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: id(i),
			Value: secretlife.SecretString("x")})
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
			require.Equal(w.t, []string{"DefaultEncryptionKey"}, v.KMSKeyIDs)
		}
		if in.NextToken = out.NextToken; in.NextToken == "" {
			return ids
		}
	}
	w.t.Fatal("the list does not end")
	return nil
}

func TestListSecretVersionIds(t *testing.T) {
	t.Run("clock went back", func(t *testing.T) {
		w := newWorld(t)
		id := versionsOf(w)
		list := func(in secretlife.ListSecretVersionIdsInput) []string { return listVersions(w, in) }
		// The next version is older than the last, by a clock that went back.
		w.clock.Jump(-hour)
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB,
			Value: secretlife.SecretString("x")})
		require.NoError(t, err)
		require.Equal(t, []string{id(4), tokenB}, list(secretlife.ListSecretVersionIdsInput{MaxResults: 1}))
		require.Len(t, list(secretlife.ListSecretVersionIdsInput{MaxResults: 1, IncludeDeprecated: true}), 7)
	})

	// Pages go on behind the version they ended with, not behind its time.
	t.Run("versions of one instant", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for _, token := range []string{tokenB, tokenC} {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: token,
				Value: secretlife.SecretString("x")})
			require.NoError(t, err)
		}
		require.Equal(t, []string{tokenA, tokenB, tokenC}, listVersions(w, secretlife.ListSecretVersionIdsInput{MaxResults: 1,
			IncludeDeprecated: true}))
	})

	t.Run("pages", func(t *testing.T) {
		w := newWorld(t)
		id := versionsOf(w)
		list := func(in secretlife.ListSecretVersionIdsInput) []string { return listVersions(w, in) }
		for _, size := range []int{0, 1, 2, 6} {
			require.Equal(t, []string{id(3), id(4)}, list(secretlife.ListSecretVersionIdsInput{MaxResults: size}))
			require.Equal(t, []string{tokenA, id(0), id(1), id(2), id(3), id(4)},
				list(secretlife.ListSecretVersionIdsInput{MaxResults: size, IncludeDeprecated: true}))
		}
	})

	t.Run("the last version of a page is gone", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for i := range 119 {
			w.clock.Set(w.clock.Now().Add(time.Second))
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
				ClientRequestToken: fmt.Sprintf("%032d", i), Value: secretlife.SecretString("x")})
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
	})
}

// reading is a store that counts the secrets it was asked for by lists.
type reading struct {
	secretlife.Store
	read int
}

func (r *reading) List(ctx context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	out, err := r.Store.List(ctx, q)
	r.read += len(out)
	return out, err
}

// manySecrets has many secrets, a second apart: "other/…" first, then "few/…" and
// "wide/…" with names that run against the order of creation.
func manySecrets(t *testing.T, others, few, wide int) (*world, *reading) {
	t.Helper()
	store := &reading{Store: memstore.New()}
	w := newWorldOver(t, store, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
	add := func(format string, n int) {
		for i := range n {
			_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprintf(format, n-i)})
			require.NoError(t, err)
			w.clock.Set(w.clock.Now().Add(1e9))
		}
	}
	add("other/%05d", others)
	add("few/%d", few)
	add("wide/%04d", wide)
	return w, store
}

func prefixed(prefix string) []secretlife.Filter {
	return []secretlife.Filter{{Key: "name", Values: []string{prefix}}}
}

func TestListPages(t *testing.T) {
	// What a page costs: one more secret than it has, if all match. If few have a prefix, they
	// are found by their names once those nearby were looked at.
	t.Run("read no more than they need", func(t *testing.T) {
		w, store := manySecrets(t, 900, 3, 1100)
		for _, c := range []struct {
			name      string
			in        secretlife.ListSecretsInput
			want      int
			goesOn    bool
			read      int
			readAfter int // by the second page
		}{
			{name: "all match", in: secretlife.ListSecretsInput{MaxResults: 2}, want: 2, goesOn: true, read: 3, readAfter: 3},
			{name: "all match, by name", in: secretlife.ListSecretsInput{MaxResults: 2, SortBy: secretlife.SortByName,
				Filters: prefixed("wide/")}, want: 2, goesOn: true, read: 3, readAfter: 3},
			{name: "few by name", in: secretlife.ListSecretsInput{MaxResults: 5, SortBy: secretlife.SortByName,
				Filters: prefixed("few/")}, want: 3, read: 3},
			{name: "as many as fit by name", in: secretlife.ListSecretsInput{MaxResults: 3, SortBy: secretlife.SortByName,
				Filters: prefixed("few/")}, want: 3, read: 3},
			{name: "few of many", in: secretlife.ListSecretsInput{MaxResults: 3, Filters: prefixed("few/")}, want: 3,
				read: 2*256 + 3},
			{name: "few of many, in pages", in: secretlife.ListSecretsInput{MaxResults: 2, Filters: prefixed("few/")}, want: 2,
				goesOn: true, read: 2*256 + 3, readAfter: 2*256 + 3},
			{name: "nearby", in: secretlife.ListSecretsInput{MaxResults: 2, Filters: prefixed("other/")}, want: 2, goesOn: true,
				read: 256, readAfter: 256},
			{name: "none matches", in: secretlife.ListSecretsInput{MaxResults: 2,
				Filters: []secretlife.Filter{{Key: "tag-key", Values: []string{"x"}}}}, want: 0, read: 2003},
		} {
			t.Run(c.name, func(t *testing.T) {
				store.read = 0
				out, err := w.ListSecrets(ctx, c.in)
				require.NoError(t, err)
				require.Len(t, out.SecretList, c.want)
				require.Equal(t, c.goesOn, out.NextToken != "")
				require.Equal(t, c.read, store.read)
				if c.goesOn {
					c.in.NextToken, store.read = out.NextToken, 0
					_, err := w.ListSecrets(ctx, c.in)
					require.NoError(t, err)
					require.Equal(t, c.readAfter, store.read)
				}
			})
		}
	})

	// However the secrets are found.
	t.Run("prefixes keep the order", func(t *testing.T) {
		w, _ := manySecrets(t, 600, 3, 1100)
		few := []string{"few/3", "few/2", "few/1"}
		for _, size := range []int{1, 2, 3, 100} {
			in := secretlife.ListSecretsInput{MaxResults: size, Filters: prefixed("few/")}
			require.Equal(t, few, w.list(in), "in pages of %d", size)
			in.SortOrder = secretlife.SortDescending
			require.Equal(t, []string{"few/1", "few/2", "few/3"}, w.list(in), "in pages of %d", size)
		}
		wide := w.list(secretlife.ListSecretsInput{Filters: prefixed("wide/")})
		require.Len(t, wide, 1100)
		require.True(t, slices.IsSortedFunc(wide, func(a, b string) int { return strings.Compare(b, a) }))
	})

	// They are on one page, though a page looks at 10,000 secrets only.
	t.Run("few of very many", func(t *testing.T) {
		w, _ := manySecrets(t, 10_500, 3, 0)
		out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: prefixed("few/")})
		require.NoError(t, err)
		require.Len(t, out.SecretList, 3)
		require.Empty(t, out.NextToken)
	})

	// A page that is full with secrets nearby, if there are no more, is the last.
	t.Run("nearby and no more", func(t *testing.T) {
		store := &reading{Store: memstore.New()}
		w := newWorldOver(t, store)
		for i := range 600 {
			name := fmt.Sprintf("other/%03d", i)
			if i < 3 {
				name = fmt.Sprintf("few/%d", i)
			}
			w.create(name)
			w.clock.Set(w.clock.Now().Add(1e9))
		}
		out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 3, Filters: prefixed("few/")})
		require.NoError(t, err)
		require.Len(t, out.SecretList, 3)
		require.Empty(t, out.NextToken)
	})

	// The filter matches almost nothing: pages come empty, and the one match is still found.
	t.Run("look at 10000", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
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
	})
}

func TestFilters(t *testing.T) {
	t.Run("match", func(t *testing.T) {
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
			{"all", []string{"company"}, nil},
			{"all", []string{"compan"}, []string{"COMPANYthings"}},
			{"all", []string{"companythings"}, []string{"COMPANYthings"}},
			{"all", []string{"companything"}, nil},
			{"all", []string{"N"}, nil},
			{"all", []string{"team"}, []string{"b", "c"}},
			{"all", []string{"+"}, nil},
			{"all", []string{"ret"}, nil},
		} {
			require.Equal(t, c.want, w.filtered(c.key, c.values...), "%s %q", c.key, c.values)
		}
		both := secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "description", Values: []string{"a"}},
			{Key: "description", Values: []string{"secret"}}}}
		require.Equal(t, []string{"prod/AppBeta/x", "b"}, w.find(both), "all filters must fit")
	})

	t.Run("primary-region", func(t *testing.T) {
		w := newWorld(t)
		w.create("alone")
		w.create("shared", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
		w.advance(0)
		require.Equal(t, []string{"shared"}, w.filtered("primary-region", "us-east"))
		require.Equal(t, []string{"shared"}, w.filtered("primary-region", ""))
		require.Empty(t, w.filtered("primary-region", "eu"))
		out, err := w.in("123456789012", "eu-west-1").ListSecrets(ctx,
			secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "primary-region", Values: []string{"us-east-1"}}}})
		require.NoError(t, err)
		require.Len(t, out.SecretList, 1)
	})

	// The longest of several is looked for. One value among others, or with an exclamation mark,
	// is not a prefix.
	t.Run("name prefixes", func(t *testing.T) {
		w, store := manySecrets(t, 20, 12, 20)
		name := func(values ...string) secretlife.Filter { return secretlife.Filter{Key: "name", Values: values} }
		for _, c := range []struct {
			filters    []secretlife.Filter
			want, read int
		}{
			{[]secretlife.Filter{name("few/1"), name("few/12")}, 1, 1},
			{[]secretlife.Filter{name("few/12"), name("few/1")}, 1, 1},
			{[]secretlife.Filter{name("few/1", "few/2")}, 5, 52},
			{[]secretlife.Filter{name("!few/")}, 40, 52},
			{[]secretlife.Filter{{Key: "description", Values: []string{"few"}}}, 0, 52},
		} {
			store.read = 0
			require.Len(t, w.list(secretlife.ListSecretsInput{SortBy: secretlife.SortByName, Filters: c.filters}), c.want)
			require.Equal(t, c.read, store.read, "%v", c.filters)
		}
	})

	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		const keys = "[all, name, tag-key, description, tag-value, primary-region, owning-service]"
		for _, c := range []struct {
			filter     secretlife.Filter
			code, want string
		}{
			{secretlife.Filter{Key: "invalid", Values: []string{"x"}}, "ValidationException",
				"1 validation error detected: Value 'invalid' at 'filters.1.member.key' failed to satisfy constraint: Member " +
					"must satisfy enum value set: " + keys},
			{secretlife.Filter{Key: "name"}, "InvalidParameterException", "Invalid filter values for key: name"},
			{secretlife.Filter{Values: []string{"x"}}, "InvalidParameterException", "Invalid filter key"},
			{secretlife.Filter{}, "InvalidParameterException", "Invalid filter key"},
			{secretlife.Filter{Key: "name", Values: strings.Split("a,b,c,d,e,f,g,h,i,j,k", ",")}, "ValidationException",
				"1 validation error detected: Value '[a, b, c, d, e, f, g, h, i, j, k]' at 'filters.1.member.values' failed to " +
					"satisfy constraint: Member must have length less than or equal to 10"},
			{secretlife.Filter{Key: "name", Values: []string{"a*b"}}, "ValidationException",
				`1 validation error detected: Value 'a*b' at 'filters.1.member.values.1.member' failed to satisfy constraint: ` +
					`Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-]*$`},
		} {
			_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: []secretlife.Filter{c.filter}})
			requireError(t, err, c.code, c.want)
			_, err = w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{Filters: []secretlife.Filter{c.filter}})
			requireError(t, err, c.code, c.want)
		}
	})
}

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
		{secretlife.BatchGetSecretValueInput{}, "InvalidParameterException",
			"Either 'SecretIdList' or 'Filters' must be provided, but not both."},
		{secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a"}, MaxResults: 3}, "InvalidParameterException",
			"'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."},
		{secretlife.BatchGetSecretValueInput{SecretIDList: strings.Split(strings.Repeat("a,", 20)+"a", ",")},
			"ValidationException", "1 validation error detected: Value '[a" + strings.Repeat(", a", 20) +
				"]' at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to 20"},
	} {
		_, err := w.BatchGetSecretValue(ctx, c.in)
		requireError(t, err, c.code, c.text)
	}
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
			out, err := w.ListSecrets(ctx,
				secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: key, Values: []string{v}}}})
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

func TestIterators(t *testing.T) {
	t.Run("Secrets", func(t *testing.T) {
		w := newWorld(t)
		for i := range 250 {
			w.create(fmt.Sprintf("s%03d", i))
		}
		w.delete("s007", 7)
		var names []string
		in := secretlife.ListSecretsInput{SortBy: secretlife.SortByName, MaxResults: 100}
		for s, err := range w.Secrets(ctx, in) {
			require.NoError(t, err)
			names = append(names, s.Name)
		}
		require.Len(t, names, 249)
		require.True(t, slices.IsSorted(names))
		for s, err := range w.Secrets(ctx, in) {
			require.NoError(t, err)
			require.Equal(t, "s000", s.Name)
			break
		}
	})

	t.Run("Scheduled", func(t *testing.T) {
		w := newWorld(t)
		for i := range 250 {
			name := fmt.Sprintf("s%03d", i)
			w.create(name)
			switch i % 3 {
			case 0:
				w.delete(name, int64(30-i%20))
			case 1:
				w.delete(name, 0)
			}
		}
		_, err := w.in("123456789012", "eu-west-1").DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "s000"})
		require.Error(t, err)
		var dates []time.Time
		for s, err := range w.Scheduled(ctx) {
			require.NoError(t, err)
			date, scheduled := s.Deletion().Date()
			require.True(t, scheduled)
			dates = append(dates, date)
		}
		require.Len(t, dates, 84+83)
		require.True(t, slices.IsSortedFunc(dates, time.Time.Compare))
		for s, err := range w.in("123456789012", "eu-west-1").Scheduled(ctx) {
			require.Fail(t, "another Region's", "%v %v", s, err)
		}
	})

	// A page can be empty and have a token.
	t.Run("few secrets match", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
		for i := range 10_300 {
			w.create(fmt.Sprint("s", i))
		}
		w.create("zzz", func(in *secretlife.CreateSecretInput) { in.Description = "needle" })
		filters := []secretlife.Filter{{Key: "description", Values: []string{"needle"}}}
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: filters})
		require.NoError(t, err)
		require.Empty(t, page.SecretList)
		var names []string
		for s, err := range w.Secrets(ctx, secretlife.ListSecretsInput{Filters: filters}) {
			require.NoError(t, err)
			names = append(names, s.Name)
		}
		require.Equal(t, []string{"zzz"}, names)
	})

	t.Run("Events", func(t *testing.T) {
		w := newWorld(t)
		for i := range 250 {
			w.create(fmt.Sprintf("s%03d", i))
		}
		for _, after := range []uint64{0, 1, 99, 100, 249, 250, 251} {
			next := after
			for e, err := range w.Events(ctx, after) {
				require.NoError(t, err)
				next++
				require.Equal(t, next, e.Seq())
			}
			require.Equal(t, max(after, 250), next)
		}
	})

	t.Run("errors", func(t *testing.T) {
		w := newWorldOver(t, &faulty{Store: memstore.New(), list: errors.New("disk on fire")})
		n := 0
		for _, err := range w.Secrets(ctx, secretlife.ListSecretsInput{}) {
			require.ErrorContains(t, err, "disk on fire")
			n++
		}
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		for _, err := range w.Events(canceled, 0) {
			require.ErrorIs(t, err, context.Canceled)
			n++
		}
		for _, err := range w.Scheduled(ctx) {
			require.ErrorContains(t, err, "disk on fire")
			n++
		}
		require.Equal(t, 3, n)
	})
}

func TestManagerSecret(t *testing.T) {
	w := newWorld(t)
	arn := w.create("a").ARN
	w.delete("a", 7)
	for _, id := range []string{"a", arn} {
		s, err := w.Secret(ctx, id)
		require.NoError(t, err)
		require.Equal(t, w.load("a"), s)
		require.Equal(t, secretlife.PhaseScheduledForDeletion, s.Phase(w.Clock().Now()))
	}
	_, err := w.Secret(ctx, "b")
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	_, err = w.in("999999999999", "us-east-1").Secret(ctx, arn)
	require.ErrorIs(t, err, secretlife.ErrAccessDenied)
	_, err = w.Secret(ctx, "a b")
	require.ErrorAs(t, err, new(*secretlife.ValidationError))
}
