package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife/access"
)

// copyStore is the command copy. Its fields are its flags.
type copyStore struct {
	From      string   `required:"" placeholder:"STORE" help:"The store that is read: \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\"."`
	FromFlags keyFlags `embed:"" prefix:"from-"`
	To        string   `required:"" placeholder:"STORE" help:"The store that is written. It is made if it does not exist, and must be empty."`
	ToFlags   keyFlags `embed:"" prefix:"to-"`
}

// Help is shown below the flags.
func (copyStore) Help() string {
	return `Copies everything from one durable store into another that is empty: all secrets with their values, ` +
		`versions, labels, ARNs and deletion dates, all events, the access ledger, and the mark of the purger's clock. ` +
		`Values are decrypted and encrypted again on the way, and are in no file in between. Each secret is read back and ` +
		`compared.

Nothing may write to either store meanwhile. The first store stays as it is; what is purged in the second later is still in the first, so delete it, with its backups, when you no longer need it.

  secretlife copy --from sqlite:secrets.db --to postgres://app@db/app --to-key-file master --to-keyring ring
  secretlife copy --from sqlite:old.db --to sqlite:new.db`
}

// Run copies.
func (c copyStore) Run(ctx context.Context, o process) error {
	if c.From == c.To {
		return errors.New("--from and --to are the same store")
	}
	from, err := c.FromFlags.at(c.From, "--from").mustBeThere().durable(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(c.copyFrom(ctx, o, from), from.close())
}

func (c copyStore) copyFrom(ctx context.Context, o process, from *opened) error {
	l := c.ToFlags.at(c.To, "--to")
	to, err := l.durable(ctx, o)
	if err != nil {
		return err
	}
	said, err := c.copyTo(ctx, o, from, to, l)
	if err := errors.Join(err, to.close()); err != nil {
		return err
	}
	fmt.Fprintf(o.out, "copied %s\n", said)
	return nil
}

// copyTo copies, and says how much.
func (c copyStore) copyTo(ctx context.Context, o process, from, to *opened, l location) (string, error) {
	s, err := newStoreSink(ctx, to.durable)
	if err != nil {
		return "", l.failed(err)
	}
	n, err := size(ctx, from.durable)
	if err != nil {
		return "", err
	}
	p := newProgress(o, "copying", n)
	t, err := transfer(ctx, from.durable, true, s, p)
	entries := 0
	if err == nil {
		entries, err = copyAccesses(ctx, from.durable, to.durable)
	}
	p.end()
	return fmt.Sprintf("%s, and %s of the access ledger", t, count(entries, "entry", "entries")), s.half(err)
}

// entriesAtOnce is how many entries a group of an access ledger has at most.
const entriesAtOnce = 1000

// copyAccesses copies the entries of an access ledger, and returns how many there are.
func copyAccesses(ctx context.Context, from, to access.Store) (n int, err error) {
	var group access.Group
	_, _ = rand.Read(group.Writer[:]) // never fails
	var after access.Entry
	for {
		page, err := from.Accesses(ctx, access.Query{After: after, Limit: entriesAtOnce})
		if err != nil || len(page) == 0 {
			return n, err
		}
		group.Number, group.Entries = group.Number+1, page
		if err := to.AddAccesses(ctx, group); err != nil {
			return n, err
		}
		n, after = n+len(page), page[len(page)-1]
	}
}
