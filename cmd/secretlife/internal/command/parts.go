package command

import (
	"database/sql"
	"errors"
	"io"
)

// Parts are what makes a build of secretlife large: the default build has none of them.
type Parts struct {
	Databases Databases
	Commands  any // more commands, a pointer to a struct as kong reads it
	NewBar    func(w io.Writer, doing string, pieces int64) Bar
}

// Databases opens the databases of durable stores. A function is nil in a build without its driver.
type Databases struct {
	SQLite   func(uri string) (*sql.DB, error)
	Postgres func(url string) (*sql.DB, error)
}

// errLeftOut is for what the default build does not have.
var errLeftOut = errors.New("this build of secretlife leaves that out, so that it is built and downloaded quickly. " +
	"The whole is installed by\n\n  go install -tags full github.com/secretlife-go/secretlife/cmd/secretlife@latest\n\n" +
	"or, in the source tree: go install -tags full ./cmd/secretlife")

func (d Databases) openSQLite(uri string) (*sql.DB, error) {
	if d.SQLite == nil {
		return nil, errLeftOut
	}
	return d.SQLite(uri)
}

func (d Databases) openPostgres(url string) (*sql.DB, error) {
	if d.Postgres == nil {
		return nil, errLeftOut
	}
	return d.Postgres(url)
}

// LeftOut is a command of which the build has only the name.
type LeftOut struct {
	Args []string `arg:"" optional:"" passthrough:"" hidden:""`
}

// Run fails, and says how the command is installed.
func (LeftOut) Run() error { return errLeftOut }
