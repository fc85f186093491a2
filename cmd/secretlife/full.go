//go:build full

package main

import (
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
		NewBar:    terminal.NewBar,
	}
}
