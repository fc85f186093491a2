package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/secretlife-go/secretlife"
)

// clockCommand is the command clock. Its fields are its flags and its commands.
type clockCommand struct {
	durable  `embed:""`
	Show     clockShow     `cmd:"" default:"withargs" help:"Show what is counted, gaps in which nobody counted, and what waits (the default)."`
	Confirm  clockConfirm  `cmd:"" help:"Confirm that time passed in a gap in which nobody counted."`
	Withdraw clockWithdraw `cmd:"" help:"Take a confirmation back."`
}

// clockShow is the command clock show, which is the default of clock.
type clockShow struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// clockConfirm is the command clock confirm.
type clockConfirm struct {
	Gap    uint64        `arg:"" placeholder:"N" help:"The number of the gap."`
	Passed time.Duration `placeholder:"DURATION" help:"How much time has passed in it, such as 9d, 2d12h or 90m; by default all that the wall clocks say."`
	Yes    string        `placeholder:"DIGEST" help:"Confirm it. The digest is printed without this flag."`
	JSON   bool          `name:"json" help:"Print one JSON object."`
}

// clockWithdraw is the command clock withdraw.
type clockWithdraw struct {
	Gap uint64 `arg:"" placeholder:"N" help:"The number of the gap."`
}

// Help is shown below the flags.
func (clockCommand) Help() string {
	return `A secret is purged when its DeletionDate has come and its recovery window has passed by counted time: ` +
		`elapsed time that the processes of the store have proven. This command shows what is counted. Time in which ` +
		`nothing ran, as while the machine was off, is a gap. A gap counts only if it is proven, or if you confirm it.

"clock confirm N" prints what the confirmation does, and a digest; with --yes DIGEST it confirms. The confirmation counts for secrets that were scheduled before the gap. It takes effect after an hour of counted time, and "clock withdraw N" takes it back for what is not purged by then. Both are events of the store. Confirming time that has not passed purges secrets early, and a purge can't be undone.

  secretlife clock --store sqlite:secrets.db
  secretlife clock --store sqlite:secrets.db --json
  secretlife clock confirm 3 --store sqlite:secrets.db --passed 9d
  secretlife clock confirm 3 --store sqlite:secrets.db --passed 9d --yes 0a1b2c3d4e5f
  secretlife clock withdraw 3 --store sqlite:secrets.db

While "secretlife serve" has a store in a file, use GET /_secretlife/clock, and POST /_secretlife/clock/confirm and clock/withdraw.`
}

// opener is [durable.open] or [durable.read].
type opener = func(context.Context, process) (*opened, error)

// with opens the store and calls do with a Manager of it, whose clock is of the kind
// by which the store counts.
func (c clockCommand) with(ctx context.Context, o process, open opener, do func(*secretlife.Manager) error) error {
	store, err := open(ctx, o)
	if err != nil {
		return err
	}
	m, err := managerOf(ctx, store.Store)
	if err == nil {
		err = do(m)
	}
	return errors.Join(err, store.close())
}

// managerOf returns a Manager of a store, with a virtual clock if the store has
// counted virtual time.
func managerOf(ctx context.Context, store secretlife.Store) (*secretlife.Manager, error) {
	t, err := tallyOf(ctx, store)
	if err != nil {
		return nil, err
	}
	return secretlife.New(store, func(o *secretlife.Options) {
		if t.Virtual() {
			o.Clock = secretlife.NewVirtualClock(virtualTime(t))
		}
	})
}

// Run shows.
func (c clockShow) Run(ctx context.Context, o process, parent *clockCommand) error {
	return parent.with(ctx, o, parent.read, func(m *secretlife.Manager) error {
		r, err := m.TallyReport(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(o.out).Encode(r)
		}
		printReport(o.out, r)
		return nil
	})
}

// Run shows the effect, or confirms.
func (c clockConfirm) Run(ctx context.Context, o process, parent *clockCommand) error {
	return parent.with(ctx, o, parent.open, func(m *secretlife.Manager) error {
		e, err := m.GapEffect(ctx, c.Gap, c.Passed)
		if err != nil {
			return err
		}
		if c.Yes != "" {
			if _, err = m.ConfirmGap(withOperator(ctx), c.Gap, c.Passed, c.Yes); err != nil {
				return err
			}
		}
		if c.JSON {
			return json.NewEncoder(o.out).Encode(struct {
				Confirmed bool                 `json:"confirmed"`
				Effect    secretlife.GapEffect `json:"effect"`
			}{c.Yes != "", e})
		}
		c.print(o.out, e)
		return nil
	})
}

func (c clockConfirm) print(out io.Writer, e secretlife.GapEffect) {
	fmt.Fprintln(out, gapLine(e.Gap))
	fmt.Fprintf(out, "if %s passed in it: of %s past the DeletionDate %s purged; %s sooner\n",
		daysOf(e.Passed), count(e.Waiting, "secret", "secrets"), count(e.Released, "is", "are"),
		count(e.Sooner, "other is purged", "others are purged"))
	if c.Yes != "" {
		fmt.Fprintf(out, "it is confirmed, and takes effect after an hour of counted time; \"clock withdraw %d\" takes "+
			"it back for what is not purged by then\n", c.Gap)
		return
	}
	passed := ""
	if c.Passed > 0 {
		passed = " --passed " + c.Passed.String()
	}
	fmt.Fprintf(out, "nothing was confirmed; to confirm it: clock confirm %d%s --yes %s\n", c.Gap, passed, e.Digest)
}

// Run withdraws.
func (c clockWithdraw) Run(ctx context.Context, o process, parent *clockCommand) error {
	return parent.with(ctx, o, parent.open, func(m *secretlife.Manager) error {
		_, err := m.WithdrawGap(withOperator(ctx), c.Gap)
		if err == nil {
			fmt.Fprintf(o.out, "gap %d counts no longer for secrets that are not purged\n", c.Gap)
		}
		return err
	})
}

// withOperator returns a context that says who runs the command.
func withOperator(ctx context.Context) context.Context {
	return secretlife.WithCaller(ctx, secretlife.Caller{Principal: operator()})
}

// operator names who runs the command.
func operator() string {
	name := "unknown user"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return name + " on " + host
}

// printReport prints what is counted, the gaps, and what waits.
func printReport(out io.Writer, r secretlife.TallyReport) {
	kind := "real"
	if r.Tally.Virtual() {
		kind = "virtual"
	}
	if r.Tally.IsZero() {
		fmt.Fprintln(out, "no time has been counted yet")
	} else {
		fmt.Fprintf(out, "%s time: %s counted, last on %s by %s\n", kind, daysOf(r.Tally.Count()), date(&r.LastBeat), r.By)
	}
	printGaps(out, r)
	fmt.Fprintf(out, "%s scheduled for deletion with a recovery window; secrets with a hold that does not end are not "+
		"counted\n", count(r.Scheduled, "secret is", "secrets are"))
	if r.Waiting.Secrets == 0 {
		fmt.Fprintln(out, "none is past its date and waits for counted time")
		return
	}
	fmt.Fprintf(out, "%s; %s more to count\n", pastDate(r.Waiting), daysOf(r.Waiting.Least))
}

func printGaps(out io.Writer, r secretlife.TallyReport) {
	effects := map[uint64]secretlife.GapEffect{}
	for _, e := range r.Gaps {
		effects[e.Gap.Number] = e
	}
	proven, sum := 0, time.Duration(0)
	for _, g := range r.Tally.Gaps() {
		if g.Proof == "boot" {
			proven++
			sum += g.Length
			continue
		}
		line := gapLine(g)
		if e, ok := effects[g.Number]; ok && g.Proof == "none" {
			line += fmt.Sprintf("; %s, %s sooner", count(e.Waiting, "secret past its date waits",
				"secrets past their date wait"),
				count(e.Sooner, "comes", "come"))
		}
		fmt.Fprintln(out, line)
	}
	if proven > 0 {
		fmt.Fprintf(out, "%s, %s together, in which one boot lasted: they count\n", count(proven, "gap", "gaps"), daysOf(sum))
	}
}

// gapLine describes a gap.
func gapLine(g secretlife.Gap) string {
	line := fmt.Sprintf("gap %d: %s – %s by the clock, ", g.Number, minuteOf(g.From), minuteOf(g.To))
	switch {
	case g.Proof == "operator" && g.Pending > 0:
		return line + fmt.Sprintf("an operator confirmed %s of it, which takes effect after %s of counted time",
			daysOf(g.Length), daysOf(g.Pending))
	case g.Proof == "operator":
		return line + "an operator confirmed " + daysOf(g.Length) + " of it"
	case g.Proof == "witness":
		return line + "a witness vouches for " + daysOf(g.Length) + " of it"
	}
	return line + "nobody counted"
}

func minuteOf(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") }

// daysOf writes a duration in days, or in smaller units below one. It rounds down.
func daysOf(d time.Duration) string {
	if d < day {
		return d.Truncate(time.Second).String()
	}
	return number(d) + " d"
}

// number is a duration in days, with one digit behind the point, rounded down.
func number(d time.Duration) string {
	return strconv.FormatFloat(math.Floor(float64(d)/float64(day)*10)/10, 'f', -1, 64)
}

// ofWindow is how much is counted of a window, such as "3.2 of 30 d".
func ofWindow(counted, window time.Duration) string {
	return number(min(counted, window)) + " of " + number(window) + " d"
}
