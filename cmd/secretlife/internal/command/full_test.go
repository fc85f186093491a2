package command

import (
	"context"
	"io"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/databases"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/endpoints"
)

// full is what the build with -tags full has.
var full = Parts{
	Databases: Databases{SQLite: databases.SQLite, Postgres: databases.Postgres},
	Commands:  &endpoints.Commands{},
}

// run runs the command line of the full build.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	parts := full
	parts.Commands = &endpoints.Commands{} // kong fills it in
	return Run(ctx, args, stdout, stderr, parts)
}
