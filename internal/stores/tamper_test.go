package stores_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// victim is a store with some secrets, and a connection beside it.
type victim struct {
	files
	*sqlstore.SQLite
	m  *secretlife.Manager
	p  *secretlife.Purger
	db *sql.DB
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	f := newFiles(t)
	v := &victim{files: f, SQLite: f.open(t), db: f.sql(t)}
	v.m = manager(t, v.SQLite)
	v.p = secretlife.NewPurger(v.m)
	for _, name := range []string{"a", "b"} {
		_, err := v.m.CreateSecret(
			ctx,
			secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("value of " + name)},
		)
		require.NoError(t, err)
		for i := range 2 {
			_, err = v.m.PutSecretValue(
				ctx,
				secretlife.PutSecretValueInput{
					SecretID: name,
					Value:    secretlife.SecretString(fmt.Sprint("value ", i, " of ", name)),
				},
			)
			require.NoError(t, err)
		}
	}
	_, err := v.m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "b"})
	require.NoError(t, err)
	return v
}

// exec changes the database below the store, which notices with its next
// transaction.
func (v *victim) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	defer func() { _ = touch(v) }() // what it swaps may have been changed, too
	r, err := v.db.ExecContext(ctx, query, args...)
	require.NoError(t, err, query)
	n, err := r.RowsAffected()
	require.NoError(t, err)
	require.NotZero(t, n, query)
}

func key(t testing.TB, m *secretlife.Manager, name string) secretlife.Key {
	t.Helper()
	n, err := secretlife.ParseName(name)
	require.NoError(t, err)
	return secretlife.Key{Account: m.Account(), Region: m.Region(), Name: n}
}

// TestNoColumnCanBeChanged changes each column of a secret by itself.
func TestNoColumnCanBeChanged(t *testing.T) {
	day := (24 * time.Hour).Milliseconds()
	for _, set := range []string{
		"revision = revision + 1", "created = created - 1", "ordinal = ordinal + 1",
		"changed = changed + 1", "accessed = accessed + 1",
		fmt.Sprintf("due = due - 20 * %d, purge = purge - 20 * %d, deletion = deletion - 20 * %d", day, day, day),
		"due = due + 1, purge = purge + 1", "deletion = deletion - 1",
		"due = NULL, purge = NULL, deletion = NULL",
		"slot = slot + 100", "incarnation = randomblob(16)", "incarnation = x'01'", "mac = x''", "mac = randomblob(32)",
		`state = CAST(substr(state, 1, 90) || x'0707' || substr(state, 93) AS BLOB)`, `state = '{}'`, `state = ''`,
		"region = 'eu-west-1'", "account = '210987654321'",
		// The columns of another row of the store, its code included.
		"revision = a.revision, changed = a.changed, due = a.due, purge = a.purge, deletion = a.deletion, state = " +
			"a.state, mac = a.mac FROM secretlife_secrets a WHERE a.name = 'a' AND secretlife_secrets.name = 'b' OR 1 = 0",
	} {
		t.Run(set, func(t *testing.T) {
			v := newVictim(t)
			k := key(t, v.m, "b")
			there, err := v.Load(ctx, k)
			require.NoError(t, err)
			if strings.Contains(set, "WHERE") {
				v.exec(t, "UPDATE secretlife_secrets SET "+set)
			} else {
				v.exec(t, "UPDATE secretlife_secrets SET "+set+" WHERE name = 'b'")
			}
			switch {
			case strings.HasPrefix(set, "region"):
				k.Region, err = secretlife.ParseRegion("eu-west-1")
			case strings.HasPrefix(set, "account"):
				k.Account, err = secretlife.ParseAccount("210987654321")
			}
			require.NoError(t, err)

			s, err := v.Load(ctx, k)
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			require.True(t, s.IsZero())
			for _, order := range []secretlife.Order{
				secretlife.OrderByName, secretlife.OrderByCreatedDate,
				secretlife.OrderByLastChangedDate, secretlife.OrderByLastAccessedDate,
			} {
				page, err := v.List(
					ctx,
					secretlife.ListQuery{Account: k.Account, Region: k.Region, Order: order, Limit: 10},
				)
				require.ErrorIs(t, err, sqlstore.ErrTampered)
				require.Empty(t, page)
			}
			if k == there.Key() {
				c, err := there.Restore(secretlife.Exactly(start.Add(time.Hour)))
				require.NoError(t, err)
				_, err = v.Commit(ctx, secretlife.BatchOf(c))
				require.ErrorIs(t, err, sqlstore.ErrTampered)
				_, err = v.m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "b"})
				require.Error(t, err)
			}
			// Others are not concerned, and nothing is purged.
			_, err = v.Load(ctx, key(t, v.m, "a"))
			require.NoError(t, err)
			report, err := v.p.Advance(ctx, 15*24*time.Hour)
			require.Empty(t, report.Purged(), "%v", err)
		})
	}
}

// TestNothingIsMadeDue holds the same for a secret that is not to be deleted.
func TestNothingIsMadeDue(t *testing.T) {
	v := newVictim(t)
	v.exec(t, "UPDATE secretlife_secrets SET due = 5 WHERE name = 'a'")
	due, err := v.Due(ctx, secretlife.DueQuery{By: start, Limit: 10})
	require.NoError(t, err)
	require.Len(t, due, 1) // the index is believed, and the secret then is not
	_, err = v.Load(ctx, key(t, v.m, "a"))
	require.ErrorIs(t, err, sqlstore.ErrTampered)
	report, err := v.p.RunDue(ctx)
	require.ErrorIs(t, err, sqlstore.ErrTampered)
	require.Empty(t, report)
}

// TestTheDatabaseHoldsTheRuleOfDates checks that a deletion date and a purge date
// are there together or not at all, and that nothing is due before, even if another program writes.
func TestTheDatabaseHoldsTheRuleOfDates(t *testing.T) {
	v := newVictim(t)
	for _, set := range []string{"deletion = NULL", "purge = NULL", "due = due - 1", "deletion = purge + 1",
		"revision = 0", "slot = -1", "slot = (SELECT slot FROM secretlife_secrets WHERE name = 'a')"} {
		_, err := v.db.ExecContext(ctx, "UPDATE secretlife_secrets SET "+set+" WHERE name = 'b'")
		require.ErrorContains(t, err, "constraint", set)
	}
	_, err := v.db.ExecContext(ctx, "UPDATE secretlife_secrets SET deletion = 1 WHERE name = 'a'")
	require.ErrorContains(t, err, "constraint")
}

// TestCiphertextsOpenInTheirPlaceOnly swaps every pair.
func TestCiphertextsOpenInTheirPlaceOnly(t *testing.T) {
	v := newVictim(t)
	_, err := v.m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "b"})
	require.NoError(t, err)
	all := newAttacker(t, v.files).ciphertexts(t)
	require.Len(t, all, 6)
	value := func(c ciphertext) (secretlife.Value, error) {
		id, err := secretlife.ParseVersionID(c.version)
		require.NoError(t, err)
		return v.Value(ctx, key(t, v.m, c.name), secretlife.Incarnation(c.incarnation), id)
	}
	put := func(c ciphertext, sealed []byte) {
		v.exec(
			t,
			"UPDATE secretlife_versions SET sealed = ? WHERE incarnation = ? AND version = ?",
			sealed,
			c.incarnation,
			c.version,
		)
	}
	refused := func(c ciphertext) {
		t.Helper()
		got, err := value(c)
		require.ErrorIs(t, err, sqlstore.ErrTampered)
		require.True(t, got.IsZero())
		require.NotContains(t, err.Error(), "value 0")
	}
	for i, c := range all {
		for _, o := range all[:i] {
			put(c, o.sealed)
			put(o, c.sealed)
			refused(c)
			refused(o)
			put(c, c.sealed)
			put(o, o.sealed)
		}
		for _, changed := range [][]byte{{}, c.sealed[:20], append([]byte{c.sealed[0] ^ 1}, c.sealed[1:]...),
			append(c.sealed[:len(c.sealed):len(c.sealed)], 0)} {
			put(c, changed)
			refused(c)
		}
		put(c, c.sealed)
		_, err := value(c)
		require.NoError(t, err)
	}
}

// TestKeysOpenInTheirSlotOnly swaps the slots of two secrets, and takes one away.
func TestKeysOpenInTheirSlotOnly(t *testing.T) {
	v := newVictim(t)
	file, err := os.OpenFile(v.keys(), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	slots := make([]byte, 128)
	_, err = file.ReadAt(slots, 4096)
	require.NoError(t, err)
	write := func(b []byte) {
		_, err := file.WriteAt(b, 4096)
		require.NoError(t, err)
	}
	read := func() error {
		_, err := v.m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		return err
	}
	write(append(append([]byte{}, slots[64:]...), slots[:64]...))
	require.ErrorIs(t, read(), sqlstore.ErrTampered)
	write(make([]byte, 128))
	require.ErrorIs(t, read(), sqlstore.ErrKeyLost)
	_, err = v.m.PutSecretValue(
		ctx,
		secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("v")},
	)
	require.ErrorIs(t, err, sqlstore.ErrKeyLost)
	write(slots)
	require.NoError(t, read())
}

func TestEventsCantBeChanged(t *testing.T) {
	for _, change := range []string{
		"UPDATE secretlife_events SET record = CAST(substr(record, 1, 1) || x'04' || substr(record, 3) AS BLOB) WHERE " +
			"seq = 1",
		"UPDATE secretlife_events SET mac = randomblob(32) WHERE seq = 2",
		"DELETE FROM secretlife_events WHERE seq = 2",
		"UPDATE secretlife_events SET seq = seq + 1 WHERE seq = (SELECT MAX(seq) FROM secretlife_events)",
		"UPDATE secretlife_events SET (record, mac) = (SELECT record, mac FROM secretlife_events WHERE seq = 1) WHERE " +
			"seq = 2",
	} {
		v := newVictim(t)
		v.exec(t, change)
		events, err := v.Events(ctx, 0, 100)
		require.ErrorIs(t, err, sqlstore.ErrTampered, change)
		require.Empty(t, events)
	}
}

func TestANoteCantBeChanged(t *testing.T) {
	v := newVictim(t)
	require.NoError(t, v.SwapNote(ctx, "here", nil, []byte("value")))
	require.NoError(t, v.SwapNote(ctx, "there", nil, []byte("other")))
	for _, change := range []string{
		"UPDATE secretlife_notes SET value = x'00' WHERE name = 'here'",
		"UPDATE secretlife_notes SET value = x'' WHERE name = 'here'",
		"UPDATE secretlife_notes SET mac = zeroblob(32) WHERE name = 'here'",
		"UPDATE secretlife_notes SET (value, mac) = (SELECT value, mac FROM secretlife_notes WHERE name = 'there') WHERE " +
			"name = 'here'",
	} {
		v.exec(t, change)
		note, err := v.Note(ctx, "here")
		require.ErrorIs(t, err, sqlstore.ErrTampered, change)
		require.Zero(t, note)
	}
}
