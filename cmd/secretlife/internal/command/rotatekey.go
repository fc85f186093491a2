package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife/sqlstore"
)

// rotateKey is the command rotate-key. Its fields are its flags.
type rotateKey struct {
	durable    `embed:""`
	NewKeyFile string `required:"" type:"path" placeholder:"FILE" help:"The new master key. It is made, for its owner only, if it does not exist."`
}

// Help is shown below the flags.
func (rotateKey) Help() string {
	return `The store's own key is wrapped by the new master key. Values are not touched, and are read as before. ` +
		`Afterwards only the new key opens the store: give it to "secretlife serve --key-file". Where the command is ` +
		`interrupted, one of the two keys opens the store.

The old master key still opens copies of the database from before, so keep it as long as you keep those. Processes that have a store over PostgreSQL open go on; they need the new key when they start again.`
}

// Run changes the master key.
func (r rotateKey) Run(ctx context.Context, o process) (err error) {
	store, err := r.open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.close()) }()
	if err := store.durable.Rewrap(ctx, sqlstore.NewFileKeeper(r.NewKeyFile)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.out, "the master key of %s is now %s\n", r.at(r.Store, "--store").name(), r.NewKeyFile)
	return err
}
