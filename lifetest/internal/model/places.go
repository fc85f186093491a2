package model

import (
	"cmp"

	"github.com/secretlife-go/secretlife"
)

// Place is an account and a Region.
type Place struct{ Account, Region string }

// Key is where a secret is: a Place and the secret's name.
type Key struct {
	Place
	Name string
}

// NewKey returns the Key of a name in an account and Region.
func NewKey(account, region, name string) Key { return Key{Place{account, region}, name} }

// KeyOf returns the Key of an ARN.
func KeyOf(arn secretlife.ARN) Key {
	return NewKey(arn.Account().String(), arn.Region().String(), arn.Name().String())
}

// KeyOfStore returns the Key of a store's key.
func KeyOfStore(k secretlife.Key) Key {
	return NewKey(k.Account.String(), k.Region.String(), k.Name.String())
}

// CompareKeys orders keys by account, Region and name.
func CompareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
}
