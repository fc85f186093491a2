package stores_test

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// copied is a value as the database had it once: what an attacker has from the
// database's logs, old pages or backups.
type copied struct {
	ciphertext
	epoch   int64
	wrapped []byte
}

func (c *cluster) copyAll(t testing.TB, d database) []copied {
	t.Helper()
	rows, err := c.db.QueryContext(
		ctx,
		strings.ReplaceAll(`SELECT s.account, s.region, s.name, s.incarnation, v.version, v.sealed, k.epoch, k.wrapped
		FROM @secretlife_secrets s JOIN @secretlife_versions v ON s.incarnation = v.incarnation
		JOIN @secretlife_keys k ON k.incarnation = v.incarnation AND k.version = v.version`, "@", d.schema()+"."),
	)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var out []copied
	for rows.Next() {
		var x copied
		require.NoError(
			t,
			rows.Scan(&x.account, &x.region, &x.name, &x.incarnation, &x.version, &x.sealed, &x.epoch, &x.wrapped),
		)
		out = append(out, x)
	}
	require.NoError(t, rows.Err())
	return out
}

// decryptsEpochs is what an attacker decrypts of all he ever copied, with the
// master key and the keyring as they are now. It is written from
// docs/permanence.md, not with the store's code.
func (c *cluster) decryptsEpochs(t testing.TB, d database, all []copied) map[string]bool {
	t.Helper()
	meta := func(name string) (value []byte) {
		require.NoError(
			t,
			c.db.QueryRowContext(ctx, "SELECT value FROM "+d.schema()+".secretlife_meta WHERE name = $1", name).
				Scan(&value),
		)
		return value
	}
	text, err := os.ReadFile(d.master())
	require.NoError(t, err)
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	store := meta("store")
	storeKey, ok := unseal(gcm(t, master), meta("key"), store)
	require.True(t, ok)
	half, err := hkdf.Key(sha256.New, storeKey, store, "secretlife epochs", 32)
	require.NoError(t, err)
	ring, err := os.ReadFile(d.keyring())
	require.NoError(t, err)

	a, values := attacker{store: store}, map[string]bool{}
	for _, x := range all {
		at := 4096 + 64*(int(x.epoch)-1)
		key, err := hkdf.Key(
			sha256.New,
			append(bytes.Clone(half), ring[at:at+32]...),
			store,
			fmt.Sprint("secretlife epoch ", x.epoch),
			32,
		)
		require.NoError(t, err)
		bound := append(bytes.Clone(store), x.incarnation...)
		bound = append(binary.BigEndian.AppendUint16(bound, uint16(len(x.version))), x.version...)
		dataKey, ok := unseal(gcm(t, key), x.wrapped, bound)
		if !ok {
			continue
		}
		if plain, ok := unseal(gcm(t, dataKey), x.sealed, a.bound(x.ciphertext, x.version)); ok {
			values[string(plain[1:])] = true
		}
	}
	return values
}

func create(t testing.TB, m *secretlife.Manager, name, value string) {
	t.Helper()
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString(value)})
	require.NoError(t, err)
}

// forget deletes and purges a secret at once.
func forget(t testing.TB, m *secretlife.Manager, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
	}
	report, err := secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	require.Len(t, report.Purged(), len(names))
}

func value(t testing.TB, m *secretlife.Manager, name string) string {
	t.Helper()
	out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	require.NoError(t, err)
	return out.Value.Reveal()
}

// TestDestructionIsForGood checks that after it nothing decrypts what was purged, not
// even what was copied from the database before, and that all else goes on.
func TestDestructionIsForGood(t *testing.T) {
	c := newCluster(t)
	const secrets, kept = 1200, 700 // more than are carried over at once
	d := c.database(t)
	s, other := d.open(t), d.open(t)
	m := manager(t, s)
	for i := range secrets {
		create(t, m, fmt.Sprint("secret-", i), fmt.Sprint("value-", i))
	}
	before := c.copyAll(t, d)
	require.Len(t, before, secrets)
	require.Len(t, c.decryptsEpochs(t, d, before), secrets, "values the attacker can read before their purge")
	destroyed, err := s.KeysDestroyed(ctx)
	require.NoError(t, err)
	require.Equal(t, sqlstore.KeysDestroyed{}, destroyed)

	var gone []string
	for i := kept; i < secrets; i++ {
		gone = append(gone, fmt.Sprint("secret-", i))
	}
	forget(t, m, gone...)
	last := lastEvent(t, s)
	require.Len(
		t,
		c.decryptsEpochs(t, d, before),
		secrets,
		"a purge by itself leaves the copies readable, and docs/permanence.md says so",
	)
	destroyed, err = other.KeysDestroyed(ctx)
	require.NoError(t, err)
	require.Equal(t, sqlstore.KeysDestroyed{Waiting: secrets - kept}, destroyed)

	require.NoError(t, other.DestroyKeys(ctx))
	require.Empty(t, c.decryptsEpochs(t, d, before), "copies of the database from before")
	now := c.copyAll(t, d)
	require.Len(t, now, kept)
	require.Len(t, c.decryptsEpochs(t, d, now), kept)
	destroyed, err = s.KeysDestroyed(ctx)
	require.NoError(t, err)
	require.Equal(t, last, destroyed.Events)
	require.Zero(t, destroyed.Waiting)
	require.WithinDuration(t, time.Now(), destroyed.At, time.Hour)

	// The other store, which still is in the old epoch, reads and writes.
	require.Equal(t, "value-0", value(t, m, "secret-0"))
	create(t, m, "new", "value-new")
	require.Equal(t, "value-new", value(t, manager(t, other), "new"))
	require.NoError(t, s.Close())
	s = d.open(t)
	require.Equal(t, "value-699", value(t, manager(t, s), "secret-699"))
}

func lastEvent(t testing.TB, s secretlife.Store) uint64 {
	t.Helper()
	var last uint64
	for {
		page, err := s.Events(ctx, last, 1000)
		require.NoError(t, err)
		if len(page) == 0 {
			return last
		}
		last = page[len(page)-1].Seq()
	}
}

// TestKeysOfRemovedVersionsAreDestroyed checks that a version has a data key of its own.
func TestKeysOfRemovedVersionsAreDestroyed(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	s := d.open(t)
	clock := secretlife.NewVirtualClock(start)
	m, err := secretlife.New(s, func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	create(t, m, "a", "value-0")
	var all []copied
	for i := range 130 { // AWS keeps at most a hundred or so
		_, err := m.PutSecretValue(
			ctx,
			secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString(fmt.Sprint("value-", i+1))},
		)
		require.NoError(t, err)
		clock.Set(clock.Now().Add(time.Hour))
		all = append(all, c.copyAll(t, d)...)
	}
	_, err = secretlife.NewPurger(m).Advance(ctx, 48*time.Hour)
	require.NoError(t, err)
	there := len(c.copyAll(t, d))
	require.Less(t, there, 131)
	require.Len(t, c.decryptsEpochs(t, d, all), 131)
	require.NoError(t, s.DestroyKeys(ctx))
	require.Empty(t, c.decryptsEpochs(t, d, all))
	require.Len(t, c.decryptsEpochs(t, d, c.copyAll(t, d)), there)
	require.Equal(t, "value-130", value(t, m, "a"))
}

// faultyEpochs fail where they are told to.
type faultyEpochs struct {
	sqlstore.EpochKeys
	fails string
}

var errFaulty = errors.New("the keyring does not answer")

func (f *faultyEpochs) New(ctx context.Context, store string, after uint64) (uint64, []byte, error) {
	if f.fails == "new" {
		return 0, nil, errFaulty
	}
	return f.EpochKeys.New(ctx, store, after)
}

func (f *faultyEpochs) Destroy(ctx context.Context, store string, before uint64) error {
	if f.fails == "destroy" {
		return errFaulty
	}
	return f.EpochKeys.Destroy(ctx, store, before)
}

// TestADestructionThatFailedGoesOn checks that what one Store could not finish another
// does, and that it is not called done before.
func TestADestructionThatFailedGoesOn(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	d.epochs = &faultyEpochs{sqlstore.NewEpochFile(d.keyring()), ""}
	s := d.open(t)
	m := manager(t, s)
	create(t, m, "stays", "value-stays")
	create(t, m, "goes", "value-goes")
	before := c.copyAll(t, d)
	forget(t, m, "goes")
	last := lastEvent(t, s)
	for _, fails := range []string{"new", "destroy"} {
		d.epochs.fails = fails
		require.ErrorIs(t, s.DestroyKeys(ctx), errFaulty)
		destroyed, err := s.KeysDestroyed(ctx)
		require.NoError(t, err)
		require.Zero(t, destroyed.Events)
		require.Len(t, c.decryptsEpochs(t, d, before), 2)
		require.Equal(t, "value-stays", value(t, m, "stays"))
		create(t, m, "while-"+fails+"-fails", "v")
	}
	d.epochs = nil
	other := d.open(t)
	require.NoError(t, other.DestroyKeys(ctx))
	require.Empty(t, c.decryptsEpochs(t, d, before))
	destroyed, err := other.KeysDestroyed(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, destroyed.Events, last)
	require.Equal(t, "value-stays", value(t, m, "stays"))
}

// TestKeysAreDestroyedInTheBackground checks that no caller needs to call DestroyKeys.
func TestKeysAreDestroyedInTheBackground(t *testing.T) {
	c := newCluster(t)
	for name, edit := range map[string]func(*sqlstore.PostgresOptions){
		"by time":   func(o *sqlstore.PostgresOptions) { o.DestroyKeysAfter = time.Millisecond },
		"by number": func(o *sqlstore.PostgresOptions) { o.DestroyKeysEvery = 1 },
	} {
		d := c.database(t)
		s := d.open(t, edit)
		m := manager(t, s)
		create(t, m, "a", "v")
		before := c.copyAll(t, d)
		forget(t, m, "a")
		require.Eventually(
			t,
			func() bool { return len(c.decryptsEpochs(t, d, before)) == 0 },
			time.Minute,
			time.Millisecond,
			name,
		)
		require.Eventually(t, func() bool {
			destroyed, err := s.KeysDestroyed(ctx)
			return err == nil && destroyed.Events == lastEvent(t, s)
		}, time.Minute, time.Millisecond, name)
		require.NoError(t, s.Health(ctx))
	}
}

// TestDestructionDoesNotDisturb has clients of two Stores write and read while
// epochs come and go. No value may be lost.
func TestDestructionDoesNotDisturb(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	stores := []*sqlstore.Postgres{d.open(t), d.open(t)}
	managers := []*secretlife.Manager{manager(t, stores[0]), manager(t, stores[1])}
	done := make(chan struct{})
	var destructions atomic.Int64
	ended := make(chan error)
	for _, s := range stores {
		go func() {
			for {
				select {
				case <-done:
					ended <- nil
					return
				default:
				}
				if err := s.DestroyKeys(ctx); err != nil {
					ended <- err
					return
				}
				destructions.Add(1)
			}
		}()
	}
	everyone(t, 8, func(client int) error {
		for n := range atLeisure(60, 15) {
			name := fmt.Sprintf("%d-%d", client, n)
			m := managers[n%2]
			if _, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name,
				Value: secretlife.SecretString("1 of " + name)}); err != nil {
				return err
			}
			if _, err := m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: name,
				Value: secretlife.SecretString("2 of " + name)}); err != nil {
				return err
			}
			out, err := managers[1-n%2].GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
			if err != nil {
				return err
			}
			if out.Value.Reveal() != "2 of "+name {
				return fmt.Errorf("%s has another value", name)
			}
		}
		return nil
	})
	close(done)
	for range stores {
		require.NoError(t, <-ended)
	}
	require.Greater(t, destructions.Load(), int64(2))
	for _, x := range c.copyAll(t, d) {
		_, err := managers[0].GetSecretValue(
			ctx,
			secretlife.GetSecretValueInput{SecretID: x.name, VersionID: x.version},
		)
		require.NoError(t, err)
	}
}
