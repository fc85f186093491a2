package endpoints

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/control"
	"github.com/secretlife-go/secretlife/plan"
)

// guarded is a service of which control calls say what AWS's responses don't show.
type guarded struct {
	plan.Service
	calls control.Client
}

// DescribeSecret reads a secret, with its holds and its protection.
func (g guarded) DescribeSecret(ctx context.Context, in secretlife.SecretInput) (secretlife.SecretDetails, error) {
	d, err := g.Service.DescribeSecret(ctx, in)
	if err != nil {
		return d, err
	}
	var holds struct {
		Holds []struct{ Name, Reason, PlacedBy string }
	}
	var protection struct{ Protection secretlife.Protection }
	query := "?" + url.Values{"secret": {d.ARN}}.Encode()
	if err = g.calls.Call(ctx, http.MethodGet, "holds"+query, nil, &holds); err == nil {
		err = g.calls.Call(ctx, http.MethodGet, "protection"+query, nil, &protection)
	}
	if err != nil {
		return d, fmt.Errorf("the holds and the protection of %s: %w", d.Name, err)
	}
	for _, h := range holds.Holds {
		d.Holds = append(d.Holds, secretlife.Hold{Name: h.Name, Reason: h.Reason, PlacedBy: h.PlacedBy})
	}
	d.Protection = protection.Protection
	return d, nil
}

// Scope says whose secrets the service has.
func (g guarded) Scope(ctx context.Context) (account, region string, err error) {
	return scope(ctx, g.Service)
}

// Readers says who read the value of a secret, if the server keeps an access ledger.
func (g guarded) Readers(ctx context.Context, arn string, since time.Time) ([]plan.Reader, error) {
	a, err := secretlife.ParseARN(arn)
	if err != nil {
		return nil, err
	}
	by := map[string]plan.Reader{}
	query := url.Values{"account": {a.Account().String()}, "region": {a.Region().String()},
		"name": {a.Name().String()}, "from": {since.UTC().Format(time.DateOnly)}}
	err = control.Each(ctx, g.calls, "access?"+query.Encode(), func(e access.Entry) {
		if e.ARN != a || e.Operation != secretlife.OpGetSecretValue || e.Calls == e.Refused {
			return
		}
		r := by[e.Principal]
		r.Principal, r.Calls = e.Principal, r.Calls+e.Calls-e.Refused
		if e.Last.After(r.Last) {
			r.Last = e.Last
		}
		by[e.Principal] = r
	})
	var refused *control.RefusedError
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
		return nil, nil // it keeps none
	}
	if err != nil {
		return nil, fmt.Errorf("the access ledger: %w", err)
	}
	return slices.SortedFunc(maps.Values(by), func(x, y plan.Reader) int { return y.Last.Compare(x.Last) }), nil
}

// readers returns what a service says with its method Readers, nil without one.
func readers(ctx context.Context, service plan.Service, arn string, since time.Time) ([]plan.Reader, error) {
	s, ok := service.(interface {
		Readers(ctx context.Context, arn string, since time.Time) ([]plan.Reader, error)
	})
	if !ok {
		return nil, nil
	}
	return s.Readers(ctx, arn, since)
}

// scope returns what a service says with its method Scope, "" without one.
func scope(ctx context.Context, service plan.Service) (account, region string, err error) {
	s, ok := service.(interface {
		Scope(ctx context.Context) (account, region string, err error)
	})
	if !ok {
		return "", "", nil
	}
	return s.Scope(ctx)
}
