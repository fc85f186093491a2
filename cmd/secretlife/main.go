// Command secretlife serves AWS Secrets Manager from this machine, with the
// exact rules of its deletion and a clock that can be moved.
//
//	secretlife serve --clock virtual
//	secretlife serve --help
//
// Built as it is, it keeps secrets in memory only, which is what tests need, and is built within
// half a minute. With -tags full it has all stores and commands:
//
//	secretlife serve --store sqlite:secrets.db
//	secretlife ls --store sqlite:secrets.db --scheduled
//	secretlife purge --store sqlite:secrets.db --once
//	secretlife conformance --endpoint http://127.0.0.1:4577
//	secretlife compare --a http://127.0.0.1:4577 --b http://127.0.0.1:4566
//	secretlife plan delete --endpoint aws --prefix old/ --out old.plan
//	secretlife apply old.plan --endpoint aws
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(command.Run(whileGoRuns(ctx), os.Args[1:], os.Stdout, os.Stderr, parts()))
}
