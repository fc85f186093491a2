package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/control"
)

// holdCommand is the command hold. Its fields are its flags and its commands.
type holdCommand struct {
	server  `embed:""`
	Place   holdPlace   `cmd:"" help:"Place a hold on a secret: nothing destroys its value until the hold is released."`
	Release holdRelease `cmd:"" help:"Release a hold. A secret that is past its DeletionDate is purged then."`
	List    holdList    `cmd:"" name:"ls" help:"List the holds of a secret, or of all secrets of the account and Region."`
}

// server are the flags of a server with control calls.
type server struct {
	Endpoint      string `default:"http://127.0.0.1:4577" placeholder:"URL" help:"Where the control calls of the server are, by default ${default}; unix:PATH is the socket of \"serve --control-addr\"."`
	control.Flags `embed:""`
	Account       string `placeholder:"ID" help:"The account of the secret; by default that of the server, or of the ARN."`
	Region        string `placeholder:"REGION" help:"The Region of the secret; by default that of the server, or of the ARN."`
}

// Help is shown below the flags.
func (holdCommand) Help() string {
	return `While a secret has a hold, nothing destroys its value: DeleteSecret is refused, by force too, and so is the ` +
		`removal of a replica that has one; a secret that is scheduled for deletion is not purged, and can be restored ` +
		`after its DeletionDate. Clients of AWS get an InvalidRequestException that names the holds.

The server knows who places and releases a hold by the control token, or else by the user and the machine, which the server can't check. "serve --hold-release-by-another" demands that another one releases it, and "serve --hold-release-delay" that some time passes first.

  secretlife hold place prod/db case-17 --reason "litigation, ask legal@example.com" --for 90d
  secretlife hold ls
  secretlife hold release prod/db case-17 --control-token-file my.token
  secretlife hold ls prod/db --endpoint unix:control.sock --json`
}

// call makes a control call about secrets.
func (s server) call(ctx context.Context, method, name string, query url.Values, in, out any) error {
	client, err := s.Client(s.Endpoint)
	if err != nil {
		return err
	}
	for parameter, value := range map[string]string{"account": s.Account, "region": s.Region} {
		if value != "" {
			query.Set(parameter, value)
		}
	}
	if len(query) > 0 {
		name += "?" + query.Encode()
	}
	return client.Call(ctx, method, name, in, out)
}

// by is who runs the command, "" where the token says it.
func (s server) by() string {
	if s.ControlTokenFile != "" {
		return ""
	}
	return operator()
}

// hold is a hold as a control call shows it.
type hold struct {
	Secret     string     `json:"secret"`
	ARN        string     `json:"arn"`
	Name       string     `json:"name"`
	Reason     string     `json:"reason,omitempty"`
	PlacedBy   string     `json:"placedBy,omitempty"`
	Since      time.Time  `json:"since"`
	Until      *time.Time `json:"until,omitempty"`
	ReleasedBy string     `json:"releasedBy,omitempty"`
	ReleaseAt  *time.Time `json:"releaseAt,omitempty"`
}

type holdPlace struct {
	Secret string        `arg:"" help:"The name or ARN of the secret."`
	Name   string        `arg:"" help:"The name of the hold, such as case-17."`
	Reason string        `placeholder:"TEXT" help:"Why, for the one who is to release it."`
	Until  *time.Time    `placeholder:"TIME" help:"When the hold ends by itself, such as 2030-01-01T00:00:00Z; without --until and --for it does not end."`
	For    time.Duration `placeholder:"DURATION" help:"How long the hold lasts, such as 90d."`
	JSON   bool          `name:"json" help:"Print a JSON object."`
}

// Run places the hold.
func (p holdPlace) Run(ctx context.Context, o process, parent *holdCommand) error {
	in := map[string]string{"secret": p.Secret, "name": p.Name}
	for member, text := range map[string]string{"reason": p.Reason, "by": parent.by()} {
		if text != "" {
			in[member] = text
		}
	}
	if p.Until != nil {
		in["until"] = p.Until.Format(time.RFC3339Nano)
	}
	if p.For != 0 {
		in["for"] = p.For.String()
	}
	var out struct{ Hold hold }
	if err := parent.call(ctx, http.MethodPost, "holds", url.Values{}, in, &out); err != nil {
		return err
	}
	end := ", until it is released"
	if out.Hold.Until != nil {
		end = ", until " + date(out.Hold.Until)
	}
	return out.Hold.say(o, p.JSON, end)
}

type holdRelease struct {
	Secret string `arg:"" help:"The name or ARN of the secret."`
	Name   string `arg:"" help:"The name of the hold."`
	JSON   bool   `name:"json" help:"Print a JSON object."`
}

// Run releases the hold.
func (r holdRelease) Run(ctx context.Context, o process, parent *holdCommand) error {
	query := url.Values{"secret": {r.Secret}, "name": {r.Name}}
	if by := parent.by(); by != "" {
		query.Set("by", by)
	}
	var out struct {
		Hold     hold
		Released bool
	}
	if err := parent.call(ctx, http.MethodDelete, "holds", query, nil, &out); err != nil {
		return err
	}
	end := " is released"
	if !out.Released {
		end = " keeps its value until " + date(out.Hold.ReleaseAt)
	}
	return out.Hold.say(o, r.JSON, end)
}

// say prints a hold, and what became of it.
func (h hold) say(o process, asJSON bool, end string) error {
	if asJSON {
		return json.NewEncoder(o.out).Encode(h)
	}
	_, err := fmt.Fprintf(o.out, "the hold %s on %s%s\n", h.Name, h.Secret, end)
	return err
}

type holdList struct {
	Secret string `arg:"" optional:"" help:"The name or ARN of a secret."`
	JSON   bool   `name:"json" help:"Print a JSON object per line."`
}

// Run lists the holds.
func (l holdList) Run(ctx context.Context, o process, parent *holdCommand) error {
	query := url.Values{}
	if l.Secret != "" {
		query.Set("secret", l.Secret)
	}
	var out struct{ Holds []hold }
	if err := parent.call(ctx, http.MethodGet, "holds", query, nil, &out); err != nil {
		return err
	}
	table := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	if !l.JSON {
		fmt.Fprintln(table, "SECRET\tHOLD\tSINCE\tUNTIL\tRELEASE\tPLACED BY\tREASON")
	}
	for _, h := range out.Holds {
		if l.JSON {
			if err := json.NewEncoder(o.out).Encode(h); err != nil {
				return err
			}
			continue
		}
		fields := []string{h.Secret, h.Name, date(&h.Since), date(h.Until), date(h.ReleaseAt),
			cmp.Or(printable(h.PlacedBy), "-"), cmp.Or(printable(h.Reason), "-")}
		fmt.Fprintln(table, strings.Join(fields, "\t"))
	}
	return table.Flush()
}

// printable takes out what would move a terminal's cursor: others wrote it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
