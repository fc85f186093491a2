package access_test

import (
	"context"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/memstore"
)

// An application still reads a secret that is scheduled for deletion: the alarm says so at once, and
// the ledger how often.
func ExampleLedger() {
	ctx := context.Background()
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	store := memstore.New()
	ledger, err := access.New(store, func(o *access.Options) {
		o.Clock = clock
		o.OnScheduled = func(_ context.Context, a access.Alarm) {
			date, _ := a.Call.Secret.Deletion().Date()
			fmt.Printf("%s needs %s, which goes on %s\n", a.Principal, a.Call.Secret.Name(), date.Format(time.DateOnly))
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, _ := secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Observer = clock, ledger.Observer()
	})
	_, _ = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("hunter2")})
	_, _ = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db"})
	app := secretlife.WithCaller(ctx, secretlife.Caller{Principal: "app"})
	for range 3 {
		_, _ = m.GetSecretValue(app, secretlife.GetSecretValueInput{SecretID: "prod/db"})
	}
	for e, err := range ledger.Entries(ctx, access.Query{Scheduled: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Day.Format(time.DateOnly), e.Principal, e.Operation, e.Calls, "calls,", e.Refused, "refused")
	}
	// Output:
	// app needs prod/db, which goes on 2030-01-31
	// 2030-01-01 app GetSecretValue 3 calls, 3 refused
}
