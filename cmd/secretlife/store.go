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
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go

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
		return nil, errors.New("--key-file and --restored are for --store sqlite:PATH and postgres://: in memory nothing is encrypted or kept")
	case (s.Store == "memory" || isSQLite) && s.Keyring != "":
		return nil, errors.New("--keyring is for --store postgres://")
	case s.Store == "memory":
		m := memstore.New()
		return &opened{m, m.Reset, func() error { return nil }}, nil
	case isSQLite && path != "":
		return s.openSQLite(ctx, path, log)
	case s.isPostgres():
		return s.openPostgres(ctx, log)
	}
	return nil, fmt.Errorf("--store %q: it must be \"memory\", \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\"", s.storeName())
}

func (s serve) isPostgres() bool {
	return strings.HasPrefix(s.Store, "postgres://") || strings.HasPrefix(s.Store, "postgresql://")
}

// storeName is --store without a password.
func (s serve) storeName() string {
	u, err := url.Parse(s.Store)
	switch {
	case err == nil && s.isPostgres():
		q := u.Query()
		for name := range q {
			if strings.Contains(name, "password") {
				q.Set(name, "xxxxx")
			}
		}
		u.RawQuery = q.Encode()
		return u.Redacted()
	case strings.Contains(s.Store, "://"):
		scheme, _, _ := strings.Cut(s.Store, "://")
		return scheme + "://..."
	}
	return s.Store
}

// connections is how many there are to PostgreSQL at most.
const connections = 32

func (s serve) openPostgres(ctx context.Context, log *slog.Logger) (*opened, error) {
	if s.KeyFile == "" || s.Keyring == "" {
		return nil, errors.New("--store postgres:// needs --key-file and --keyring: files on this machine, or one that all of it share, which are made with the store")
	}
	config, err := pgx.ParseConfig(s.Store)
	if err != nil {
		return nil, fmt.Errorf("--store %s: %s", s.storeName(), oneLine(err))
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	store, err := sqlstore.OpenPostgres(ctx, db, sqlstore.NewFileKeeper(s.KeyFile), sqlstore.NewEpochFile(s.Keyring), func(o *sqlstore.PostgresOptions) {
		o.Logger, o.Restored, o.ShredAfter = log, s.Restored, s.ShredAfter
	})
	if err != nil {
		return nil, fmt.Errorf("--store %s: %s%s", s.storeName(), oneLine(errors.Join(err, db.Close())), advice(err))
	}
	return &opened{Store: store, close: store.Close}, nil
}

// oneLine is for errors of the driver, which has a line for each way it tried,
// most of them the same.
func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
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
	case errors.Is(err, sqlstore.ErrOtherEpochs), errors.Is(err, sqlstore.ErrNoEpoch):
		return "; --keyring says where the epoch keys are, and --restored that a copy was put back on purpose"
	case errors.Is(err, sqlstore.ErrRestored):
		return "; on the command line that is --restored"
	}
	return ""
}
