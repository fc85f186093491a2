package main

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/secretlife-go/secretlife"
)

// ready returns what keeps the service from working: its store, or its purger.
func ready(ctx context.Context, m *secretlife.Manager, purger *secretlife.Purger) error {
	s := purger.Status()
	switch {
	case s.Stalled:
		return errors.New("the purger does not go on")
	case len(s.Stuck) > 0:
		return fmt.Errorf("%d secrets can't be purged, the first: %w", len(s.Stuck), s.Stuck[0].Err)
	}
	return errors.Join(s.Err, m.Health(ctx))
}

// auditLog logs every change, and every call that was refused.
func auditLog(log *slog.Logger) secretlife.Observer {
	return secretlife.Observer{
		Saved: func(ctx context.Context, e secretlife.Event) {
			log.InfoContext(ctx, e.Name(), "seq", e.Seq(), "arn", e.ARN().String())
		},
		Called: func(ctx context.Context, c secretlife.Call) {
			if c.Err != nil {
				log.WarnContext(ctx, c.Operation.String(), "secret", c.SecretID, "by", c.Caller.Principal, "error", c.Err)
			}
		},
	}
}

// counting counts calls, refused ones too, and what the purger does.
func counting(metrics *expvar.Map) secretlife.Observer {
	gauge := func(name string, value float64) {
		f := new(expvar.Float)
		f.Set(value)
		metrics.Set(name, f)
	}
	return secretlife.Observer{
		Called: func(_ context.Context, c secretlife.Call) {
			metrics.Add(c.Operation.String(), 1)
			if c.Err != nil {
				metrics.Add("refused", 1)
			}
		},
		Worked: func(_ context.Context, s secretlife.PurgerStatus) {
			metrics.Add("purged", int64(s.Purged))
			gauge("due", float64(s.Due))
			gauge("stuck", float64(len(s.Stuck)))
			gauge("lag_seconds", s.Lag.Seconds())
		},
	}
}

// status turns the library's errors into the service's own.
func status(err error) int {
	switch {
	case errors.Is(err, secretlife.ErrScheduledForDeletion):
		return http.StatusGone
	case errors.Is(err, secretlife.ErrSecretNotFound), errors.Is(err, secretlife.ErrRecoveryWindowOver):
		return http.StatusNotFound
	case errors.As(err, new(secretlife.Error)) && !errors.Is(err, secretlife.ErrInternal):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}
