package postgres

import (
	"context"
	"errors"

	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// rewrapAtOnce is how many data keys are carried over in a transaction; commits
// that take one of them away wait for it.
const rewrapAtOnce = 512

var rewrapKeys = bulk{many: `UPDATE secretlife_keys AS k SET epoch = v.epoch, wrapped = v.wrapped
	FROM unnest(?::bytea[], ?::text[], ?::bigint[], ?::bytea[]) AS v (incarnation, version, epoch, wrapped)
	WHERE k.incarnation = v.incarnation AND k.version = v.version`}

// wrappedKey is a row of secretlife_keys.
type wrappedKey struct {
	incarnation []byte
	version     string
	epoch       int64
	wrapped     []byte
}

// rewrap goes through all data keys once. None is added behind it: see nextEpoch.
func (s *destroyer) rewrap(ctx context.Context, epoch int64) error {
	after := wrappedKey{incarnation: []byte{}}
	for {
		var page []wrappedKey
		err := s.transact(ctx, func(ctx context.Context, tx *transaction) (err error) {
			if page, err = keysBefore(ctx, tx, epoch, after); err != nil || len(page) == 0 {
				return err
			}
			if err := s.carry(ctx, tx, epoch, page); err != nil {
				return err
			}
			// Last, as all commits wait for it: the epoch must not have ended.
			h, err := s.head(ctx, tx, ` FOR UPDATE`)
			if err == nil && h.epoch != epoch {
				return errOvertaken
			}
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1]
	}
}

// keysBefore reads and locks data keys of older epochs, in order.
func keysBefore(ctx context.Context, tx engine.Database, epoch int64, after wrappedKey) ([]wrappedKey, error) {
	rows, err := tx.QueryContext(ctx, `SELECT incarnation, version, epoch, wrapped FROM secretlife_keys
		WHERE (incarnation, version) > (?, ?) AND epoch < ? ORDER BY incarnation, version LIMIT ? FOR UPDATE`,
		after.incarnation, after.version, epoch, rewrapAtOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var page []wrappedKey
	for rows.Next() {
		var k wrappedKey
		if err := rows.Scan(&k.incarnation, &k.version, &k.epoch, &k.wrapped); err != nil {
			return nil, err
		}
		page = append(page, k)
	}
	return page, rows.Err()
}

// carry wraps data keys again. Of those whose epoch is gone, or that
// was changed by others, nothing can be saved; they are left as they are, and reading them says
// so.
func (s *destroyer) carry(ctx context.Context, tx engine.Database, epoch int64, page []wrappedKey) error {
	var rows [][]any
	for _, k := range page {
		dataKey, err := s.epochs.unwrap(ctx, k.epoch, k.incarnation, k.version, k.wrapped)
		if errors.Is(err, ErrNoEpoch) || errors.Is(err, seal.ErrTampered) {
			continue
		}
		if err != nil {
			return err
		}
		wrapped, err := s.epochs.wrap(ctx, epoch, k.incarnation, k.version, dataKey)
		clear(dataKey)
		if err != nil {
			return err
		}
		rows = append(rows, []any{k.incarnation, k.version, epoch, wrapped})
	}
	_, err := rewrapKeys.exec(ctx, tx, rows)
	return err
}
