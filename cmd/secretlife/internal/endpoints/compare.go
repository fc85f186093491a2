package endpoints

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/control"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
)

// compare is the command of that name. Its fields are its flags.
type compare struct {
	A           string `required:"" placeholder:"URL" help:"One endpoint of the Secrets Manager API, such as http://127.0.0.1:4577."`
	B           string `required:"" placeholder:"URL" help:"The other one."`
	Histories   int    `default:"200" placeholder:"N" help:"How many random histories to try at most, by default ${default}."`
	Calls       int    `default:"25" placeholder:"N" help:"How many calls each has, by default ${default}."`
	Seed        uint64 `default:"0" placeholder:"N" help:"Draw the histories from this seed, by default ${default}: the same seed gives the same ones."`
	TypesOnly   bool   `help:"Compare the types of errors and not their texts."`
	Region      string `default:"us-east-1" placeholder:"REGION" help:"Region of most secrets, by default ${default}."`
	OtherRegion string `placeholder:"REGION" help:"A second Region, for replicas; without it no secret has replicas."`
	Control     bool   `help:"Both endpoints have secretlife's control calls, and virtual clocks: time passes in the histories."`
	JSON        bool   `name:"json" help:"Print the difference as JSON."`
	control.Flags
	signing
}

// Help is shown below the flags.
func (compare) Help() string {
	return `Makes the same calls on both endpoints until an answer differs, finds the shortest history on which it ` +
		`does, and prints that as curl lines. ARNs' random ends and the instants of calls are left out of the ` +
		`comparison. The secrets have names of their own and are deleted by force in the end. With --control both ` +
		`endpoints get the token of --control-token-file, and the curl lines that of CONTROL_TOKEN. The exit status is 1 ` +
		`where a difference was found.

  secretlife serve --addr 127.0.0.1:4577 --clock virtual &
  secretlife serve --addr 127.0.0.1:4578 --clock virtual &
  secretlife health http://127.0.0.1:4577 --wait 10s && secretlife health http://127.0.0.1:4578 --wait 10s
  secretlife compare --a http://127.0.0.1:4577 --b http://127.0.0.1:4578 --control --other-region eu-west-1`
}

var errDiffer = errors.New("the endpoints differ")

// Run compares, and prints what it found.
func (c compare) Run(ctx context.Context, k *kong.Context) error {
	if c.Histories < 1 || c.Calls < 1 {
		return errors.New("--histories and --calls must be at least 1")
	}
	token, err := c.Token()
	if err != nil {
		return err
	}
	a, b := c.endpoint(c.A, token), c.endpoint(c.B, token)
	began := time.Now()
	d, err := conformance.Compare(ctx, a, b, conformance.Comparison{
		Histories: c.Histories, Calls: c.Calls, Seed: c.Seed, TypesOnly: c.TypesOnly,
	})
	if err != nil {
		return err
	}
	if d == nil {
		fmt.Fprintf(k.Stdout, "no difference in %d histories of %d calls (seed %d, %v)\n", c.Histories, c.Calls, c.Seed,
			time.Since(began).Round(time.Second/10))
		return nil
	}
	if c.JSON {
		encoder := json.NewEncoder(k.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(d)
	} else {
		fmt.Fprintf(k.Stdout, "# A is %s, B is %s; history %d of seed %d, made as short as it could be\n", c.A, c.B,
			d.History, d.Seed)
		err = d.Write(k.Stdout, c.A)
	}
	return errors.Join(err, errDiffer)
}

func (c compare) endpoint(url, token string) conformance.Endpoint {
	e := conformance.Endpoint{URL: url, Region: c.Region, OtherRegion: c.OtherRegion, Credentials: c.signer(c.AccessKeyID)}
	if c.Control {
		e.Control, e.ControlToken = url, token
	}
	return e
}
