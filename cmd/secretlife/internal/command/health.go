package command

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// health is the command of that name, for images that have no other HTTP client.
type health struct {
	URL     string        `arg:"" optional:"" default:"http://127.0.0.1:4577" help:"Where the server listens, by default ${default}."`
	Timeout time.Duration `default:"2s" placeholder:"DURATION" help:"How long the server may take, by default ${default}."`
}

// Run fails unless the server says that it lives.
func (h health) Run(ctx context.Context, o process) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/_secretlife/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", h.URL, response.Status)
	}
	_, err = fmt.Fprintln(o.out, "ok")
	return err
}
