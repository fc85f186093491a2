package secretlife_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// newManager is a Manager in virtual time whose random choices are always the
// same.
func newManager(clk secretlife.Clock) *secretlife.Manager {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = clk
		o.Random = rand.NewChaCha8([32]byte{})
	})
	if err != nil {
		log.Fatal(err)
	}
	return m
}

func Example() {
	ctx := context.Background()
	clk := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := newManager(clk)
	purger := secretlife.NewPurger(m)

	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("hunter2")})

	del, _ := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db",
		RecoveryWindowInDays: secretlife.Days(7)})
	fmt.Println("to be deleted on", del.DeletionDate.Format(time.DateOnly))

	_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "prod/db"})
	fmt.Println(err)

	_, _ = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
	value, _ := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "prod/db"})
	fmt.Println(value.Value, value.Value.Reveal())

	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db"})
	report, _ := purger.Advance(ctx, 31*24*time.Hour)
	fmt.Println("purged", len(report.Purged()))

	_, err = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
	fmt.Println(err)
	// Output:
	// to be deleted on 2030-01-08
	// InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.
	// [REDACTED] hunter2
	// purged 1
	// ResourceNotFoundException: Secrets Manager can't find the specified secret.
}

func ExampleNew() {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = clock.NewMock()
		o.Emulate.PurgeDelay = secretlife.FixedDelay(time.Hour)
		o.Region = "eu-central-1"
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Region(), m.Clock().Now().UTC())
	// Output: eu-central-1 1970-01-01 00:00:00 +0000 UTC
}

func ExampleManager_DeleteSecret_errors() {
	ctx := context.Background()
	m := newManager(clock.NewMock())
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})

	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
	var refused *secretlife.InvalidRequestError
	if errors.As(err, &refused) && errors.Is(err, secretlife.ErrNameReserved) {
		fmt.Println("the name is free after", refused.DeletionDate.Format(time.DateOnly))
	}
	// Output: the name is free after 1970-01-31
}

// An HTTP front decides by the exception which status it sends.
func ExampleError() {
	status := func(err error) int {
		var refused secretlife.Error
		errors.As(err, &refused)
		switch refused.(type) {
		case *secretlife.ValidationError, *secretlife.InvalidParameterError, *secretlife.InvalidNextTokenError,
			*secretlife.MalformedPolicyDocumentError:
			return http.StatusBadRequest
		case *secretlife.AccessDeniedError, *secretlife.PublicPolicyError, *secretlife.KMSFailureError:
			return http.StatusForbidden
		case *secretlife.ResourceNotFoundError:
			return http.StatusNotFound
		case *secretlife.ResourceExistsError, *secretlife.InvalidRequestError:
			return http.StatusConflict
		case *secretlife.ThrottlingError, *secretlife.LimitExceededError:
			return http.StatusTooManyRequests
		case *secretlife.InternalServiceError:
			return http.StatusInternalServerError
		}
		return http.StatusServiceUnavailable // the context has ended
	}
	ctx := context.Background()
	m := newManager(clock.NewMock())
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "no blanks"})
	fmt.Println(status(err))
	_, err = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "nobody"})
	fmt.Println(status(err))
	// Output:
	// 400
	// 404
}

// cutOff is a store whose first Commit is written, and ends before that can be said.
type cutOff struct {
	secretlife.Store
	was bool
}

func (s *cutOff) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	receipt, err := s.Store.Commit(ctx, batch)
	if err == nil && !s.was {
		s.was = true
		return secretlife.Receipt{}, &secretlife.OutcomeUnknownError{Cause: io.ErrUnexpectedEOF}
	}
	return receipt, err
}

// The same call with the same token is safe where it is not known whether it was done.
func ExampleOutcomeUnknownError() {
	ctx := context.Background()
	m, _ := secretlife.New(&cutOff{Store: memstore.New()})
	in := secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("b"),
		ClientRequestToken: "11111111-1111-1111-1111-111111111111"}
	_, err := m.CreateSecret(ctx, in)
	var unknown *secretlife.OutcomeUnknownError
	if errors.As(err, &unknown) {
		fmt.Println(unknown.Cause)
	}
	out, err := m.CreateSecret(ctx, in)
	fmt.Println(out.Name, err)
	// Output:
	// unexpected EOF
	// a <nil>
}

// Three ways to name a secret.
func ExampleParseSecretID() {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db"
	for _, s := range []string{"prod/db", arn, arn + "-AbCdEf"} {
		id, err := secretlife.ParseSecretID(s)
		fmt.Println(id.Name(), err)
	}
	// Output:
	// prod/db <nil>
	// prod/db <nil>
	// prod/db <nil>
}

// Which clocks can be set, and which count elapsed time themselves.
func ExampleClock() {
	for _, c := range []secretlife.Clock{clock.New(), clock.NewMock(), secretlife.NewVirtualClock(time.Now())} {
		_, settable := c.(secretlife.SettableClock)
		_, counts := c.(secretlife.ElapsedClock)
		fmt.Println(settable, counts)
	}
	// Output:
	// false false
	// true false
	// true true
}

// Records of the calls that change nothing, which no store keeps.
func ExampleTrail() {
	ctx := context.Background()
	trail := secretlife.NewTrail(1000)
	m, _ := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Observer = trail.Observer() })
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"}) // is an event of the store
	_, _ = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	_, _ = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "b"})
	for _, e := range trail.Since(0, 0) {
		_, _, refused := e.Refusal()
		fmt.Println(e.Name(), e.SecretID(), refused)
	}
	// Output:
	// DescribeSecret a false
	// DescribeSecret b true
}

func ExampleManager_In() {
	ctx := context.Background()
	m := newManager(clock.NewMock())
	eu, err := m.In("999999999999", "eu-west-1")
	if err != nil {
		log.Fatal(err)
	}
	out, _ := eu.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
	fmt.Println(out.ARN[:len(out.ARN)-len("AbCdEf")])
	// Output: arn:aws:secretsmanager:eu-west-1:999999999999:secret:a-
}

// A Purger's Run is the background of a service; it ends with its context.
func ExamplePurger_Run() {
	ctx, stop := context.WithCancel(context.Background())
	m := newManager(clock.New())
	ended := make(chan error)
	go func() { ended <- secretlife.NewPurger(m).Run(ctx) }()

	stop() // the service ends
	fmt.Println(<-ended)
	// Output: <nil>
}

func ExamplePurger_Advance() {
	ctx := context.Background()
	clk := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := newManager(clk)
	for name, days := range map[string]int64{"later": 10, "soon": 7} {
		_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name})
		_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: secretlife.Days(days)})
	}
	report, _ := secretlife.NewPurger(m).Advance(ctx, 30*24*time.Hour)
	for _, done := range report {
		fmt.Println(done.At.Format(time.DateOnly), done.Work, done.ARN.Name())
	}
	// Output:
	// 2030-01-08 purge soon
	// 2030-01-11 purge later
}

// A rotation function makes a new value, puts it into the version with
// AWSPENDING, and moves AWSCURRENT to it in its last step.
func ExampleManager_RotateSecret() {
	ctx := context.Background()
	clk := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	rotate := func(ctx context.Context, r secretlife.RotationRequest) error {
		switch r.Step {
		case secretlife.StepCreateSecret:
			password, err := r.Manager.GetRandomPassword(ctx, secretlife.GetRandomPasswordInput{})
			if err != nil {
				return err
			}
			_, err = r.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
				SecretID: r.SecretID, ClientRequestToken: r.ClientRequestToken,
				Value: password, VersionStages: []secretlife.Stage{secretlife.StagePending},
			})
			return err
		case secretlife.StepFinishSecret:
			old, err := r.Manager.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: r.SecretID})
			if err != nil {
				return err
			}
			_, err = r.Manager.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{
				SecretID: r.SecretID, VersionStage: secretlife.StageCurrent,
				MoveToVersionID: r.ClientRequestToken, RemoveFromVersionID: old.VersionID,
			})
			return err
		}
		return nil // setSecret and testSecret: there is no database here
	}
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock, o.Rotator = clk, rotate
	})
	if err != nil {
		log.Fatal(err)
	}
	purger := secretlife.NewPurger(m)
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("first")})
	_, err = m.RotateSecret(ctx, secretlife.RotateSecretInput{
		SecretID: "prod/db", RotationLambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:rotate",
		RotationRules: &secretlife.RotationRules{ScheduleExpression: "rate(30 days)"},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = purger.Advance(ctx, 365*24*time.Hour)
	d, _ := m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
	fmt.Println("last", d.LastRotatedDate.Format(time.DateOnly), "next", d.NextRotationDate.Format(time.DateOnly))
	versions, _ := m.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "prod/db",
		IncludeDeprecated: true})
	fmt.Println(len(versions.Versions), "versions")
	// Output:
	// last 2030-12-27 next 2031-01-26
	// 14 versions
}

// Quotas and eventual consistency are what code for AWS has to bear, and mocks
// don't have.
func ExampleOptions_quotas() {
	ctx := context.Background()
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		o.Emulate.Quotas = secretlife.AWSQuotas()
		o.Emulate.ListLag = secretlife.FixedDelay(time.Minute)
	})
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; ; i++ {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint("secret-", i)})
		if err != nil {
			fmt.Println("after", i, "in a second:", err)
			fmt.Println(errors.Is(err, secretlife.ErrThrottled))
			break
		}
	}
	list, _ := m.ListSecrets(ctx, secretlife.ListSecretsInput{})
	fmt.Println("listed:", len(list.SecretList))
	// Output:
	// after 50 in a second: ThrottlingException: Rate exceeded
	// true
	// listed: 0
}

func ExampleManager_ListSecrets() {
	ctx := context.Background()
	m := newManager(secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
	for _, name := range []string{"prod/db", "prod/api", "test/db"} {
		_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name})
	}
	in := secretlife.ListSecretsInput{
		Filters: []secretlife.Filter{{Key: "name", Values: []string{"prod/"}}}, SortBy: secretlife.SortByName, MaxResults: 1,
	}
	for {
		page, err := m.ListSecrets(ctx, in)
		if err != nil {
			log.Fatal(err)
		}
		for _, s := range page.SecretList {
			fmt.Println(s.Name)
		}
		if in.NextToken = page.NextToken; in.NextToken == "" {
			break
		}
	}
	// Output:
	// prod/api
	// prod/db
}

func ExampleEventObserver() {
	ctx := context.Background()
	m, _ := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) {
			if code, text, refused := e.Refusal(); refused {
				fmt.Println(e.Name(), e.SecretID(), code)
				fmt.Println(text)
			}
		})
	})
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("b")})
	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
	_, _ = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	// Output:
	// GetSecretValue a InvalidRequestException
	// You can't perform this operation on the secret because it was marked for deletion.
}

// The rules are functions: a whole life without a store, a clock or a mock.
func ExampleSecret() {
	at := secretlife.Exactly(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	arn := secretlife.Must(secretlife.ParseARN("arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf"))
	creation := secretlife.Creation{ARN: arn, Incarnation: secretlife.Incarnation{1}}
	made := secretlife.Must(secretlife.NewSecret(at, creation))
	marked := secretlife.Must(made.Next().Delete(at, secretlife.Window(7), 0)).Next()
	restored := secretlife.Must(marked.Restore(at)).Next()
	again := secretlife.Must(restored.Delete(at, secretlife.Window(7), 0)).Next()
	date, _ := again.Deletion().Date()
	_, early := again.Purge(at)
	purged := secretlife.Must(again.Purge(secretlife.Exactly(date)))

	fmt.Println(marked.Phase(at.Time), restored.Phase(at.Time), again.Phase(date), purged.Next().Phase(date))
	fmt.Println(early)
	fmt.Println(purged.Purges(), purged.Events()[0].Kind())
	// Output:
	// ScheduledForDeletion Active AwaitingPurge Purged
	// secretlife: not due yet
	// true SecretPurged
}

func ExampleSecret_Restore() {
	at := secretlife.Exactly(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	arn := secretlife.Must(secretlife.ParseARN("arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"))
	creation := secretlife.Creation{ARN: arn, Incarnation: secretlife.Incarnation{1}}
	made := secretlife.Must(secretlife.NewSecret(at, creation))
	marked := secretlife.Must(made.Next().Delete(at, secretlife.Window(7), 0)).Next()
	for _, day := range []int{7, 8} {
		at := time.Date(2030, 1, day, 0, 0, 0, 0, time.UTC)
		_, err := marked.Restore(secretlife.Exactly(at))
		fmt.Println(at.Format(time.DateOnly), marked.Phase(at), err == nil, errors.Is(err, secretlife.ErrSecretNotFound))
	}
	// Output:
	// 2030-01-07 ScheduledForDeletion true false
	// 2030-01-08 AwaitingPurge false true
}

// A hold stops a deletion, and the secret comes back although its DeletionDate has passed.
func ExampleManager_PlaceHold() {
	clk := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m := newManager(clk)
	purger := secretlife.NewPurger(m)
	ctx := secretlife.WithCaller(context.Background(), secretlife.Caller{Principal: "ada"})
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("hunter2")})
	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db"})

	hold, _ := m.PlaceHold(ctx, "prod/db", secretlife.Hold{Name: "case-17", Reason: "litigation"})
	fmt.Println(hold.Name, "by", hold.PlacedBy)
	report, _ := purger.Advance(ctx, 100*24*time.Hour)
	fmt.Println("purged:", len(report.Purged()))

	_, err := m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
	fmt.Println("restored:", err == nil)
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db", ForceDeleteWithoutRecovery: true})
	fmt.Println(errors.Is(err, secretlife.ErrHeld), err)

	_, _ = m.ReleaseHold(ctx, "prod/db", "case-17")
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db", ForceDeleteWithoutRecovery: true})
	fmt.Println("deleted:", err == nil)
	// Output:
	// case-17 by ada
	// purged: 0
	// restored: true
	// true InvalidRequestException: You can't perform this operation on the secret because it has the hold "case-17".
	// deleted: true
}

func ExampleManager_ProtectSecret() {
	ctx := context.Background()
	m := newManager(secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("hunter2")})
	p, _ := m.ProtectSecret(ctx, "prod/db", secretlife.Protection{MinimumWindow: 14, CoolingOff: time.Hour})
	fmt.Println("final from", p.Final.Format(time.TimeOnly))
	_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db",
		RecoveryWindowInDays: secretlife.Days(7)})
	fmt.Println(errors.Is(err, secretlife.ErrProtected))
	// Output:
	// final from 01:00:00
	// true
}

func ExampleOperation_Rule() {
	fmt.Println(secretlife.OpGetSecretValue.Rule(secretlife.PhaseScheduledForDeletion))
	fmt.Println(secretlife.OpDescribeSecret.Rule(secretlife.PhaseScheduledForDeletion))
	// Output:
	// InvalidRequest: marked for deletion
	// allowed
}

func ExampleValue() {
	v := secretlife.SecretString("hunter2")
	inJSON, _ := json.Marshal(map[string]any{"value": v})
	fmt.Printf("%v %+v %s %s\n", v, struct{ V secretlife.Value }{v}, inJSON, v.Reveal())
	// Output: [REDACTED] {V:[REDACTED]} {"value":"[REDACTED]"} hunter2
}

// What is going to be deleted, for the page of an operator.
func ExampleManager_Scheduled() {
	ctx := context.Background()
	m := newManager(secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
	for name, days := range map[string]int64{"later": 10, "soon": 7} {
		_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name})
		in := secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: secretlife.Days(days)}
		_, _ = m.DeleteSecret(ctx, in)
	}
	for s, err := range m.Scheduled(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		date, _ := s.Deletion().Date()
		fmt.Println(s.Name(), date.Format(time.DateOnly), s.Phase(m.Clock().Now()))
	}
	// Output:
	// soon 2030-01-08 ScheduledForDeletion
	// later 2030-01-11 ScheduledForDeletion
}

// An audit log and metrics: two Observers in one.
func ExampleObserver() {
	ctx := context.Background()
	audit := secretlife.Observer{Saved: func(_ context.Context, e secretlife.Event) {
		fmt.Println(e.Seq(), e.Name(), e.Key().Name)
	}}
	reads := 0
	metrics := secretlife.Observer{Called: func(_ context.Context, c secretlife.Call) {
		if c.Operation.ReadOnly() {
			reads++
		}
	}}
	m, _ := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Observer = audit.And(metrics) })
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("b")})
	_, _ = m.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
	fmt.Println(reads, "read")
	// Output:
	// 1 CreateSecret a
	// 2 DeleteSecret a
	// 3 StartSecretVersionDelete a
	// 1 read
}

// A store that stands before another one embeds it, and hides nothing of what it has.
func ExampleBaseStore() {
	type logged struct{ secretlife.Store }
	ctx := context.Background()
	_, plain := secretlife.BaseStore{}.Note(ctx, "x")
	_, wrapped := logged{memstore.New()}.Note(ctx, "x")
	fmt.Println(plain)
	fmt.Println(wrapped)
	// Output:
	// unsupported operation
	// <nil>
}
