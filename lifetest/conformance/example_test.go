package conformance_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
	"github.com/secretlife-go/secretlife/memstore"
)

// An endpoint with a virtual clock and no rotation functions: facts that need one are skipped.
func ExampleScore() {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC))
	})
	if err != nil {
		log.Fatal(err)
	}
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(api)
	defer server.Close()
	report, err := conformance.Score(context.Background(), conformance.Endpoint{
		URL: server.URL, Client: server.Client(), Control: server.URL,
	})
	if err != nil {
		log.Fatal(err)
	}
	checked := 0
	for _, fact := range report.Results {
		if fact.Skipped == "" {
			checked++
		}
	}
	fmt.Println("more than 500 facts were checked:", checked > 500)
	// Output: more than 500 facts were checked: true
}
