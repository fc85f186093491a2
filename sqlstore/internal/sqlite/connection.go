package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
)

// How connections are set up, so that an acknowledged change is on the disk
// (synchronous=FULL), and what is deleted is overwritten (secure_delete). In a
// scrub the writer waits no longer for readers than its busy_timeout.
var (
	perWriter = []string{ // and for checkpoints beside the writer
		"PRAGMA synchronous=FULL", "PRAGMA fullfsync=ON", "PRAGMA checkpoint_fullfsync=ON",
		"PRAGMA secure_delete=ON", "PRAGMA temp_store=MEMORY", "PRAGMA busy_timeout=100",
		"PRAGMA wal_autocheckpoint=" + strconv.Itoa(autoCheckpoint),
	}
	perReader = []string{"PRAGMA busy_timeout=5000", "PRAGMA temp_store=MEMORY", "PRAGMA query_only=ON"}
	// forReading is for the one connection of a store that is only read. With the lock for
	// itself SQLite needs no file for the log's index, for which a full disk has no room.
	forReading = []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA temp_store=MEMORY", "PRAGMA query_only=ON"}
)

// autoCheckpoint is how many pages of the log start a checkpoint, 16 MB: a full
// transaction has a thousand pages or more, and what is written again and again goes
// into the database once.
const autoCheckpoint = 4000

// fileOf asks a connection for the file of its database.
func fileOf(ctx context.Context, conn *sql.Conn) (string, error) {
	var seq int
	var name, path string
	err := conn.QueryRowContext(ctx, "PRAGMA database_list").Scan(&seq, &name, &path) // the first is "main"
	if err != nil && strings.Contains(err.Error(), "not a database") {
		return "", fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if err != nil {
		return "", fmt.Errorf("sqlstore: opening the database: %w", dberr.Explain(err))
	}
	if path == "" {
		return "", fmt.Errorf("%w: it is in memory, where nothing lasts; use memstore", ErrNotOurs)
	}
	return path, nil
}

const magic = "SQLite format 3\x00"

// checkFile refuses a file that is no database before SQLite has it. A new
// one it makes its owner's only; SQLite gives the files beside it the same mode.
func checkFile(path string) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", err)
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, len(magic))
	n, _ := f.Read(b)
	if n == 0 {
		return os.Chmod(path, 0o600)
	}
	if string(b) != magic {
		return fmt.Errorf("%w: %s is not a file of SQLite", ErrNotOurs, path)
	}
	return nil
}

// useWAL turns the write-ahead log on, which stays on in the file.
func useWAL(ctx context.Context, conn *sql.Conn) error {
	var mode string
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("%w: its write-ahead log can't be turned on (journal_mode is %q)", dberr.ErrReadOnly, mode)
	}
	return nil
}

func execAll(ctx context.Context, conn *sql.Conn, statements []string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// begin starts a transaction that writes.
const begin = "BEGIN IMMEDIATE"

// inTransaction commits what do did, or nothing.
func inTransaction(ctx context.Context, conn *sql.Conn, do func() error) error {
	exec := func(query string) func() error {
		return func() error {
			_, err := conn.ExecContext(ctx, query)
			return err
		}
	}
	return between(ctx, conn, exec(begin), exec("COMMIT"), do)
}

// between does something between the beginning and the end of a transaction.
func between(ctx context.Context, conn *sql.Conn, begin, commit, do func() error) error {
	err := begin()
	if err == nil {
		err = do()
	}
	if err == nil {
		// Without room, the end was not written.
		if err = commit(); err != nil && !errors.Is(dberr.Explain(err), dberr.ErrFull) {
			err = &dberr.CommitError{Err: err}
		}
	}
	if err != nil {
		// Where BEGIN or COMMIT failed there may be no transaction: then this
		// fails, too.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}
