package endpoints

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

// planCommands is the command plan. Its fields are its commands.
type planCommands struct {
	Delete   planDelete   `cmd:"" help:"Plan a deletion: of replicas, and with a recovery window or by force."`
	Restore  planRestore  `cmd:"" help:"Plan a restoration of secrets that are scheduled for deletion."`
	Sweep    planSweep    `cmd:"" help:"Plan what becomes of all secrets that are scheduled for deletion, by rules."`
	Recreate planRecreate `cmd:"" help:"Plan that the names of scheduled secrets can be used again."`
}

// Help is shown below the flags.
func (planCommands) Help() string {
	return `Making a plan only reads. It prints which secrets are meant, the steps for each, what is in the way, when ` +
		`its value can be lost, and whether the steps can be undone. With --out it writes the plan into a file, which ` +
		`"secretlife apply" takes within 24 hours. The AWS configuration is that of AWS's own tools: AWS_PROFILE, ` +
		`AWS_REGION, files, single sign-on.

The exit status is 3 where something is in the way of the plan, and 0 where nothing is.

  secretlife plan delete --endpoint aws --prefix old/ --days 30 --out old.plan
  secretlife plan restore --endpoint aws --scheduled-since 2h --out back.plan
  secretlife plan sweep --endpoint http://127.0.0.1:4577 --rule "restore prefix=prod/" \
    --rule "force scheduled-before=7d"
  secretlife plan recreate --endpoint aws prod/db --by force --out db.plan
  secretlife apply old.plan --endpoint aws`
}

// output are the flags of where a plan goes.
type output struct {
	Out         string `placeholder:"FILE" help:"Write the plan into this file, which must not exist."`
	JSON        bool   `name:"json" help:"Print the plan as JSON."`
	SkipBlocked bool   `help:"Leave the secrets out of the plan that something is in the way of."`
}

var errBlocked = statusError{3, errors.New("something is in the way of the plan")}

// statusError is an error with an exit status.
type statusError struct {
	code int
	error
}

// ExitCode returns the exit status.
func (s statusError) ExitCode() int { return s.code }

func (s statusError) Unwrap() error { return s.error }

func (o output) write(k *kong.Context, p plan.Plan, err error) error {
	if err != nil {
		return err
	}
	if o.SkipBlocked {
		for _, s := range p.Blocked() {
			fmt.Fprintf(k.Stderr, "left out: %s: %s\n", s.Name, s.Blockers[0].Reason)
		}
		p = p.WithoutBlocked()
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if o.Out != "" {
		if err := writeNew(o.Out, text); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
	}
	if o.JSON {
		_, err = k.Stdout.Write(text)
	} else {
		err = p.WriteTable(k.Stdout)
	}
	if err == nil && len(p.Blocked()) > 0 {
		return errBlocked
	}
	return err
}

// writeNew writes a file that must not exist.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// planning are the flags of every command of plan.
type planning struct {
	target
	output
}

// run makes a plan, and shows on terminals how many secrets were read.
func (p planning) run(ctx context.Context, k *kong.Context, of func(service plan.Service) (plan.Plan, error)) error {
	service, err := p.service(ctx)
	if err != nil {
		return err
	}
	bar := newBar(k.Stderr, "reading secrets", -1)
	made, err := of(shown{service, bar})
	bar.end()
	if err = p.write(k, made, err); err == nil || errors.Is(err, errBlocked) {
		p.warn(k)
	}
	return err
}

// warn says of a plan for another service than AWS that what AWS does not show was not looked for.
func (p planning) warn(k *kong.Context) {
	if p.Control || p.onAWS() {
		return
	}
	to := k.Stdout
	if p.JSON {
		to = k.Stderr
	}
	fmt.Fprintln(to, "note: holds and protection were not looked for; for a server of secretlife, give --control")
}

// selected is run for a plan about a selection.
func (p planning) selected(
	ctx context.Context, k *kong.Context, s selection, of func(plan.Service, plan.Selector) (plan.Plan, error),
) error {
	return p.run(ctx, k, func(service plan.Service) (plan.Plan, error) {
		sel, err := s.selector(service.Clock().Now())
		if err != nil {
			return plan.Plan{}, err
		}
		return of(service, sel)
	})
}

type planDelete struct {
	selection
	Days  *int64 `placeholder:"N" help:"The recovery window, 7 to 30 days, by default 30."`
	Force bool   `help:"Delete without a recovery window: the values are lost at once."`
	planning
}

// Run plans.
func (d planDelete) Run(ctx context.Context, k *kong.Context) error {
	mode, err := secretlife.ParseDeletionMode(d.Days, &d.Force)
	if err != nil {
		return err
	}
	return d.selected(ctx, k, d.selection, func(service plan.Service, sel plan.Selector) (plan.Plan, error) {
		return plan.Delete(ctx, service, sel, mode)
	})
}

type planRestore struct {
	selection
	planning
}

// Run plans.
func (r planRestore) Run(ctx context.Context, k *kong.Context) error {
	return r.selected(ctx, k, r.selection, func(service plan.Service, sel plan.Selector) (plan.Plan, error) {
		return plan.Restore(ctx, service, sel)
	})
}

type planSweep struct {
	Rule []string `required:"" sep:"none" placeholder:"RULE" help:"What becomes of which scheduled secrets: restore, force or leave, and what selects them, as in \"restore prefix=prod/ scheduled-since=14d\". The first rule that selects a secret decides."`
	planning
}

// Run plans.
func (s planSweep) Run(ctx context.Context, k *kong.Context) error {
	return s.run(ctx, k, func(service plan.Service) (plan.Plan, error) {
		var rules []plan.Rule
		for _, text := range s.Rule {
			rule, err := parseRule(service.Clock().Now(), text)
			if err != nil {
				return plan.Plan{}, err
			}
			rules = append(rules, rule)
		}
		return plan.Sweep(ctx, service, rules...)
	})
}

type planRecreate struct {
	selection
	By string `enum:"restore,force" required:"" placeholder:"restore|force" help:"Restore the secrets, to be overwritten, or lose them and wait until their names are free."`
	planning
}

// Run plans.
func (r planRecreate) Run(ctx context.Context, k *kong.Context) error {
	return r.selected(ctx, k, r.selection, func(service plan.Service, sel plan.Selector) (plan.Plan, error) {
		return plan.Recreate(ctx, service, sel, plan.Action(r.By))
	})
}

// apply is the command of that name. Its fields are its flags.
type apply struct {
	Plan string `arg:"" placeholder:"FILE" help:"A plan that \"secretlife plan\" wrote; - is standard input."`
	target
}

// Help is shown below the flags.
func (apply) Help() string {
	return `Does the steps of a plan in order, and prints each that is done. It changes nothing if something is in the ` +
		`way of the plan, if the plan was edited, is older than 24 hours, or is of another account or Region. It stops ` +
		`before a secret that is not what it was when it was planned. The same plan can be applied again: it goes on ` +
		`where it stopped.

The exit status is 0 when all is done, 4 when it stopped or something is in the way, and 1 for other errors.

  secretlife apply old.plan --endpoint aws`
}

// Run applies the plan.
func (a apply) Run(ctx context.Context, k *kong.Context) error {
	text, err := a.read()
	if err != nil {
		return err
	}
	p, err := plan.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Plan, err)
	}
	service, err := a.service(ctx)
	if err != nil {
		return err
	}
	steps := 0
	for _, s := range p.Secrets {
		steps += len(s.Steps)
	}
	bar := newBar(k.Stderr, "applying", steps)
	err = plan.Apply(ctx, service, p, func(d plan.Done) {
		bar.clear()
		fmt.Fprintln(k.Stdout, line(d))
		bar.add()
	})
	bar.end()
	var stopped *plan.StoppedError
	if errors.As(err, &stopped) {
		return statusError{4, err}
	}
	return err
}

func (a apply) read() ([]byte, error) {
	if a.Plan == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(a.Plan)
}

// line is how a step that was done is printed.
func line(d plan.Done) string {
	text := d.Name + ": " + d.Step.String()
	switch {
	case d.Before:
		text += " (was done before)"
	case !d.DeletionDate.IsZero():
		text += fmt.Sprintf(" (its DeletionDate is %s)", d.DeletionDate.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return text
}
