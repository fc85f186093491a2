package sqlstore

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// storeID tells one store from another. It is drawn when a store is made.
type storeID [16]byte

// keyring has the keys that follow from the store's own key.
type keyring struct {
	id    storeID
	codes sync.Pool   // of *code, with the key of the codes that rows carry
	wrap  cipher.AEAD // of the data keys in their slots
	// epochs is one half of what wraps data keys where there are epochs.
	epochs []byte
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
	epochs, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife epochs", keySize)
	if err != nil {
		return nil, err
	}
	k := &keyring{id: id, wrap: newAEAD(wrap), epochs: epochs}
	k.codes.New = func() any { return &code{mac: hmac.New(sha256.New, auth), of: k} }
	return k, nil
}

// code is the authentication code of a row: over its fields, each with its
// length, and the name of its table. It is used again after its sum, as a new one
// costs more than the rest.
type code struct {
	of     *keyring
	mac    hash.Hash
	fields []byte
}

func (k *keyring) code(table string) *code {
	c := k.codes.Get().(*code)
	c.mac.Reset()
	c.fields = c.fields[:0]
	c.text(table)
	return c
}

func (c *code) number(n int64) { c.fields = binary.BigEndian.AppendUint64(c.fields, uint64(n)) }

func (c *code) bytes(b []byte) {
	c.number(int64(len(b)))
	c.fields = append(c.fields, b...)
}

func (c *code) text(s string) {
	c.number(int64(len(s)))
	c.fields = append(c.fields, s...)
}

// sum ends the code.
func (c *code) sum() []byte {
	c.mac.Write(c.fields)
	sum := c.mac.Sum(nil)
	c.of.codes.Put(c)
	return sum
}

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
