package command

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// verify is the command verify-purged. Its fields are its flags.
type verify struct {
	durable `embed:""`
	Secrets []string `arg:"" optional:"" name:"secret" help:"Name or ARN of a purged secret; of a name, all that ever had it."`
	All     bool     `help:"Every secret that was ever purged."`
}

// Help is shown below the flags.
func (verify) Help() string {
	return `Looks, with the master key and all files, for what is left of secrets that the store's events say were ` +
		`purged: rows, data keys, ciphertexts. It prints a line for each, and the exit status is 1 where anything is left.

In sqlite:PATH the files are read as they are, before a store opens them and tidies up; nothing is changed. No other process may have the store open. With postgres:// the server is asked for rows, and whether the keys of the epoch in which a secret was purged are destroyed; what its own files, logs and backups keep can't be read without those keys.

What lies below files it can't see: snapshots, blocks that a disk has not erased yet, copies that were made.

  secretlife verify-purged --store sqlite:secrets.db --all
  secretlife verify-purged --store sqlite:secrets.db prod/db arn:aws:secretsmanager:us-east-1:123456789012:secret:old-AbCdEf`
}

// inspector is where secrets were purged.
type inspector interface {
	Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error)
	Remains(ctx context.Context, of []secretlife.Event) ([][]string, error)
}

// errLeft makes the exit status 1.
var errLeft = errors.New("not everything that was purged is gone")

// Run verifies.
func (v verify) Run(ctx context.Context, o process) error {
	if v.All == (len(v.Secrets) > 0) {
		return errors.New("say either which secrets, by name or ARN, or --all")
	}
	l := v.at(v.Store, "--store").mustBeThere()
	path, isSQLite := strings.CutPrefix(v.Store, "sqlite:")
	if !isSQLite || path == "" {
		store, err := l.durable(ctx, o)
		if err != nil {
			return err
		}
		return errors.Join(v.verify(ctx, o, store.postgres), store.close())
	}
	db, i, err := l.inspect(ctx, o.databases, path)
	if err != nil {
		return err
	}
	err = v.verify(ctx, o, i)
	if err == nil || errors.Is(err, errLeft) {
		err = errors.Join(freePages(ctx, o, i), err)
	}
	return errors.Join(err, i.Close(), db.Close())
}

// inspect opens the files of a store for reading.
func (l location) inspect(ctx context.Context, d Databases, path string) (*sql.DB, *sqlstore.Inspection, error) {
	if l.Keyring != "" {
		return nil, nil, fmt.Errorf("%s is for %s postgres://", l.own("keyring"), l.flag)
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, nil, l.failed(errNoStore)
	}
	db, err := d.openSQLite("file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro")
	if err != nil {
		return nil, nil, l.failed(err)
	}
	i, err := sqlstore.InspectSQLite(ctx, db, sqlstore.NewFileKeeper(l.master(path)))
	if err != nil {
		return nil, nil, fmt.Errorf("%w%s", l.failed(oneLine(errors.Join(err, db.Close()))), l.advice(err))
	}
	return db, i, nil
}

// endsAtOnce is how many purged secrets are looked for in one go through the
// files.
const endsAtOnce = 100_000

// verify goes through the events, and looks for what is left of what they tell
// the end of.
func (v verify) verify(ctx context.Context, o process, in inspector) error {
	met := map[string]bool{}
	var ends []secretlife.Event
	var checked, left int
	look := func() error {
		n, err := report(ctx, o, in, ends)
		checked, left, ends = checked+len(ends), left+n, nil
		return err
	}
	var after uint64
	for {
		page, err := in.Events(ctx, after, eventPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Seq()
		for _, e := range page {
			if v.means(e, met) {
				ends = append(ends, e)
			}
		}
		if len(ends) >= endsAtOnce {
			if err := look(); err != nil {
				return err
			}
		}
	}
	if err := look(); err != nil {
		return err
	}
	for _, s := range v.Secrets {
		if !met[s] {
			left++
			fmt.Fprintf(o.out, "NOT PURGED %s: the store's events tell of no purge\n", s)
		}
	}
	fmt.Fprintf(o.out, "%s looked for\n", count(checked, "purged secret was", "purged secrets were"))
	if left > 0 {
		return errLeft
	}
	return nil
}

// means reports whether an event is the end of a secret that is meant.
func (v verify) means(e secretlife.Event, met map[string]bool) bool {
	if e.Name() != "SecretPurged" && e.Name() != "ReplicaStopped" {
		return false
	}
	meant := v.All
	for _, s := range []string{e.Key().Name.String(), e.ARN().String()} {
		if slices.Contains(v.Secrets, s) {
			met[s], meant = true, true
		}
	}
	return meant
}

// report prints a line for each, and answers of how many something is left.
func report(ctx context.Context, o process, in inspector, ends []secretlife.Event) (left int, err error) {
	if len(ends) == 0 {
		return 0, nil
	}
	found, err := in.Remains(ctx, ends)
	if err != nil {
		return 0, err
	}
	for n, e := range ends {
		about := fmt.Sprintf("%s, purged %s (event %d)", e.ARN(), e.Time().Format(time.RFC3339), e.Seq())
		if len(found[n]) == 0 {
			fmt.Fprintf(o.out, "gone %s: no row, data key or ciphertext is left\n", about)
			continue
		}
		left++
		fmt.Fprintf(o.out, "LEFT %s: there is %s\n", about, strings.Join(found[n], "; "))
	}
	return left, nil
}

// freePages tells of what is in pages that are not in use.
func freePages(ctx context.Context, o process, i *sqlstore.Inspection) error {
	free, notEmpty, err := i.FreePages(ctx)
	if err != nil {
		return err
	}
	if notEmpty == 0 {
		fmt.Fprintf(o.out, "%s in the database, and nothing is in them\n", count(free, "page is free", "pages are free"))
		return nil
	}
	fmt.Fprintf(o.out, "LEFT in the database: something is in %d of %d pages that are free\n", notEmpty, free)
	return errLeft
}
