package conformance

import (
	"context"
	"slices"
)

// ScoreSome checks the facts of some names.
func ScoreSome(ctx context.Context, e Endpoint, names ...string) Report {
	report := Report{Endpoint: e.URL}
	run := newRun()
	for _, f := range checkable() {
		if slices.Contains(names, f.Name) {
			report.Results = append(report.Results, run.check(ctx, e.withDefaults(), f))
		}
	}
	return report
}
