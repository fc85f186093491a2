package command

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

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// keyFlags are the flags that go with a durable store.
type keyFlags struct {
	KeyFile     string `type:"path" placeholder:"FILE" help:"The master key: by default PATH.master for sqlite:PATH; postgres:// has no default. It is made, for its owner only, with the store."`
	Keyring     string `type:"path" placeholder:"FILE" help:"The epoch keys of postgres://, which all processes must share. It is made, for its owner only, with the store. Keep it out of backups."`
	Connections int    `placeholder:"N" help:"How many connections to postgres:// the process has at most; 8 by default. All processes together must stay below the server's max_connections."`
	Anchor      string `type:"path" placeholder:"FILE" help:"Where it is kept how far the store has come, so that a backup that is put back is noticed. The id of the store follows the name. By default it is the master key's file with \".anchor\" after it. Keep it out of the store's backups."`
	Restored    bool   `help:"Confirms that the files of sqlite:PATH, or the database of postgres://, were put back from a copy deliberately: open them though they are not of the same time, or are behind their anchor."`
}

// durable are the flags of commands that work on a durable store.
type durable struct {
	Store    string `required:"" placeholder:"STORE" help:"The store: \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\". A store in a file must not be in use by another process."`
	keyFlags `embed:""`
}

// open opens the store, which must be there.
func (d durable) open(ctx context.Context, o process) (*opened, error) {
	return d.at(d.Store, "--store").mustBeThere().durable(ctx, o)
}

// read opens the store, which must be there, for commands that change nothing. They
// work while the disk is full.
func (d durable) read(ctx context.Context, o process) (*opened, error) {
	l := d.at(d.Store, "--store").mustBeThere()
	l.readOnly = true
	return l.durable(ctx, o)
}

// quiet is the log of commands that answer on standard output: warnings only.
func quiet(o process) *slog.Logger {
	return slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// location is a store that flags name.
type location struct {
	keyFlags
	store            string
	flag             string // which says so
	destroyKeysAfter time.Duration
	keepEvents       *int // in memory; nil is keptEvents
	isThere          bool // it must be there: it is not made
	readOnly         bool // nothing is written into sqlite:PATH
}

func (k keyFlags) at(store, flag string) location {
	return location{keyFlags: k, store: store, flag: flag}
}

func (l location) mustBeThere() location {
	l.isThere = true
	return l
}

// opened is a store, with what else is known of it.
type opened struct {
	secretlife.Store
	durable  *sqlstore.Store                           // nil in memory
	sqlite   *sqlstore.SQLite                          // nil for other stores
	postgres *sqlstore.Postgres                        // nil for other stores
	memory   *memstore.Store                           // nil for other stores
	reset    func(context.Context, awsapi.Reset) error // nil where it can't be
	close    func() error
}

// accesses returns the store itself, of which opened shows only what every store has.
func (o *opened) accesses() secretlife.Store {
	if o.memory != nil {
		return o.memory
	}
	return o.durable
}

// durable opens a store that outlives the process.
func (l location) durable(ctx context.Context, o process) (*opened, error) {
	if l.store == "memory" {
		return nil, fmt.Errorf("%s memory: a store in memory is its process's alone; use \"sqlite:PATH\" or "+
			"\"postgres://USER@HOST/DATABASE\"", l.flag)
	}
	return l.open(ctx, o.databases, quiet(o))
}

// open opens the store.
func (l location) open(ctx context.Context, d Databases, log *slog.Logger) (*opened, error) {
	path, isSQLite := strings.CutPrefix(l.store, "sqlite:")
	switch {
	case l.store == "memory" && (l.KeyFile != "" || l.Anchor != "" || l.Restored):
		return nil, errors.New("--key-file, --anchor and --restored are for --store sqlite:PATH and postgres://: in " +
			"memory nothing is encrypted or kept")
	case (l.store == "memory" || isSQLite) && l.Keyring != "":
		return nil, fmt.Errorf("%s is for %s postgres://", l.own("keyring"), l.flag)
	case !l.isPostgres() && l.Connections != 0:
		return nil, fmt.Errorf("%s is for %s postgres://", l.own("connections"), l.flag)
	case l.store != "memory" && l.keepEvents != nil:
		return nil, errors.New("--keep-events is for --store memory: other stores keep all events")
	case l.store == "memory":
		m, err := l.newMemory()
		if err != nil {
			return nil, err
		}
		return inMemory(m), nil
	case isSQLite && path != "":
		return l.openSQLite(ctx, d, path, log)
	case l.isPostgres():
		return l.openPostgres(ctx, d, log)
	}
	return nil, fmt.Errorf("%s %q: it must be \"memory\", \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\"",
		l.flag, l.name())
}

// keptEvents is how many events a store in memory keeps if nothing is said.
const keptEvents = 100_000

// newMemory makes an empty store in memory.
func (l location) newMemory() (*memstore.Store, error) {
	keep := keptEvents
	if l.keepEvents != nil {
		keep = *l.keepEvents
	}
	if keep < 0 {
		return nil, errors.New("--keep-events must be at least 0")
	}
	return memstore.New(func(o *memstore.Options) { o.KeepEvents, o.KeepAccesses = keep, keep }), nil
}

// inMemory is a store in memory.
func inMemory(m *memstore.Store) *opened {
	reset := func(ctx context.Context, r awsapi.Reset) error {
		if r.Account != (secretlife.Account{}) {
			return m.RemoveAccount(ctx, r.Account)
		}
		return m.Reset(ctx)
	}
	return &opened{Store: m, memory: m, reset: reset, close: func() error { return nil }}
}

func (l location) isPostgres() bool {
	return strings.HasPrefix(l.store, "postgres://") || strings.HasPrefix(l.store, "postgresql://")
}

// name is the store without a password.
func (l location) name() string {
	u, err := url.Parse(l.store)
	switch {
	case err == nil && l.isPostgres():
		q := u.Query()
		for name := range q {
			if strings.Contains(name, "password") {
				q.Set(name, "xxxxx")
			}
		}
		u.RawQuery = q.Encode()
		return u.Redacted()
	case strings.Contains(l.store, "://"):
		scheme, _, _ := strings.Cut(l.store, "://")
		return scheme + "://..."
	}
	return l.store
}

// failed names the store in an error of opening it.
func (l location) failed(err error) error {
	return fmt.Errorf("%s %s: %w", l.flag, l.name(), err)
}

func (l location) openPostgres(ctx context.Context, d Databases, log *slog.Logger) (*opened, error) {
	if l.KeyFile == "" || l.Keyring == "" {
		return nil, fmt.Errorf("%s postgres:// needs %s and %s: files on this machine, or one that all of it share, "+
			"which are made with the store", l.flag, l.own("key-file"), l.own("keyring"))
	}
	db, err := d.openPostgres(l.store)
	if err != nil {
		return nil, l.failed(oneLine(err))
	}
	if err := l.lookForTables(ctx, db); err != nil {
		return nil, l.failed(oneLine(errors.Join(err, db.Close())))
	}
	store, err := sqlstore.OpenPostgres(ctx, db, sqlstore.NewFileKeeper(l.KeyFile), sqlstore.NewEpochFile(l.Keyring),
		func(o *sqlstore.PostgresOptions) {
			o.Logger, o.Restored, o.DestroyKeysAfter, o.Connections = log, l.Restored, l.destroyKeysAfter, l.Connections
			o.Anchor = l.anchor(l.KeyFile)
		})
	if err != nil {
		return nil, fmt.Errorf("%w%s", l.failed(oneLine(errors.Join(err, db.Close()))), l.advice(err))
	}
	return &opened{Store: store, durable: store.Store, postgres: store, close: store.Close}, nil
}

// errNoStore is for commands that don't make one.
var errNoStore = errors.New("there is no store there")

// lookForTables checks that a database has a store, where it must.
func (l location) lookForTables(ctx context.Context, db *sql.DB) error {
	if !l.isThere {
		return nil
	}
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", sqlstore.ErrNoAnswer, err)
	}
	var n int
	err := db.QueryRowContext(ctx,
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'secretlife_secrets'").Scan(&n)
	if err == nil && n == 0 {
		err = errNoStore
	}
	return err
}

// oneLine is for errors of the driver, which has a line for each way it tried,
// most of them the same.
func oneLine(err error) error {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return &shortened{strings.Join(lines, " "), err}
}

// shortened is an error told in other words.
type shortened struct {
	text string
	of   error
}

func (s *shortened) Error() string { return s.text }

func (s *shortened) Unwrap() error { return s.of }

func (l location) openSQLite(ctx context.Context, d Databases, path string, log *slog.Logger) (*opened, error) {
	if info, err := os.Stat(path); l.isThere && (errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0) {
		return nil, l.failed(errNoStore)
	}
	master := l.master(path)
	_, err := os.Stat(master)
	isNew := errors.Is(err, fs.ErrNotExist)
	db, err := d.openSQLite("file:" + (&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return nil, l.failed(err)
	}
	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(master), func(o *sqlstore.Options) {
		o.Logger, o.Restored, o.Anchor, o.ReadOnly = log, l.Restored, l.anchor(master), l.readOnly
	})
	if err != nil {
		return nil, fmt.Errorf("%w%s", l.failed(oneLine(errors.Join(err, db.Close()))), l.advice(err))
	}
	if isNew {
		log.Info("made a new master key; without it no value can be read", "file", master)
	}
	return &opened{Store: store, durable: store.Store, sqlite: store, close: store.Close}, nil
}

// master is the file of the master key of a store in a file.
func (l location) master(path string) string {
	if l.KeyFile != "" {
		return l.KeyFile
	}
	return path + ".master"
}

// anchor is where it is kept how far a store has come.
func (l location) anchor(master string) sqlstore.Anchor {
	if l.Anchor != "" {
		return sqlstore.NewFileAnchor(l.Anchor)
	}
	return sqlstore.NewFileAnchor(master + ".anchor")
}

// advice tells which flag helps.
func (l location) advice(err error) string {
	switch {
	case errors.Is(err, sqlstore.ErrWrongKey):
		return fmt.Sprintf("; %s says where the master key is", l.own("key-file"))
	case errors.Is(err, sqlstore.ErrOtherEpochs), errors.Is(err, sqlstore.ErrNoEpoch):
		return fmt.Sprintf("; %s says where the epoch keys are, and %s confirms that a copy was put back deliberately",
			l.own("keyring"), l.own("restored"))
	case errors.Is(err, sqlstore.ErrFull):
		return "; make room on it: opening the store writes some hundred kB beside it. ls, export and purge --dry-run " +
			"write nothing"
	case errors.Is(err, sqlstore.ErrRestored):
		return "; on the command line that is " + l.own("restored")
	}
	return ""
}

// own is the name of a flag that goes with this store.
func (l location) own(name string) string {
	if l.flag == "--store" {
		return "--" + name
	}
	return l.flag + "-" + name
}
