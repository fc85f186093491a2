//go:build full

package main

import (
	"io"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/command"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/databases"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/endpoints"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/terminal"
)

// parts has everything.
func parts() command.Parts {
	return command.Parts{
		Databases: command.Databases{SQLite: databases.SQLite, Postgres: databases.Postgres},
		Commands:  &endpoints.Commands{},
		NewBar:    newBar,
	}
}

// newBar returns nil where w is not a terminal.
func newBar(w io.Writer, doing string, pieces int64) command.Bar {
	if bar := terminal.NewBar(w, doing, pieces); bar != nil {
		return bar
	}
	return nil
}
