package secretlife

import (
	"slices"

	"github.com/secretlife-go/secretlife/internal/immutable"
	"github.com/secretlife-go/secretlife/internal/pack"
)

// MarshalAbridged is MarshalBinary without the versions that are in blocks. There are blocks of all
// versions but the newest 1 to 128. Of those in blocks only versions with a staging label and
// reserved ones are written. [Change.VersionBlocks] returns the blocks that go with it.
func (s Secret) MarshalAbridged() ([]byte, error) {
	if err := s.checkWhole(); err != nil {
		return nil, err
	}
	return s.abridged().MarshalBinary()
}

// UnmarshalAbridged reads what [Secret.MarshalAbridged] wrote, and checks it as UnmarshalBinary
// does. See [Secret.Abridged] and [Secret.Unabridged].
func (s *Secret) UnmarshalAbridged(data []byte) error {
	var st storedSecret
	if err := st.UnmarshalBinary(data); err != nil {
		return err
	}
	if n := len(st.Versions); n > immutable.BlockSize || n == 0 && st.blocks != nil {
		return pack.ErrForm
	}
	return s.take(st)
}

// storedBlocks is what an abridged state has of the versions that are in blocks.
type storedBlocks struct {
	sums  []immutable.Sum
	there []placedVersion    // those that are not only in the blocks
	keys  map[string]*string // KMSKeyID of all versions
}

// len is how many versions are in the blocks.
func (b *storedBlocks) len() int {
	if b == nil {
		return 0
	}
	return len(b.sums) * immutable.BlockSize
}

// placedVersion is a version with its place among all.
type placedVersion struct {
	at int
	storedVersion
}

// abridged returns the secret as plain data without the versions in blocks, but for those with a
// label and those that are reserved.
func (s Secret) abridged() storedSecret {
	d, m, st := s.d, s.attrs(), s.storedMeta()
	b := &storedBlocks{sums: d.versions.Sums()}
	for i := b.len(); i < d.versions.Len(); i++ {
		st.Versions = append(st.Versions, s.storedVersion(i))
	}
	if b.len() == 0 {
		return st
	}
	st.blocks = b
	var there []int
	for _, x := range d.stages {
		there = append(there, d.indexOf(x.version))
	}
	for _, id := range m.reserved {
		there = append(there, d.indexOf(id))
	}
	slices.Sort(there)
	for _, i := range slices.Compact(there) {
		if i < b.len() {
			b.there = append(b.there, placedVersion{i, s.storedVersion(i)})
		}
	}
	for _, k := range m.keys {
		if k.key == m.kmsKeyID {
			continue
		}
		if b.keys == nil {
			b.keys = map[string]*string{}
		}
		b.keys[k.version.s] = &k.key
	}
	return st
}

func (st storedSecret) packBlocks(p *pack.Writer) {
	b := st.blocks
	p.Uint(uint64(len(b.sums)))
	for _, sum := range b.sums {
		p.Raw(sum[:])
	}
	p.Uint(uint64(len(b.there)))
	for _, v := range b.there {
		p.Uint(uint64(v.at))
		st.packVersion(p, v.storedVersion)
	}
}

func unpackBlocks(u *pack.Reader, st *storedSecret) error {
	b := &storedBlocks{}
	for range u.Count() {
		var sum immutable.Sum
		copy(sum[:], u.Take(uint64(len(sum))))
		b.sums = append(b.sums, sum)
	}
	if len(b.sums) == 0 || u.Bad() {
		return pack.ErrForm
	}
	next := uint64(0)
	for range u.Count() {
		at := u.Uint()
		if at < next || at >= uint64(b.len()) {
			return pack.ErrForm
		}
		next = at + 1
		b.there = append(b.there, placedVersion{int(at), unpackVersion(u, st)})
	}
	st.blocks = b
	return nil
}

// placeOf returns the place of a version among all.
func (st storedSecret) placeOf(id string) (at int, ok bool) {
	i := slices.IndexFunc(st.Versions, func(v storedVersion) bool { return v.ID == id })
	if i >= 0 {
		return st.blocks.len() + i, true
	}
	if st.blocks != nil {
		for _, v := range st.blocks.there {
			if v.ID == id {
				return v.at, true
			}
		}
	}
	return 0, false
}

// versionAt returns the version at a place among all.
func (st storedSecret) versionAt(at uint64) (id string, ok bool) {
	first := uint64(st.blocks.len())
	if at < first {
		for _, v := range st.blocks.there {
			if uint64(v.at) == at {
				return v.ID, true
			}
		}
		return "", false
	}
	if at -= first; at < uint64(len(st.Versions)) {
		return st.Versions[at].ID, true
	}
	return "", false
}
