package stores_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// attacker has the master key and every file, and knows how they are made. What
// is below is written from docs/permanence.md, not with the store's code.
type attacker struct {
	files
	store []byte
	wrap  cipher.AEAD
}

// ciphertext is a value as the database has it, and where it belongs.
type ciphertext struct {
	account, region, name, version string
	incarnation, sealed            []byte
}

func gcm(t testing.TB, key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	return aead
}

// unseal opens what has its nonce before it.
func unseal(aead cipher.AEAD, sealed, bound []byte) ([]byte, bool) {
	if len(sealed) < aead.NonceSize() {
		return nil, false
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], bound)
	return plain, err == nil
}

func (f files) sql(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+f.db()+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newAttacker(t testing.TB, f files) *attacker {
	t.Helper()
	db := f.sql(t)
	defer func() { require.NoError(t, db.Close()) }()
	meta := func(name string) (value []byte) {
		require.NoError(
			t,
			db.QueryRowContext(ctx, "SELECT value FROM secretlife_meta WHERE name = ?", name).Scan(&value),
		)
		return value
	}
	text, err := os.ReadFile(f.master())
	require.NoError(t, err)
	master, err := hex.DecodeString(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	a := &attacker{files: f, store: meta("store")}
	storeKey, ok := unseal(gcm(t, master), meta("key"), a.store)
	require.True(t, ok)
	wrap, err := hkdf.Key(sha256.New, storeKey, a.store, "secretlife data keys", 32)
	require.NoError(t, err)
	a.wrap = gcm(t, wrap)
	return a
}

// bound is what a ciphertext of a version, or a data key (""), is bound to.
func (a *attacker) bound(c ciphertext, version string) []byte {
	b := bytes.Clone(a.store)
	for _, s := range []string{c.account, c.region, c.name, version} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return append(b, c.incarnation...)
}

// ciphertexts reads all there are.
func (a *attacker) ciphertexts(t testing.TB) []ciphertext {
	t.Helper()
	db := a.sql(t)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT account, region, name, s.incarnation, version, sealed
		FROM secretlife_secrets s JOIN secretlife_versions v ON s.incarnation = v.incarnation`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var out []ciphertext
	for rows.Next() {
		var c ciphertext
		require.NoError(t, rows.Scan(&c.account, &c.region, &c.name, &c.incarnation, &c.version, &c.sealed))
		out = append(out, c)
	}
	require.NoError(t, rows.Err())
	return out
}

// decrypts tries every slot's key on every ciphertext, and returns the values
// that it gets.
func (a *attacker) decrypts(t testing.TB, all []ciphertext) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(a.keys())
	require.NoError(t, err)
	return a.decryptsBy(t, all, likeSlots(content[4096:]))
}

// likeSlots are all places in bytes that could be a slot with a key.
func likeSlots(content []byte) [][]byte {
	var out [][]byte
	for at := 0; at+64 <= len(content); at += 64 {
		if bytes.HasPrefix(content[at:], []byte{1, 0, 0, 0}) {
			out = append(out, content[at:at+64])
		}
	}
	return out
}

func (a *attacker) decryptsBy(t testing.TB, all []ciphertext, slots [][]byte) map[string]bool {
	t.Helper()
	values := map[string]bool{}
	for _, c := range all {
		bound := a.bound(c, "")
		for _, slot := range slots {
			dataKey, ok := unseal(a.wrap, slot[4:], bound)
			if !ok {
				continue
			}
			if plain, ok := unseal(gcm(t, dataKey), c.sealed, a.bound(c, c.version)); ok {
				values[string(plain[1:])] = true
			}
		}
	}
	return values
}

// finds counts the byte strings of which a piece is in any of the files.
func (f files) finds(t testing.TB, things [][]byte) int {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	require.NoError(t, err)
	var all [][]byte
	for _, e := range entries {
		content, err := os.ReadFile(f.dir + "/" + e.Name())
		require.NoError(t, err)
		all = append(all, content)
	}
	return findsIn(things, all...)
}

// findsIn counts the byte strings of which a piece is in any of some contents.
// Pages cut long ones up, so several pieces of each are looked for.
func findsIn(things [][]byte, contents ...[]byte) int {
	const stride = 50
	of := map[[16]byte]int{}
	for n, thing := range things {
		for i := 0; i+16 <= len(thing); i += stride {
			of[[16]byte(thing[i:i+16])] = n
		}
	}
	found := map[int]bool{}
	for _, content := range contents {
		for i := 0; i+16 <= len(content); i++ {
			if n, ok := of[[16]byte(content[i:i+16])]; ok {
				found[n] = true
			}
		}
	}
	return len(found)
}

// takenSlots counts the slots that have a key.
func takenSlots(t testing.TB, f files) int {
	t.Helper()
	content, err := os.ReadFile(f.keys())
	require.NoError(t, err)
	taken := 0
	for at := 4096; at+64 <= len(content); at += 64 {
		if [64]byte(content[at:at+64]) != [64]byte{} {
			taken++
		}
	}
	return taken
}
