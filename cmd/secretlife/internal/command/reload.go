package command

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// reloads are the files that a running server reads again on SIGHUP.
type reloads []reload

// reload reads one of them. If it fails, what was read before stays in use.
type reload struct {
	what string
	read func() error
}

// add registers a file. It must not be called once the server runs.
func (r *reloads) add(what string, read func() error) {
	*r = append(*r, reload{what, read})
}

// all reads every file again, and logs how that went.
func (r reloads) all(ctx context.Context, log *slog.Logger) {
	for _, f := range r {
		if err := f.read(); err != nil {
			log.ErrorContext(ctx, "reloading failed; the previous one stays in use", "what", f.what, "error", err)
			continue
		}
		log.InfoContext(ctx, "reloaded", "what", f.what)
	}
}

// on reads all files again for each signal, until the context is done.
func (r reloads) on(ctx context.Context, signals <-chan os.Signal, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
			r.all(ctx, log)
		}
	}
}

// hangups receives the SIGHUPs that the process gets from now on, until stop is
// called.
func hangups() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
