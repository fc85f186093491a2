package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func TestPurgeOnce(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.populate()
		out := w.ok("purge", "--dry-run")
		require.Equal(t, 3, strings.Count(out, "\n"), out)
		require.Contains(t, out, "2 secrets are due")
		require.Len(t, names(t, w.ok("ls", "--json")), 5, "--dry-run changes nothing")

		out = w.ok("purge", "--once")
		require.Regexp(t, `(?m)^purged arn:aws:secretsmanager:us-east-1:123456789012:secret:test/forced-\w{6}, deletion date \d{4}\S+Z$`, out)
		require.Regexp(t, `(?m)^purged arn:aws:secretsmanager:us-east-1:123456789012:secret:test/due-\w{6}, deletion date \d{4}\S+Z$`, out)
		require.Contains(t, out, "2 secrets were purged\n")
		require.Equal(t, []string{"prod/a", "prod/b", "prod/binary"}, names(t, w.ok("ls", "--json")))
		if w.keys == nil {
			require.Contains(t, out, "washed and rewritten:")
			code, _, errs := w.run("purge", "--once", "--shred")
			require.Equal(t, 1, code)
			require.Contains(t, errs, "--shred is for")
			return
		}
		require.Contains(t, out, "not shredded yet: the data keys of 2 versions wait")
		require.Contains(t, w.ok("purge", "--once", "--shred"), "0 secrets were purged\nshredded:")
	})
}

// TestPurgeMindsTheClockGuard holds that a clock which ran ahead purges nothing
// until somebody says that it is right.
func TestPurgeMindsTheClockGuard(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	w.use(func(_ *secretlife.Manager, s *sqlstore.Store) {
		require.NoError(t, s.SetClockMark(t.Context(), time.Now().Add(-3*day)))
	})
	code, out, errs := w.run("purge", "--once")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--trust-clock")
	require.Contains(t, out, "0 secrets were purged")
	require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	require.Len(t, names(t, w.ok("ls", "--json")), 5)
	_, out, _ = w.run("purge", "--once", "--trust-clock")
	require.Contains(t, out, "2 secrets were purged")
}

// TestPurgeFailsLoudly holds that what can't be purged makes the status 1, and
// keeps nothing else from being purged.
func TestPurgeFailsLoudly(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	db := openRaw(t, w.path())
	_, err := db.ExecContext(t.Context(), "UPDATE secretlife_secrets SET changed = changed + 1 WHERE name = 'test/forced'")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	code, out, errs := w.run("purge", "--once")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "test/forced")
	require.Contains(t, out, "1 secret was purged")
	require.Contains(t, out, "test/due")
}

func TestPurgeSaysWhatItNeeds(t *testing.T) {
	w := sqliteWorld(t)
	w.populate()
	for _, args := range [][]string{nil, {"--once", "--dry-run"}} {
		code, _, errs := w.run("purge", args...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "either --once or --dry-run")
	}
}
