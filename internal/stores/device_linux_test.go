package stores_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// device is an ext4 in a file of its own, so that what is below it can be read.
type device struct{ image, at string }

// newDevice is nil where none can be mounted; then that was said.
func newDevice(t *testing.T) *device {
	t.Helper()
	f := newFiles(t)
	d := &device{filepath.Join(f.dir, "image"), filepath.Join(f.dir, "mounted")}
	require.NoError(t, os.Mkdir(d.at, 0o700))
	file, err := os.Create(d.image)
	require.NoError(t, err)
	require.NoError(t, file.Truncate(96<<20))
	require.NoError(t, file.Close())
	if out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no ext4 can be made, so what is left on a device is NOT tested: %v %s", err, out)
	}
	if out, err := exec.CommandContext(ctx, "mount", "-o", "loop", d.image, d.at).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no file system can be mounted, so what is left on a device is NOT tested: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.CommandContext(ctx, "umount", d.at).Run() })
	return d
}

// raw is all that is on the device.
func (d *device) raw(t *testing.T) []byte {
	t.Helper()
	d.run(t, "umount", d.at)
	content, err := os.ReadFile(d.image)
	require.NoError(t, err)
	d.run(t, "mount", "-o", "loop", d.image, d.at)
	return content
}

func (d *device) run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestNothingDecryptsWhatIsLeftOnTheDevice purges on a file system whose device is
// read afterwards, freed blocks and all. Ciphertexts of truncated logs are there;
// no data key is.
func TestNothingDecryptsWhatIsLeftOnTheDevice(t *testing.T) {
	secrets, kept := atLeisure(1000, 100), 50
	d := newDevice(t)
	f := files{d.at}
	s := f.open(t)
	m := manager(t, s)
	markers := createMarked(t, m, secrets)
	a := newAttacker(t, f)
	all := a.ciphertexts(t)
	require.Len(t, all, secrets)
	require.NoError(t, s.Close())
	raw := d.raw(t)
	require.Len(t, a.decryptsBy(t, all, likeSlots(raw)), secrets, "values the attacker can read before their purge")

	s = f.open(t)
	m = manager(t, s)
	for i := kept; i < secrets; i++ {
		_, err := m.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: fmt.Sprint("secret-", i), RecoveryWindowInDays: secretlife.Days(7)},
		)
		require.NoError(t, err)
	}
	report, err := secretlife.NewPurger(m).Advance(ctx, 7*24*time.Hour)
	require.NoError(t, err)
	require.Len(t, report.Purged(), secrets-kept)
	require.NoError(t, s.Rewrite(ctx))
	require.NoError(t, s.Close())

	raw = d.raw(t)
	values := a.decryptsBy(t, all, likeSlots(raw))
	require.Len(t, values, kept)
	for i, marker := range markers {
		require.Equal(t, i < kept, values[string(marker)])
	}
	require.Zero(t, findsIn(markers, raw), "values on the device, unencrypted")
	sealed := make([][]byte, 0, secrets)
	for _, c := range all {
		sealed = append(sealed, c.sealed)
	}
	t.Logf(
		"of %d purged secrets the device still has pieces of %d ciphertexts, in blocks that were freed, and no key",
		secrets-kept,
		findsIn(sealed, raw)-kept,
	)
}

// TestAClosedStoreHasNoFileOpen checks that Close leaves nothing of the database
// open, nor does an opening that failed.
func TestAClosedStoreHasNoFileOpen(t *testing.T) {
	open := func(dir string) (out []string) {
		descriptors, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		for _, d := range descriptors {
			if path, err := os.Readlink(filepath.Join("/proc/self/fd", d.Name())); err == nil &&
				strings.HasPrefix(path, dir) {
				out = append(out, filepath.Base(path))
			}
		}
		return out
	}
	f := filled(t)
	require.Empty(t, open(f.dir))
	require.NoFileExists(t, f.db()+"-wal", "SQLite writes its log into the database at the end")

	s := f.open(t)
	require.NotEmpty(t, open(f.dir))
	require.NoError(t, s.Close())
	f.exec(t, "UPDATE secretlife_meta SET value = zeroblob(40) WHERE name = 'opened'")
	_, err := f.try()
	require.ErrorIs(t, err, sqlstore.ErrTampered)
	require.Empty(t, open(f.dir))
}
