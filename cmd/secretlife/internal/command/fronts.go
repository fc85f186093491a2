package command

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

const (
	// drain is how long running requests may take to finish when the server ends,
	// and cutOff how long they may take when they are told to.
	drain  = 10 * time.Second
	cutOff = 5 * time.Second
)

// front is an address, and what is served there.
type front struct {
	net.Listener
	http.Handler
	tls *tls.Config // nil: it is not encrypted
	// connections is how many there may be at once; further ones wait.
	connections int
}

// serve serves a front until its server is shut down.
func (f front) serve(server *http.Server) error {
	limited := netutil.LimitListener(f.Listener, f.connections)
	if f.tls == nil {
		return server.Serve(limited)
	}
	server.TLSConfig = f.tls
	return server.ServeTLS(limited, "", "")
}

// serveUntilDone serves the fronts beside the background work. When the context is
// done, or one of them fails, it ends all of them and waits for them.
func serveUntilDone(ctx context.Context, fronts []front, work []func(context.Context) error, log *slog.Logger) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, f := range fronts {
		requests, cut := context.WithCancel(context.WithoutCancel(ctx))
		server := newServer(requests, f.Handler, log)
		all.Go(func() error {
			if err := f.serve(server); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		all.Go(func() error {
			<-ctx.Done()
			log.Info("ending", "addr", f.Addr().String())
			return finish(ctx, server, cut, log)
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

// newServer makes a server for requests whose contexts end with ctx. How long a body
// and a response may take is the handler's concern.
func newServer(ctx context.Context, handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          100,
			MaxReceiveBufferPerConnection: 256 << 10,
			MaxReceiveBufferPerStream:     64 << 10,
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// finish lets running requests finish. Those that take too long are told to end,
// by their contexts, and cut off if they don't.
func finish(ctx context.Context, server *http.Server, cut func(), log *slog.Logger) error {
	defer cut()
	ctx = context.WithoutCancel(ctx)
	err := shutdown(ctx, server, drain)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	log.Warn("requests take too long and are ended")
	cut()
	err = shutdown(ctx, server, cutOff)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	log.Warn("requests that took too long were cut off")
	return server.Close()
}

// shutdown waits for running requests for some time.
func shutdown(ctx context.Context, server *http.Server, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return server.Shutdown(ctx)
}
