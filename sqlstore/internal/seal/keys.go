package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
)

// KeySize is the length of every key, for AES-256.
const KeySize = 32

// NewKey draws a key. crypto/rand does not fail: the program ends rather.
func NewKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)
	return key
}

// NewAEAD is AES-256-GCM with a random nonce before every ciphertext.
func NewAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // a key of another length, which nobody makes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// NewStoreID draws the id of a new store.
func NewStoreID() (id StoreID) {
	_, _ = rand.Read(id[:])
	return id
}
