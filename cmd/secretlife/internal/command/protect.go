package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// guardFlags are the flags of serve about holds and protection.
type guardFlags struct {
	HoldReleaseByAnother bool          `help:"A hold is released by another one than has placed it: by another control token, as far as tokens are needed."`
	HoldReleaseDelay     time.Duration `placeholder:"DURATION" help:"How long a hold keeps the value after it was released, such as 24h; by default not at all."`
	ProtectNoForce       bool          `help:"Refuse deletions by force, of every secret."`
	ProtectMinimumWindow int           `placeholder:"DAYS" help:"Refuse recovery windows below so many days, 7 to 30, and deletions by force, for every secret."`
}

// guard sets the options of a Manager.
func (f guardFlags) guard(m *secretlife.Options) {
	m.ReleaseByAnother, m.ReleaseDelay = f.HoldReleaseByAnother, f.HoldReleaseDelay
	m.Protection = secretlife.Protection{NoForce: f.ProtectNoForce, MinimumWindow: f.ProtectMinimumWindow}
}

// protect is the command of that name. Its fields are its flags.
type protect struct {
	server        `embed:""`
	Secret        string        `arg:"" help:"The name or ARN of the secret."`
	NoForce       bool          `help:"Refuse deletions of it by force."`
	MinimumWindow int           `placeholder:"DAYS" help:"Refuse recovery windows of less than so many days, 7 to 30."`
	CoolingOff    time.Duration `placeholder:"DURATION" help:"How long the protection can still be lowered; by default it is final at once."`
	Off           bool          `help:"Take the protection off, while it is not final."`
	JSON          bool          `name:"json" help:"Print a JSON object."`
}

// Help is shown below the flags.
func (protect) Help() string {
	return `Protects a secret against deletions by force and short recovery windows. Without --no-force, ` +
		`--minimum-window and --off it only shows the protection. A protection can be made stronger at any time. It can ` +
		`be lowered until --cooling-off is over, and never on a secret that is scheduled for deletion: then it is final, ` +
		`for as long as the secret lives.

  secretlife protect prod/db
  secretlife protect prod/db --no-force --minimum-window 30 --cooling-off 24h
  secretlife protect prod/db --off`
}

// protection is the protection of a secret as a control call shows it.
type protection struct {
	Secret        string     `json:"secret"`
	ARN           string     `json:"arn"`
	NoForce       bool       `json:"noForce"`
	MinimumWindow int        `json:"minimumWindow"`
	Final         *time.Time `json:"final,omitempty"`
}

// Run protects, or shows.
func (p protect) Run(ctx context.Context, o process) error {
	changes := p.NoForce || p.MinimumWindow != 0
	switch {
	case changes && p.Off:
		return errors.New("--off goes with none of --no-force and --minimum-window")
	case !changes && p.CoolingOff != 0:
		return errors.New("--cooling-off goes with --no-force or --minimum-window")
	}
	var (
		out struct{ Protection protection }
		err error
	)
	if changes || p.Off {
		in := map[string]any{"secret": p.Secret, "noForce": p.NoForce, "minimumWindow": p.MinimumWindow}
		if p.CoolingOff != 0 {
			in["coolingOff"] = p.CoolingOff.String()
		}
		if by := p.by(); by != "" {
			in["by"] = by
		}
		err = p.call(ctx, http.MethodPost, "protection", url.Values{}, in, &out)
	} else {
		err = p.call(ctx, http.MethodGet, "protection", url.Values{"secret": {p.Secret}}, nil, &out)
	}
	if err != nil {
		return err
	}
	if p.JSON {
		return json.NewEncoder(o.out).Encode(out.Protection)
	}
	_, err = fmt.Fprintf(o.out, "%s: %s\n", out.Protection.Secret, out.Protection)
	return err
}

// String describes the protection.
func (p protection) String() string {
	var all []string
	if p.NoForce {
		all = append(all, "no deletion by force")
	}
	if p.MinimumWindow > 0 {
		all = append(all, fmt.Sprintf("a recovery window of at least %d days", p.MinimumWindow))
	}
	switch {
	case len(all) == 0:
		return "no protection"
	case p.Final == nil:
		return strings.Join(all, ", ")
	}
	return strings.Join(all, ", ") + ", final from " + date(p.Final)
}
