package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// experiment measures one or more rows at once.
type experiment struct {
	rows []row
	// measure returns the samples of each row, one per round.
	measure func(ctx context.Context, rounds int) ([][]sample, error)
}

// sample is what one round found: the baseline and the row's own figure, in the row's unit.
type sample struct{ baseline, own float64 }

// row is a line of the table.
type row struct {
	name string
	unit string
	// bound is how many times its baseline the figure may be or, without a baseline, how much.
	bound float64
	// absolute says that there is no baseline.
	absolute bool
}

const tableHead = "| what | baseline | minimum | median | maximum | ratio | bound |\n|---|---|---|---|---|---|---|\n"

// line is a row as it was measured.
type line struct {
	name  string
	text  string
	ratio float64 // to the baseline or, without one, to the bound
}

// line returns the line of a row. Its ratio is the median of the ratios of the rounds: two figures
// of one round had the same neighbours on the machine.
func (r row) line(samples []sample) line {
	var baseline, own, ratios []float64
	for _, s := range samples {
		baseline, own = append(baseline, s.baseline), append(own, s.own)
		ratios = append(ratios, s.own/s.baseline)
	}
	l := line{name: r.name, ratio: median(ratios)}
	base, ratio, bound := r.show(median(baseline)), fmt.Sprintf("%.2f ×", l.ratio), fmt.Sprintf("≤ %.4g ×", r.bound)
	if r.absolute {
		l.ratio = median(own) / r.bound
		base, ratio, bound = "–", fmt.Sprintf("%.2f of the bound", l.ratio), "≤ "+r.show(r.bound)
	}
	if l.ratio > r.bound && !r.absolute || r.absolute && l.ratio > 1 {
		ratio = "**" + ratio + "**"
	}
	l.text = fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", r.name, base, r.show(slices.Min(own)),
		r.show(median(own)), r.show(slices.Max(own)), ratio, bound)
	return l
}

func (r row) show(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%.0f %s", x, r.unit)
	}
	return fmt.Sprintf("%.3g %s", x, r.unit)
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	if n := len(xs); n%2 == 0 {
		return (xs[n/2-1] + xs[n/2]) / 2
	}
	return xs[len(xs)/2]
}

// page is where the table stands; a row is found there by its name.
const page = "docs/benchmarks.md"

// published is the page as it was.
type published struct{ lines []string }

func readPage() (published, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return published{}, fmt.Errorf("%w: bench runs in the root of the repository", err)
	}
	return published{strings.Split(string(text), "\n")}, nil
}

// find returns the line of a row in the page, or -1.
func (p published) find(name string) int {
	return slices.IndexFunc(p.lines, func(l string) bool { return strings.HasPrefix(l, "| "+name+" | ") })
}

// put replaces the lines of rows. New rows come last in the table of the page.
func (p *published) put(measured []line) error {
	for _, l := range measured {
		if i := p.find(l.name); i >= 0 {
			p.lines[i] = l.text
			continue
		}
		head, _, _ := strings.Cut(tableHead, "\n")
		end := slices.Index(p.lines, head)
		if end < 0 {
			return fmt.Errorf("%s has no table with the head %q", page, head)
		}
		for end < len(p.lines) && strings.HasPrefix(p.lines[end], "|") {
			end++
		}
		p.lines = slices.Insert(p.lines, end, l.text)
	}
	return nil
}

// write writes the page with the lines of rows.
func (p *published) write(measured []line) error {
	if err := p.put(measured); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(strings.Join(p.lines, "\n")), 0o644)
}

// tolerance is by how much a ratio varies from run to run.
const tolerance = 1.2

// worse returns an error for every row whose ratio is worse than the page says.
func (p published) worse(measured []line) (err error) {
	for _, l := range measured {
		i := p.find(l.name)
		if i < 0 {
			err = errors.Join(err, fmt.Errorf("%s has no line for the row %q", page, l.name))
			continue
		}
		was, ok := ratioOf(p.lines[i])
		if ok && l.ratio > was*tolerance {
			err = errors.Join(err, fmt.Errorf("%s: %.2f, and it was %.2f", l.name, l.ratio, was))
		}
	}
	return err
}

// ratioOf reads the ratio of a line. A row that was never measured has none.
func ratioOf(l string) (float64, bool) {
	cells := strings.Split(l, " | ")
	if len(cells) < 6 {
		return 0, false
	}
	number, _, _ := strings.Cut(strings.Trim(cells[5], "*"), " ")
	ratio, err := strconv.ParseFloat(number, 64)
	return ratio, err == nil
}
