// Package command is the command line of secretlife.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"reflect"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/secretlife-go/secretlife/internal/duration"
)

// commands are what the program can do, in every build.
type commands struct {
	Serve     serve        `cmd:"" help:"Serve the Secrets Manager API on this machine."`
	Health    health       `cmd:"" help:"Ask a server on this machine whether it lives; the exit status says so."`
	List      list         `cmd:"" name:"ls" help:"List the secrets of a durable store."`
	WhatIf    whatIf       `cmd:"" name:"whatif" help:"Tell which restorations of the past would have been too late with another recovery window."`
	Purge     purge        `cmd:"" help:"Purge what is due in a durable store, once."`
	Hold      holdCommand  `cmd:"" help:"Place, release and list holds, which keep a secret from being destroyed, on a server."`
	Protect   protect      `cmd:"" help:"Protect a secret on a server against deletions by force and short recovery windows."`
	Clock     clockCommand `cmd:"" help:"Show the counted time of a durable store, and confirm that time passed in a gap."`
	Copy      copyStore    `cmd:"" help:"Copy a durable store into another that is empty."`
	Export    export       `cmd:"" help:"Write what is in a durable store into a file."`
	Import    importStore  `cmd:"" help:"Put an export into a durable store that is empty."`
	Verify    verify       `cmd:"" name:"verify-purged" help:"Prove that nothing is left of what was purged from a durable store."`
	RotateKey rotateKey    `cmd:"" help:"Put a durable store under another master key."`
	kong.Plugins
	Version kong.VersionFlag `help:"Print the version and exit."`
}

// exitError carries kong's wish to end, after --help and the like.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// Run runs the command line, and returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, with Parts) (code int) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case exitError:
			code = int(e)
		default:
			panic(e)
		}
	}()
	parser, err := newParser(with, kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exitError(code)) }))
	if err != nil {
		fmt.Fprintln(stderr, "secretlife:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "secretlife: %v\nRun \"secretlife --help\", or that after a command, for the flags.\n", err)
		return 2
	}
	if command.Command() != "serve" && !signal.Ignored(syscall.SIGHUP) { // serve reloads; nohup ignores
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.Bind(process{out: stdout, log: stderr, databases: with.Databases, newBar: with.NewBar})
	err = command.Run()
	if errors.Is(err, context.Canceled) && command.Command() == "serve" {
		return 0 // it was told to end, and did
	}
	if err != nil {
		fmt.Fprintln(stderr, "secretlife:", err)
		var status interface{ ExitCode() int } // of commands that say more than that they failed
		if errors.As(err, &status) {
			return status.ExitCode()
		}
		return 1
	}
	return 0
}

// newParser returns what parses the command line.
func newParser(with Parts, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(&commands{Plugins: kong.Plugins{with.Commands}}, append(options,
		kong.Name("secretlife"),
		kong.Description("AWS Secrets Manager on this machine: its deletion rules exactly, and a clock that can be moved."),
		kong.Vars{"version": version()},
		kong.UsageOnError(),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(mapDuration)),
	)...)
}

// mapDuration reads a flag as [duration.Parse] reads it, in weeks and days, too.
func mapDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := duration.Parse(text)
	if err != nil {
		return err
	}
	target.SetInt(int64(d))
	return nil
}

// Model returns what the command line consists of, for manuals and completions.
func Model(with Parts) (*kong.Application, error) {
	parser, err := newParser(with)
	if err != nil {
		return nil, err
	}
	return parser.Model, nil
}

// process is what a command has of the program: where it writes what it is asked for, where it
// logs, the databases that it can open, and how it shows progress.
type process struct {
	out, log  io.Writer
	databases Databases
	newBar    func(w io.Writer, doing string, pieces int64) Bar // nil where none is shown
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "secretlife (unknown version)"
	}
	return "secretlife " + info.Main.Version
}
