package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// postgresMigrations are to PostgreSQL what migrations are to SQLite. Each can be
// run again, and by several processes at the same time: a definition and the
// number that says it is there are not in one transaction, as not all engines
// allow that. There are no foreign keys, sequences or triggers, for the same
// reason.
//
// Every version has a data key of its own, wrapped under an epoch's key. The
// wrapped keys are a table by themselves, which is written anew in every epoch:
// its rows are short, and no index follows them.
var postgresMigrations = []string{
	`CREATE TABLE IF NOT EXISTS secretlife_secrets (
		account {name} NOT NULL,
		region {name} NOT NULL,
		name {name} NOT NULL,
		incarnation {blob} NOT NULL,
		revision {int} NOT NULL CHECK (revision > 0),
		created {int} NOT NULL,
		changed {int} NOT NULL,
		accessed {int} NOT NULL,
		due {int},
		deletion {int},
		purge {int},
		state {text} NOT NULL,
		mac {blob} NOT NULL,
		PRIMARY KEY (account, region, name),
		CHECK ((deletion IS NULL) = (purge IS NULL)),
		CHECK (deletion IS NULL OR (due IS NOT NULL AND due = purge AND purge >= deletion))
	)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_due ON secretlife_secrets (due, account, region, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_created ON secretlife_secrets (account, region, created, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_changed ON secretlife_secrets (account, region, changed, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_accessed ON secretlife_secrets (account, region, accessed, name)`,
	`CREATE TABLE IF NOT EXISTS secretlife_versions (
		incarnation {blob} NOT NULL,
		version {name} NOT NULL,
		sealed {blob} NOT NULL,
		PRIMARY KEY (incarnation, version)
	)`,
	`CREATE TABLE IF NOT EXISTS secretlife_keys (
		incarnation {blob} NOT NULL,
		version {name} NOT NULL,
		epoch {int} NOT NULL,
		wrapped {blob} NOT NULL,
		PRIMARY KEY (incarnation, version)
	)`,
	`CREATE TABLE IF NOT EXISTS secretlife_events (
		seq {int} NOT NULL PRIMARY KEY,
		record {text} NOT NULL,
		mac {blob} NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS secretlife_counts (
		account {name} NOT NULL,
		region {name} NOT NULL,
		secrets {int} NOT NULL CHECK (secrets >= 0),
		PRIMARY KEY (account, region)
	)`,
	// The one row of secretlife_head is where all commits queue up: it has the
	// number of the last event, the present epoch, and how many data keys were
	// taken away so far.
	`CREATE TABLE IF NOT EXISTS secretlife_head (
		id {int} NOT NULL PRIMARY KEY CHECK (id = 1),
		seq {int} NOT NULL,
		epoch {int} NOT NULL,
		purged {int} NOT NULL
	)`,
	// An epoch began after an event, and when so many keys had been taken away;
	// settled is when the keys of all epochs before were destroyed.
	`CREATE TABLE IF NOT EXISTS secretlife_epochs (
		epoch {int} NOT NULL PRIMARY KEY,
		began {int} NOT NULL,
		seq {int} NOT NULL,
		purged {int} NOT NULL,
		checked {blob} NOT NULL,
		settled {int},
		mac {blob} NOT NULL
	)`,
	// From here on states and events are written in their binary forms: nothing
	// changes but the number, so that programs which can't read them say so.
	`SELECT 1`,
	// From here on rows of events can have several.
	`SELECT 1`,
	`CREATE TABLE IF NOT EXISTS secretlife_notes (
		name {name} NOT NULL PRIMARY KEY,
		value {blob} NOT NULL,
		mac {blob} NOT NULL
	)`,
}

// migrate brings the schema forward to the last of steps. The number it has only
// goes up by ones, whoever else is at it.
func (p *postgres) migrate(ctx context.Context, steps []string) error {
	meta := `CREATE TABLE IF NOT EXISTS secretlife_meta (name {name} NOT NULL PRIMARY KEY, value {blob} NOT NULL)`
	version, err := p.schemaVersion(ctx)
	for err == nil && version < len(steps)+1 {
		if err = p.step(ctx, version, append([]string{meta}, steps...)[version]); err == nil {
			version, err = p.schemaVersion(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("sqlstore: bringing the schema forward from version %d: %w", version, explain(err))
	}
	if version > len(steps)+1 {
		return fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewer, version, len(steps)+1)
	}
	return nil
}

// schemaVersion is 0 where nothing is there, or only the table for it.
func (p *postgres) schemaVersion(ctx context.Context) (int, error) {
	text, err := getMeta(ctx, p.q, metaSchema)
	if sqlState(err) == "42P01" || err == nil && text == nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return parseVersion(text)
}

// step makes one definition and counts it. Two that make the same table at the
// same time can get in each other's way even so (IF NOT EXISTS looks first).
func (p *postgres) step(ctx context.Context, version int, definition string) error {
	return p.retry.do(ctx, func(ctx context.Context) error {
		if _, err := p.q.ExecContext(ctx, p.d.sql(definition)); err != nil {
			if slices.Contains([]string{"23505", "42P07", "42710"}, sqlState(err)) {
				return errors.Join(errAgain, err)
			}
			return err
		}
		next := []byte(strconv.Itoa(version + 1))
		var err error
		if version == 0 {
			_, err = p.q.ExecContext(ctx, `INSERT INTO secretlife_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, metaSchema, next)
		} else {
			_, err = p.q.ExecContext(ctx, `UPDATE secretlife_meta SET value = ? WHERE name = ? AND value = ?`, next, metaSchema, []byte(strconv.Itoa(version)))
		}
		return err
	})
}
