package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// writeStatements are what a transaction is made of.
type writeStatements struct {
	all []*sql.Stmt

	begin, commit                             *sql.Stmt
	find, usesSlot, lastSeq, dataVersion      *sql.Stmt
	insert, update, remove                    *sql.Stmt
	countUp, countDown                        *sql.Stmt
	addVersion, removeVersion, removeVersions *sql.Stmt
	addBlock, removeBlock, removeBlocks       *sql.Stmt
	addEvents                                 *sql.Stmt
	notePurging, dropPurging                  *sql.Stmt
}

func (st *writeStatements) prepare(ctx context.Context, conn *sql.Conn) (err error) {
	for _, x := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&st.begin, begin},
		{&st.commit, `COMMIT`},
		{&st.find, `SELECT ` + codec.Columns(true) + ` FROM secretlife_secrets
			WHERE account = ? AND region = ? AND name = ?`},
		{&st.usesSlot, `SELECT 1 FROM secretlife_secrets WHERE slot = ?`},
		{&st.lastSeq, `SELECT COALESCE(MAX(seq), 0) FROM secretlife_events`},
		{&st.insert, `INSERT INTO secretlife_secrets (` + codec.Columns(true) +
			`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&st.update, `UPDATE secretlife_secrets SET revision = ?, changed = ?, accessed = ?,
			due = ?, deletion = ?, purge = ?, state = ?, mac = ? WHERE account = ? AND region = ? AND name = ?`},
		{&st.remove, `DELETE FROM secretlife_secrets WHERE account = ? AND region = ? AND name = ?`},
		{&st.countUp, `INSERT INTO secretlife_counts (account, region, secrets) VALUES (?, ?, 1)
			ON CONFLICT (account, region) DO UPDATE SET secrets = secretlife_counts.secrets + 1`},
		{&st.countDown, `UPDATE secretlife_counts SET secrets = secrets - 1 WHERE account = ? AND region = ?`},
		{&st.addVersion, `INSERT INTO secretlife_versions (incarnation, version, sealed) VALUES (?, ?, ?)`},
		{&st.removeVersion, `DELETE FROM secretlife_versions WHERE incarnation = ? AND version = ?`},
		{&st.removeVersions, `DELETE FROM secretlife_versions WHERE incarnation = ?`},
		{&st.addBlock, `INSERT INTO secretlife_blocks (incarnation, sum, form) VALUES (?, ?, ?)`},
		{&st.removeBlock, `DELETE FROM secretlife_blocks WHERE incarnation = ? AND sum = ?`},
		{&st.removeBlocks, `DELETE FROM secretlife_blocks WHERE incarnation = ?`},
		{&st.dataVersion, `PRAGMA data_version`},
		{&st.addEvents, `INSERT INTO secretlife_events (seq, record, mac) VALUES (?, ?, ?)`},
		{&st.notePurging, `INSERT INTO secretlife_purging (slot) VALUES (?) ON CONFLICT (slot) DO NOTHING`},
		{&st.dropPurging, `DELETE FROM secretlife_purging WHERE slot = ?`},
	} {
		if *x.stmt, err = conn.PrepareContext(ctx, x.query); err != nil {
			return err
		}
		st.all = append(st.all, *x.stmt)
	}
	return nil
}

// close closes the statements. Closing their connection does not, and SQLite then
// keeps its files open.
func (st *writeStatements) close() error {
	var errs []error
	for _, stmt := range st.all {
		errs = append(errs, stmt.Close())
	}
	st.all = nil
	return errors.Join(errs...)
}
