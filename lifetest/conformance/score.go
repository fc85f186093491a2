package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"text/tabwriter"
)

// Result is how one fact fared.
type Result struct {
	Name  string     `json:"name"`
	Says  string     `json:"says"`
	Known Provenance `json:"known"`
	// Failure says what the endpoint did instead, "" where it did right.
	Failure string `json:"failure,omitempty"`
	// Skipped says why the fact was not checked, "" where it was.
	Skipped string `json:"skipped,omitempty"`
}

// Report is how all facts fared.
type Report struct {
	Endpoint string   `json:"endpoint"`
	Results  []Result `json:"results"`
}

// Score checks all facts that can be checked on an endpoint, sequentially. The error is
// that of the context.
func Score(ctx context.Context, e Endpoint) (Report, error) {
	report := Report{Endpoint: e.URL}
	run := newRun()
	for _, f := range checkable() {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		report.Results = append(report.Results, run.check(ctx, e.withDefaults(), f))
	}
	return report, nil
}

// Run checks each fact that can be checked on an endpoint as a subtest of its name.
func Run(t *testing.T, e Endpoint) {
	t.Helper()
	run := newRun()
	for _, f := range checkable() {
		t.Run(f.Name, func(t *testing.T) {
			r := run.check(t.Context(), e.withDefaults(), f)
			switch {
			case r.Skipped != "":
				t.Logf("SKIPPED: %s", r.Skipped)
			case r.Failure != "":
				t.Errorf("%s (%s: %s)\n%s", f.Says, f.Known, f.Source, r.Failure)
			}
		})
	}
}

// run keeps the names of one run apart from those of others.
type run struct {
	id string
	// seen is the number of the last event that a check has read: later checks
	// need none before it.
	seen string
}

func newRun() *run {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return &run{hex.EncodeToString(b[:]), "0"}
}

func (r *run) check(ctx context.Context, e Endpoint, f Fact) (out Result) {
	out = Result{Name: f.Name, Says: f.Says, Known: f.Known, Skipped: e.lacks(f)}
	if out.Skipped != "" {
		return out
	}
	p := &probe{Endpoint: e, ctx: ctx, prefix: "conformance-" + r.id + "/" + f.Name + "/", seen: r.seen, last: r.seen}
	defer func() { r.seen = p.last }()
	defer p.cleanUp()
	defer func() {
		if x := recover(); x != nil {
			failed, ok := x.(failure)
			if !ok {
				panic(x)
			}
			out.Failure = failed.text
		}
	}()
	f.check(p)
	return out
}

// Passed, Failed and Skipped count the facts that are known in one of these
// ways; of none, all.
func (r Report) count(which func(Result) bool, known ...Provenance) int {
	n := 0
	for _, x := range r.Results {
		in := len(known) == 0
		for _, k := range known {
			in = in || x.Known == k
		}
		if in && which(x) {
			n++
		}
	}
	return n
}

func passed(x Result) bool  { return x.Failure == "" && x.Skipped == "" }
func failed(x Result) bool  { return x.Failure != "" }
func skipped(x Result) bool { return x.Skipped != "" }

// Conforms reports whether no fact that is recorded, verified or documented
// failed.
func (r Report) Conforms() bool {
	return r.count(func(x Result) bool { return failed(x) && x.Known.Sure() }) == 0
}

// Failed returns the names of the facts that failed.
func (r Report) Failed() []string {
	var out []string
	for _, x := range r.Results {
		if failed(x) {
			out = append(out, x.Name)
		}
	}
	return out
}

// Write writes the report for people: what failed, what was skipped, and a table of how
// many facts hold, by how they are known.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	for _, x := range r.Results {
		if failed(x) {
			fmt.Fprintf(&b, "FAILED  %s (%s)\n        %s\n        %s\n", x.Name, x.Known, x.Says, x.Failure)
		}
	}
	for _, x := range r.Results {
		if skipped(x) {
			fmt.Fprintf(&b, "skipped %s: %s\n", x.Name, x.Skipped)
		}
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\n\tfacts\thold\tfail\tskipped\tof those checked\t\n")
	for _, k := range []Provenance{Recorded, Verified, Documented, Reported, Inferred} {
		line(table, string(k), r, k)
	}
	line(table, "all", r)
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%d more facts are known that no check can see.\n", len(Facts())-len(checkable()))
	_, err := io.WriteString(w, b.String())
	return err
}

func line(w io.Writer, name string, r Report, known ...Provenance) {
	right, wrong, left := r.count(passed, known...), r.count(failed, known...), r.count(skipped, known...)
	score := "–"
	if right+wrong > 0 {
		score = fmt.Sprintf("%.1f %%", float64(right)*100/float64(right+wrong))
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t\n", name, right+wrong+left, right, wrong, left, score)
}
