package dberr

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// stated is an error of a server, as drivers have them.
type stated struct{ state, text string }

func (s stated) Error() string    { return s.text }
func (s stated) SQLState() string { return s.state }

func TestExplain(t *testing.T) {
	for _, x := range []struct{ err, want error }{
		{errors.New("attempt to write a READONLY database (8)"), ErrReadOnly},
		{errors.New("database is locked (5) (SQLITE_BUSY)"), ErrInUse},
		{errors.New("database or disk is full (13)"), ErrFull},
		{fmt.Errorf("write x.keys: %w", syscall.ENOSPC), ErrFull},
		{errors.New("database disk image is malformed (11)"), codec.ErrDamaged},
		{errors.New("file is not a database (26)"), codec.ErrDamaged},
		{stated{"25006", "cannot execute INSERT in a read-only transaction"}, ErrReadOnly},
		{fmt.Errorf("writing: %w", stated{"53100", "could not extend file"}), ErrFull},
	} {
		got := Explain(x.err)
		require.ErrorIs(t, got, x.want)
		require.ErrorIs(t, got, x.err)
	}
	// What a server names itself is not taken for what SQLite says in the same words.
	for _, err := range []error{
		nil, io.ErrUnexpectedEOF, stated{"22P02", `malformed array literal: "{"`},
		stated{"55006", "the database is locked by a backup"},
	} {
		require.Equal(t, err, Explain(err))
	}
}

func TestUnwritten(t *testing.T) {
	for _, err := range []error{
		io.ErrUnexpectedEOF, stated{"40001", "x"}, &CommitError{stated{"40001", "x"}}, &CommitError{stated{"40P01", "x"}},
	} {
		got := Unwritten("writing", err)
		require.NotErrorIs(t, got, secretlife.ErrOutcomeUnknown, "%#v", err)
		require.ErrorIs(t, got, err)
	}
	for _, err := range []error{
		&CommitError{io.ErrUnexpectedEOF}, &CommitError{stated{"40003", "x"}},
		fmt.Errorf("x: %w", &CommitError{stated{"57P01", "x"}}),
	} {
		require.ErrorIs(t, Unwritten("writing", err), secretlife.ErrOutcomeUnknown, "%#v", err)
	}
}
