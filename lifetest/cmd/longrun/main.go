// Command longrun runs random histories over the store in memory, and holds every
// step against the model and the invariants. See lifetest.Run.
//
//	go run ./lifetest/cmd/longrun -steps 100000000 -seed 1
//
// It fails at the first answer or state that is against the rules, with the
// shortest history to it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest"
	"github.com/secretlife-go/secretlife/memstore"
)

func main() {
	seed := flag.Uint64("seed", 1, "what decides everything that happens")
	steps := flag.Int("steps", 1_000_000, "how many steps there are")
	length := flag.Int("length", 40, "how many of them a history has")
	shrink := flag.Duration("shrinktime", 10*time.Second, "how long a history that breaks a rule is made shorter for")
	flag.Parse()
	debug.SetGCPercent(400) // next to nothing of a history is there after it
	if err := run(lifetest.RunOptions{Seed: *seed, Steps: *steps, Length: *length, ShrinkTime: *shrink}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o lifetest.RunOptions) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	start := time.Now()
	o.Progress = func(steps int) {
		if steps%10_000_000 == 0 {
			fmt.Printf("%d steps in %v\n", steps, time.Since(start).Round(time.Second))
		}
	}
	r, err := lifetest.Run(ctx, func() (secretlife.Store, error) { return memstore.New(), nil }, o)
	took, cpu := time.Since(start), processorTime()
	var h *lifetest.HistoryError
	if errors.As(err, &h) {
		fmt.Printf(
			"%s\nFound after %d steps; the shortest history has %d. It took %.2f s, of the processor %.2f s.\n",
			h.Script,
			r.Steps,
			h.Steps,
			took.Seconds(),
			cpu.Seconds(),
		)
		return err
	}
	fmt.Printf(
		"%v\nSeed %d: %d steps in %d histories. It took %v, of the processor %v: %.0f steps a second.\n",
		r,
		o.Seed,
		r.Steps,
		r.Histories,
		took.Round(time.Second),
		cpu.Round(time.Second),
		float64(r.Steps)/cpu.Seconds(),
	)
	return err
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
