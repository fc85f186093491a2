// Seed is the example of the delete_secret page of the AWS documentation: the
// secret MyTestDatabaseSecret is deleted with a window of seven days in April
// 2018, and the answer is the documented one.
//
//	go run ./examples/seed
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	clock := secretlife.NewVirtualClock(time.Date(2018, time.April, 11, 21, 2, 29, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock, o.Region = clock, "us-west-2"
		o.Random = io.MultiReader(suffix("a1b2c3"), rand.NewChaCha8([32]byte{}))
	})
	if err != nil {
		return err
	}
	if _, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{
		Name:               "MyTestDatabaseSecret",
		ClientRequestToken: "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1",
		Value:              secretlife.SecretString(`{"username":"david","password":"EXAMPLE-PASSWORD"}`),
	}); err != nil {
		return err
	}
	out, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{
		SecretID:             "MyTestDatabaseSecret",
		RecoveryWindowInDays: secretlife.Days(7),
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "ARN:", out.ARN)
	fmt.Fprintln(w, "DeletionDate:", out.DeletionDate.Format(time.RFC3339))
	fmt.Fprintln(w, "Name:", out.Name)

	// "When a secret is scheduled for deletion, you cannot retrieve the secret
	// value."
	_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: out.ARN})
	fmt.Fprintln(w, err)

	// "After the date and time in the DeletionDate response field has passed,
	// you can no longer recover this secret with restore-secret."
	if _, err := secretlife.NewPurger(m).Advance(ctx, 7*24*time.Hour); err != nil {
		return err
	}
	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: out.ARN})
	fmt.Fprintln(w, err)
	return nil
}

// suffix is the random bytes that make an ARN end in six given characters, so
// that the example shows the documented ARN.
func suffix(want string) io.Reader {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var n uint64
	for i := len(want) - 1; i >= 0; i-- {
		n = n*uint64(len(alphabet)) + uint64(strings.IndexByte(alphabet, want[i]))
	}
	return bytes.NewReader(binary.BigEndian.AppendUint64(nil, n))
}
