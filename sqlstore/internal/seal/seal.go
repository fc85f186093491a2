// Package seal has the keys of a durable store and what is done with them: it wraps data
// keys, seals values, and computes the codes by which changed rows are noticed.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// ErrTampered means that data was changed by others than the store.
var ErrTampered = errors.New("sqlstore: stored data is not what the store wrote")

// StoreID tells one store from another. It is drawn when a store is made.
type StoreID [16]byte

// Keyring has the keys that follow from the store's own key.
type Keyring struct {
	ID    StoreID
	codes sync.Pool   // of *Code, with the key of the codes that rows carry
	wrap  cipher.AEAD // of the data keys in their slots
	// Epochs is one half of what wraps data keys where there are epochs.
	Epochs []byte
}

// NewKeyring derives the keys of a store from its own key.
func NewKeyring(id StoreID, storeKey []byte) (*Keyring, error) {
	auth, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife rows", KeySize)
	if err != nil {
		return nil, err
	}
	wrap, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife data keys", KeySize)
	if err != nil {
		return nil, err
	}
	epochs, err := hkdf.Key(sha256.New, storeKey, id[:], "secretlife epochs", KeySize)
	if err != nil {
		return nil, err
	}
	k := &Keyring{ID: id, wrap: NewAEAD(wrap), Epochs: epochs}
	k.codes.New = func() any { return &Code{mac: hmac.New(sha256.New, auth), of: k} }
	return k, nil
}

// Code is the authentication code of a row: over its fields, each with its
// length, and the name of its table. It is used again after its sum: making one anew
// takes twice as long or more (BenchmarkCode), and every row that is read or written has
// a code.
type Code struct {
	of     *Keyring
	mac    hash.Hash
	fields []byte
}

// Code begins the code of a row of a table.
func (k *Keyring) Code(table string) *Code {
	c := k.codes.Get().(*Code)
	c.mac.Reset()
	c.fields = c.fields[:0]
	c.Text(table)
	return c
}

// Number adds a number.
func (c *Code) Number(n int64) { c.fields = binary.BigEndian.AppendUint64(c.fields, uint64(n)) }

// Bytes adds bytes, after their length.
func (c *Code) Bytes(b []byte) {
	c.Number(int64(len(b)))
	c.fields = append(c.fields, b...)
}

// Text adds a text, after its length.
func (c *Code) Text(s string) {
	c.Number(int64(len(s)))
	c.fields = append(c.fields, s...)
}

// Sum ends the code.
func (c *Code) Sum() []byte {
	c.mac.Write(c.fields)
	sum := c.mac.Sum(nil)
	c.of.codes.Put(c)
	return sum
}

// Owner is the secret that a data key belongs to: one incarnation at its key.
type Owner struct {
	Key         secretlife.Key
	Incarnation secretlife.Incarnation
}

// bound is what a ciphertext is bound to, so that it opens in its place only.
func (k *Keyring) bound(of Owner, version string) []byte {
	b := append([]byte{}, k.ID[:]...)
	for _, s := range []string{of.Key.Account.String(), of.Key.Region.String(), of.Key.Name.String(), version} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return append(b, of.Incarnation[:]...)
}

// SlotSize is the length of a slot: a mark that it is taken, and a data key as
// WrapKey wraps it.
const (
	SlotSize  = 4 + wrapLength
	SlotTaken = 1
	// wrapLength is a nonce, a key and the tag.
	wrapLength = 12 + KeySize + 16
)

// Slot is the content of a slot; all zeros where it is empty.
type Slot [SlotSize]byte

// Empty reports whether no key is in the slot.
func (s Slot) Empty() bool { return s == Slot{} }

// WrapKey wraps a data key of an owner.
func (k *Keyring) WrapKey(of Owner, dataKey []byte) Slot {
	var s Slot
	s[0] = SlotTaken
	copy(s[4:], k.wrap.Seal(nil, nil, dataKey, k.bound(of, "")))
	return s
}

var errNotThisKey = errors.New("the slot does not have the data key of this secret")

// UnwrapKey returns the data key in a slot, if it is that of the owner.
func (k *Keyring) UnwrapKey(of Owner, s Slot) ([]byte, error) {
	dataKey, err := k.wrap.Open(nil, nil, s[4:], k.bound(of, ""))
	if err != nil || s[0] != SlotTaken {
		return nil, errNotThisKey
	}
	return dataKey, nil
}

// The first byte of what is sealed tells the two kinds of values apart.
const (
	kindString = 's'
	kindBinary = 'b'
)

// SealValue encrypts a value under its data key, bound to its place.
func (k *Keyring) SealValue(of Owner, dataKey []byte, v secretlife.VersionValue) []byte {
	kind := byte(kindString)
	if v.Value.IsBinary() {
		kind = kindBinary
	}
	plain := append([]byte{kind}, v.Value.Reveal()...)
	defer clear(plain)
	return NewAEAD(dataKey).Seal(nil, nil, plain, k.bound(of, v.ID.String()))
}

// OpenValue decrypts what SealValue returned for the same place.
func (k *Keyring) OpenValue(
	of Owner,
	dataKey []byte,
	id secretlife.VersionID,
	sealed []byte,
) (secretlife.Value, error) {
	plain, err := NewAEAD(dataKey).Open(nil, nil, sealed, k.bound(of, id.String()))
	if err != nil || len(plain) == 0 {
		return secretlife.Value{}, ErrTampered
	}
	defer clear(plain)
	if plain[0] == kindBinary {
		return secretlife.SecretBinary(plain[1:]), nil
	}
	return secretlife.SecretString(string(plain[1:])), nil
}

// String returns the id in hexadecimal digits.
func (id StoreID) String() string { return hex.EncodeToString(id[:]) }
