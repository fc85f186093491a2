package plan_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/plan"
)

// Secrets of a prefix are deleted by a plan, and brought back by another.
func Example() {
	ctx := context.Background()
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	m := secretlife.Must(secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock }))
	for _, name := range []string{"old/api", "old/db", "prod/db"} {
		in := secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("hunter2")}
		secretlife.Must(m.CreateSecret(ctx, in))
	}

	p := secretlife.Must(plan.Delete(ctx, m, plan.Selector{Prefix: "old/"}, secretlife.Window(30)))
	if err := p.WriteTable(os.Stdout); err != nil {
		panic(err)
	}
	began := clock.Now()
	if err := plan.Apply(ctx, m, p, nil); err != nil {
		panic(err)
	}

	p = secretlife.Must(plan.Restore(ctx, m, plan.Selector{ScheduledSince: began}))
	err := plan.Apply(ctx, m, p, func(d plan.Done) { fmt.Println(d.Name, d.Step) })
	fmt.Println(err)
	// Output:
	// delete, account 123456789012, Region us-east-1, made 2030-01-01T12:00:00Z, can be applied until 2030-01-02T12:00:00Z
	// NAME     STATE   STEPS                 AFTER                 PURGE                     UNDO  LAST READ  VERSIONS
	// old/api  Active  schedule for 30 days  ScheduledForDeletion  2030-01-31 to 2030-02-01  yes   never      1
	// old/db   Active  schedule for 30 days  ScheduledForDeletion  2030-01-31 to 2030-02-01  yes   never      1
	// old/api restore
	// old/db restore
	// <nil>
}
