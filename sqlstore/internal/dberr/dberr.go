// Package dberr tells what the errors of databases and of their drivers mean.
package dberr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

var (
	// ErrInUse means that another process has the database open, or this one has.
	ErrInUse = errors.New("sqlstore: the database is in use by another store")
	// ErrReadOnly means that the database can't be written.
	ErrReadOnly = errors.New("sqlstore: the database is read-only")
	// ErrFull means that there is no room left, and nothing was written.
	ErrFull = errors.New("sqlstore: the disk or the database is full, and needs room")
)

// Explain gives a driver's error its meaning, where it has one of those above or
// [codec.ErrDamaged].
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if meaning := meaningOf(err); meaning != nil {
		return fmt.Errorf("%w: %w", meaning, err)
	}
	return err
}

func meaningOf(err error) error {
	switch State(err) {
	case "25006": // read_only_sql_transaction
		return ErrReadOnly
	case "53100": // disk_full
		return ErrFull
	case "":
		return meaningOfText(err)
	}
	return nil
}

// meaningOfText tells what SQLite and the system say. There is no other way than the
// text, as SQLite's drivers have error types of their own.
func meaningOfText(err error) error {
	text := strings.ToLower(err.Error())
	switch {
	case strings.Contains(text, "readonly database"):
		return ErrReadOnly
	case strings.Contains(text, "database is locked"):
		return ErrInUse
	case errors.Is(err, syscall.ENOSPC), strings.Contains(text, "disk is full"):
		return ErrFull
	case strings.Contains(text, "malformed"), strings.Contains(text, "not a database"):
		return codec.ErrDamaged
	}
	return nil
}

// State returns the five letters by which a server names an error (SQLSTATE), "" where
// the error did not come from a server. The drivers' error types all have this method.
func State(err error) string {
	var stated interface{ SQLState() string }
	if errors.As(err, &stated) {
		return stated.SQLState()
	}
	return ""
}

// DriverError is an error that a driver returned: the database's, or that of the way to
// it.
type DriverError struct{ Err error }

func (e *DriverError) Error() string { return e.Err.Error() }

func (e *DriverError) Unwrap() error { return e.Err }

// CommitError is the error of a COMMIT that failed: what was to be written may have
// been.
type CommitError struct{ Err error }

func (e *CommitError) Error() string { return e.Err.Error() }

func (e *CommitError) Unwrap() error { return e.Err }

// AtCommit reports whether it was a COMMIT that failed.
func AtCommit(err error) bool {
	var e *CommitError
	return errors.As(err, &e)
}

// Unwritten returns the error for a transaction that failed. After a failed COMMIT the
// outcome is unknown, unless the database says that it rolled the transaction back.
func Unwritten(doing string, err error) error {
	told := fmt.Errorf("sqlstore: %s: %w", doing, Explain(err))
	if !AtCommit(err) || slices.Contains(rolledBack, State(err)) {
		return told
	}
	return &secretlife.OutcomeUnknownError{Cause: told}
}

// rolledBack are the SQLSTATEs of a COMMIT that wrote nothing.
var rolledBack = []string{"40000", "40001", "40002", "40P01"}
