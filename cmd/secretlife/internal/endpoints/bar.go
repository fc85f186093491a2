package endpoints

import (
	"context"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/terminal"
	"github.com/secretlife-go/secretlife/plan"
)

// bar shows how far a plan is, on a terminal.
type bar struct{ on *progressbar.ProgressBar }

func newBar(w io.Writer, doing string, steps int) bar {
	return bar{terminal.NewBar(w, doing, int64(steps))}
}

// The errors of these are those of writing to the terminal, on which nothing depends.

func (b bar) add() {
	if b.on != nil {
		_ = b.on.Add(1)
	}
}

// clear makes room for a line of text.
func (b bar) clear() {
	if b.on != nil {
		_ = b.on.Clear()
	}
}

func (b bar) end() {
	if b.on != nil {
		_ = b.on.Finish()
	}
}

// shown is a service that shows on a bar how many secrets were read.
type shown struct {
	plan.Service
	bar bar
}

// Scope says whose secrets the service has.
func (s shown) Scope(ctx context.Context) (account, region string, err error) {
	return scope(ctx, s.Service)
}

// Readers says who read the value of a secret.
func (s shown) Readers(ctx context.Context, arn string, since time.Time) ([]plan.Reader, error) {
	return readers(ctx, s.Service, arn, since)
}

// DescribeSecret reads a secret.
func (s shown) DescribeSecret(ctx context.Context, in secretlife.SecretInput) (secretlife.SecretDetails, error) {
	s.bar.add()
	return s.Service.DescribeSecret(ctx, in)
}
