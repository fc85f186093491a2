// Package codec has the forms in which a durable store keeps secrets and events in the rows
// of its tables.
package codec

import (
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// ErrDamaged means that data can't be read as what it was written as.
var ErrDamaged = errors.New("sqlstore: the database is damaged")

// Row is a secret as the table of secrets has it.
type Row struct {
	Account, Region, Name string
	Incarnation           []byte
	Revision              int64
	created, ordinal      int64
	Changed, Accessed     int64
	Due, Deletion, Purge  sql.NullInt64
	Slot                  int64 // 0 where the table has none
	State                 []byte
	Mac                   []byte
}

// Columns are the columns of a row, in its order. slots says whether the table has the
// column of slots.
func Columns(slots bool) string {
	if slots {
		return columns + ", slot"
	}
	return columns
}

const columns = `account, region, name, incarnation, revision, created, ordinal, changed, accessed, ` +
	`due, deletion, purge, state, mac`

// Targets are the fields of the row in the order of its columns, for Scan.
func (r *Row) Targets(slots bool) []any {
	out := []any{&r.Account, &r.Region, &r.Name, &r.Incarnation, &r.Revision, &r.created, &r.ordinal, &r.Changed,
		&r.Accessed, &r.Due, &r.Deletion, &r.Purge, &r.State, &r.Mac}
	if slots {
		out = append(out, &r.Slot)
	}
	return out
}

// Values are the fields of the row in the order of its columns, as arguments.
func (r *Row) Values(slots bool) []any {
	out := []any{r.Account, r.Region, r.Name, r.Incarnation, r.Revision, r.created, r.ordinal, r.Changed, r.Accessed,
		r.Due, r.Deletion, r.Purge, r.State, r.Mac}
	if slots {
		out = append(out, r.Slot)
	}
	return out
}

// RowOf writes a secret as a row, but for its slot, its code, and its blocks of versions.
func RowOf(s secretlife.Secret) (Row, error) {
	state, err := s.MarshalAbridged()
	if err != nil {
		return Row{}, fmt.Errorf("sqlstore: writing the state of %s: %w", s.ARN(), err)
	}
	key, inc := s.Key(), s.Incarnation()
	r := Row{
		Account: key.Account.String(), Region: key.Region.String(), Name: key.Name.String(),
		Incarnation: inc[:],
		Revision:    int64(s.Revision()),
		created:     s.CreatedDate().UnixMilli(),
		ordinal:     int64(secretlife.CursorOf(s, secretlife.OrderByCreatedDate).Ordinal),
		Changed:     s.LastChangedDate().UnixMilli(),
		Accessed:    secretlife.CursorOf(s, secretlife.OrderByLastAccessedDate).At.UnixMilli(),
		State:       state,
	}
	if at, _, ok := s.NextDue(); ok {
		r.Due = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
	}
	if date, ok := s.Deletion().Date(); ok {
		r.Deletion = sql.NullInt64{Int64: date.UnixMilli(), Valid: true}
	}
	if at, ok := s.Deletion().PurgeAt(); ok {
		r.Purge = sql.NullInt64{Int64: at.UnixMilli(), Valid: true}
	}
	return r, nil
}

// Code is over all that is in the row, so that none of it can be changed by
// itself: neither the state nor a date that orders or schedules it.
func (r *Row) Code(k *seal.Keyring) []byte {
	c := k.Code("secrets")
	c.Text(r.Account)
	c.Text(r.Region)
	c.Text(r.Name)
	c.Bytes(r.Incarnation)
	for _, n := range []int64{r.Revision, r.created, r.ordinal, r.Changed, r.Accessed, r.Slot} {
		c.Number(n)
	}
	for _, n := range []sql.NullInt64{r.Due, r.Deletion, r.Purge} {
		if n.Valid {
			c.Number(1)
		}
		c.Number(n.Int64)
	}
	c.Bytes(r.State)
	return c.Sum()
}

// Check verifies that the row is one the store wrote.
func (r *Row) Check(k *seal.Keyring) error {
	if !hmac.Equal(r.Mac, r.Code(k)) {
		return fmt.Errorf("%w: the secret %q in %s of account %s", seal.ErrTampered, r.Name, r.Region, r.Account)
	}
	return nil
}

// Secret checks the row, and takes it back through [secretlife.Secret.UnmarshalAbridged]. The
// secret lacks its blocks of versions: see [Row.Whole].
func (r *Row) Secret(k *seal.Keyring) (secretlife.Secret, error) {
	if err := r.Check(k); err != nil {
		return secretlife.Secret{}, err
	}
	var s secretlife.Secret
	if err := s.UnmarshalAbridged(r.State); err != nil {
		return s, fmt.Errorf("%w: the secret %q: %w", ErrDamaged, r.Name, err)
	}
	return s, nil
}

// Whole is Secret with its blocks of versions, given all that the database has of its incarnation.
// The code of the row is over their sums, so that they need none.
func (r *Row) Whole(k *seal.Keyring, blocks [][]byte) (secretlife.Secret, error) {
	s, err := r.Secret(k)
	if err != nil {
		return s, err
	}
	if s, err = s.Unabridged(blocks); err != nil {
		return s, fmt.Errorf("%w: the versions of the secret %q: %w", seal.ErrTampered, r.Name, err)
	}
	return s, nil
}

// Owner is the owner of the data key in the row's slot.
func (r *Row) Owner(key secretlife.Key) seal.Owner {
	return seal.Owner{Key: key, Incarnation: secretlife.Incarnation(r.Incarnation)}
}

// ParseKey parses the columns that name a secret.
func ParseKey(account, region, name string) (secretlife.Key, error) {
	a, err1 := secretlife.ParseAccount(account)
	r, err2 := secretlife.ParseRegion(region)
	n, err3 := secretlife.ParseName(name)
	if err := errors.Join(err1, err2, err3); err != nil {
		return secretlife.Key{}, fmt.Errorf("%w: the name of a secret", seal.ErrTampered)
	}
	return secretlife.Key{Account: a, Region: r, Name: n}, nil
}

// EventCode is the authentication code of a row of events, at its place.
func EventCode(k *seal.Keyring, seq int64, record []byte) []byte {
	c := k.Code("events")
	c.Number(seq)
	c.Bytes(record)
	return c.Sum()
}

// KeyArgs are the arguments of a statement about the secret at a key.
func KeyArgs(key secretlife.Key) []any {
	return []any{key.Account.String(), key.Region.String(), key.Name.String()}
}
