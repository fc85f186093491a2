package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Service is the Secrets Manager of one account and Region. A [secretlife.Manager] is one. Errors
// must be those of the package secretlife where the service refuses a call: any other error is
// taken for a call whose outcome is not known.
//
// A Service with the methods Secret and At of the Manager says the exact DeletionDate of secrets that
// are scheduled, and what keeps a secret. Others, AWS among them, show the time of the deletion only,
// and the holds and the protection that DescribeSecret returns. A Service with the methods
// Account and Region of the Manager, or with
//
//	Scope(ctx context.Context) (account, region string, err error)
//
// says whose secrets it has where it lists none, by which [Apply] recognizes a plan of another account.
// One with
//
//	Readers(ctx context.Context, arn string, since time.Time) ([]Reader, error)
//
// says who read the value of a secret since a time, as the package access knows it.
type Service interface {
	// Clock returns the clock by which plans are dated and Apply waits. It should agree with
	// the clock of the service to some minutes.
	Clock() secretlife.Clock
	ListSecrets(context.Context, secretlife.ListSecretsInput) (secretlife.ListSecretsOutput, error)
	DescribeSecret(context.Context, secretlife.SecretInput) (secretlife.SecretDetails, error)
	GetResourcePolicy(context.Context, secretlife.SecretInput) (secretlife.SecretOutput, error)
	DeleteSecret(context.Context, secretlife.DeleteSecretInput) (secretlife.SecretOutput, error)
	RestoreSecret(context.Context, secretlife.SecretInput) (secretlife.SecretOutput, error)
	RemoveRegionsFromReplication(
		context.Context, secretlife.RemoveRegionsFromReplicationInput,
	) (secretlife.SecretOutput, error)
}

var _ Service = (*secretlife.Manager)(nil)

// exact is what a Service may have beside.
type exact interface {
	Secret(ctx context.Context, id string) (secretlife.Secret, error)
	At(ctx context.Context) (secretlife.At, error)
}

// scopeOf returns the account and the Region of a service, by any secret that it lists or, if it
// lists none, by what it says itself. Both are "" if neither is known.
func scopeOf(ctx context.Context, service Service) (account, region string, err error) {
	in := secretlife.ListSecretsInput{IncludePlannedDeletion: true}
	for {
		page, err := service.ListSecrets(ctx, in)
		if err != nil {
			return "", "", fmt.Errorf("listing secrets: %w", err)
		}
		if len(page.SecretList) > 0 {
			arn, err := secretlife.ParseARN(page.SecretList[0].ARN)
			if err != nil {
				return "", "", fmt.Errorf("the service lists a secret with the ARN %q: %w", page.SecretList[0].ARN, err)
			}
			return arn.Account().String(), arn.Region().String(), nil
		}
		if in.NextToken = page.NextToken; in.NextToken == "" {
			return ownScope(ctx, service)
		}
	}
}

// ownScope returns what a service says itself. The error is [ErrUnknownAccount].
func ownScope(ctx context.Context, service Service) (account, region string, err error) {
	switch s := service.(type) {
	case interface {
		Account() secretlife.Account
		Region() secretlife.Region
	}:
		return s.Account().String(), s.Region().String(), nil
	case interface {
		Scope(ctx context.Context) (account, region string, err error)
	}:
		switch account, region, err = s.Scope(ctx); {
		case err != nil:
			return "", "", fmt.Errorf("%w: %w", ErrUnknownAccount, err)
		case account != "" && region != "":
			return account, region, nil
		}
	}
	return "", "", nil
}

// world is all that was read for a plan.
type world struct {
	account, region string
	secrets         []view
	missing         []string // names that were asked for, and no secret has
	denied          []denial
}

// denial is a secret that the caller must not read.
type denial struct {
	name string
	err  error
}

// load reads the secrets that a selector selects, in the order of their names.
func load(ctx context.Context, service Service, sel Selector) (world, error) {
	var w world
	if err := sel.check(); err != nil {
		return w, err
	}
	var err error
	if w.account, w.region, err = scopeOf(ctx, service); err != nil && !errors.Is(err, ErrUnknownAccount) {
		return w, err
	}
	names, arns, err := sel.names(w)
	if err != nil {
		return w, err
	}
	if len(sel.Names) == 0 {
		if names, err = list(ctx, service, sel); err != nil {
			return w, err
		}
	}
	for _, name := range names {
		v, err := read(ctx, service, name)
		var denied *secretlife.AccessDeniedError
		switch {
		case errors.As(err, &denied):
			w.denied = append(w.denied, denial{name, err})
		case err != nil:
			return w, fmt.Errorf("reading %s: %w", name, err)
		case len(sel.Names) > 0 && (!v.found || arns[name] != "" && arns[name] != v.arn):
			w.missing = append(w.missing, name)
		case v.found && sel.matches(v.entry()): // lists can be late
			if v.facts.Readers, err = readers(ctx, service, v.arn); err != nil {
				return w, fmt.Errorf("who read %s: %w", name, err)
			}
			w.secrets = append(w.secrets, v)
		}
	}
	return w, nil
}

// readers returns who read a secret lately, if the service knows it.
func readers(ctx context.Context, service Service, arn string) ([]Reader, error) {
	ledger, ok := service.(interface {
		Readers(ctx context.Context, arn string, since time.Time) ([]Reader, error)
	})
	if !ok {
		return nil, nil
	}
	return ledger.Readers(ctx, arn, service.Clock().Now().Add(-recent))
}

// list returns the names of the secrets that the service lists and a selector selects.
func list(ctx context.Context, service Service, sel Selector) ([]string, error) {
	in := secretlife.ListSecretsInput{IncludePlannedDeletion: true}
	// A filter has no exclamation marks, and names may.
	if prefix, _, _ := strings.Cut(sel.Prefix, "!"); prefix != "" {
		in.Filters = []secretlife.Filter{{Key: "name", Values: []string{prefix}}}
	}
	var names []string
	for {
		page, err := service.ListSecrets(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing secrets: %w", err)
		}
		for _, e := range page.SecretList {
			if sel.matches(entry{e.Name, e.Tags, e.CreatedDate, e.DeletedDate, e.LastAccessedDate}) {
				names = append(names, e.Name)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == "" {
			return sorted(names), nil
		}
	}
}

// mostReads is how often a secret is read that changes meanwhile.
const mostReads = 5

// read reads a secret by its name. A name that no secret has is not an error.
func read(ctx context.Context, service Service, name string) (view, error) {
	for range mostReads {
		v, whole, err := readOnce(ctx, service, name)
		var none *secretlife.ResourceNotFoundError
		if errors.As(err, &none) {
			return view{name: name}, nil
		}
		if err != nil || whole {
			return v, err
		}
	}
	return view{}, errors.New("it changes whenever it is read")
}

// readOnce returns false if the secret changed between two calls.
func readOnce(ctx context.Context, service Service, name string) (view, bool, error) {
	d, err := service.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
	if err != nil {
		return view{}, false, err
	}
	m, g := mark{deleted: d.DeletedDate}, guardOf(d)
	if also, ok := service.(exact); ok {
		s, err := also.Secret(ctx, d.ARN)
		if err != nil || !s.LastChangedDate().Equal(d.LastChangedDate) {
			return view{}, false, err
		}
		at, err := also.At(ctx)
		if err != nil {
			return view{}, false, err
		}
		m, g = markOf(s.Deletion()), guardOn(s, at)
	}
	v := viewOf(d, m, g, service.Clock().Now())
	if m.deleted.IsZero() {
		p, err := service.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: d.ARN})
		v.policy = resourcePolicy{read: err == nil, err: err, document: p.ResourcePolicy}
	}
	return v, true, nil
}
