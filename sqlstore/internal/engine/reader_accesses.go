package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// Accesses implements access.Store.
func (r *Reader) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	if err := ctx.Err(); err != nil || query.Limit <= 0 {
		return nil, err
	}
	return Read(ctx, r, func(ctx context.Context) ([]access.Entry, error) { return r.accessesOnce(ctx, query) })
}

func (r *Reader) accessesOnce(ctx context.Context, query access.Query) (out []access.Entry, err error) {
	text, args := accessesSQL(query)
	rows, err := r.from.DB.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, r.Failed(ctx, "reading entries of access", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row accessRow
		if err := rows.Scan(row.targets()...); err != nil {
			return nil, r.Failed(ctx, "reading entries of access", err)
		}
		e, err := row.entry()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, r.Failed(ctx, "reading entries of access", err)
	}
	return out, nil
}

// accessesSQL writes the query of a page of entries. Where only those are wanted that were of
// scheduled secrets, which are few, they have an index without that column.
func accessesSQL(q access.Query) (string, []any) {
	order, after := accessKey, accessArgs(q.After)
	text, args := "SELECT incarnation, day, operation, scheduled, principal, arn, calls, refused, first_at, last_at "+
		"FROM secretlife_accesses WHERE day >= ?", []any{firstDay(q.From)}
	for _, x := range []struct{ column, value string }{
		{"account", q.Account.String()}, {"region", q.Region.String()}, {"name", q.Name.String()},
	} {
		if x.value != "" {
			text, args = text+" AND "+x.column+" = ?", append(args, x.value)
		}
	}
	if q.Scheduled {
		text += " AND scheduled = 1"
		order = strings.Replace(accessKey, "scheduled, ", "", 1)
		if after = slices.Delete(after, 6, 7); !q.After.Scheduled {
			after[len(after)-1] = "" // which is before all principals
		}
	}
	if !q.After.Incarnation.IsZero() {
		text += " AND (" + order + ") > (" + strings.Repeat("?, ", len(after)-1) + "?)"
		args = append(args, after...)
	}
	return text + " ORDER BY " + order + " LIMIT ?", append(args, q.Limit)
}

// accessRow is a row of accessesSQL.
type accessRow struct {
	incarnation                 []byte
	day, operation, scheduled   int64
	principal, arn              string
	calls, refused, first, last int64
}

func (r *accessRow) targets() []any {
	return []any{&r.incarnation, &r.day, &r.operation, &r.scheduled, &r.principal, &r.arn, &r.calls, &r.refused, &r.first,
		&r.last}
}

func (r *accessRow) entry() (access.Entry, error) {
	arn, err := secretlife.ParseARN(r.arn)
	if err != nil || len(r.incarnation) != len(secretlife.Incarnation{}) {
		return access.Entry{}, fmt.Errorf("%w: an entry of access", codec.ErrDamaged)
	}
	return access.Entry{
		ARN: arn, Incarnation: secretlife.Incarnation(r.incarnation), Day: time.Unix(r.day*int64(day/time.Second), 0).UTC(),
		Operation: secretlife.Operation(r.operation), Scheduled: r.scheduled == 1, Principal: r.principal,
		Calls: uint64(r.calls), Refused: uint64(r.refused),
		First: time.UnixMilli(r.first).UTC(), Last: time.UnixMilli(r.last).UTC(),
	}, nil
}
