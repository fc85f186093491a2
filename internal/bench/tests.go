package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// tested is a row of a benchmark of Go: a name below Benchmark, and that of its baseline.
type tested struct {
	row
	folder        string // of the package
	benchmark     string // without the parts below, such as "BenchmarkList"
	baseline, own string // the parts below; no baseline for an absolute row
	metric        string // as the benchmark prints it, "ns/op" by default
	time          string // -benchtime
}

// testExperiments are those whose figures benchmarks of Go find.
func testExperiments() []experiment {
	var out []experiment
	for _, t := range testedRows {
		out = append(out, experiment{[]row{t.row}, t.measure})
	}
	return out
}

func experiments() []experiment { return append(wireExperiments(), testExperiments()...) }

// measure builds the tests once, and runs the benchmark and its baseline in every round.
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
	var out []sample
	for range rounds {
		//nolint:gosec // it was just built
		run := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench="+t.pattern(), "-test.benchtime="+t.time,
			"-test.timeout=1h")
		run.Dir = t.folder
		text, err := run.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, text)
		}
		s, err := t.read(string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return [][]sample{out}, nil
}

// pattern is what go test -bench gets: it matches level by level.
func (t tested) pattern() string {
	pattern := "^" + t.benchmark + "$"
	own, baseline := strings.Split(t.own, "/"), strings.Split(t.baseline, "/")
	for i, part := range own {
		if part == "" {
			break
		}
		pattern += "/^(" + regexp.QuoteMeta(part)
		if i < len(baseline) && baseline[i] != "" && baseline[i] != part {
			pattern += "|" + regexp.QuoteMeta(baseline[i])
		}
		pattern += ")$"
	}
	return pattern
}

// read finds the figures in what a benchmark printed.
func (t tested) read(text string) (s sample, err error) {
	if s.own, err = t.figure(text, t.own); err == nil && !t.absolute {
		s.baseline, err = t.figure(text, t.baseline)
	}
	return s, err
}

func (t tested) figure(text, name string) (float64, error) {
	metric := t.metric
	if metric == "" {
		metric = "ns/op"
	}
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
			if fields[i] == metric {
				x, err := strconv.ParseFloat(fields[i-1], 64)
				return x * t.scale(metric), err
			}
		}
	}
	return 0, fmt.Errorf("%s printed no %s:\n%s", full, metric, text)
}

// scale is by what a figure is multiplied to be in the row's unit.
func (t tested) scale(metric string) float64 {
	if metric != "ns/op" {
		return 1
	}
	return map[string]float64{"ns": 1, "µs": 1e-3, "ms": 1e-6, "s": 1e-9}[t.unit]
}
