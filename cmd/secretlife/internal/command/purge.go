package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
)

// purge is the command of that name. Its fields are its flags.
type purge struct {
	durable     `embed:""`
	witnessFlag `embed:""`
	Once        bool `help:"Purge what is due, and end. (\"secretlife serve\" purges all the time.)"`
	DryRun      bool `help:"Only list what is due."`
	Rewrite     bool `default:"true" negatable:"" help:"With sqlite:PATH, write the whole database anew at the end, so that no piece of what was purged is left in parts of it that are not in use. Takes its room once more while it runs; --no-rewrite leaves it out."`
	DestroyKeys bool `help:"With postgres://, destroy the data keys of what was purged at once."`
}

// Help is shown below the flags.
func (purge) Help() string {
	return `Purges the secrets whose recovery window is over, removes aged versions and carries replicas along, until ` +
		`nothing is due. Rotations are left to "secretlife serve". A purge can't be undone, so a secret is purged only ` +
		`when its recovery window has passed by counted time, too, whatever the clock says. What waits for that is ` +
		`printed: see "secretlife clock". Between runs no time is counted, unless the machine was up all the time, or ` +
		`--witness vouches for it. The exit status is 1 where anything failed.

  secretlife purge --store sqlite:secrets.db --dry-run
  secretlife purge --store sqlite:secrets.db --once
  secretlife purge --store postgres://app@db/app --key-file master --keyring ring --once --destroy-keys`
}

// Run purges.
func (p purge) Run(ctx context.Context, o process) error {
	if p.Once == p.DryRun {
		return errors.New("say either --once or --dry-run; \"secretlife serve\" purges all the time")
	}
	postgres := p.at(p.Store, "").isPostgres()
	if p.DestroyKeys && !postgres {
		return errors.New("--destroy-keys is for --store postgres://: a purge in sqlite:PATH destroys the data key itself")
	}
	open := p.open
	if p.DryRun {
		open = p.read
	}
	store, err := open(ctx, o)
	if err != nil {
		return err
	}
	if p.DryRun {
		err = p.list(ctx, o, store)
	} else {
		err = p.purge(ctx, o, store)
		if postgres {
			err = errors.Join(err, p.destroyKeys(ctx, o, store))
		} else {
			err = errors.Join(err, p.scrub(ctx, o, store))
		}
	}
	return errors.Join(err, store.close())
}

func (p purge) list(ctx context.Context, o process, store *opened) error {
	n := 0
	err := eachDue(ctx, store.durable, time.Now(), query{}, func(page []secretlife.Secret) error {
		for _, s := range page {
			n++
			date, _ := s.Deletion().Date()
			fmt.Fprintf(o.out, "would purge %s, deletion date %s\n", s.ARN(), date.Format(time.RFC3339))
		}
		return nil
	})
	if err == nil {
		fmt.Fprintf(o.out, "%s due\n", count(n, "secret is", "secrets are"))
	}
	return err
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// purge does the work, and prints what it did even where some of it failed.
func (p purge) purge(ctx context.Context, o process, store *opened) error {
	witness, err := p.witness(ctx, store.Store, quiet(o))
	if err != nil {
		return err
	}
	// What the Purger would log is said below.
	m, err := secretlife.New(store.Store, func(m *secretlife.Options) { m.Witness = witness })
	if err != nil {
		return err
	}
	purger := secretlife.NewPurger(m)
	report, err := purger.RunDue(ctx, secretlife.WorkPurge, secretlife.WorkAge, secretlife.WorkReplicate)
	n := 0
	for _, done := range report {
		if done.Work == secretlife.WorkPurge {
			n++
			fmt.Fprintf(o.out, "purged %s, deletion date %s\n", done.ARN, done.DeletionDate.Format(time.RFC3339))
		}
	}
	fmt.Fprintln(o.out, count(n, "secret was purged", "secrets were purged"))
	if w := purger.Waiting(); w.Secrets > 0 {
		err = multierr.Append(err, sayWaiting(ctx, o, m, w))
	}
	switch {
	case len(multierr.Errors(err)) > 1:
		for _, each := range multierr.Errors(err) {
			fmt.Fprintln(o.log, "secretlife:", each)
		}
		return fmt.Errorf("%d secrets failed; they stay due", len(multierr.Errors(err)))
	}
	return err
}

// sayWaiting says how many secrets wait for counted time, and why.
func sayWaiting(ctx context.Context, o process, m *secretlife.Manager, w secretlife.Waiting) error {
	t, err := m.Tally(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.out, pastDate(w)+whyUncounted(t))
	return nil
}

// pastDate says how many secrets are past their dates, and how far the first is.
func pastDate(w secretlife.Waiting) string {
	return fmt.Sprintf("%s, %s counted%s", count(w.Secrets, "secret is past its date", "secrets are past their dates"),
		ofWindow(w.Counted, w.Window), map[bool]string{true: " of the first"}[w.Secrets > 1])
}

// whyUncounted says why time was not counted, if that is known.
func whyUncounted(t secretlife.Tally) string {
	n := 0
	for _, g := range t.Gaps() {
		if g.Proof == "none" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(": nothing runs between the runs (%s); see \"secretlife clock\" and --witness",
		count(n, "gap without proof", "gaps without proof"))
}

// scrub overwrites what was purged, and says what holds then.
func (p purge) scrub(ctx context.Context, o process, store *opened) error {
	if !p.Rewrite {
		if err := store.sqlite.Scrub(ctx); err != nil {
			return err
		}
		fmt.Fprintln(o.out, "scrubbed: what was purged is overwritten in the store's files, but not in parts of pages "+
			"that are not in use")
		return nil
	}
	if err := store.sqlite.Rewrite(ctx); err != nil {
		return err
	}
	fmt.Fprintln(o.out, "scrubbed and rewritten: nothing of what was purged is left in the store's files, but its events")
	return nil
}

// destroyKeys says which data keys are left to be destroyed, or destroys them.
func (p purge) destroyKeys(ctx context.Context, o process, store *opened) error {
	if p.DestroyKeys {
		if err := store.postgres.DestroyKeys(ctx); err != nil {
			return err
		}
	}
	s, err := store.postgres.KeysDestroyed(ctx)
	switch {
	case err != nil:
		return err
	case s.Waiting == 0:
		fmt.Fprintln(o.out, "data keys destroyed: none of what was purged is left")
	default:
		fmt.Fprintf(o.out, "data keys not destroyed yet: those of %s wait, until \"secretlife serve\" destroys them by "+
			"its --destroy-keys-after, or this command with --destroy-keys\n",
			count(s.Waiting, "version", "versions"))
	}
	return nil
}
