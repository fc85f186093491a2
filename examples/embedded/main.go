// Embedded is a service that owns secrets: it embeds the lifecycle with its purger, says
// whether it is ready and what is scheduled, keeps an audit log and metrics, and ends
// cleanly on SIGTERM.
//
//	go run ./examples/embedded
//	curl -X PUT  localhost:8080/secrets/db -d hunter2
//	curl         localhost:8080/secrets/db
//	curl -X DELETE localhost:8080/secrets/db   # a week to think it over
//	curl         localhost:8080/scheduled
//	curl -X POST localhost:8080/secrets/db/restore
//	curl         localhost:8080/metrics
package main

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(ctx, "localhost:8080", log); err != nil {
		log.Error("ended", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends; then it finishes the requests and the purge it is at.
func run(ctx context.Context, addr string, log *slog.Logger) error {
	metrics := new(expvar.Map).Init()
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Logger, o.Observer = log, auditLog(log).And(counting(metrics))
	})
	if err != nil {
		return err
	}
	purger := secretlife.NewPurger(m)
	server := &http.Server{Addr: addr, Handler: handler(m, purger, metrics), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 2)
	go func() { ended <- purger.Run(ctx) }()
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		ended <- server.Shutdown(grace)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return errors.Join(<-ended, <-ended)
}

// handler is the service's own API; the rules are the library's.
func handler(m *secretlife.Manager, purger *secretlife.Purger, metrics *expvar.Map) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(w http.ResponseWriter, r *http.Request, name string) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r, r.PathValue("name")); err != nil {
				http.Error(w, err.Error(), status(err))
			}
		})
	}
	handle("PUT /secrets/{name}", func(w http.ResponseWriter, r *http.Request, name string) error {
		value, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err == nil {
			_, err = m.CreateSecret(r.Context(), secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretBinary(value)})
		}
		return err
	})
	handle("GET /secrets/{name}", func(w http.ResponseWriter, r *http.Request, name string) error {
		out, err := m.GetSecretValue(r.Context(), secretlife.GetSecretValueInput{SecretID: name})
		if err == nil {
			_, err = io.WriteString(w, out.Value.Reveal())
		}
		return err
	})
	handle("DELETE /secrets/{name}", func(_ http.ResponseWriter, r *http.Request, name string) error {
		in := secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: secretlife.Days(7)}
		_, err := m.DeleteSecret(r.Context(), in)
		return err
	})
	handle("POST /secrets/{name}/restore", func(_ http.ResponseWriter, r *http.Request, name string) error {
		_, err := m.RestoreSecret(r.Context(), secretlife.SecretInput{SecretID: name})
		return err
	})
	handle("GET /scheduled", func(w http.ResponseWriter, r *http.Request, _ string) error {
		for s, err := range m.Scheduled(r.Context()) {
			if err != nil {
				return err
			}
			date, _ := s.Deletion().Date()
			fmt.Fprintln(w, date.Format(time.RFC3339), s.Name())
		}
		return nil
	})
	handle("GET /ready", func(_ http.ResponseWriter, r *http.Request, _ string) error {
		return ready(r.Context(), m, purger)
	})
	handle("GET /metrics", func(w http.ResponseWriter, _ *http.Request, _ string) error {
		_, err := io.WriteString(w, metrics.String())
		return err
	})
	return mux
}
