package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
)

// whatIf is the command whatif. Its fields are its flags.
type whatIf struct {
	durable    `embed:""`
	Window     int64 `required:"" placeholder:"DAYS" help:"The recovery window, of 7 to 30 days."`
	queryFlags `embed:""`
	JSON       bool `name:"json" help:"Print a JSON object per restoration, also of those that were in time."`
}

// Help is shown below the flags.
func (whatIf) Help() string {
	return `Tells, from the events of a store, which restorations of the past would have come too late if every secret had ` +
		`been deleted with the recovery window of --window. It changes nothing.

  secretlife whatif --store sqlite:secrets.db --window 7
  secretlife whatif --store sqlite:secrets.db --window 14 --prefix prod/ --json`
}

// restoration is one as whatif prints it.
type restoration struct {
	Name         string     `json:"name"`
	Account      string     `json:"account"`
	Region       string     `json:"region"`
	ARN          string     `json:"arn"`
	Deleted      *time.Time `json:"deleted,omitempty"`
	DeletionDate *time.Time `json:"deletionDate,omitempty"`
	Restored     time.Time  `json:"restored"`
	TooLate      *bool      `json:"tooLate,omitempty"` // nil if that is not known
}

// Run tells.
func (w whatIf) Run(ctx context.Context, o process) error {
	mode, err := secretlife.ParseDeletionMode(&w.Window, nil)
	if err != nil {
		return fmt.Errorf("--window %d: it must be between %d and %d days", w.Window, secretlife.MinRecoveryWindowInDays,
			secretlife.MaxRecoveryWindowInDays)
	}
	q, err := w.query()
	if err != nil {
		return err
	}
	store, err := w.read(ctx, o)
	if err != nil {
		return err
	}
	all, err := audit.Restorations(ctx, store.Store)
	if err == nil {
		err = w.print(o, all, q, mode.Window())
	}
	return errors.Join(err, store.close())
}

func (w whatIf) print(o process, all []audit.Restoration, q query, window time.Duration) error {
	table := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	encoder := json.NewEncoder(o.out)
	late, unknown, restored := 0, 0, 0
	for _, r := range all {
		if !q.has(r.Key) {
			continue
		}
		restored++
		if !r.Known() {
			unknown++
		}
		if w.JSON {
			if err := encoder.Encode(restorationOf(r, window)); err != nil {
				return err
			}
		}
		if !r.TooLate(window) {
			continue
		}
		if late++; late == 1 && !w.JSON {
			fmt.Fprintln(table, "NAME\tACCOUNT\tREGION\tDELETED\tRESTORED\tDAYS LATE")
		}
		if !w.JSON {
			fmt.Fprintln(table, strings.Join([]string{
				r.Key.Name.String(), r.Key.Account.String(), r.Key.Region.String(), date(&r.Deleted), date(&r.Restored),
				fmt.Sprint(int(r.Restored.Sub(r.Deleted.Add(window)) / day)),
			}, "\t"))
		}
	}
	if w.JSON {
		return nil
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(o.out, "%d of %d restorations would have come too late with a recovery window of %d days\n", late, restored,
		w.Window)
	if unknown > 0 {
		fmt.Fprintf(o.out, "of %d the deletion is not among the events\n", unknown)
	}
	return nil
}

func restorationOf(r audit.Restoration, window time.Duration) restoration {
	out := restoration{Name: r.Key.Name.String(), Account: r.Key.Account.String(), Region: r.Key.Region.String(),
		ARN: r.ARN.String(), Restored: r.Restored}
	if r.Known() {
		late := r.TooLate(window)
		out.Deleted, out.DeletionDate, out.TooLate = &r.Deleted, &r.DeletionDate, &late
	}
	return out
}
