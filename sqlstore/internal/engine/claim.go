package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Claim is what a caller of the method Claim asks for.
type Claim struct {
	query  secretlife.DueQuery
	decide func(due []secretlife.Secret) []secretlife.Change
}

// NewClaim returns a claim for transactions that may be repeated: where decide was
// called and nothing is left to hand out then, it is called with nothing, so that its
// caller does not take what it returned before for what was committed.
func NewClaim(query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change) *Claim {
	called := false
	return &Claim{query, func(due []secretlife.Secret) []secretlife.Change {
		if len(due) == 0 && !called {
			return nil
		}
		called = true
		return decide(due)
	}}
}

// Claimed is what a claim hands out: secrets, in order, and their rows.
type Claimed struct {
	Secrets []secretlife.Secret
	Rows    map[secretlife.Key]*codec.Row
}

// Read reads the rows of a claim, locked as lock says, and returns the secrets of those
// that can be read.
func (c *Claim) Read(ctx context.Context, q Database, slots bool, ring *seal.Keyring, lock string) (Claimed, error) {
	text, args := dueSQL(codec.Columns(slots), c.query)
	rows, err := q.QueryContext(ctx, text+lock, args...)
	if err != nil {
		return Claimed{}, err
	}
	found, err := scanned(rows, slots, c.query.Limit)
	if err != nil {
		return Claimed{}, err
	}
	out := Claimed{make([]secretlife.Secret, 0, len(found)), make(map[secretlife.Key]*codec.Row, len(found))}
	for i := range found {
		s, err := found[i].Secret(ring)
		if err == nil && s.Abridged() { // nobody changes it meanwhile
			_, s, err = Whole(ctx, q, slots, ring, s.Key())
		}
		switch {
		case err == nil:
			out.Secrets, out.Rows[s.Key()] = append(out.Secrets, s), &found[i]
		case !Refused(err) && !errors.Is(err, codec.ErrDamaged):
			return Claimed{}, err
		}
		// Load reports what can't be read.
	}
	// What was changed while the database looked can be out of order.
	slices.SortFunc(out.Secrets, func(a, b secretlife.Secret) int { return dueOf(a).Compare(dueOf(b)) })
	return out, nil
}

// scanned reads the rows of a query, and closes it.
func scanned(rows *sql.Rows, slots bool, limit int) ([]codec.Row, error) {
	defer func() { _ = rows.Close() }()
	found := make([]codec.Row, 0, limit)
	for rows.Next() {
		var r codec.Row
		if err := rows.Scan(r.Targets(slots)...); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func dueOf(s secretlife.Secret) secretlife.Due {
	at, _, _ := s.NextDue()
	return secretlife.Due{At: at, Key: s.Key()}
}

// Decide asks the caller of a claim for changes, checks that they are of secrets that
// were handed out, and has them prepared.
func Decide[W any](
	ctx context.Context, c *Claim, handed Claimed, prepare func(context.Context, secretlife.Change) (W, error),
) ([]W, error) {
	changes := c.decide(handed.Secrets)
	writes, seen := make([]W, len(changes)), make(map[secretlife.Key]bool, len(changes))
	for i, change := range changes {
		key := change.Key()
		if change.IsZero() || seen[key] {
			return nil, fmt.Errorf("sqlstore: claim with a zero change, or two of one secret: %w",
				secretlife.ErrInvalidParameter)
		}
		seen[key] = true
		in, revision := change.Base()
		if r := handed.Rows[key]; r == nil || r.Revision != int64(revision) || r.Owner(key).Incarnation != in {
			return nil, secretlife.ErrConflict
		}
		var err error
		if writes[i], err = prepare(ctx, change); err != nil {
			return nil, err
		}
	}
	return writes, nil
}
