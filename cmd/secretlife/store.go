package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver, in pure Go

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// opened is the store of --store, with what else is known of it.
type opened struct {
	secretlife.Store
	reset func(context.Context) error // nil where it can't be
	close func() error
}

// open opens the store that --store names.
func (s serve) open(ctx context.Context, log *slog.Logger) (*opened, error) {
	path, isSQLite := strings.CutPrefix(s.Store, "sqlite:")
	switch {
	case s.Store == "memory" && (s.KeyFile != "" || s.Restored):
		return nil, errors.New("--key-file and --restored are for --store sqlite:PATH: in memory nothing is encrypted or kept")
	case s.Store == "memory":
		m := memstore.New()
		return &opened{m, m.Reset, func() error { return nil }}, nil
	case isSQLite && path != "":
		return s.openSQLite(ctx, path, log)
	}
	return nil, fmt.Errorf("--store %q: it must be \"memory\" or \"sqlite:PATH\"", s.Store)
}

func (s serve) openSQLite(ctx context.Context, path string, log *slog.Logger) (*opened, error) {
	master := s.KeyFile
	if master == "" {
		master = path + ".master"
	}
	_, err := os.Stat(master)
	isNew := errors.Is(err, fs.ErrNotExist)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return nil, fmt.Errorf("--store %s: %w", s.Store, err)
	}
	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(master), func(o *sqlstore.Options) {
		o.Logger, o.Restored = log, s.Restored
	})
	if err != nil {
		return nil, fmt.Errorf("--store %s: %w%s", s.Store, errors.Join(err, db.Close()), advice(err))
	}
	if isNew {
		log.Info("made a new master key; without it no value can be read", "file", master)
	}
	return &opened{Store: store, close: store.Close}, nil
}

// advice tells which flag helps.
func advice(err error) string {
	switch {
	case errors.Is(err, sqlstore.ErrWrongKey):
		return "; --key-file says where the master key is"
	case errors.Is(err, sqlstore.ErrRestored):
		return "; on the command line that is --restored"
	}
	return ""
}
