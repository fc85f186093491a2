// Command simulate lets a simulated service live for years while nearly all goes
// wrong, and tells what happened. See lifetest.Simulate.
//
//	go run ./lifetest/cmd/simulate -seed 1 -years 1000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/secretlife-go/secretlife/lifetest"
)

func main() {
	seed := flag.Uint64("seed", 1, "what decides everything that happens")
	years := flag.Int("years", 100, "how many virtual `years` to live")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	report, err := lifetest.Simulate(ctx, lifetest.SimOptions{Seed: *seed, Years: *years})
	stop()
	fmt.Println(report)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
