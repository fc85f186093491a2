package sqlstore

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"

	"github.com/secretlife-go/secretlife"
)

// storeID tells one store from another. It is drawn when a store is made.
type storeID [16]byte

// keyring has the keys that follow from the store's own key.
type keyring struct {
	id   storeID
	auth []byte      // of the codes that rows carry
	wrap cipher.AEAD // of the data keys in their slots
}

func newKeyring(id storeID, storeKey []byte) (*keyring, error) {
	auth, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife rows", keySize)
	if err != nil {
		return nil, err
	}
	wrap, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife data keys", keySize)
	if err != nil {
		return nil, err
	}
	return &keyring{id, auth, newAEAD(wrap)}, nil
}

// code is the authentication code of a row: over its fields, each with its
// length, and the name of its table.
type code struct{ hash.Hash }

func (k *keyring) code(table string) code {
	c := code{hmac.New(sha256.New, k.auth)}
	c.text(table)
	return c
}

func (c code) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	c.Write(b[:])
}

func (c code) bytes(b []byte) {
	c.number(int64(len(b)))
	c.Write(b)
}

func (c code) text(s string) { c.bytes([]byte(s)) }

func (c code) sum() []byte { return c.Sum(nil) }

// life is whom a data key belongs to: one incarnation at its key.
type life struct {
	key         secretlife.Key
	incarnation secretlife.Incarnation
}

// bound is what a ciphertext is bound to, so that it opens in its place only.
func (k *keyring) bound(of life, version string) []byte {
	b := append([]byte{}, k.id[:]...)
	for _, s := range []string{of.key.Account.String(), of.key.Region.String(), of.key.Name.String(), version} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return append(b, of.incarnation[:]...)
}

// slotSize is the length of a slot: a mark that it is taken, and a data key as
// wrapKey wraps it.
const (
	slotSize  = 4 + wrapLength
	slotTaken = 1
	// wrapLength is a nonce, a key and the tag.
	wrapLength = 12 + keySize + 16
)

// slot is the content of a slot; all zeros where it is empty.
type slot [slotSize]byte

func (s slot) empty() bool { return s == slot{} }

func (k *keyring) wrapKey(of life, dataKey []byte) slot {
	var s slot
	s[0] = slotTaken
	copy(s[4:], k.wrap.Seal(nil, nil, dataKey, k.bound(of, "")))
	return s
}

var errNotThisKey = errors.New("the slot does not have the data key of this secret")

func (k *keyring) unwrapKey(of life, s slot) ([]byte, error) {
	dataKey, err := k.wrap.Open(nil, nil, s[4:], k.bound(of, ""))
	if err != nil || s[0] != slotTaken {
		return nil, errNotThisKey
	}
	return dataKey, nil
}

// The first byte of what is sealed tells the two kinds of values apart.
const (
	kindString = 's'
	kindBinary = 'b'
)

func (k *keyring) sealValue(of life, dataKey []byte, v secretlife.VersionValue) []byte {
	kind := byte(kindString)
	if v.Value.IsBinary() {
		kind = kindBinary
	}
	plain := append([]byte{kind}, v.Value.Reveal()...)
	defer clear(plain)
	return newAEAD(dataKey).Seal(nil, nil, plain, k.bound(of, v.ID.String()))
}

func (k *keyring) openValue(of life, dataKey []byte, id secretlife.VersionID, sealed []byte) (secretlife.Value, error) {
	plain, err := newAEAD(dataKey).Open(nil, nil, sealed, k.bound(of, id.String()))
	if err != nil || len(plain) == 0 {
		return secretlife.Value{}, ErrTampered
	}
	defer clear(plain)
	if plain[0] == kindBinary {
		return secretlife.SecretBinary(plain[1:]), nil
	}
	return secretlife.SecretString(string(plain[1:])), nil
}
