// Durable keeps its secrets in a file. Every run takes one secret a step further
// in its life, so that one run finds what another left, says what is scheduled for
// deletion, and appends what happened to an audit log, secrets.db.audit:
//
//	go run ./examples/durable /tmp/secrets.db   # created, and deleted with a week to think it over
//	go run ./examples/durable /tmp/secrets.db   # restored: hunter2
//	go run ./examples/durable /tmp/secrets.db   # purged, for good
package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	_ "modernc.org/sqlite" // any other driver of SQLite does, too

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: durable DATABASE")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "durable:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string, out io.Writer) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	// The master key belongs on another disk than the database.
	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(path+".master"))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	calls := 0 // one at a time
	m, err := secretlife.New(store, func(o *secretlife.Options) {
		o.Observer.Called = func(context.Context, secretlife.Call) { calls++ }
	})
	if err != nil {
		return err
	}
	if err := errors.Join(step(ctx, m, store, out), m.Health(ctx)); err != nil {
		return err
	}
	for s, err := range m.Scheduled(ctx) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "scheduled:", s.Name())
	}
	fmt.Fprintln(out, calls, "calls")
	return deliver(ctx, store, path+".audit")
}

// step does what is next in the life of the secret.
func step(ctx context.Context, m *secretlife.Manager, store *sqlstore.SQLite, out io.Writer) error {
	db := secretlife.SecretInput{SecretID: "db"}
	s, err := m.Secret(ctx, "db")
	switch {
	case errors.Is(err, secretlife.ErrSecretNotFound):
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "db", Value: secretlife.SecretString("hunter2")})
		if err == nil {
			_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "db", RecoveryWindowInDays: secretlife.Days(7)})
		}
		fmt.Fprintln(out, "created, and deleted with a week to think it over")
	case err == nil && s.Deletion().Scheduled():
		if _, err = m.RestoreSecret(ctx, db); err == nil {
			var v secretlife.GetSecretValueOutput
			v, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "db"})
			fmt.Fprintln(out, "restored:", v.Value.Reveal())
		}
	case err == nil:
		// A service runs a Purger instead of RunDue, as examples/embedded does. Scrubbing is
		// not needed for the purge to be for good: its key is destroyed before.
		_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "db", ForceDeleteWithoutRecovery: true})
		if err == nil {
			_, err = secretlife.NewPurger(m).RunDue(ctx)
		}
		err = errors.Join(err, store.Scrub(ctx))
		fmt.Fprintln(out, "purged, for good")
	}
	return err
}

// deliver appends the events that the file does not have yet, each in a line.
func deliver(ctx context.Context, store secretlife.Store, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	had, err := io.ReadAll(file)
	if err == nil {
		lines, place := json.NewEncoder(file), uint64(bytes.Count(had, []byte("\n")))
		_, err = audit.Deliver(ctx, store, place, func(_ context.Context, page []secretlife.Event) (err error) {
			for _, e := range page {
				err = errors.Join(err, lines.Encode(e))
			}
			return errors.Join(err, file.Sync())
		})
	}
	return errors.Join(err, file.Close())
}
