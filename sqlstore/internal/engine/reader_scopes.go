package engine

import (
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// Scope is an account and a Region.
type Scope struct {
	Account secretlife.Account
	Region  secretlife.Region
}

// Scopes returns up to limit accounts and Regions that have secrets, in order,
// beginning after one (the zero Scope: from the start). For each it makes one
// step in an index, however many secrets there are.
func (r *Reader) Scopes(ctx context.Context, after Scope, limit int) ([]Scope, error) {
	var out []Scope
	for len(out) < limit {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		next, err := Read(ctx, r, func(ctx context.Context) (Scope, error) { return r.scopeAfter(ctx, after) })
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return nil, err
		}
		out, after = append(out, next), next
	}
	return out, nil
}

func (r *Reader) scopeAfter(ctx context.Context, after Scope) (Scope, error) {
	var account, region, name string
	err := r.from.DB.QueryRowContext(ctx, `SELECT account, region, name FROM secretlife_secrets
		WHERE (account, region) > (?, ?) ORDER BY account, region LIMIT 1`, after.Account.String(), after.Region.String()).
		Scan(&account, &region, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return Scope{}, err
	}
	if err != nil {
		return Scope{}, r.Failed(ctx, "looking for accounts and Regions", err)
	}
	key, err := codec.ParseKey(account, region, name)
	return Scope{key.Account, key.Region}, err
}
