package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/secretlife-go/secretlife"
)

// witnessFlag names a clock that vouches for time in which nobody counted.
type witnessFlag struct {
	Witness string `placeholder:"WITNESS" help:"A clock that vouches for time in which nothing ran, so that it counts without \"secretlife clock confirm\": \"store\", the clock of the PostgreSQL server; an https:// URL, by the Date header of its response; or \"wall\", this machine's clock. If it is wrong once, secrets are purged early. By default no clock vouches."`
}

// witnessTimeout bounds a request to a witness, and with it how wrong what it says
// can be.
const witnessTimeout = 3 * time.Second

// witness is a clock that vouches for time.
type witness = func(context.Context) (time.Time, error)

// witness returns the clock, nil without the flag.
func (w witnessFlag) witness(ctx context.Context, store secretlife.Store, log *slog.Logger) (witness, error) {
	switch w.Witness {
	case "":
		return nil, nil
	case "wall":
		return func(context.Context) (time.Time, error) { return time.Now(), nil }, nil
	case "store":
		clock := storeWitness(store)
		if _, err := clock(ctx); errors.Is(err, errNoClock) {
			return nil, fmt.Errorf("--witness store: %w", err)
		}
		return logFailures(clock, log), nil
	}
	u, err := url.Parse(w.Witness)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("--witness must be \"store\", \"wall\", or a URL that begins with https:// and has no " +
			"password")
	}
	// It is asked too seldom for connections to be kept.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	return logFailures(httpsWitness(u.String(), transport), log), nil
}

// logFailures logs when a witness begins to fail, and when it works again.
func logFailures(w witness, log *slog.Logger) witness {
	var failing atomic.Bool
	return func(ctx context.Context) (time.Time, error) {
		at, err := w(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && failing.CompareAndSwap(false, true):
			log.WarnContext(ctx, "the witness fails, and vouches for no time until it works again", "error", err)
		case err == nil && failing.CompareAndSwap(true, false):
			log.InfoContext(ctx, "the witness works again")
		}
		return at, err
	}
}

var errNoClock = errors.New("this store has no clock of its own; postgres:// has")

// storeWitness is the clock of the store's server.
func storeWitness(store secretlife.Store) witness {
	return func(ctx context.Context) (time.Time, error) {
		note, err := store.Note(ctx, "clock") // no note has this name: what counts is the time
		if err == nil && note.Now.IsZero() {
			err = errNoClock
		}
		return note.Now, err
	}
}

// httpsWitness is the clock of a web server. Redirections are not followed: every
// response has a date.
func httpsWitness(address string, transport http.RoundTripper) witness {
	client := &http.Client{
		Transport:     transport,
		Timeout:       witnessTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) (time.Time, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
		if err != nil {
			return time.Time{}, err
		}
		request.Header.Set("Cache-Control", "no-store")
		response, err := client.Do(request)
		if err != nil {
			return time.Time{}, err
		}
		_ = response.Body.Close() // HEAD has none
		if age := response.Header.Get("Age"); age != "" && age != "0" {
			return time.Time{}, errors.New("the response is from a cache: its date is old")
		}
		return http.ParseTime(response.Header.Get("Date"))
	}
}
