package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// accessKey are the columns by which entries of access are ordered: see access.Entry.
const accessKey = "account, region, name, incarnation, day, operation, scheduled, principal"

const accessColumns = accessKey + ", arn, calls, refused, first_at, last_at"

// accessRows is how many entries a statement writes. Databases have a bound for the arguments of
// one.
const accessRows = 100

// AccessesJob writes a group of entries of access.
type AccessesJob struct{ group access.Group }

// NewAccessesJob returns the job of a group; it keeps no memory of the caller's, who may leave
// before the job's turn comes. All jobs have their entries in one order, so that of two
// transactions none waits for the other in a circle.
func NewAccessesJob(group access.Group) (AccessesJob, error) {
	if err := group.Check(); err != nil {
		return AccessesJob{}, err
	}
	group.Entries = slices.SortedFunc(slices.Values(group.Entries), access.Entry.Compare)
	return AccessesJob{group}, nil
}

// Write writes the group, unless it was written before.
func (j AccessesJob) Write(ctx context.Context, q Database) error {
	done, err := q.ExecContext(ctx, `INSERT INTO secretlife_access_writers (writer, number, day) VALUES (?, ?, ?)
		ON CONFLICT (writer) DO UPDATE SET number = excluded.number, day = excluded.day
		WHERE secretlife_access_writers.number < excluded.number`,
		j.group.Writer[:], int64(j.group.Number), dayNumber(j.group.LastDay()))
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	for part := range slices.Chunk(j.group.Entries, accessRows) {
		if err := writeAccesses(ctx, q, part); err != nil {
			return err
		}
	}
	return nil
}

func writeAccesses(ctx context.Context, q Database, entries []access.Entry) error {
	row := "(" + strings.Repeat("?, ", strings.Count(accessColumns, ",")) + "?)"
	var args []any
	for _, e := range entries {
		args = append(append(args, accessArgs(e)...), e.ARN.String(), int64(e.Calls), int64(e.Refused),
			e.First.UnixMilli(), e.Last.UnixMilli())
	}
	_, err := q.ExecContext(ctx, `INSERT INTO secretlife_accesses (`+accessColumns+`) VALUES `+
		strings.Repeat(row+", ", len(entries)-1)+row+` ON CONFLICT (`+accessKey+`) DO UPDATE SET
			calls = secretlife_accesses.calls + excluded.calls,
			refused = secretlife_accesses.refused + excluded.refused,
			first_at = CASE WHEN excluded.first_at < secretlife_accesses.first_at
				THEN excluded.first_at ELSE secretlife_accesses.first_at END,
			last_at = CASE WHEN excluded.last_at > secretlife_accesses.last_at
				THEN excluded.last_at ELSE secretlife_accesses.last_at END`, args...)
	return err
}

// accessArgs are the values of accessKey.
func accessArgs(e access.Entry) []any {
	scheduled := int64(0)
	if e.Scheduled {
		scheduled = 1
	}
	return append(codec.KeyArgs(e.ARN.Key()), e.Incarnation[:], dayNumber(e.Day), int64(e.Operation), scheduled,
		e.Principal)
}

// ForgetAccesses removes up to limit entries of days before a day and, with the last of them, the
// writers that are not needed any more.
func ForgetAccesses(ctx context.Context, q Database, before time.Time, limit int) (int, error) {
	first := firstDay(before)
	done, err := q.ExecContext(ctx, `DELETE FROM secretlife_accesses WHERE (`+accessKey+`) IN (
		SELECT `+accessKey+` FROM secretlife_accesses WHERE day < ? ORDER BY day LIMIT ?)`, first, limit)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	if err == nil && int(n) < limit {
		_, err = q.ExecContext(ctx, `DELETE FROM secretlife_access_writers WHERE day < ?`, first)
	}
	return int(n), err
}

const day = 24 * time.Hour

// dayNumber counts the days in UTC since 1970, from before it too.
func dayNumber(t time.Time) int64 { return t.UTC().Truncate(day).Unix() / int64(day/time.Second) }

// firstDay is the number of the first day that begins at or after an instant.
func firstDay(t time.Time) int64 { return dayNumber(t.Add(day - 1)) }
