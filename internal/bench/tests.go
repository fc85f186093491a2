package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tested is a benchmark of Go that finds the figures of one row or more.
type tested struct {
	folder    string // of the package
	benchmark string // without the parts below, such as "BenchmarkList"
	time      string // -benchtime
	once      bool   // it takes so long that one round has to do
	figures   []figure
}

// figure is a row: the parts of a name below the benchmark's, and of that of its baseline. They may be
// empty; an absolute row has no baseline.
type figure struct {
	row
	baseline, own string
	metric        string // as the benchmark prints it
}

// testExperiments are those whose figures benchmarks of Go find.
func testExperiments() []experiment {
	var out []experiment
	for _, t := range testedRows {
		e := experiment{measure: t.measure}
		for _, f := range t.figures {
			e.rows = append(e.rows, f.row)
		}
		out = append(out, e)
	}
	return out
}

func experiments() []experiment { return append(wireExperiments(), testExperiments()...) }

// measure builds the tests once, and runs the benchmark with its baselines in every round.
func (t tested) measure(ctx context.Context, rounds int) (_ [][]sample, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "bench.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./"+t.folder)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	if t.once {
		rounds = 1
	}
	out := make([][]sample, len(t.figures))
	for range rounds {
		//nolint:gosec // it was just built
		run := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench="+t.pattern(), "-test.benchtime="+t.time,
			"-test.timeout=2h")
		run.Dir = t.folder
		text, err := run.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, text)
		}
		for i, f := range t.figures {
			s, err := t.read(string(text), f)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], s)
		}
	}
	return out, nil
}

// pattern is what go test -bench gets: it matches level by level.
func (t tested) pattern() string {
	var levels [][]string
	for _, f := range t.figures {
		for _, name := range []string{f.own, f.baseline} {
			for i, part := range strings.Split(name, "/") {
				switch {
				case part == "":
					continue
				case i == len(levels):
					levels = append(levels, nil)
				}
				if part = regexp.QuoteMeta(part); !slices.Contains(levels[i], part) {
					levels[i] = append(levels[i], part)
				}
			}
		}
	}
	pattern := "^" + t.benchmark + "$"
	for _, parts := range levels {
		pattern += "/^(" + strings.Join(parts, "|") + ")$"
	}
	return pattern
}

// read finds a figure in what a benchmark printed.
func (t tested) read(text string, f figure) (s sample, err error) {
	if s.own, err = t.find(text, f, f.own); err == nil && !f.absolute {
		s.baseline, err = t.find(text, f, f.baseline)
	}
	return s, err
}

func (t tested) find(text string, f figure, name string) (float64, error) {
	full := t.benchmark
	if name != "" {
		full += "/" + name
	}
	processors := regexp.MustCompile(`-\d+$`)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || processors.ReplaceAllString(fields[0], "") != full {
			continue
		}
		for i := 3; i < len(fields); i += 2 {
			if fields[i] == f.metric {
				x, err := strconv.ParseFloat(fields[i-1], 64)
				return x * f.scale(), err
			}
		}
	}
	return 0, fmt.Errorf("%s printed no %s:\n%s", full, f.metric, text)
}

// scale is by what a figure is multiplied to be in the row's unit.
func (f figure) scale() float64 {
	if f.metric != timed {
		return 1
	}
	return map[string]float64{"ns": 1, "µs": 1e-3, "ms": 1e-6, "s": 1e-9}[f.unit]
}

// timed is the metric that every benchmark prints.
const timed = "ns/op"
