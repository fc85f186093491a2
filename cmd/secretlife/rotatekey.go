package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/secretlife-go/secretlife/sqlstore"
)

// rotateKey is the command rotate-key. Its fields are its flags.
type rotateKey struct {
	Store      string `required:"" placeholder:"STORE" help:"\"sqlite:PATH\", which no server may have open, or \"postgres://USER@HOST/DATABASE\"."`
	KeyFile    string `type:"path" placeholder:"FILE" help:"The present master key, by default PATH.master of --store sqlite:PATH."`
	NewKeyFile string `required:"" type:"path" placeholder:"FILE" help:"The new master key. It is made, for its owner only, where there is none."`
	Keyring    string `type:"path" placeholder:"FILE" help:"The epoch keys of --store postgres://."`
}

// Help is shown below the flags.
func (rotateKey) Help() string {
	return `The store's own key is wrapped by the new master key. Values are not touched, and are read as before. Afterwards only the new key opens the store: give it to "secretlife serve --key-file". Where the command is interrupted, one of the two keys opens the store.

The old master key still opens copies of the database from before, so keep it as long as you keep those. Processes that have a store over PostgreSQL open go on; they need the new key when they start again.`
}

// Run changes the master key.
func (r rotateKey) Run(ctx context.Context, o output) (err error) {
	if r.Store == "memory" {
		return errors.New("--store memory: in memory nothing is encrypted or kept")
	}
	if path, ok := strings.CutPrefix(r.Store, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil { // opening would make it
			return fmt.Errorf("--store %s: %w", r.Store, err)
		}
	}
	from := serve{Store: r.Store, KeyFile: r.KeyFile, Keyring: r.Keyring}
	opened, err := from.open(ctx, slog.New(slog.NewTextHandler(o.log, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.close()) }()
	store, ok := opened.Store.(*sqlstore.Store)
	if !ok {
		return fmt.Errorf("--store %s has no master key", from.storeName())
	}
	if err := store.Rewrap(ctx, sqlstore.NewFileKeeper(r.NewKeyFile)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "the master key of %s is now %s\n", from.storeName(), r.NewKeyFile)
	return err
}
