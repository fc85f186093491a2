package engine

import (
	"context"
	"crypto/hmac"
	"fmt"
	"math"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// Events implements [secretlife.Store]. No event is ever forgotten.
func (r *Reader) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if limit <= 0 || after > math.MaxInt64 {
		return nil, nil
	}
	return Read(ctx, r, func(ctx context.Context) ([]secretlife.Event, error) {
		return r.eventsOnce(ctx, after, min(limit, math.MaxInt32))
	})
}

func (r *Reader) eventsOnce(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	rows, err := r.events.QueryContext(ctx, int64(after), int64(after), limit+codec.MostInRow, limit)
	if err != nil {
		return nil, r.Failed(ctx, "reading events", err)
	}
	defer func() { _ = rows.Close() }()
	var out []secretlife.Event
	for next := int64(after) + 1; len(out) < limit && rows.Next(); {
		var seq int64
		var record, mac []byte
		if err := rows.Scan(&seq, &record, &mac); err != nil {
			return nil, r.Failed(ctx, "reading events", err)
		}
		if !hmac.Equal(mac, codec.EventCode(r.from.Ring, seq, record)) {
			return nil, fmt.Errorf("%w: event %d", seal.ErrTampered, seq)
		}
		events, err := codec.EventsIn(record)
		if err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", codec.ErrDamaged, seq, err)
		}
		// The first row may begin before what was asked for.
		first := seq - int64(len(events)) + 1
		if first > next || first < next && len(out) > 0 {
			return nil, fmt.Errorf("%w: event %d is gone", seal.ErrTampered, next)
		}
		for ; next <= seq && len(out) < limit; next++ {
			out = append(out, events[next-first].WithSeq(uint64(next)))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, r.Failed(ctx, "reading events", err)
	}
	return out, nil
}

// EventCount returns how many events there are, which is the number of the last.
func (r *Reader) EventCount(ctx context.Context) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return Read(ctx, r, func(ctx context.Context) (n uint64, err error) {
		const query = `SELECT COALESCE(MAX(seq), 0) FROM secretlife_events`
		if err := r.from.DB.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return 0, r.Failed(ctx, "counting events", err)
		}
		return n, nil
	})
}
