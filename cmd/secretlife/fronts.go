package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// drain is how long running requests may take to finish when the server ends.
const drain = 10 * time.Second

// front is an address, and what is served there.
type front struct {
	net.Listener
	http.Handler
	tls *tls.Config // nil: it is not encrypted
}

// serve serves a front until its server is shut down.
func (f front) serve(server *http.Server) error {
	if f.tls == nil {
		return server.Serve(f.Listener)
	}
	server.TLSConfig = f.tls
	return server.ServeTLS(f.Listener, "", "")
}

// serveUntilDone serves the fronts beside the background work. When the context is
// done, or one of them fails, it ends all of them and waits for them.
func serveUntilDone(ctx context.Context, fronts []front, work []func(context.Context) error, log *slog.Logger) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, f := range fronts {
		server := newServer(f.Handler, log)
		all.Go(func() error {
			if err := f.serve(server); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		all.Go(func() error {
			<-ctx.Done()
			log.Info("ending", "addr", f.Addr().String())
			return finish(ctx, server, log)
		})
	}
	for _, w := range work {
		all.Go(func() error {
			if err := w(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})
	}
	return all.Wait()
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// finish lets running requests finish, and cuts off those that take too long.
func finish(ctx context.Context, server *http.Server, log *slog.Logger) error {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests that took too long were cut off")
		return server.Close()
	}
	return err
}
