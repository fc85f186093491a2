//go:build !full

package main

import "github.com/secretlife-go/secretlife/cmd/secretlife/internal/command"

// parts has the names of what the build leaves out: the SQL drivers and the SDK are two thirds of
// what the whole has to compile.
func parts() command.Parts {
	return command.Parts{Commands: &struct {
		Conformance command.LeftOut `cmd:"" help:"Check an endpoint against what is known of AWS (with -tags full)."`
		Compare     command.LeftOut `cmd:"" help:"Find the shortest history on which two endpoints differ (with -tags full)."`
		Plan        command.LeftOut `cmd:"" help:"Say what a deletion or a restoration of secrets will do (with -tags full)."`
		Apply       command.LeftOut `cmd:"" help:"Do what a plan says, and nothing else (with -tags full)."`
	}{}}
}
