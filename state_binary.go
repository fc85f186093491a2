package secretlife

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/secretlife-go/secretlife/internal/pack"
)

// MarshalBinary writes the secret for a [Store] that keeps it outside the process, in
// about a third of the room of its JSON. The form is stable: what a version of this
// package wrote, later versions read. Values are not in it. The zero Secret is refused, and one
// that is abridged.
func (s Secret) MarshalBinary() ([]byte, error) {
	if err := s.checkWhole(); err != nil {
		return nil, err
	}
	return s.stored().MarshalBinary()
}

// UnmarshalBinary reads what [Secret.MarshalBinary] wrote. Like [Secret.UnmarshalJSON] it
// checks every invariant: data that no sequence of operations could have led to is
// refused, with all that is wrong with it, and so are members that it does not know.
func (s *Secret) UnmarshalBinary(data []byte) error {
	var st storedSecret
	if err := st.UnmarshalBinary(data); err != nil {
		return err
	}
	if st.blocks != nil {
		return pack.ErrForm
	}
	return s.take(st)
}

func (s Secret) checkWhole() error {
	switch {
	case s.IsZero():
		return errNoSecret
	case s.Abridged():
		return errAbridged
	}
	return nil
}

var (
	errNoSecret = errors.New("secretlife: the zero Secret has no stored form")
	errAbridged = errors.New("secretlife: an abridged Secret has no stored form")
)

// stateForm is the first byte of a state's binary form. JSON begins with
// another, so a store can have both.
const stateForm = 1

// What a state has beside what all have.
const (
	wasAccessed = 1 << iota
	isMarked
	isForced
	hasRest
	hasOrdinal
	hasBlocks
)

// stageCodes are what AWS's own labels are in the binary form; others follow as
// text after the code 0. Only ever append.
var stageCodes = []Stage{"", StageCurrent, StagePrevious, StagePending}

// rest is what most secrets lack. It is JSON in the binary form, too.
type rest struct {
	Description string             `json:"description,omitempty"`
	KMSKeyID    string             `json:"kmsKeyId,omitempty"`
	Type        string             `json:"type,omitempty"`
	Tags        *[]Tag             `json:"tags,omitempty"`
	Policy      string             `json:"policy,omitempty"`
	Replicas    []storedReplica    `json:"replicas,omitempty"`
	Primary     string             `json:"primary,omitempty"`
	PrimaryOf   string             `json:"primaryIncarnation,omitempty"`
	Rotation    *storedRotation    `json:"rotation,omitempty"`
	Reserved    []string           `json:"reserved,omitempty"`
	Keys        map[string]*string `json:"versionKeys,omitempty"` // of versions that have another
	Aging       *storedAging       `json:"aging,omitempty"`
	Holds       []storedHold       `json:"holds,omitempty"`
	Protection  *storedProtection  `json:"protection,omitempty"`
}

func (st storedSecret) rest() rest {
	r := rest{
		Description: st.Description, KMSKeyID: st.KMSKeyID, Type: st.Type, Policy: st.Policy,
		Replicas: st.Replicas, Primary: st.Primary, PrimaryOf: st.PrimaryOf,
		Rotation: st.Rotation, Reserved: st.Reserved, Aging: st.Aging, Holds: st.Holds, Protection: st.Protection,
	}
	if st.Tags != nil {
		r.Tags = &st.Tags
	}
	if st.blocks != nil {
		r.Keys = st.blocks.keys
		return r
	}
	for _, v := range st.Versions {
		if v.KMSKeyID != nil {
			if r.Keys == nil {
				r.Keys = map[string]*string{}
			}
			r.Keys[v.ID] = v.KMSKeyID
		}
	}
	return r
}

func (st *storedSecret) setRest(r rest) {
	st.Description, st.KMSKeyID, st.Type, st.Policy = r.Description, r.KMSKeyID, r.Type, r.Policy
	st.Replicas, st.Primary, st.PrimaryOf = r.Replicas, r.Primary, r.PrimaryOf
	st.Rotation, st.Reserved, st.Aging = r.Rotation, r.Reserved, r.Aging
	st.Holds, st.Protection = r.Holds, r.Protection
	if r.Tags != nil {
		st.Tags = *r.Tags
	}
	if st.blocks != nil {
		st.blocks.keys = r.Keys
		return
	}
	for i := range st.Versions {
		st.Versions[i].KMSKeyID = r.Keys[st.Versions[i].ID]
	}
}

// MarshalBinary writes the state in about a third of the room of its JSON, for
// stores. It refuses states that fromStored would refuse for their ARN, their
// incarnation, a deletion that is not whole, or a label on a version that is not there. The form is stable.
func (st storedSecret) MarshalBinary() ([]byte, error) {
	arn, err := ParseARN(st.ARN)
	if err != nil {
		return nil, fmt.Errorf("secretlife: state of no secret: %w", err)
	}
	inc, err := ParseIncarnation(st.Incarnation)
	if err != nil {
		return nil, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	if (st.DeletionDate == nil) != (st.PurgeAt == nil) {
		return nil, fmt.Errorf("secretlife: state of %s: deletion date without purge date, or the reverse", arn)
	}
	if (st.Window != nil) != (st.DeletionDate != nil && !st.Forced) {
		return nil, fmt.Errorf("secretlife: state of %s: a recovery window without deletion date, or the reverse", arn)
	}
	if _, err := st.Window.counted(); err != nil {
		return nil, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	more := st.rest()
	plain := reflect.ValueOf(more).IsZero()
	p := pack.NewWriter(160)
	p.Byte(stateForm)
	p.Byte(st.flags(plain))
	p.Text(arn.partition)
	p.Text(arn.region.s)
	p.Text(arn.account.s)
	p.Text(arn.name.s)
	p.Raw(arn.suffix[:])
	p.Raw(inc[:])
	p.Uint(st.Revision)
	st.packDates(&p)
	if err := st.packVersions(&p); err != nil {
		return nil, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	if !plain {
		text, err := json.Marshal(more)
		if err != nil {
			return nil, err
		}
		p.Text(string(text))
	}
	return p.Bytes(), nil
}

func (st storedSecret) flags(plain bool) byte {
	var f byte
	if st.Accessed != nil {
		f |= wasAccessed
	}
	if st.DeletionDate != nil {
		f |= isMarked
	}
	if st.Forced {
		f |= isForced
	}
	if !plain {
		f |= hasRest
	}
	if st.Ordinal > 0 {
		f |= hasOrdinal
	}
	if st.blocks != nil {
		f |= hasBlocks
	}
	return f
}

// packDates writes the creation's date and ordinal, and the others as they are after it.
func (st storedSecret) packDates(p *pack.Writer) {
	p.Int(st.Created)
	if st.Ordinal > 0 {
		p.Uint(uint64(st.Ordinal))
	}
	p.Int(st.Changed - st.Created)
	if st.Accessed != nil {
		p.Int(*st.Accessed - st.Created)
	}
	if st.DeletionDate != nil {
		p.Int(*st.DeletionDate - st.Created)
		p.Int(*st.PurgeAt - *st.DeletionDate)
	}
	if st.Window != nil {
		st.Window.pack(p)
	}
}

func (st storedSecret) packVersions(p *pack.Writer) error {
	if st.blocks != nil {
		st.packBlocks(p)
	}
	p.Uint(uint64(len(st.Versions)))
	for _, v := range st.Versions {
		st.packVersion(p, v)
	}
	p.Uint(uint64(len(st.Stages)))
	labels := make([]Stage, 0, len(st.Stages))
	for label := range st.Stages {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		code := max(slices.Index(stageCodes, label), 0)
		p.Uint(uint64(code))
		if code == 0 {
			p.Text(string(label))
		}
		at, ok := st.placeOf(st.Stages[label])
		if !ok {
			return fmt.Errorf("staging label %s is on version %s, which is not there", label, st.Stages[label])
		}
		p.Uint(uint64(at))
	}
	return nil
}

func (st storedSecret) packVersion(p *pack.Writer, v storedVersion) {
	p.ID(v.ID)
	p.Int(v.Created - st.Created)
	packAccessed(p, v.Created, v.Accessed)
}

func unpackVersion(u *pack.Reader, st *storedSecret) storedVersion {
	v := storedVersion{ID: u.ID(), Created: st.Created + u.Int()}
	v.Accessed = unpackAccessed(u, v.Created)
	return v
}

// UnmarshalBinary reads what MarshalBinary wrote. fromStored checks what
// it says.
func (st *storedSecret) UnmarshalBinary(data []byte) error {
	u := pack.NewReader(data)
	form, has := u.Byte(), u.Byte()
	if form != stateForm || has >= hasBlocks<<1 {
		return pack.ErrForm
	}
	arn := ARN{partition: u.Text(), region: Region{u.Text()}, account: Account{u.Text()}, name: Name{u.Text()}}
	copy(arn.suffix[:], u.Take(suffixLength))
	out := storedSecret{
		ARN:         arn.String(),
		Incarnation: hex.EncodeToString(u.Take(uint64(len(Incarnation{})))),
		Revision:    u.Uint(),
		Forced:      has&isForced != 0,
	}
	if err := unpackDates(&u, &out, has); err != nil {
		return err
	}
	if has&hasBlocks != 0 {
		if err := unpackBlocks(&u, &out); err != nil {
			return err
		}
	}
	if err := unpackVersions(&u, &out); err != nil {
		return err
	}
	if has&hasRest != 0 {
		var more rest
		if err := decodeKnown(u.Take(u.Uint()), &more); err != nil {
			return pack.ErrForm
		}
		out.setRest(more)
	}
	if err := u.End(); err != nil {
		return err
	}
	*st = out
	return nil
}

func unpackDates(u *pack.Reader, st *storedSecret, has byte) error {
	after := func(base int64) *int64 { ms := base + u.Int(); return &ms }
	st.Created = u.Int()
	if has&hasOrdinal != 0 {
		n := u.Uint()
		if n == 0 || n > math.MaxUint32 {
			return pack.ErrForm
		}
		st.Ordinal = uint32(n)
	}
	st.Changed = st.Created + u.Int()
	if has&wasAccessed != 0 {
		st.Accessed = after(st.Created)
	}
	if has&isMarked != 0 {
		st.DeletionDate = after(st.Created)
		st.PurgeAt = after(*st.DeletionDate)
	}
	if has&isMarked != 0 && has&isForced == 0 {
		st.Window = unpackWindow(u)
	}
	return nil
}

func unpackVersions(u *pack.Reader, st *storedSecret) error {
	for range u.Count() {
		st.Versions = append(st.Versions, unpackVersion(u, st))
	}
	n := u.Count()
	if n > 0 {
		st.Stages = make(map[Stage]string, n)
	}
	for range n {
		code := u.Uint()
		if code >= uint64(len(stageCodes)) {
			return pack.ErrForm
		}
		label := stageCodes[code]
		if code == 0 {
			label = Stage(u.Text())
		}
		id, ok := st.versionAt(u.Uint())
		if !ok {
			return pack.ErrForm
		}
		st.Stages[label] = id
	}
	return nil
}
