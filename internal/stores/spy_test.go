package stores_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
)

// spy is asked before and after every statement that writes, of all connections
// of the driver "sqlite-spied". An error from it is the statement's.
var spy spies

type spies struct {
	mu sync.Mutex
	at func(statement) error
}

// statement is one that writes, before or after it is run.
type statement struct {
	query string
	args  []driver.NamedValue
	after bool
}

func (s *spies) set(at func() error) {
	if at == nil {
		s.watch(nil)
		return
	}
	s.watch(func(statement) error { return at() })
}

func (s *spies) watch(at func(statement) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
}

func (s *spies) point(st statement) error {
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	if at == nil {
		return nil
	}
	return at(st)
}

// around runs a statement between two points.
func (s *spies) around(
	query string,
	args []driver.NamedValue,
	exec func() (driver.Result, error),
) (driver.Result, error) {
	if err := s.point(statement{query, args, false}); err != nil {
		return nil, err
	}
	r, err := exec()
	if err == nil {
		err = s.point(statement{query, args, true})
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func init() {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	sql.Register("sqlite-spied", spiedDriver{db.Driver()})
	_ = db.Close()
}

type spiedDriver struct{ driver.Driver }

func (d spiedDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return spiedConn{c}, nil
}

type spiedConn struct{ driver.Conn }

func (c spiedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return spiedStmt{s, query}, nil
}

func (c spiedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return spy.around(query, args, func() (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	})
}

func (c spiedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

type spiedStmt struct {
	driver.Stmt
	query string
}

func (s spiedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return spy.around(s.query, args, func() (driver.Result, error) {
		return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	})
}

func (s spiedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
