// Durable keeps its secrets in a file. Every run takes one secret a step further
// in its life, so that one run finds what another left:
//
//	go run ./examples/durable /tmp/secrets.db   # created, and deleted with a week to think it over
//	go run ./examples/durable /tmp/secrets.db   # restored: hunter2
//	go run ./examples/durable /tmp/secrets.db   # purged, for good
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	_ "modernc.org/sqlite" // any other driver of SQLite does, too

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: durable DATABASE")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "durable:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string, out io.Writer) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	// The master key belongs on another disk than the database.
	store, err := sqlstore.OpenSQLite(ctx, db, sqlstore.NewFileKeeper(path+".master"))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = step(ctx, store, out)
	return errors.Join(err, store.Close())
}

// step does what is next in the life of the secret.
func step(ctx context.Context, store *sqlstore.SQLite, out io.Writer) error {
	m, err := secretlife.New(store)
	if err != nil {
		return err
	}
	found, err := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "db"})
	switch {
	case errors.Is(err, secretlife.ErrSecretNotFound):
		return create(ctx, m, out)
	case err != nil:
		return err
	case found.DeletedDate != nil:
		return restore(ctx, m, out)
	}
	return purge(ctx, m, store, out)
}

func create(ctx context.Context, m *secretlife.Manager, out io.Writer) error {
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "db", Value: secretlife.SecretString("hunter2")})
	if err != nil {
		return err
	}
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "db", RecoveryWindowInDays: secretlife.Days(7)})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "created, and deleted with a week to think it over")
	return nil
}

func restore(ctx context.Context, m *secretlife.Manager, out io.Writer) error {
	if _, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "db"}); err != nil {
		return err
	}
	v, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "db"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "restored:", v.Value.Reveal())
	return nil
}

// purge deletes by force and does the background's work at once; a service runs
// a Purger instead, as examples/embedded does. Scrubbing is not needed for the
// purge to be for good: its key is destroyed before.
func purge(ctx context.Context, m *secretlife.Manager, store *sqlstore.SQLite, out io.Writer) error {
	_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "db", ForceDeleteWithoutRecovery: true})
	if err != nil {
		return err
	}
	if _, err := secretlife.NewPurger(m).RunDue(ctx); err != nil {
		return err
	}
	if err := store.Scrub(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "purged, for good")
	return nil
}
