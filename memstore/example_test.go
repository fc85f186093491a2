package memstore_test

import (
	"context"
	"fmt"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func ExampleNew() {
	ctx := context.Background()
	store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 10_000 })
	m, err := secretlife.New(store)
	if err != nil {
		panic(err)
	}
	_, err = m.CreateSecret(
		ctx,
		secretlife.CreateSecretInput{Name: "prod/db", Value: secretlife.SecretString("hunter2")},
	)
	if err != nil {
		panic(err)
	}
	events, err := store.Events(ctx, 0, 10)
	if err != nil {
		panic(err)
	}
	fmt.Println(store.Len(), events[0].Seq(), events[0].Name())
	// Output: 1 1 CreateSecret
}
