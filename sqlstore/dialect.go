package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// dialect is what differs from database to database. Queries are written once:
// with ? for arguments, and with the names of types, or {columns}, in braces.
type dialect struct {
	types *strings.Replacer
	// begin starts a transaction that writes.
	begin string
	// perWriter and perReader prepare a connection.
	perWriter, perReader []string
	// forReading prepares the one connection of a store that is only read.
	forReading []string
	// tables lists the tables there are.
	tables string
	// slots: the data keys are in key slots, and secrets have the column for it.
	slots bool
	// value finds a ciphertext and what decrypts it.
	value string
	// durable asks that the transaction is on the disk when its COMMIT returns. Where
	// the server's setting says something stronger, it stays.
	durable string
	// standby asks whether the server is a standby.
	standby string
	// now is the time of the database's own clock; NULL where it has none.
	now string
}

func (d *dialect) sql(query string) string {
	return strings.Replace(d.types.Replace(query), "{columns}", d.columns(), 1)
}

// columns are those of a secret, in the order in which a row is read.
func (d *dialect) columns() string {
	if d.slots {
		return codec.RowColumns + ", slot"
	}
	return codec.RowColumns
}

// database is a *sql.DB, a connection of it, or a transaction.
type database interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// sqlite is SQLite with a write-ahead log. An acknowledged change is on the disk
// (synchronous=FULL), and what is deleted is overwritten (secure_delete). In a
// scrub the writer waits no longer for readers than its busy_timeout.
var sqlite = &dialect{
	types: strings.NewReplacer("{text}", "TEXT", "{int}", "INTEGER", "{blob}", "BLOB"),
	begin: "BEGIN IMMEDIATE",
	perWriter: []string{
		"PRAGMA synchronous=FULL", "PRAGMA fullfsync=ON", "PRAGMA checkpoint_fullfsync=ON",
		"PRAGMA secure_delete=ON", "PRAGMA temp_store=MEMORY", "PRAGMA busy_timeout=100",
		"PRAGMA wal_autocheckpoint=" + strconv.Itoa(autoCheckpoint),
	},
	perReader: []string{"PRAGMA busy_timeout=5000", "PRAGMA temp_store=MEMORY", "PRAGMA query_only=ON"},
	// With the lock for itself SQLite needs no file for the log's index, for which a
	// full disk has no room.
	forReading: []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA temp_store=MEMORY", "PRAGMA query_only=ON"},
	tables:     "SELECT name FROM sqlite_master WHERE type = 'table'",
	slots:      true,
	now:        "NULL",
	value: `SELECT s.slot, v.sealed FROM secretlife_secrets s
		JOIN secretlife_versions v ON v.incarnation = s.incarnation
		WHERE s.account = ? AND s.region = ? AND s.name = ? AND s.incarnation = ? AND v.version = ?`,
}

// autoCheckpoint is how many pages of the log start a checkpoint, 16 MB: a full
// transaction has a thousand pages or more, and what is written again and again goes
// into the database once.
const autoCheckpoint = 4000

// sqliteFile asks a connection for the file of its database.
func sqliteFile(ctx context.Context, conn *sql.Conn) (string, error) {
	var seq int
	var name, path string
	err := conn.QueryRowContext(ctx, "PRAGMA database_list").Scan(&seq, &name, &path) // the first is "main"
	if err != nil && strings.Contains(err.Error(), "not a database") {
		return "", fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	if err != nil {
		return "", fmt.Errorf("sqlstore: opening the database: %w", explain(err))
	}
	if path == "" {
		return "", fmt.Errorf("%w: it is in memory, where nothing lasts; use memstore", ErrNotOurs)
	}
	return path, nil
}

const sqliteMagic = "SQLite format 3\x00"

// checkSQLiteFile refuses a file that is no database before SQLite has it. A new
// one it makes its owner's only; SQLite gives the files beside it the same mode.
func checkSQLiteFile(path string) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sqlstore: opening the database: %w", err)
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, len(sqliteMagic))
	n, _ := f.Read(b)
	if n == 0 {
		return os.Chmod(path, 0o600)
	}
	if string(b) != sqliteMagic {
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
		return fmt.Errorf("%w: its write-ahead log can't be turned on (journal_mode is %q)", ErrReadOnly, mode)
	}
	return nil
}

// readOnly tells SQLite's refusal to write from other failures. There is no
// other way than the text, as drivers have error types of their own.
func readOnly(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "readonly database")
}

// damaged tells what SQLite says of a file that is not as it was written.
func damaged(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "malformed") || strings.Contains(text, "not a database")
}

// full tells what SQLite, PostgreSQL (53100, disk_full) and the machine say of a disk,
// or a database, that has no room left.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || sqlState(err) == "53100" ||
		strings.Contains(strings.ToLower(err.Error()), "disk is full")
}

// explain gives a driver's error at opening its meaning.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case readOnly(err):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case sqlState(err) == "25006": // read_only_sql_transaction
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case strings.Contains(strings.ToLower(err.Error()), "database is locked"):
		return fmt.Errorf("%w: %w", ErrInUse, err)
	case full(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case damaged(err):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
