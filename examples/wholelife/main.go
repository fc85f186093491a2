// Wholelife deletes secrets as an operator should, and brings back the one that was needed after
// all: a plan says what will happen, a hold stops it, the plan is applied when that is released, an
// alarm tells who still reads, another plan restores, and the rest is purged. AWS's SDK is the
// client of an endpoint in this process, in virtual time.
//
//	go run ./examples/wholelife
//
// With AWS itself in the place of the endpoint the plans are the same; holds and the alarm are beyond AWS.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/awsplan"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/plan"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// world is an endpoint, its client, and what an operator has.
type world struct {
	out    io.Writer
	m      *secretlife.Manager
	client *secretsmanager.Client
	plans  plan.Service
}

func run(ctx context.Context, out io.Writer) error {
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	w := world{out: out}
	store := memstore.New()
	ledger, err := access.New(store, func(o *access.Options) { o.Clock, o.OnScheduled = clock, w.alarm })
	if err != nil {
		return err
	}
	w.m, err = secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Observer, o.ReleaseByAnother = clock, ledger.Observer(), true
	})
	if err != nil {
		return err
	}
	url, end, err := serve(ctx, w.m)
	if err != nil {
		return err
	}
	w.client = secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "123456789012", SecretAccessKey: "test"}, nil
		}),
	})
	w.plans = awsplan.New(w.client, func(o *awsplan.Options) { o.Clock = clock })
	return errors.Join(w.life(ctx), end())
}

// serve serves the Secrets Manager API on this machine until end is called.
func serve(ctx context.Context, m *secretlife.Manager) (url string, end func() error, err error) {
	api, err := awsapi.New(m, func(o *awsapi.Options) { o.LocalOnly = true })
	if err != nil {
		return "", nil, err
	}
	var listen net.ListenConfig
	at, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(at) }()
	return "http://" + at.Addr().String(), func() error {
		err := server.Shutdown(context.Background())
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}

// alarm receives attempts on secrets that are scheduled for deletion.
func (w world) alarm(_ context.Context, a access.Alarm) {
	fmt.Fprintf(w.out, "alarm: %s called %s on %s, which is scheduled for deletion\n", a.Principal, a.Call.Operation,
		a.Call.Secret.ARN().Name())
}

func (w world) life(ctx context.Context) error {
	for _, name := range []string{"old/api", "old/db"} {
		in := &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("hunter2")}
		if _, err := w.client.CreateSecret(ctx, in); err != nil {
			return err
		}
	}

	// A plan only reads. It can be looked at, and kept in a file.
	deletion, err := plan.Delete(ctx, w.plans, plan.Selector{Prefix: "old/"}, secretlife.Window(7))
	if err != nil {
		return err
	}
	if err := deletion.WriteTable(w.out); err != nil {
		return err
	}

	// An operator objects. The hold stops the plan, and every other deletion.
	if _, err = w.m.PlaceHold(as(ctx, "ada"), "old/api", secretlife.Hold{Name: "audit", Reason: "not yet"}); err != nil {
		return err
	}
	var stopped *plan.StoppedError
	if err = plan.Apply(ctx, w.plans, deletion, w.tell); !errors.As(err, &stopped) {
		return fmt.Errorf("the hold did not stop the plan: %w", err)
	}
	fmt.Fprintln(w.out, stopped)
	_, err = w.client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: aws.String("old/api"), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	var refused *types.InvalidRequestException
	if !errors.As(err, &refused) {
		return fmt.Errorf("the hold did not stop a deletion: %w", err)
	}
	fmt.Fprintln(w.out, "DeleteSecret by force:", *refused.Message)

	// Who placed a hold can't release it here; another person can.
	if _, err = w.m.ReleaseHold(as(ctx, "ada"), "old/api", "audit"); !errors.Is(err, secretlife.ErrSamePrincipal) {
		return fmt.Errorf("one person released the hold: %w", err)
	}
	if _, err = w.m.ReleaseHold(as(ctx, "grace"), "old/api", "audit"); err != nil {
		return err
	}
	if err = plan.Apply(ctx, w.plans, deletion, w.tell); err != nil {
		return err
	}

	// In the recovery window something still reads.
	if _, err = w.read(ctx, "old/db"); !errors.As(err, &refused) {
		return fmt.Errorf("a scheduled secret was read: %w", err)
	}
	back, err := plan.Restore(ctx, w.plans, plan.Selector{Names: []string{"old/db"}})
	if err != nil {
		return err
	}
	if err = plan.Apply(ctx, w.plans, back, w.tell); err != nil {
		return err
	}
	value, err := w.read(ctx, "old/db")
	if err != nil {
		return err
	}
	fmt.Fprintln(w.out, "old/db has its value:", value == "hunter2")

	// What nobody missed is purged.
	report, err := secretlife.NewPurger(w.m).Advance(ctx, 7*24*time.Hour)
	for _, done := range report {
		fmt.Fprintln(w.out, "purged:", done.ARN.Name())
	}
	return err
}

// as says who an operator is.
func as(ctx context.Context, name string) context.Context {
	return secretlife.WithCaller(ctx, secretlife.Caller{Principal: name})
}

// tell prints a step that was done.
func (w world) tell(d plan.Done) { fmt.Fprintf(w.out, "done: %s: %s\n", d.Name, d.Step) }

func (w world) read(ctx context.Context, name string) (string, error) {
	out, err := w.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return "", err
	}
	return *out.SecretString, nil
}
