package storetest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// The test of a store of your own is one line. open is called for each subtest.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestMyStore(t *testing.T)
		storetest.Run(t, func(t *testing.T) secretlife.Store {
			return memstore.New() // yours; close it with t.Cleanup
		})
	}
}

// A store that keeps secrets on a disk is also opened again, and one that counts what it
// reads must not search everything.
func ExampleRun_durable() {
	_ = func(t *testing.T) { // func TestMyStore(t *testing.T)
		var dir string
		open := func(t *testing.T) secretlife.Store {
			dir = t.TempDir()
			return openFolder(dir)
		}
		storetest.Run(t, open, func(o *storetest.Options) {
			o.Reopen = func(t *testing.T, s secretlife.Store) secretlife.Store {
				if err := s.(*folderStore).Close(); err != nil {
					t.Fatal(err)
				}
				return openFolder(dir)
			}
			o.Reads = func(s secretlife.Store) int { return s.(*folderStore).rowsRead }
		})
	}
}

// An acknowledgement is lost: the secret is there, though the caller was told
// of an error. The same call with the same token is safe.
func ExampleFaults() {
	faults := storetest.NewFaults(memstore.New())
	m, err := secretlife.New(faults)
	if err != nil {
		panic(err)
	}
	create := func() error {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{
			Name:               "prod/db",
			ClientRequestToken: "11111111-2222-3333-4444-555555555555",
			Value:              secretlife.SecretString("hunter2"),
		})
		return err
	}
	faults.Next(storetest.Commit, storetest.Fault{Lost: errors.New("connection reset")})
	fmt.Println(errors.Is(create(), secretlife.ErrInternal))
	fmt.Println(create())
	// Output:
	// true
	// <nil>
}

// Two callers delete one secret. The second comes in between the first one's
// reading and writing, at exactly that point in every run.
func ExampleFault_before() {
	store := memstore.New()
	faults := storetest.NewFaults(store)
	first, err := secretlife.New(faults)
	if err != nil {
		panic(err)
	}
	second, err := secretlife.New(store)
	if err != nil {
		panic(err)
	}
	if _, err := first.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "prod/db"}); err != nil {
		panic(err)
	}
	faults.Next(storetest.Commit, storetest.Fault{Before: func() {
		_, err := second.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db"})
		fmt.Println("second:", err)
	}})
	_, err = first.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "prod/db"})
	fmt.Println("first:", errors.Is(err, secretlife.ErrScheduledForDeletion))
	// Output:
	// second: <nil>
	// first: true
}

// folderStore stands for a store of your own.
type folderStore struct {
	secretlife.Store
	rowsRead int
}

func openFolder(string) *folderStore { return &folderStore{Store: memstore.New()} }

// Close closes the files.
func (*folderStore) Close() error { return nil }
