package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
)

// group is what several Commits write in one transaction. All of them are judged
// by what was there before: a job that changes a key that another of the group
// changes too was decided at a state that is gone, so no key is written twice,
// and the order of the statements is free.
type group struct {
	*server
	tx    *transaction
	there map[secretlife.Key]*codec.Row // locked
	taken map[secretlife.Key]bool

	updates, inserts, removes [][]any
	lives, versions           [][]any // that are taken away
	values, keys              [][]any
	blocks, removedBlocks     [][]any
	counts                    map[region]int64
	events                    [][]byte // their binary forms
	firstSeq                  int64    // of events, once they are written
	// under which the new data keys are wrapped; the jobs were prepared at different times
	under  []int64
	purged int64 // versions that are taken away
}

// region is where secrets are counted together: a Region of an account.
type region struct{ account, name string }

const (
	atKey  = `account = ? AND region = ? AND name = ?`
	atKeys = `(account, region, name) IN (SELECT * FROM unnest(?::text[], ?::text[], ?::text[]))`
)

var (
	columns = codec.Columns(false)

	lockRows = bulk{
		one: `SELECT ` + columns + ` FROM secretlife_secrets WHERE ` + atKey + ` FOR UPDATE`,
		many: `SELECT ` + columns + ` FROM secretlife_secrets WHERE ` + atKeys +
			` ORDER BY account, region, name FOR UPDATE`,
	}
	updateRows = bulk{
		one: `UPDATE secretlife_secrets SET revision = ?, changed = ?, accessed = ?, due = ?, deletion = ?, purge = ?, ` +
			`state = ?, mac = ?
			WHERE ` + atKey,
		many: `UPDATE secretlife_secrets AS s SET revision = v.revision, changed = v.changed, accessed = v.accessed,
				due = v.due, deletion = v.deletion, purge = v.purge, state = v.state, mac = v.mac
			FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[],
					?::bytea[], ?::text[], ?::text[], ?::text[])
				AS v (revision, changed, accessed, due, deletion, purge, state, mac, account, region, name)
			WHERE s.account = v.account AND s.region = v.region AND s.name = v.name`,
	}
	insertRows = bulk{many: `INSERT INTO secretlife_secrets (` + columns + `)
		SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
			?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[])
		ON CONFLICT (account, region, name) DO NOTHING`}
	removeRows = bulk{
		one:  `DELETE FROM secretlife_secrets WHERE ` + atKey,
		many: `DELETE FROM secretlife_secrets WHERE ` + atKeys,
	}
	removeLives  = bulk{many: `DELETE FROM secretlife_versions WHERE incarnation = ANY (?::bytea[])`}
	removeKeys   = bulk{many: `DELETE FROM secretlife_keys WHERE incarnation = ANY (?::bytea[])`}
	removeBlocks = bulk{
		many: `DELETE FROM secretlife_blocks WHERE (incarnation, sum) IN (SELECT * FROM unnest(?::bytea[], ?::bytea[]))`,
	}
	insertBlocks = bulk{
		many: `INSERT INTO secretlife_blocks (incarnation, sum, form) SELECT * FROM unnest(?::bytea[], ` +
			`?::bytea[], ?::bytea[])`,
	}
	removeVersions = bulk{
		many: `DELETE FROM secretlife_versions
			WHERE (incarnation, version) IN (SELECT * FROM unnest(?::bytea[], ?::text[]))`,
	}
	removeKey = bulk{
		many: `DELETE FROM secretlife_keys WHERE (incarnation, version) IN (SELECT * FROM unnest(?::bytea[], ?::text[]))`,
	}
	insertValues = bulk{
		many: `INSERT INTO secretlife_versions (incarnation, version, sealed) SELECT * FROM unnest(?::bytea[], ` +
			`?::text[], ?::bytea[])`,
	}
	insertKeys = bulk{many: `INSERT INTO secretlife_keys (incarnation, version, epoch, wrapped)
		SELECT * FROM unnest(?::bytea[], ?::text[], ?::bigint[], ?::bytea[])`}
	insertEvents = bulk{
		one:  `INSERT INTO secretlife_events (seq, record, mac) VALUES (?, ?, ?)`,
		many: `INSERT INTO secretlife_events (seq, record, mac) SELECT * FROM unnest(?::bigint[], ?::bytea[], ?::bytea[])`,
	}
)

// lock locks the rows of all keys that the requests are about, in the order of the
// keys, so that of two groups one waits and none is given up.
func (g *group) lock(ctx context.Context, requests []*queue.Request[commitJob]) error {
	byKey := map[secretlife.Key][]any{}
	var keys []secretlife.Key
	for _, r := range requests {
		for _, w := range r.Job {
			key := w.Change.Key()
			if byKey[key] == nil {
				keys = append(keys, key)
			}
			byKey[key] = codec.KeyArgs(key)
		}
	}
	slices.SortFunc(keys, secretlife.Key.Compare)
	args := make([][]any, len(keys))
	for i, key := range keys {
		args[i] = byKey[key]
	}
	if len(args) == 0 {
		return nil
	}
	return readRows(ctx, g.tx, &lockRows, args, g.there)
}

// judge refuses a job, or takes it into the group.
func (g *group) judge(j commitJob) error {
	for i := range j {
		if err := g.base(&j[i]); err != nil {
			return err
		}
	}
	for i := range j {
		g.taken[j[i].Change.Key()] = true
		g.add(&j[i])
	}
	return nil
}

func (g *group) base(w *write) error {
	key := w.Change.Key()
	inc, revision := w.Change.Base()
	r := g.there[key]
	switch {
	case g.taken[key], (r == nil) != (revision == 0):
		return secretlife.ErrConflict
	case r == nil:
		return nil
	case r.Check(g.ring) != nil:
		return r.Check(g.ring)
	case r.Revision != int64(revision) || r.Owner(key).Incarnation != inc:
		return secretlife.ErrConflict
	}
	return nil
}

// add notes what one change writes.
func (g *group) add(w *write) {
	there := g.there[w.Change.Key()]
	n := w.Next
	if w.Stays {
		n.Mac = n.Code(g.ring)
	}
	switch {
	case there != nil && w.Stays && !w.Fresh:
		g.updates = append(g.updates, []any{n.Revision, n.Changed, n.Accessed, n.Due, n.Deletion, n.Purge,
			n.State, n.Mac, n.Account, n.Region, n.Name})
		for _, id := range w.Change.Removed() {
			g.versions = append(g.versions, []any{there.Incarnation, id.String()})
		}
	case there != nil:
		g.removes = append(g.removes, codec.KeyArgs(w.Change.Key()))
		g.lives = append(g.lives, []any{there.Incarnation})
		g.counts[region{there.Account, there.Region}]--
	}
	if w.Stays && w.Fresh {
		g.inserts = append(g.inserts, n.Values(false))
		g.counts[region{n.Account, n.Region}]++
	}
	for _, sum := range w.Removed {
		g.removedBlocks = append(g.removedBlocks, []any{there.Incarnation, sum[:]})
	}
	for _, b := range w.Written {
		sum := sha256.Sum256(b)
		g.blocks = append(g.blocks, []any{n.Incarnation, sum[:], b})
	}
	for _, v := range w.values {
		g.values = append(g.values, []any{n.Incarnation, v.version, v.sealed})
		g.keys = append(g.keys, []any{n.Incarnation, v.version, v.epoch, v.wrapped})
		g.under = append(g.under, v.epoch)
	}
	g.events = append(g.events, w.Events...)
}

// write writes what the jobs come to. The row that all groups share comes last.
func (g *group) write(ctx context.Context) error {
	byName := func(a, b []any) int {
		for i := range 3 {
			if c := cmp.Compare(a[i].(string), b[i].(string)); c != 0 {
				return c
			}
		}
		return 0
	}
	slices.SortFunc(g.inserts, byName)
	for _, x := range []struct {
		statement *bulk
		rows      [][]any
		must      bool // all of them
		met       *int64
	}{
		{statement: &removeLives, rows: g.lives},
		{statement: &removeBlocks, rows: g.removedBlocks},
		{statement: &removeKeys, rows: g.lives, met: &g.purged},
		{statement: &removeVersions, rows: g.versions},
		{statement: &removeKey, rows: g.versions, met: &g.purged},
		{statement: &removeRows, rows: g.removes, must: true},
		{statement: &updateRows, rows: g.updates, must: true},
		{statement: &insertRows, rows: g.inserts, must: true},
		{statement: &insertBlocks, rows: g.blocks},
		{statement: &insertValues, rows: g.values},
		{statement: &insertKeys, rows: g.keys},
	} {
		n, err := x.statement.exec(ctx, g.tx, x.rows)
		if err != nil {
			return err
		}
		if x.met != nil {
			*x.met += n
		}
		if x.must && n != int64(len(x.rows)) {
			return errAgain // a creation that another's creation came before
		}
	}
	if err := g.count(ctx); err != nil {
		return err
	}
	return g.number(ctx)
}

// count brings the numbers of secrets up to date, in the order of the places.
func (g *group) count(ctx context.Context) error {
	var places []region
	for p, n := range g.counts {
		if n != 0 {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b region) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.name, b.name))
	})
	for _, p := range places {
		done, err := g.tx.ExecContext(ctx, `UPDATE secretlife_counts SET secrets = secrets + ?
			WHERE account = ? AND region = ?`, g.counts[p], p.account, p.name)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 { // the first of its place; where another is first as well, the two are added up
			if _, err := g.tx.ExecContext(ctx, `INSERT INTO secretlife_counts (account, region, secrets) VALUES (?, ?, ?)
				ON CONFLICT (account, region) DO UPDATE SET secrets = secretlife_counts.secrets + excluded.secrets`, p.account,
				p.name, g.counts[p]); err != nil {
				return err
			}
		}
	}
	return nil
}

// number gives the events their numbers and writes them.
//
// From here to its end the transaction has the one row of secretlife_head, and
// all others, of all processes, wait for it: that is the price of numbers without
// gaps that come in the order in which they can be seen. A reader of an event
// has read, or can read, all those before it, as their transactions ended before
// this one could go on. Two statements and the commit are what the wait is for,
// and the whole group shares it; what can be done before is.
func (g *group) number(ctx context.Context) error {
	rows := codec.EventRows(g.events)
	var seq, epoch int64
	var durable string
	err := g.tx.QueryRowContext(ctx, `UPDATE secretlife_head SET seq = seq + ?, purged = purged + ? WHERE id = 1
		RETURNING seq, epoch, `+g.d.durable, len(g.events), g.purged).Scan(&seq, &epoch, &durable)
	if err != nil {
		return err
	}
	g.tx.durable = true
	if slices.ContainsFunc(g.under, func(of int64) bool { return of != epoch }) {
		return &movedError{epoch}
	}
	seq -= int64(len(g.events))
	g.firstSeq = seq + 1
	args := make([][]any, len(rows))
	for i, r := range rows {
		seq += int64(r.Events)
		args[i] = []any{seq, r.Record, codec.EventCode(g.ring, seq, r.Record)}
	}
	_, err = insertEvents.exec(ctx, g.tx, args)
	return err
}

// receipt is of the group's events from one index to before another, once they are
// written.
func (g *group) receipt(from, to int) secretlife.Receipt {
	if from == to {
		return secretlife.Receipt{}
	}
	return secretlife.Receipt{FirstSeq: uint64(g.firstSeq) + uint64(from)}
}

// readRows reads the rows that a statement about keys finds.
func readRows(
	ctx context.Context, q engine.Database, statement *bulk, keys [][]any, into map[secretlife.Key]*codec.Row,
) error {
	text, args := statement.with(keys)
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := &codec.Row{}
		if err := rows.Scan(r.Targets(false)...); err != nil {
			return err
		}
		key, err := codec.ParseKey(r.Account, r.Region, r.Name)
		if err != nil {
			return err
		}
		into[key] = r
	}
	return rows.Err()
}
