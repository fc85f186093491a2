package secretlife_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

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

// crowd has many secrets, a second apart: "other/…" first, then "few/…" and
// "wide/…" with names that run against the order of creation.
func crowd(t *testing.T, others, few, wide int) (*world, *reading) {
	t.Helper()
	store := &reading{Store: memstore.New()}
	w := newWorldOver(t, store, func(o *secretlife.Options) { o.Sink = nil })
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

// TestAPageReadsNoMoreThanItNeeds counts what a page costs: one more than it has,
// where all match; where few have a prefix, they are found by their names once
// those nearby were looked at.
func TestAPageReadsNoMoreThanItNeeds(t *testing.T) {
	w, store := crowd(t, 900, 3, 1100)
	for _, c := range []struct {
		name      string
		in        secretlife.ListSecretsInput
		want      int
		goesOn    bool
		read      int
		readAfter int // by the second page
	}{
		{name: "all match", in: secretlife.ListSecretsInput{MaxResults: 2}, want: 2, goesOn: true, read: 3, readAfter: 3},
		{name: "all match, by name", in: secretlife.ListSecretsInput{MaxResults: 2, SortBy: secretlife.SortByName, Filters: prefixed("wide/")}, want: 2, goesOn: true, read: 3, readAfter: 3},
		{name: "few by name", in: secretlife.ListSecretsInput{MaxResults: 5, SortBy: secretlife.SortByName, Filters: prefixed("few/")}, want: 3, read: 3},
		{name: "as many as fit by name", in: secretlife.ListSecretsInput{MaxResults: 3, SortBy: secretlife.SortByName, Filters: prefixed("few/")}, want: 3, read: 3},
		{name: "few of many", in: secretlife.ListSecretsInput{MaxResults: 3, Filters: prefixed("few/")}, want: 3, read: 2*256 + 3},
		{name: "few of many, in pages", in: secretlife.ListSecretsInput{MaxResults: 2, Filters: prefixed("few/")}, want: 2, goesOn: true, read: 2*256 + 3, readAfter: 2*256 + 3},
		{name: "nearby", in: secretlife.ListSecretsInput{MaxResults: 2, Filters: prefixed("other/")}, want: 2, goesOn: true, read: 256, readAfter: 256},
		{name: "none matches", in: secretlife.ListSecretsInput{MaxResults: 2, Filters: []secretlife.Filter{{Key: "tag-key", Values: []string{"x"}}}}, want: 0, read: 2003},
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
}

// TestPrefixesKeepTheOrderOfTheList: in whatever way they are found.
func TestPrefixesKeepTheOrderOfTheList(t *testing.T) {
	w, _ := crowd(t, 600, 3, 1100)
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
}

// TestFewOfVeryManyAreOnOnePage: though a page looks at 10,000 secrets only.
func TestFewOfVeryManyAreOnOnePage(t *testing.T) {
	w, _ := crowd(t, 10_500, 3, 0)
	out, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: prefixed("few/")})
	require.NoError(t, err)
	require.Len(t, out.SecretList, 3)
	require.Empty(t, out.NextToken)
}

// TestNearbyAndNoMore: a page that is full with those nearby, of which there are no
// more, is the last.
func TestNearbyAndNoMore(t *testing.T) {
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
}

// TestNamePrefixes: the longest of several is looked for, and a value among others,
// or what is not to be, is no prefix.
func TestNamePrefixes(t *testing.T) {
	w, store := crowd(t, 20, 12, 20)
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
}
