// Embedded is a service that owns secrets: it embeds the lifecycle with its
// purger, and ends cleanly on SIGTERM.
//
//	go run ./examples/embedded
//	curl -X PUT  localhost:8080/secrets/db -d hunter2
//	curl         localhost:8080/secrets/db
//	curl -X DELETE localhost:8080/secrets/db   # a week to think it over
//	curl -X POST localhost:8080/secrets/db/restore
package main

import (
	"context"
	"errors"
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

func run(ctx context.Context, addr string, log *slog.Logger) error {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Logger = log
		o.Observer.Saved = func(ctx context.Context, e secretlife.Event) { log.InfoContext(ctx, e.Name(), "secret", e.ARN()) }
	})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: addr, Handler: handler(m), ReadHeaderTimeout: 10 * time.Second}
	background := make(chan error, 1)
	go func() { background <- secretlife.NewPurger(m).Run(ctx) }()
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(end)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-background
}

// handler is the service's own API; the rules are the library's.
func handler(m *secretlife.Manager) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /secrets/{name}", func(w http.ResponseWriter, r *http.Request) {
		value, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err != nil {
			answer(w, err)
			return
		}
		_, err = m.CreateSecret(r.Context(), secretlife.CreateSecretInput{Name: r.PathValue("name"),
			Value: secretlife.SecretBinary(value)})
		answer(w, err)
	})
	mux.HandleFunc("GET /secrets/{name}", func(w http.ResponseWriter, r *http.Request) {
		out, err := m.GetSecretValue(r.Context(), secretlife.GetSecretValueInput{SecretID: r.PathValue("name")})
		if err != nil {
			answer(w, err)
			return
		}
		_, _ = io.WriteString(w, out.Value.Reveal())
	})
	mux.HandleFunc("DELETE /secrets/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, err := m.DeleteSecret(r.Context(), secretlife.DeleteSecretInput{SecretID: r.PathValue("name"),
			RecoveryWindowInDays: secretlife.Days(7)})
		answer(w, err)
	})
	mux.HandleFunc("POST /secrets/{name}/restore", func(w http.ResponseWriter, r *http.Request) {
		_, err := m.RestoreSecret(r.Context(), secretlife.SecretInput{SecretID: r.PathValue("name")})
		answer(w, err)
	})
	return mux
}

// answer turns the library's errors into the service's own statuses.
func answer(w http.ResponseWriter, err error) {
	var refused secretlife.Error
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, secretlife.ErrScheduledForDeletion):
		http.Error(w, "deleted; restore it first", http.StatusGone)
	case errors.Is(err, secretlife.ErrSecretNotFound), errors.Is(err, secretlife.ErrRecoveryWindowOver):
		http.Error(w, "no such secret", http.StatusNotFound)
	case errors.Is(err, secretlife.ErrInternal):
		http.Error(w, "try again", http.StatusInternalServerError)
	case errors.As(err, &refused):
		http.Error(w, refused.ErrorMessage(), http.StatusBadRequest)
	default:
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}
