package stores_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync/atomic"
)

// rowsRead counts the rows that statements of the driver "sqlite-counted" returned, and
// those that SQLite went through for them without an index.
var rowsRead atomic.Int64

func init() {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	sql.Register("sqlite-counted", countedDriver{db.Driver()})
	_ = db.Close()
}

type countedDriver struct{ driver.Driver }

func (d countedDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return countedConn{spiedConn{c}}, nil
}

type countedConn struct{ spiedConn }

func (c countedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.spiedConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return countedStmt{s.(spiedStmt), c.spiedConn}, nil
}

func (c countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.spiedConn.QueryContext(ctx, query, args)
	return counted(ctx, c.spiedConn, query, args, rows, err)
}

type countedStmt struct {
	spiedStmt
	on spiedConn
}

func (s countedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.spiedStmt.QueryContext(ctx, args)
	return counted(ctx, s.on, s.query, args, rows, err)
}

// counted counts what a query reads.
func counted(
	ctx context.Context, on spiedConn, query string, args []driver.NamedValue, rows driver.Rows, err error,
) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	searched, err := searchedRows(ctx, on, query, args)
	if err != nil {
		_ = rows.Close()
		return nil, err
	}
	rowsRead.Add(searched)
	return countedRows{rows}, nil
}

type countedRows struct{ driver.Rows }

func (r countedRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == nil {
		rowsRead.Add(1)
	}
	return err
}

// searchedRows returns how many rows SQLite goes through, by its plan: all of a table
// that it scans without an index, or that it sorts.
func searchedRows(
	ctx context.Context, on driver.QueryerContext, query string, args []driver.NamedValue,
) (searched int64, err error) {
	if !strings.HasPrefix(query, "SELECT") {
		return 0, nil
	}
	plan, err := column(ctx, on, "EXPLAIN QUERY PLAN "+query, args, 3)
	if err != nil {
		return 0, err
	}
	table := ""
	for _, step := range plan {
		text, _ := step.(string)
		if words := strings.Fields(text); strings.HasPrefix(words[1], "secretlife_") {
			table = words[1]
		}
		scans := strings.HasPrefix(text, "SCAN secretlife_") && !strings.Contains(text, " USING ")
		if sorts := strings.HasPrefix(text, "USE TEMP B-TREE FOR ORDER BY"); table == "" || !scans && !sorts {
			continue
		}
		n, err := column(ctx, on, "SELECT count(*) FROM "+table, nil, 0)
		if err != nil {
			return 0, err
		}
		searched += n[0].(int64)
	}
	return searched, nil
}

// column returns a column of what a query returns.
func column(
	ctx context.Context, on driver.QueryerContext, query string, args []driver.NamedValue, at int,
) (out []driver.Value, err error) {
	rows, err := on.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, row[at])
	}
}
