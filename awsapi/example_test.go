package awsapi_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

// post sends an operation as a client of AWS does, unsigned.
func post(client *http.Client, url, operation, body string) string {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body)) //nolint:noctx // an example
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	resp, err := client.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	return fmt.Sprint(resp.StatusCode, " ", string(out))
}

// An API is an http.Handler.
func ExampleNew() {
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
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
	fmt.Println(post(server.Client(), server.URL, "DescribeSecret", `{"SecretId":"prod/db"}`))
	// Output: 400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}
}

// An API is the Transport of a client in the same process, too: no socket.
func ExampleAPI_RoundTrip() {
	m, err := secretlife.New(memstore.New())
	if err != nil {
		log.Fatal(err)
	}
	api, err := awsapi.New(m)
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: api}
	fmt.Println(post(client, "http://secretlife.invalid/", "ListSecrets", "{}"))
	// Output: 200 {"SecretList":[]}
}
