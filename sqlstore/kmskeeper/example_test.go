package kmskeeper_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gocloud.dev/secrets/localsecrets"
	_ "modernc.org/sqlite"

	"github.com/secretlife-go/secretlife/sqlstore"
	"github.com/secretlife-go/secretlife/sqlstore/kmskeeper"
)

// A key in memory takes the place of the key service here; with AWS KMS it is
// awskms.OpenKeeper(client, "alias/secrets", nil).
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		log.Fatal(err)
	}
	keeper := localsecrets.NewKeeper(key)
	defer keeper.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, "secrets.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.OpenSQLite(context.Background(), db, kmskeeper.New(keeper, "alias/secrets"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Close())
	// Output: <nil>
}
