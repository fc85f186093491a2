package stores_test

import (
	"context"
	"database/sql/driver"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

// lender has the connections of stores that were closed go on with the next ones:
// a new connection takes the server longer than most tests of a clause.
type lender struct {
	fresh driver.Connector
	mu    sync.Mutex
	idle  []*stdlib.Conn
}

// lends has the stores of a test share their connections, one at a time.
func (c *cluster) lends(t *testing.T) *cluster {
	t.Helper()
	fresh, err := stdlib.GetDefaultDriver().(driver.DriverContext).OpenConnector(c.url)
	require.NoError(t, err)
	c.lender = &lender{fresh: fresh}
	t.Cleanup(func() {
		for conn := c.lender.take(); conn != nil; conn = c.lender.take() {
			_ = conn.Close()
		}
	})
	return c
}

func (l *lender) take() *stdlib.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.idle)
	if n == 0 {
		return nil
	}
	conn := l.idle[n-1]
	l.idle = l.idle[:n-1]
	return conn
}

// lentTo is the connector of a store in a schema.
type lentTo struct {
	*lender
	schema string
}

func (l lentTo) Driver() driver.Driver { return l.fresh.Driver() }

func (l lentTo) Connect(ctx context.Context) (driver.Conn, error) {
	conn := l.take()
	if conn == nil {
		made, err := l.fresh.Connect(ctx)
		if err != nil {
			return nil, err
		}
		conn = made.(*stdlib.Conn)
	}
	if _, err := conn.ExecContext(ctx, "SET search_path = "+l.schema, nil); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return lent{conn, l.lender}, nil
}

type lent struct {
	*stdlib.Conn
	of *lender
}

// Close gives the connection back, unless something is under way on it.
func (l lent) Close() error {
	if pg := l.Conn.Conn().PgConn(); pg.IsClosed() || pg.IsBusy() || pg.TxStatus() != 'I' {
		return l.Conn.Close()
	}
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.of.idle = append(l.of.idle, l.Conn)
	return nil
}
