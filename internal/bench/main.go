// Bench measures what users wait for, each figure beside its baseline in the same minutes:
//
//	go run ./internal/bench                      # the whole table
//	go run ./internal/bench -list                # the names of the rows
//	go run ./internal/bench -only PutSecretValue # the rows whose name matches
//	go run ./internal/bench -update              # write the table into docs/benchmarks.md
//	go run ./internal/bench -compare             # fail if a ratio is worse than in docs/benchmarks.md
//
// The rows of the endpoint compare "secretlife serve" with a floor: an http.Handler that decodes
// and encodes the same JSON with encoding/json and does nothing. Both are processes of their own,
// and take turns; their processor time is what the operating system says. It needs Linux. The
// other rows are benchmarks of Go, whose baseline is in the same benchmark.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 1 && args[0] == floorCommand {
		return serveFloor(ctx)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	list := flags.Bool("list", false, "print the names of the rows")
	only := flags.String("only", "", "measure the rows whose name this `regexp` matches")
	rounds := flags.Int("rounds", 5, "how often a row and its baseline take turns")
	update := flags.Bool("update", false, "write the rows into "+page)
	compare := flags.Bool("compare", false, "fail if a ratio is worse than in "+page)
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if *rounds < 1 {
		return errors.New("-rounds must be at least 1")
	}
	chosen := choose(wanted)
	if *list {
		for _, e := range chosen {
			for _, r := range e.rows {
				fmt.Println(r.name)
			}
		}
		return nil
	}
	before, err := readPage()
	if err != nil {
		return err
	}
	measured, err := measure(ctx, chosen, wanted, *rounds)
	if err == nil && *update {
		err = before.write(measured)
	}
	if err == nil && *compare {
		err = before.worse(measured)
	}
	return err
}

// choose returns the experiments with a row whose name is wanted.
func choose(wanted *regexp.Regexp) []experiment {
	var out []experiment
	for _, e := range experiments() {
		for _, r := range e.rows {
			if wanted.MatchString(r.name) {
				out = append(out, e)
				break
			}
		}
	}
	return out
}

// measure carries out experiments and prints their rows as they come. One that fails does not
// keep the others back.
func measure(ctx context.Context, chosen []experiment, wanted *regexp.Regexp, rounds int) (lines []line, err error) {
	fmt.Print(tableHead)
	for _, e := range chosen {
		found, failed := e.measure(ctx, rounds)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", e.rows[0].name, failed))
			continue
		}
		for i, r := range e.rows {
			if wanted.MatchString(r.name) {
				l := r.line(found[i])
				fmt.Println(l.text)
				lines = append(lines, l)
			}
		}
	}
	return lines, err
}
