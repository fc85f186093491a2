// Package databases opens the databases of durable stores, each with its driver.
package databases

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go

	"github.com/secretlife-go/secretlife/sqlstore"
)

// SQLite opens the file that a URI names.
func SQLite(uri string) (*sql.DB, error) { return sql.Open("sqlite", uri) }

// Postgres opens the database that a URL names. It makes no connection yet.
func Postgres(url string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	if config.ValidateConnect == nil { // the URL does not say which of several hosts is meant
		config.ValidateConnect = refuseStandby
	}
	return stdlib.OpenDB(*config), nil
}

// refuseStandby looks at each new connection: after a failover an address can be that
// of a standby, which shows secrets as they were.
func refuseStandby(ctx context.Context, conn *pgconn.PgConn) error {
	r := conn.ExecParams(ctx, "SELECT pg_is_in_recovery()", nil, nil, nil, nil).Read()
	if r.Err != nil {
		return r.Err
	}
	if len(r.Rows) == 1 && string(r.Rows[0][0]) == "t" {
		return fmt.Errorf("%w: the server is a standby: connect to the primary", sqlstore.ErrReadOnly)
	}
	return nil
}
