package command

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// health is the command of that name: for images that have no other HTTP client, and for scripts
// that wait for a server.
type health struct {
	URL     string        `arg:"" optional:"" default:"http://127.0.0.1:4577" help:"Where the server listens, by default ${default}."`
	Timeout time.Duration `default:"2s" placeholder:"DURATION" help:"How long the server may take to respond, by default ${default}."`
	Wait    time.Duration `placeholder:"DURATION" help:"Ask again until the server lives, for so long at most. By default it is asked once."`
}

// healthPause is how long health waits before it asks again.
const healthPause = 20 * time.Millisecond

// Run fails unless the server says that it lives.
func (h health) Run(ctx context.Context, o process) error {
	waiting, stop := context.WithTimeout(ctx, h.Wait)
	defer stop()
	err := h.ask(ctx)
	for err != nil && waiting.Err() == nil {
		select {
		case <-waiting.Done():
		case <-time.After(healthPause):
			err = h.ask(ctx)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(o.out, "ok")
	}
	return err
}

// ask asks the server once.
func (h health) ask(ctx context.Context) error {
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
	return nil
}
