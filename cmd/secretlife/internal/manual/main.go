// Manual writes the man page of secretlife and its completions for bash, zsh and fish into a folder,
// from the command line as it is parsed.
//
//	go run ./cmd/secretlife/internal/manual packaging/made
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/command"
	"github.com/secretlife-go/secretlife/cmd/secretlife/internal/endpoints"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("it takes one folder")
	}
	pages, err := pages()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // what is in it is published
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(args[0], name), []byte(text), 0o644); err != nil { //nolint:gosec // so is this
			return err
		}
	}
	return nil
}

// pages returns the files by their names.
func pages() (map[string]string, error) {
	app, err := command.Model(command.Parts{Commands: &endpoints.Commands{}})
	if err != nil {
		return nil, err
	}
	pages := map[string]string{}
	if pages["secretlife.1"], err = page(app); err != nil {
		return nil, err
	}
	for name, shell := range shells {
		if pages[name], err = complete(shell, app.Node); err != nil {
			return nil, err
		}
	}
	return pages, nil
}
