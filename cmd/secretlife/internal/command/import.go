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

// importStore is the command import. Its fields are its flags.
type importStore struct {
	Store    string `required:"" placeholder:"STORE" help:"The store that is written: \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\". It is made if it does not exist, and must be empty."`
	keyFlags `embed:""`
	In       string `required:"" placeholder:"FILE" help:"The file that \"secretlife export --with-values\" wrote. \"-\" is standard input, which can't be checked before it is imported."`
}

// Help is shown below the flags.
func (importStore) Help() string {
	return `Puts into an empty durable store what "secretlife export --with-values" wrote: the same secrets, with the ` +
		`same ARNs, versions, labels, values and deletion dates, and the same events. A file is checked to its end ` +
		`before anything is written.

An export is as it was: what was purged since then is in it, and comes back. Its values are in the clear; overwrite it afterwards.

  secretlife import --store sqlite:new.db --in export.jsonl
  gpg --decrypt export.gpg | secretlife import --store sqlite:new.db --in -`
}

// Run imports.
func (c importStore) Run(ctx context.Context, o process) error {
	l := c.at(c.Store, "--store")
	in, err := c.checked(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	store, err := l.durable(ctx, o)
	if err != nil {
		return err
	}
	t, err := c.into(ctx, o, in, store, l)
	if err := errors.Join(err, store.close()); err != nil {
		return err
	}
	fmt.Fprintf(o.out, "imported %s\n", t)
	return nil
}

// checked opens the file, and reads it once to its end.
func (c importStore) checked(ctx context.Context) (io.ReadCloser, error) {
	if c.In == "-" {
		return os.Stdin, nil
	}
	file, err := os.Open(c.In)
	if err != nil {
		return nil, fmt.Errorf("--in: %w", err)
	}
	if _, err = readLines(ctx, file, &checkSink{}, progress{}); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("--in %s: %w; nothing was imported", c.In, err)
	}
	return file, nil
}

func (c importStore) into(ctx context.Context, o process, in io.Reader, store *opened, l location) (totals, error) {
	s, err := newStoreSink(ctx, store.durable)
	if err != nil {
		return totals{}, l.failed(err)
	}
	p := newProgress(o, "importing", -1)
	defer p.end()
	t, err := readLines(ctx, in, s, p)
	return t, s.half(err)
}

// What can be wrong with an export.
var (
	errNoExport = errors.New("it is no export of secretlife")
	errNoValues = errors.New("there are no values in it: export --with-values, or use \"secretlife copy\"")
	errCutOff   = errors.New("it was cut off: its end is not there")
)

// readLines reads an export into a sink. Errors tell the number of the line, and
// nothing of what is in it.
func readLines(ctx context.Context, in io.Reader, to sink, p progress) (t totals, err error) {
	r := lineReader{decoder: json.NewDecoder(bufio.NewReader(in)), to: to, p: p}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		var l line
		if err := r.decoder.Decode(&l); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			if n == 1 {
				return t, errNoExport
			}
			return t, errCutOff
		} else if err != nil {
			if n == 1 {
				return t, errNoExport
			}
			return t, fmt.Errorf("line %d can't be read", n) // json's error may quote it
		}
		if n == 1 {
			err = r.head(ctx, l)
		} else {
			err = r.line(ctx, l)
		}
		if err != nil && n == 1 {
			return t, err
		}
		if err != nil {
			return t, fmt.Errorf("line %d: %w", n, err)
		}
		if l.End != nil {
			return *l.End, nil
		}
	}
}

// lineReader hands on what lines say.
type lineReader struct {
	decoder *json.Decoder
	to      sink
	p       progress
	page    []secretlife.Event
	secrets bool // there was one
}

func (r *lineReader) head(ctx context.Context, l line) error {
	switch {
	case l.Head == nil:
		return errNoExport
	case l.Head.Version != exportVersion:
		return fmt.Errorf("it has version %d, and this program knows %d", l.Head.Version, exportVersion)
	case !l.Head.Values:
		return errNoValues
	case l.Head.Virtual == 0:
		return r.to.begin(ctx, time.Time{})
	}
	return r.to.begin(ctx, time.UnixMilli(l.Head.Virtual).UTC())
}

func (r *lineReader) line(ctx context.Context, l line) error {
	r.p.add(1)
	switch {
	case l.Event != nil && !r.secrets:
		if r.page = append(r.page, *l.Event); len(r.page) == eventPage {
			return r.flush(ctx)
		}
		return nil
	case l.Secret != nil:
		r.secrets = true
		s, values, err := l.Secret.secret()
		if err != nil {
			return err
		}
		return errors.Join(r.flush(ctx), r.to.secret(ctx, s, values))
	case l.End != nil:
		return errors.Join(r.flush(ctx), r.to.end(ctx, *l.End))
	}
	return errors.New("it is not what comes next in an export")
}

func (r *lineReader) flush(ctx context.Context) error {
	if len(r.page) == 0 {
		return nil
	}
	page := r.page
	r.page = nil
	return r.to.events(ctx, page)
}

// secret returns the secret, which was checked when it was read, and its values.
func (e exportedSecret) secret() (secretlife.Secret, []secretlife.VersionValue, error) {
	s := e.State
	if s.IsZero() {
		return s, nil, errors.New("a line has no secret")
	}
	var values []secretlife.VersionValue
	for _, v := range e.Values {
		id, err := secretlife.ParseVersionID(v.Version)
		if err != nil {
			return s, nil, err
		}
		value, err := secretlife.OneValue(v.Text, v.Binary)
		if err != nil {
			return s, nil, err
		}
		values = append(values, secretlife.VersionValue{ID: id, Value: value})
	}
	return s, values, nil
}

// checkSink checks that everything could be written, and writes nothing.
type checkSink struct{ read totals }

func (*checkSink) begin(context.Context, time.Time) error { return nil }

func (c *checkSink) events(_ context.Context, page []secretlife.Event) error {
	for _, e := range page {
		if c.read.Events++; e.Seq() != c.read.Events {
			return fmt.Errorf("event %d is where event %d should be", e.Seq(), c.read.Events)
		}
	}
	_, err := secretlife.ImportEvents(page)
	return err
}

func (c *checkSink) secret(_ context.Context, s secretlife.Secret, values []secretlife.VersionValue) error {
	c.read.Secrets++
	_, err := secretlife.ImportSecret(secretlife.At{}, s, values)
	return err
}

func (c *checkSink) end(_ context.Context, t totals) error {
	if t != c.read {
		return fmt.Errorf("there are %s where %s should be", c.read, t)
	}
	return nil
}
