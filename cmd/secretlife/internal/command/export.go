package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/secretlife-go/secretlife"
)

// export is the command of that name. Its fields are its flags.
type export struct {
	durable    `embed:""`
	Out        string `required:"" placeholder:"FILE" help:"The file to write, for its owner only; it must not be there yet. \"-\" is standard output."`
	WithValues bool   `help:"Write the values of secrets, too, IN THE CLEAR. Without them the export can't be imported."`
}

// Help is shown below the flags.
func (export) Help() string {
	return `Writes what is in a durable store as JSON, an object per line: all events and all secrets with their ` +
		`versions, labels, ARNs and deletion dates. Values are not in it, unless --with-values says so: then the file ` +
		`gives all secrets to its readers, scheduled ones too, and still does after they were purged. The access ledger ` +
		`is not in it. To move a store use "secretlife copy", which leaves nothing behind.

  secretlife export --store sqlite:secrets.db --out metadata.jsonl
  secretlife export --store sqlite:secrets.db --with-values --out - | gpg --encrypt --recipient me > export.gpg`
}

// An export is lines, each with one of these: a head, then events, then secrets,
// then the end.
type line struct {
	Head   *exportHead       `json:"secretlife,omitempty"`
	Event  *secretlife.Event `json:"event,omitempty"`
	Secret *exportedSecret   `json:"secret,omitempty"`
	End    *totals           `json:"end,omitempty"`
}

type exportHead struct {
	Version int   `json:"version"`
	Values  bool  `json:"values"`
	Virtual int64 `json:"virtual,omitempty"` // where a virtual clock stands, in milliseconds since 1970
}

const exportVersion = 1

type exportedSecret struct {
	State  secretlife.Secret `json:"state"`
	Values []exportedValue   `json:"values,omitempty"`
}

// exportedValue is a value in the clear.
type exportedValue struct {
	Version string  `json:"version"`
	Text    *string `json:"text,omitempty"`
	Binary  []byte  `json:"binary,omitempty"`
}

const inTheClear = `WARNING: the values of all secrets are in this export, IN THE CLEAR. Whoever reads it has ` +
	`them, also after they were deleted and purged. Overwrite it when it was imported.`

// Run exports.
func (e export) Run(ctx context.Context, o process) error {
	store, err := e.read(ctx, o)
	if err != nil {
		return err
	}
	t, err := e.export(ctx, o, store)
	if err := errors.Join(err, store.close()); err != nil {
		return err
	}
	if e.Out != "-" {
		fmt.Fprintf(o.out, "exported %s\n", t)
	}
	return nil
}

func (e export) export(ctx context.Context, o process, store *opened) (totals, error) {
	n, err := size(ctx, store.durable)
	if err != nil {
		return totals{}, err
	}
	if e.WithValues {
		fmt.Fprintln(o.log, inTheClear)
	}
	if e.Out == "-" {
		return e.write(ctx, o, store, o.out, n)
	}
	file, err := os.OpenFile(e.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return totals{}, fmt.Errorf("--out %s: it is there already, and nothing is overwritten", e.Out)
	}
	if err != nil {
		return totals{}, fmt.Errorf("--out: %w", err)
	}
	t, err := e.write(ctx, o, store, file, n)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return t, errors.Join(err, os.Remove(e.Out))
	}
	return t, nil
}

func (e export) write(ctx context.Context, o process, store *opened, to io.Writer, n int64) (totals, error) {
	w := bufio.NewWriter(to)
	p := newProgress(o, "exporting", n)
	defer p.end()
	t, err := transfer(ctx, store.durable, e.WithValues, &lineSink{json.NewEncoder(w), e.WithValues}, p)
	return t, errors.Join(err, w.Flush())
}

// lineSink writes lines.
type lineSink struct {
	*json.Encoder
	values bool
}

func (l *lineSink) begin(_ context.Context, virtual time.Time) error {
	h := exportHead{Version: exportVersion, Values: l.values}
	if !virtual.IsZero() {
		h.Virtual = virtual.UnixMilli()
	}
	return l.Encode(line{Head: &h})
}

func (l *lineSink) events(_ context.Context, page []secretlife.Event) error {
	for i := range page {
		if err := l.Encode(line{Event: &page[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (l *lineSink) secret(_ context.Context, s secretlife.Secret, values []secretlife.VersionValue) error {
	out := exportedSecret{State: s}
	for _, v := range values {
		x := exportedValue{Version: v.ID.String()}
		if content := v.Value.Reveal(); v.Value.IsBinary() {
			x.Binary = []byte(content)
		} else {
			x.Text = &content
		}
		out.Values = append(out.Values, x)
	}
	return l.Encode(line{Secret: &out})
}

func (l *lineSink) end(_ context.Context, t totals) error { return l.Encode(line{End: &t}) }
