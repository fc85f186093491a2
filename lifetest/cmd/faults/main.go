// Command faults plants wrong implementations of the rules, one at a time, and lets the
// kit look for them in random histories, or in simulations, from a new seed. It prints a
// table for docs/proof.md, and fails if one is not found.
//
//	go run ./lifetest/cmd/faults            # from the root of the repository
//	go run ./lifetest/cmd/faults -only tag  # those with "tag" in their names
//
// The wrong implementations are the library's own files with a few characters
// changed, given to the compiler in their place; nothing in the repository is
// touched.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	only := flag.String("only", "", "plant only faults whose name has this text")
	seed := flag.Uint64("seed", 0, "where histories come from; 0 for another seed each time")
	show := flag.Bool("show", false, "show the histories, too")
	flag.Parse()
	if err := run(*root, *only, *seed, *show); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(root, only string, seed uint64, show bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := search{root: root, dir: dir}
	fmt.Println(
		"| Planted fault | Seed | Steps until it was met | Steps of the shortest history | Seconds | of the processor |\n" +
			"|---|--:|--:|--:|--:|--:|",
	)
	var sum summary
	for _, f := range planted() {
		if !strings.Contains(f.name, only) {
			continue
		}
		use := seed
		if use == 0 {
			use = uint64(rand.Uint32())
		}
		find := s.inHistories
		if f.simulated {
			find = s.inSimulations
		}
		c, out, err := find(f, use)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Printf("| %s | %d | %d | %s | %.1f | %.1f |\n", f.name, c.seed, c.met, c.length(), c.took, c.cpu)
		if show {
			fmt.Println(out)
		}
		sum.add(f, c)
	}
	return sum.tell()
}

// summary is of all faults.
type summary struct {
	n, long      int
	missed       []string
	most         int
	took, slowed float64 // the longest
}

func (s *summary) add(f fault, c result) {
	s.n++
	if !c.found {
		s.missed = append(s.missed, f.name)
	}
	if c.steps > 6 {
		s.long++
	}
	s.most, s.took, s.slowed = max(s.most, c.steps), max(s.took, c.took), max(s.slowed, c.cpu)
}

func (s *summary) tell() error {
	fmt.Printf(
		"\n%d faults; %d not found; the longest history has %d steps, and %d have more than six. The longest search took "+
			"%.1f s, and %.1f s of the processor.\n",
		s.n,
		len(s.missed),
		s.most,
		s.long,
		s.took,
		s.slowed,
	)
	if len(s.missed) > 0 {
		return fmt.Errorf("not found: %s", strings.Join(s.missed, "; "))
	}
	return nil
}

// search builds and runs the kit over a wrong library.
type search struct{ root, dir string }

// result is how a fault was found.
type result struct {
	found     bool
	seed      uint64
	met       int // the steps until then
	steps     int // of the shortest history; 0 for a simulation
	took, cpu float64
}

func (r result) length() string {
	if r.steps == 0 {
		return ""
	}
	return strconv.Itoa(r.steps)
}

// limit is how long a fault is looked for. The history is then made shorter for
// another few seconds at most.
const limit = 30 * time.Second

func (s search) inHistories(f fault, seed uint64) (result, string, error) {
	kit, err := s.build(f, "longrun")
	if err != nil {
		return result{}, "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, kit, "-steps=1000000000", "-shrinktime=5s", "-seed="+strconv.FormatUint(seed, 10))
	text, err := c.CombinedOutput()
	out := string(text)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, out, err
	}
	part := found.FindStringSubmatch(out)
	if part == nil {
		if ctx.Err() != nil {
			return result{seed: seed, took: limit.Seconds()}, out, nil
		}
		return result{}, out, fmt.Errorf("the kit ended otherwise: %s", out)
	}
	x := result{found: true, seed: seed}
	_, err = fmt.Sscan(strings.Join(part[1:], " "), &x.met, &x.steps, &x.took, &x.cpu)
	return x, out, err
}

// inSimulations looks for a fault in simulations of some years, from one seed after the
// other.
func (s search) inSimulations(f fault, seed uint64) (result, string, error) {
	kit, err := s.build(f, "simulate")
	if err != nil {
		return result{}, "", err
	}
	x := result{seed: seed}
	for began := time.Now(); ; x.seed++ {
		c := exec.CommandContext(context.Background(), kit, "-years=20", "-seed="+strconv.FormatUint(x.seed, 10))
		text, err := c.CombinedOutput()
		x.took = time.Since(began).Seconds()
		if c.ProcessState != nil {
			x.cpu += (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
		}
		if part := broken.FindStringSubmatch(string(text)); part != nil {
			x.found = true
			x.met, err = strconv.Atoi(part[1])
			return x, string(text), err
		}
		if err != nil {
			return x, string(text), fmt.Errorf("the simulation ended otherwise: %w: %s", err, text)
		}
		if x.cpu > simulationLimit.Seconds() {
			return x, string(text), nil
		}
	}
}

// simulationLimit is how much time of the processor simulations take to look for a fault.
const simulationLimit = 5 * time.Minute

// broken is the line with which a simulation ends that breaks a rule.
var broken = regexp.MustCompile(`(?m)^seed \d+, step (\d+): `)

// found is the line with which the kit ends.
var found = regexp.MustCompile(
	`Found after (\d+) steps; the shortest history has (\d+)\. It took ([0-9.]+) s, of the processor ([0-9.]+) s\.`,
)

// build makes the kit over the library with the fault.
func (s search) build(f fault, command string) (string, error) {
	replace, err := s.plantAll(f)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(s.dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	kit := filepath.Join(s.dir, "kit")
	c := exec.CommandContext(
		context.Background(), "go", "build", "-ldflags=-s -w", "-overlay", list, "-o", kit, "./cmd/"+command,
	)
	c.Dir = filepath.Join(s.root, "lifetest")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return kit, nil
}

// plantAll writes the files that a fault changes, and tells which to put in the
// place of which.
func (s search) plantAll(f fault) (map[string]string, error) {
	replace := map[string]string{}
	for _, e := range f.edits() {
		path := filepath.Join(s.root, e.file)
		if replace[path] == "" {
			replace[path] = path
		}
		wrong, err := s.plant(e, replace[path])
		if err != nil {
			return nil, err
		}
		replace[path] = wrong
	}
	return replace, nil
}

// plant writes a file with an edit; from is the file as it is.
func (s search) plant(e edit, from string) (string, error) {
	src, err := os.ReadFile(from)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(src), e.old); n != 1 {
		return "", fmt.Errorf("what to change is in %s %d times", e.file, n)
	}
	wrong := filepath.Join(s.dir, filepath.Base(e.file))
	return wrong, os.WriteFile(wrong, []byte(strings.Replace(string(src), e.old, e.new, 1)), 0o600)
}
