package sqlstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Claim implements [secretlife.Store]: the changes of many secrets are one
// transaction, and over SQLite their data keys are destroyed together. Over
// PostgreSQL several claims at the same time, in whatever processes, are given
// different secrets. decide is not called any more when Claim has returned.
func (s *Store) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return secretlife.Receipt{}, err
	}
	c := claim{query, decide}
	c.decide = c.again()
	return s.engine.claim(ctx, c)
}

// claim is what a caller of Claim asks for.
type claim struct {
	secretlife.DueQuery
	decide func(due []secretlife.Secret) []secretlife.Change
}

// again is decide for transactions that may be repeated: where it was called and
// nothing is left to hand out then, it is called with nothing, so that its caller
// does not take what it returned before for what was committed.
func (c claim) again() func([]secretlife.Secret) []secretlife.Change {
	called := false
	return func(due []secretlife.Secret) []secretlife.Change {
		if len(due) == 0 && !called {
			return nil
		}
		called = true
		return c.decide(due)
	}
}

// read reads the rows of a claim, and returns the secrets of those that can be
// read, in order.
func (c *claim) read(
	ctx context.Context,
	q database,
	d *dialect,
	ring *seal.Keyring,
	lock string,
) (map[secretlife.Key]*codec.Row, []secretlife.Secret, error) {
	text := "SELECT " + d.columns() + " FROM secretlife_secrets WHERE due <= ?"
	args := []any{c.By.UnixMilli()}
	if c.After != (secretlife.Due{}) {
		text += " AND (due, account, region, name) > (?, ?, ?, ?)"
		args = append(append(args, c.After.At.UnixMilli()), codec.KeyArgs(c.After.Key)...)
	}
	rows, err := q.QueryContext(
		ctx,
		text+" ORDER BY due, account, region, name LIMIT ?"+lock,
		append(args, c.Limit)...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	found := make([]codec.Row, 0, c.Limit)
	for rows.Next() {
		var r codec.Row
		if err := rows.Scan(r.Targets(d.slots)...); err != nil {
			return nil, nil, err
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	there, secrets := make(map[secretlife.Key]*codec.Row, len(found)), make([]secretlife.Secret, 0, len(found))
	for i := range found {
		s, err := found[i].Secret(ring)
		if err != nil {
			continue // who loads it is told
		}
		there[s.Key()], secrets = &found[i], append(secrets, s)
	}
	// What was changed while the database looked can be out of order.
	slices.SortFunc(secrets, func(a, b secretlife.Secret) int { return dueOf(a).Compare(dueOf(b)) })
	return there, secrets, nil
}

func dueOf(s secretlife.Secret) secretlife.Due {
	at, _, _ := s.NextDue()
	return secretlife.Due{At: at, Key: s.Key()}
}

// writesOf checks that changes are of secrets that were handed out, and prepares
// them.
func (s *Store) writesOf(
	ctx context.Context,
	there map[secretlife.Key]*codec.Row,
	changes []secretlife.Change,
) ([]write, error) {
	writes, seen := make([]write, len(changes)), make(map[secretlife.Key]bool, len(changes))
	for i, c := range changes {
		key := c.Key()
		if c.IsZero() || seen[key] {
			return nil, fmt.Errorf(
				"sqlstore: claim with a zero change, or two of one secret: %w",
				secretlife.ErrInvalidParameter,
			)
		}
		seen[key] = true
		inc, revision := c.Base()
		if r := there[key]; r == nil || r.Revision != int64(revision) || r.Owner(key).Incarnation != inc {
			return nil, secretlife.ErrConflict
		}
		var err error
		if writes[i], err = s.prepare(ctx, c); err != nil {
			return nil, err
		}
	}
	return writes, nil
}
