package stores_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func (f files) anchor() string { return filepath.Join(f.dir, "anchor") }

func (f files) anchored(o *sqlstore.Options) { o.Anchor = sqlstore.NewFileAnchor(f.anchor()) }

// purgeAll purges secrets at once.
func purgeAll(t *testing.T, m *secretlife.Manager, secrets int) {
	t.Helper()
	for i := range secrets {
		_, err := m.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: fmt.Sprint("secret-", i), ForceDeleteWithoutRecovery: true},
		)
		require.NoError(t, err)
	}
	report, err := secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	require.Len(t, report.Purged(), secrets)
}

// TestBackupDrill purges secrets after a backup of the database and its key slots, and
// puts the backup back. The store does not open, so none of them comes back unnoticed;
// when the operator has confirmed it, once, it opens.
func TestBackupDrill(t *testing.T) {
	secrets := atLeisure(1000, 50)
	f := newFiles(t)
	s := f.open(t, f.anchored)
	fill(t, s, secrets)
	require.NoError(t, s.Close())
	for _, name := range []string{f.db(), f.keys()} {
		copyFile(t, name, name+".backup")
	}
	s = f.open(t, f.anchored)
	purgeAll(t, manager(t, s), secrets)
	require.NoError(t, s.Close())
	for _, name := range []string{f.db(), f.keys()} {
		copyFile(t, name+".backup", name)
	}

	files := contents(t, f)
	_, err := f.try(f.anchored)
	require.ErrorIs(t, err, sqlstore.ErrRestored)
	require.ErrorContains(t, err, "its anchor saw event")
	require.Equal(t, files, contents(t, f), "the attempt changed a file")

	s = f.open(t, f.anchored, func(o *sqlstore.Options) { o.Restored = true })
	require.Equal(t, secrets, count(t, s))
	require.NoError(t, s.Close())
	require.NoError(t, f.open(t, f.anchored).Close())
}

// TestABackupThatWentOn puts a backup back and has the store go on without its anchor,
// until it has more events than the anchor saw.
func TestABackupThatWentOn(t *testing.T) {
	f := newFiles(t)
	s := f.open(t, f.anchored)
	fill(t, s, 5)
	require.NoError(t, s.Close())
	for _, name := range []string{f.db(), f.keys()} {
		copyFile(t, name, name+".backup")
	}
	s = f.open(t, f.anchored)
	purgeAll(t, manager(t, s), 5)
	require.NoError(t, s.Close())
	for _, name := range []string{f.db(), f.keys()} {
		copyFile(t, name+".backup", name)
	}
	s = f.open(t)
	for i := range 50 {
		create(t, manager(t, s), fmt.Sprint("new-", i), "v")
	}
	require.NoError(t, s.Close())
	_, err := f.try(f.anchored)
	require.ErrorIs(t, err, sqlstore.ErrRestored)
	require.ErrorContains(t, err, "is not the one that its anchor saw")
}

// TestAnAnchorKnowsOfPurges kills the process after a purge was scrubbed: the anchor has
// it, though the store was not closed.
func TestAnAnchorKnowsOfPurges(t *testing.T) {
	f := newFiles(t)
	s := f.open(t, f.anchored)
	fill(t, s, 3)
	require.NoError(t, s.Scrub(ctx))
	for _, name := range []string{f.db(), f.keys()} {
		copyFile(t, name, name+".backup")
	}
	purgeAll(t, manager(t, s), 3)
	require.NoError(t, s.Scrub(ctx))
	killed := newFiles(t)
	copyFile(t, f.db()+".backup", killed.db())
	copyFile(t, f.keys()+".backup", killed.keys())
	copyFile(t, f.master(), killed.master())
	copyAnchor(t, f, killed)
	_, err := killed.try(killed.anchored)
	require.ErrorIs(t, err, sqlstore.ErrRestored)
}

func copyAnchor(t *testing.T, from, to files) {
	t.Helper()
	found, err := filepath.Glob(from.anchor() + ".*")
	require.NoError(t, err)
	require.Len(t, found, 1)
	copyFile(t, found[0], to.anchor()+filepath.Ext(found[0]))
}

// TestAnAnchorThatIsNotRight holds what happens with one that is gone, that somebody
// changed, and that can't be written.
func TestAnAnchorThatIsNotRight(t *testing.T) {
	f := newFiles(t)
	s := f.open(t, f.anchored)
	fill(t, s, 3)
	require.NoError(t, s.Close())
	found, err := filepath.Glob(f.anchor() + ".*")
	require.NoError(t, err)
	require.Len(t, found, 1)
	info, err := os.Stat(found[0])
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077)

	mark, err := os.ReadFile(found[0])
	require.NoError(t, err)
	for i := range mark {
		changed := append([]byte{}, mark...)
		changed[i] ^= 1
		require.NoError(t, os.WriteFile(found[0], changed, 0o600))
		_, err = f.try(f.anchored)
		require.ErrorIs(t, err, sqlstore.ErrTampered)
	}
	for _, cut := range [][]byte{{}, mark[:10], append(mark, 0)} {
		require.NoError(t, os.WriteFile(found[0], cut, 0o600))
		_, err = f.try(f.anchored)
		require.ErrorIs(t, err, sqlstore.ErrTampered)
	}
	require.NoError(t, f.open(t, f.anchored, func(o *sqlstore.Options) { o.Restored = true }).Close())

	require.NoError(t, os.Remove(found[0]))
	require.NoError(t, f.open(t, f.anchored).Close())
	require.FileExists(t, found[0])

	_, err = f.try(
		func(o *sqlstore.Options) { o.Anchor = sqlstore.NewFileAnchor(filepath.Join(f.dir, "none", "anchor")) },
	)
	require.ErrorContains(t, err, "writing the anchor")
}

// TestBackupDrillOnPostgres is TestBackupDrill where the epoch of the backup was not
// destroyed yet, so that its keys are there.
func TestBackupDrillOnPostgres(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	anchored := func(o *sqlstore.PostgresOptions) { o.Anchor = sqlstore.NewFileAnchor(d.anchor()) }
	s := d.open(t, anchored)
	fill(t, s, 20)
	tables := c.backUp(t, d)
	purgeAll(t, manager(t, s), 20)
	require.NoError(t, s.Close())
	c.putBack(t, d, tables)
	_, err := d.try(anchored)
	require.ErrorIs(t, err, sqlstore.ErrRestored)
	require.ErrorContains(t, err, "its anchor saw event")
	confirmed := func(o *sqlstore.PostgresOptions) { o.Restored = true }
	s = d.open(t, anchored, confirmed)
	require.Equal(t, 20, count(t, s))
}

// backUp copies the tables of a store into a schema of their own.
func (c *cluster) backUp(t *testing.T, d database) (tables []string) {
	t.Helper()
	rows, err := c.db.QueryContext(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = $1", d.schema())
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	_, err = c.db.ExecContext(ctx, "CREATE SCHEMA backup")
	require.NoError(t, err)
	for _, name := range tables {
		_, err := c.db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE backup.%s AS TABLE %s.%s", name, d.schema(), name))
		require.NoError(t, err)
	}
	return tables
}

func (c *cluster) putBack(t *testing.T, d database, tables []string) {
	t.Helper()
	for _, name := range tables {
		_, err := c.db.ExecContext(
			ctx,
			fmt.Sprintf("TRUNCATE %[2]s.%[1]s; INSERT INTO %[2]s.%[1]s TABLE backup.%[1]s", name, d.schema()),
		)
		require.NoError(t, err)
	}
}
