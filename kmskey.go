package secretlife

import (
	"cmp"
	"slices"
)

// defaultKeyAlias names the key every account has.
const defaultKeyAlias = "alias/aws/secretsmanager"

// defaultKeyID is how AWS names the default key in a list of versions.
const defaultKeyID = "DefaultEncryptionKey"

// defaultKey makes the default key's name the same as no name.
func defaultKey(id string) string {
	if id == defaultKeyAlias {
		return ""
	}
	return id
}

// versionKey is the key of a version that is another than the secret's.
type versionKey struct {
	version VersionID
	key     string
}

// keyOf returns the key a version is said to be encrypted with, "" for the
// default key.
func (s Secret) keyOf(id VersionID) string {
	m := s.attrs()
	for _, k := range m.keys {
		if k.version == id {
			return k.key
		}
	}
	return m.kmsKeyID
}

// encrypt changes the key. The versions with the labels AWSCURRENT, AWSPENDING
// and AWSPREVIOUS change theirs with it, the others keep it: "KmsKeyId",
// UpdateSecret in the API reference. That goes for the key the secret has already,
// too: a version that had kept another may have got a label meanwhile.
func (d *secretData) encrypt(key string) {
	old, m := Secret{d}, d.attributes()
	if m.kmsKeyID == key && len(m.keys) == 0 {
		return
	}
	moves := func(id VersionID) bool {
		return slices.ContainsFunc(d.stages, func(x staged) bool {
			return x.version == id && (x.label == StageCurrent || x.label == StagePending || x.label == StagePrevious)
		})
	}
	var keys []versionKey
	for _, v := range d.versions {
		if k := old.keyOf(v.id); !moves(v.id) && k != key {
			keys = append(keys, versionKey{v.id, k})
		}
	}
	m.kmsKeyID, m.keys = key, keys
}

// forgetGone forgets the keys and the reservations of versions that are gone.
func (d *secretData) forgetGone() {
	if d.more == nil {
		return
	}
	m := d.attributes()
	m.keys = slices.DeleteFunc(slices.Clone(m.keys), func(k versionKey) bool { return d.indexOf(k.version) < 0 })
	m.reserved = slices.DeleteFunc(m.reserved, func(id VersionID) bool { return d.indexOf(id) < 0 })
}

// otherKey is the key of a version where it is not the secret's.
func (s Secret) otherKey(id VersionID) *string {
	if key := s.keyOf(id); key != s.attrs().kmsKeyID {
		return &key
	}
	return nil
}

// shownKey is the key in a list of versions.
func (s Secret) shownKey(id VersionID) string { return cmp.Or(s.keyOf(id), defaultKeyID) }
