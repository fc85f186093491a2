package postgres

// versions are the versions of the schema, each with its definitions: see
// schema.Postgres. Only ever append: databases exist that ran what is here. There are no
// foreign keys, sequences or triggers, as not all engines have them.
//
// Every version of a secret has a data key of its own, wrapped under an epoch's key.
// The wrapped keys are a table by themselves, which is written anew in every epoch:
// its rows are short, and no index follows them.
//
// A secret that is to be purged is due at that date or, as long as a hold keeps it, later or never.
//
// secretlife_blocks has older versions of secrets with many, 128 in a row, so that a
// change of the secret does not write them again. The state has their sums.
var versions = [][]string{{
	`CREATE TABLE IF NOT EXISTS secretlife_meta (name {name} NOT NULL PRIMARY KEY, value {blob} NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS secretlife_secrets (
		account {name} NOT NULL,
		region {name} NOT NULL,
		name {name} NOT NULL,
		incarnation {blob} NOT NULL,
		revision {int} NOT NULL CHECK (revision > 0),
		created {int} NOT NULL,
		ordinal {int} NOT NULL,
		changed {int} NOT NULL,
		accessed {int} NOT NULL,
		due {int},
		deletion {int},
		purge {int},
		state {blob} NOT NULL,
		mac {blob} NOT NULL,
		PRIMARY KEY (account, region, name),
		CHECK ((deletion IS NULL) = (purge IS NULL)),
		CHECK (deletion IS NULL OR purge >= deletion),
		CHECK (purge IS NULL OR due IS NULL OR due >= purge)
	)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_due ON secretlife_secrets (due, account, region, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_created ON secretlife_secrets (account, region, created, ordinal, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_changed ON secretlife_secrets (account, region, changed, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_accessed ON secretlife_secrets (account, region, accessed, name)`,
	`CREATE INDEX IF NOT EXISTS secretlife_by_deletion ON secretlife_secrets (account, region, deletion, name)
		WHERE deletion IS NOT NULL`,
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
		record {blob} NOT NULL,
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
	`CREATE TABLE IF NOT EXISTS secretlife_notes (
		name {name} NOT NULL PRIMARY KEY,
		value {blob} NOT NULL,
		mac {blob} NOT NULL
	)`,
}, {
	// The entries of access ledgers, and how far each ledger has come. They have no codes, so that a
	// change that others make in the database is not noticed.
	`CREATE TABLE IF NOT EXISTS secretlife_accesses (
		account {name} NOT NULL,
		region {name} NOT NULL,
		name {name} NOT NULL,
		incarnation {blob} NOT NULL,
		day {int} NOT NULL,
		operation {int} NOT NULL,
		scheduled {int} NOT NULL,
		principal {name} NOT NULL,
		arn {name} NOT NULL,
		calls {int} NOT NULL,
		refused {int} NOT NULL,
		first_at {int} NOT NULL,
		last_at {int} NOT NULL,
		PRIMARY KEY (account, region, name, incarnation, day, operation, scheduled, principal)
	)`,
	`CREATE INDEX IF NOT EXISTS secretlife_accesses_by_day ON secretlife_accesses (day)`,
	`CREATE INDEX IF NOT EXISTS secretlife_accesses_of_scheduled
		ON secretlife_accesses (account, region, name, incarnation, day, operation, principal)
		WHERE scheduled = 1`,
	`CREATE TABLE IF NOT EXISTS secretlife_access_writers (
		writer {blob} NOT NULL PRIMARY KEY,
		number {int} NOT NULL,
		day {int} NOT NULL
	)`,
}, {
	`CREATE TABLE IF NOT EXISTS secretlife_blocks (
		incarnation {blob} NOT NULL,
		sum {blob} NOT NULL,
		form {blob} NOT NULL,
		PRIMARY KEY (incarnation, sum)
	)`,
}}
