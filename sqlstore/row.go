package sqlstore

import (
	"crypto/hmac"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// row is a secret as the table has it.
type row struct {
	account, region, name      string
	incarnation                []byte
	revision                   int64
	created, changed, accessed int64
	due, deletion, purge       sql.NullInt64
	slot                       int64 // 0 where the dialect has none
	state                      []byte
	mac                        []byte
}

// rowColumns are the columns that every dialect has.
const rowColumns = `account, region, name, incarnation, revision, created, changed, accessed, due, deletion, purge, state, mac`

func (r *row) targets(d *dialect) []any {
	out := []any{&r.account, &r.region, &r.name, &r.incarnation, &r.revision, &r.created, &r.changed, &r.accessed,
		&r.due, &r.deletion, &r.purge, &r.state, &r.mac}
	if d.slots {
		out = append(out, &r.slot)
	}
	return out
}

func (r *row) values(d *dialect) []any {
	out := []any{r.account, r.region, r.name, r.incarnation, r.revision, r.created, r.changed, r.accessed,
		r.due, r.deletion, r.purge, r.state, r.mac}
	if d.slots {
		out = append(out, r.slot)
	}
	return out
}

// rowOf writes a secret as a row, but for its slot and its code.
func rowOf(s secretlife.Secret) (row, error) {
	state, err := s.State().MarshalBinary()
	if err != nil {
		return row{}, fmt.Errorf("sqlstore: writing the state of %s: %w", s.ARN(), err)
	}
	key, inc := s.Key(), s.Incarnation()
	r := row{
		account: key.Account.String(), region: key.Region.String(), name: key.Name.String(),
		incarnation: inc[:],
		revision:    int64(s.Revision()),
		created:     s.CreatedDate().UnixMilli(),
		changed:     s.LastChangedDate().UnixMilli(),
		accessed:    secretlife.CursorOf(s, secretlife.ByLastAccessedDate).At.UnixMilli(),
		state:       state,
	}
	if at, _, ok := s.NextDue(); ok {
		r.due = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
	}
	if date, ok := s.Deletion().Date(); ok {
		r.deletion = sql.NullInt64{Int64: date.UnixMilli(), Valid: true}
	}
	if at, ok := s.Deletion().PurgeAt(); ok {
		r.purge = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
	}
	return r, nil
}

// code is over all that is in the row, so that none of it can be changed by
// itself: neither the state nor a date that orders or schedules it.
func (r *row) code(k *keyring) []byte {
	c := k.code("secrets")
	c.text(r.account)
	c.text(r.region)
	c.text(r.name)
	c.bytes(r.incarnation)
	for _, n := range []int64{r.revision, r.created, r.changed, r.accessed, r.slot} {
		c.number(n)
	}
	for _, n := range []sql.NullInt64{r.due, r.deletion, r.purge} {
		if n.Valid {
			c.number(1)
		}
		c.number(n.Int64)
	}
	c.bytes(r.state)
	return c.sum()
}

// check holds that the row is one the store wrote.
func (r *row) check(k *keyring) error {
	if !hmac.Equal(r.mac, r.code(k)) {
		return fmt.Errorf("%w: the secret %q in %s of account %s", ErrTampered, r.name, r.region, r.account)
	}
	return nil
}

// secret checks the row, and takes it back through [secretlife.FromState].
func (r *row) secret(k *keyring) (secretlife.Secret, error) {
	if err := r.check(k); err != nil {
		return secretlife.Secret{}, err
	}
	var st secretlife.State
	if err := st.UnmarshalBinary(r.state); err != nil {
		return secretlife.Secret{}, fmt.Errorf("%w: the secret %q: %w", ErrDamaged, r.name, err)
	}
	s, err := secretlife.FromState(st)
	if err != nil {
		return secretlife.Secret{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return s, nil
}

// life is whose data key the row's slot has.
func (r *row) life(key secretlife.Key) life { return life{key, secretlife.Incarnation(r.incarnation)} }

// eventCode is the authentication code of a row of events, at its place.
func (k *keyring) eventCode(seq int64, record []byte) []byte {
	c := k.code("events")
	c.number(seq)
	c.bytes(record)
	return c.sum()
}

func (id storeID) String() string { return hex.EncodeToString(id[:]) }

func parseKey(account, region, name string) (secretlife.Key, error) {
	a, err1 := secretlife.ParseAccount(account)
	r, err2 := secretlife.ParseRegion(region)
	n, err3 := secretlife.ParseName(name)
	if err := errors.Join(err1, err2, err3); err != nil {
		return secretlife.Key{}, fmt.Errorf("%w: the name of a secret", ErrTampered)
	}
	return secretlife.Key{Account: a, Region: r, Name: n}, nil
}
