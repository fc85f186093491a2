package command

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// names of the secrets in what ls --json printed, in order.
func names(t *testing.T, out string) (names []string) {
	t.Helper()
	for line := range strings.Lines(out) {
		var l listed
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		require.Contains(t, l.ARN, l.Name+"-")
		names = append(names, l.Name)
	}
	return names
}

func TestList(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.populate()
		out := w.ok("ls")
		require.Equal(t, 6, strings.Count(out, "\n"), out)
		require.Regexp(t, `(?m)^NAME +ACCOUNT +REGION +STATE +DELETION DATE +DAYS LEFT +PURGE +COUNTED +HOLDS$`, out)
		require.Regexp(t, `(?m)^prod/a +123456789012 +us-east-1 +Active +- +- +- +- +-$`, out)
		require.Regexp(t, `(?m)^prod/b +123456789012 +us-east-1 +ScheduledForDeletion +\d{4}-\d\d-\d\dT\S+Z +20 `+
			`+\d{4}-\S+Z +10 of 30 d +-$`, out)
		require.Regexp(t, `(?m)^test/due +123456789012 +us-east-1 +AwaitingPurge +\S+Z +0 +\S+Z +7 of 7 d +-$`, out)
		require.Regexp(t, `(?m)^prod/binary +210987654321 +eu-west-1 +Active`, out)

		require.Equal(t, []string{"test/forced", "test/due", "prod/b"}, names(t, w.ok("ls", "--scheduled", "--json")))
		require.Equal(t, []string{"prod/b"}, names(t, w.ok("ls", "--scheduled", "--json", "--prefix", "prod/")))
		require.Equal(t, []string{"prod/a", "prod/b", "prod/binary"}, names(t, w.ok("ls", "--json", "--prefix", "prod/")))
		require.Equal(t, []string{"prod/binary"}, names(t, w.ok("ls", "--json", "--account", "210987654321")))
		require.Equal(t, []string{"prod/binary"}, names(t, w.ok("ls", "--json", "--region", "eu-west-1")))
		require.Empty(t, w.ok("ls", "--json", "--region", "eu-west-1", "--account", "123456789012"))
		require.Empty(t, w.ok("ls", "--scheduled", "--json", "--region", "eu-west-1"))
	})
}

// TestListShowsHolds checks that a scheduled secret is listed though nothing is due of it.
func TestListShowsHolds(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.populate()
		w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
			for _, name := range []string{"prod/a", "test/due"} {
				_, err := m.PlaceHold(t.Context(), name, secretlife.Hold{Name: "case-17"})
				require.NoError(t, err)
			}
		})
		require.Regexp(t, `(?m)^prod/a .* case-17$`, w.ok("ls"))
		out := w.ok("ls", "--scheduled")
		require.Regexp(t, `(?m)^test/due .* case-17\n\z`, out)
		require.Equal(t, []string{"test/forced", "prod/b", "test/due"}, names(t, w.ok("ls", "--scheduled", "--json")))
		require.Contains(t, w.ok("purge", "--dry-run"), "1 secret is due")
	})
}

// TestListHasPages checks that the bounds of pages lose nothing.
func TestListHasPages(t *testing.T) {
	w := sqliteWorld(t)
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		for i := range 2*pageSize + 1 {
			name := "s-" + strings.Repeat("x", i%3) + time.Duration(i).String()
			w.create(m, name, secretlife.SecretString("v"))
			w.delete(m, name, 7)
		}
	})
	require.Len(t, names(t, w.ok("ls", "--json")), 2*pageSize+1)
	require.Len(t, names(t, w.ok("ls", "--json", "--scheduled")), 2*pageSize+1)
}
