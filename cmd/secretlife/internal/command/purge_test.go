package command

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
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
		require.Regexp(t, `(?m)^purged arn:aws:secretsmanager:us-east-1:123456789012:secret:test/forced-\w{6}, deletion `+
			`date \d{4}\S+Z$`, out)
		require.Regexp(t, `(?m)^purged arn:aws:secretsmanager:us-east-1:123456789012:secret:test/due-\w{6}, deletion `+
			`date \d{4}\S+Z$`, out)
		require.Contains(t, out, "2 secrets were purged\n")
		require.Equal(t, []string{"prod/a", "prod/b", "prod/binary"}, names(t, w.ok("ls", "--json")))
		if w.keys == nil {
			require.Contains(t, out, "scrubbed and rewritten:")
			code, _, errs := w.run("purge", "--once", "--destroy-keys")
			require.Equal(t, 1, code)
			require.Contains(t, errs, "--destroy-keys is for")
			return
		}
		require.Contains(t, out, "data keys not destroyed yet: those of 2 versions wait")
		require.Contains(t, w.ok("purge", "--once", "--destroy-keys"), "0 secrets were purged\ndata keys destroyed:")
	})
}

// TestPurgeMindsCountedTime checks that a secret whose date has come by a wrong clock
// is not purged, however often the command runs, and that this is said.
func TestPurgeMindsCountedTime(t *testing.T) {
	w := sqliteWorld(t)
	w.host = hosttest.New("behind", time.Now().Add(-10*day))
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		w.create(m, "due/by/date", secretlife.SecretString("hunter2"))
		w.host.Pass(10 * day)
		_, err := m.At(t.Context())
		require.NoError(t, err)
		w.host.Step(-10 * day) // and it is set right when this is over
		w.delete(m, "due/by/date", 7)
		w.host.Step(10 * day)
	})
	for range 9 {
		code, out, _ := w.run("purge", "--once")
		require.Zero(t, code)
		require.Contains(t, out, "0 secrets were purged")
		require.Contains(t, out, "1 secret is past its date, 0 of 7 d counted\n")
	}
	require.Len(t, names(t, w.ok("ls", "--json")), 1)
}

// TestPurgeFailsLoudly checks that what can't be purged makes the status 1, and
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
