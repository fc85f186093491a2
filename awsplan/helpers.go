package awsplan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	smithyrand "github.com/aws/smithy-go/rand"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

// Options are for [New] and the helpers. Their zero values are good defaults.
type Options struct {
	// Clock is by what plans are dated and helpers wait; by default the system clock.
	Clock secretlife.Clock
	// Patience is how long a helper goes on; by default ten minutes. AWS needs seconds up to
	// two minutes until the name of a secret that was deleted by force is free.
	Patience time.Duration
	// Account returns the account of the client, "" if it is not known. It is called where the
	// service lists no secret that shows it: see [plan.ErrUnknownAccount]. By default it is the
	// account of the client's credentials, if that is AWS's, and an access key id of twelve
	// digits for any service: emulators take that for the account.
	Account func(context.Context) (string, error)
}

func optionsOf(edits []func(*Options)) Options {
	o := Options{Clock: systemClock(), Patience: 10 * time.Minute}
	for _, edit := range edits {
		edit(&o)
	}
	return o
}

// Ensured is what [Ensure] did.
type Ensured struct {
	ARN, Name string
	// VersionID is the version with the value, "" if none was given.
	VersionID string
	// Created says that the secret is new. Restored says that it was scheduled for deletion.
	Created, Restored bool
}

// Ensure makes sure that a secret is there as the input of CreateSecret says. It creates the
// secret. If the name is taken it updates value, description, key and type, and adds the tags. If
// the secret is scheduled for deletion it is restored before. If it was deleted by force, Ensure
// waits until the name is free. Replicas are made only with a new secret.
//
// Errors of calls that another try can help are retried, for the time of [Options].Patience, with
// one ClientRequestToken: a secret gets one new version, however many answers were lost.
func Ensure(
	ctx context.Context, client Client, in *secretsmanager.CreateSecretInput, edits ...func(*Options),
) (Ensured, error) {
	e := ensuring{client: client, in: *in}
	if e.in.ClientRequestToken == nil {
		token, err := smithyrand.NewUUID(rand.Reader).GetUUID()
		if err != nil {
			return Ensured{}, err
		}
		e.in.ClientRequestToken = &token
	}
	err := again(ctx, optionsOf(edits), e.try)
	return e.did, err
}

type ensuring struct {
	client Client
	in     secretsmanager.CreateSecretInput
	did    Ensured
	// exists says that the name is in use, by the last that is known. CreateSecret must not be
	// called then: it succeeds where an update before gave its token to a version.
	exists bool
}

// try returns errNotYet, or an error that another try can help, to be called again.
func (e *ensuring) try(ctx context.Context) error {
	if e.exists {
		return e.update(ctx)
	}
	out, err := e.client.CreateSecret(ctx, &e.in)
	if err == nil {
		e.did = Ensured{ARN: aws.ToString(out.ARN), Name: aws.ToString(out.Name), VersionID: aws.ToString(out.VersionId),
			Created: true}
		return nil
	}
	var (
		taken     *secretlife.ResourceExistsError
		scheduled *secretlife.InvalidRequestError
	)
	switch err = understood(err); {
	case errors.As(err, &taken):
		e.exists = true
		return e.update(ctx)
	case errors.As(err, &scheduled) && strings.Contains(scheduled.Message, "delet"):
		return e.restore(ctx, err)
	}
	return err
}

// restore restores a secret whose name is reserved: why says so.
func (e *ensuring) restore(ctx context.Context, why error) error {
	d, err := e.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: e.in.Name})
	var none *secretlife.ResourceNotFoundError
	if err = understood(err); errors.As(err, &none) {
		return errNotYet
	}
	if err != nil {
		return err
	}
	if d.DeletedDate == nil {
		return fmt.Errorf("%w: %w", errNotYet, why)
	}
	_, err = e.client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: d.ARN})
	// A call without an answer may have restored it.
	e.did.Restored = !errors.As(understood(err), new(secretlife.Error))
	if err != nil { // one that is not found was deleted by force, or its DeletionDate has come
		return e.unsettled(err)
	}
	e.exists = true
	return e.update(ctx)
}

func (e *ensuring) update(ctx context.Context) error {
	out, err := e.client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{
		SecretId: e.in.Name, ClientRequestToken: e.in.ClientRequestToken, Description: e.in.Description,
		KmsKeyId: e.in.KmsKeyId, SecretBinary: e.in.SecretBinary, SecretString: e.in.SecretString, Type: e.in.Type,
	})
	if err != nil {
		return e.unsettled(err)
	}
	if len(e.in.Tags) > 0 {
		if _, err := e.client.TagResource(ctx, &secretsmanager.TagResourceInput{
			SecretId: out.ARN, Tags: e.in.Tags,
		}); err != nil {
			return e.unsettled(err)
		}
	}
	e.did.ARN, e.did.Name, e.did.VersionID = aws.ToString(out.ARN), aws.ToString(out.Name), aws.ToString(out.VersionId)
	return nil
}

// unsettled is errNotYet for an error that says that the secret was deleted meanwhile, or that
// its restoration does not show yet: then the next try begins anew.
func (e *ensuring) unsettled(err error) error {
	var (
		none   *secretlife.ResourceNotFoundError
		marked *secretlife.InvalidRequestError
	)
	if err = understood(err); errors.As(err, &none) || errors.As(err, &marked) {
		e.exists = false
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	return err
}

// DeleteAndWait deletes a secret by force, with its replicas, and returns when the service does not
// know it any more. A name that no secret has is not an error. The id is a name or an ARN. What
// blocks a plan of deletion, such as a rotation in progress, stops it: see [plan.Delete].
//
// Errors: [*plan.StoppedError]; [plan.ErrSelector]; those of the service.
func DeleteAndWait(ctx context.Context, client Client, id string, edits ...func(*Options)) error {
	o := optionsOf(edits)
	service := New(client, edits...)
	var arn string
	if err := again(ctx, o, func(ctx context.Context) error {
		p, err := plan.Delete(ctx, service, plan.Selector{Names: []string{id}}, secretlife.Force())
		if err != nil {
			return err
		}
		if b := p.Secrets[0].Blockers; len(b) > 0 && b[0].Kind == plan.NotFound {
			return nil
		}
		arn = p.Secrets[0].ARN
		return outdated(plan.Apply(ctx, service, p, nil))
	}); err != nil || arn == "" {
		return err
	}
	return again(ctx, o, func(ctx context.Context) error {
		_, err := service.DescribeSecret(ctx, secretlife.SecretInput{SecretID: arn})
		var none *secretlife.ResourceNotFoundError
		switch {
		case errors.As(err, &none):
			return nil
		case err != nil:
			return err
		}
		return errNotYet
	})
}

// outdated is errNotYet for a plan that was made by a read that was late, or outrun.
func outdated(err error) error {
	var stopped *plan.StoppedError
	if errors.As(err, &stopped) && stopped.Blocker.Kind == plan.Changed {
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	return err
}

// RestoreAll restores the selected secrets that are scheduled for deletion, and returns their
// names. Those that can't be restored don't keep it from restoring the others; the error is about
// the first of them.
//
// Errors: [*plan.StoppedError]; [plan.ErrSelector]; those of the service.
func RestoreAll(ctx context.Context, client Client, sel plan.Selector, edits ...func(*Options)) ([]string, error) {
	service := New(client, edits...)
	var restored []string
	err := again(ctx, optionsOf(edits), func(ctx context.Context) error {
		p, err := plan.Restore(ctx, service, sel)
		if err != nil {
			return err
		}
		err = plan.Apply(ctx, service, p.WithoutBlocked(), func(d plan.Done) {
			if !slices.Contains(restored, d.Name) {
				restored = append(restored, d.Name)
			}
		})
		if blocked := p.Blocked(); err == nil && len(blocked) > 0 {
			return &plan.StoppedError{Name: blocked[0].Name, ARN: blocked[0].ARN, Blocker: blocked[0].Blockers[0]}
		}
		return outdated(err)
	})
	return restored, err
}

// errNotYet says that time helps.
var errNotYet = errors.New("the secret is not deleted yet, or what is read is late")

// longestPause is how long a helper waits at most between two tries.
const longestPause = 20 * time.Second

// again calls try until it succeeds, fails for good, or took too long.
func again(ctx context.Context, o Options, try func(context.Context) error) error {
	backoff := retry.NewExponentialJitterBackoff(longestPause)
	end := o.Clock.Now().Add(o.Patience)
	for n := 0; ; n++ {
		err := try(ctx)
		if err == nil || ctx.Err() != nil || final(err) {
			return err
		}
		pause, backoffErr := backoff.BackoffDelay(n, err)
		if backoffErr != nil {
			return errors.Join(err, backoffErr)
		}
		if !o.Clock.Now().Add(pause).Before(end) {
			return fmt.Errorf("gave up after %v: %w", o.Patience, err)
		}
		select {
		case <-o.Clock.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// final reports whether no other try can help.
func final(err error) bool {
	var (
		refused   smithy.APIError
		response  *smithyhttp.ResponseError
		throttled *secretlife.ThrottlingError
		stopped   *plan.StoppedError
	)
	if errors.Is(err, errNotYet) || errors.As(err, &throttled) ||
		errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return false
	}
	return errors.As(err, &stopped) || errors.Is(err, plan.ErrSelector) ||
		errors.As(err, &refused) && refused.ErrorFault() != smithy.FaultServer
}
