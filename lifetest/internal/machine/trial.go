package machine

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// trial is what a history reports to: the first rule that is broken ends it.
type trial struct {
	failure string
	tell    bool     // keep what is logged
	told    []string // what was called, and what happened
	script  []string // the same as Go code
}

// errOver ends a trial that has failed.
type errOver struct{}

// try runs a part of a history, and reports whether it kept the rules. A panic
// of the library is a failure, too.
func (t *trial) try(part func()) (kept bool) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case errOver:
			kept = false
		default:
			if kept = false; t.failure == "" {
				t.failure = fmt.Sprintf("panic: %v", r)
			}
			t.logf("%s", debug.Stack())
		}
	}()
	part()
	return true
}

// Errorf implements require.TestingT.
func (t *trial) Errorf(format string, args ...any) {
	if t.failure == "" {
		t.failure = withoutTrace(fmt.Sprintf(format, args...))
	}
}

// FailNow implements require.TestingT.
func (t *trial) FailNow() {
	if t.failure == "" {
		t.failure = "failed"
	}
	panic(errOver{})
}

// failf ends the trial.
func (t *trial) failf(format string, args ...any) {
	t.Errorf(format, args...)
	t.FailNow()
}

// logf notes what happens, where somebody wants to know.
func (t *trial) logf(format string, args ...any) {
	if t.tell {
		t.told = append(t.told, fmt.Sprintf(format, args...))
	}
}

// write adds lines to the script.
func (t *trial) write(lines ...string) {
	if t.tell {
		t.script = append(t.script, lines...)
	}
}

// withoutTrace takes from a failure of testify where in this package it was
// found, which says nothing to who reads it.
func withoutTrace(text string) string {
	if _, rest, ok := strings.Cut(text, "Error:"); ok && strings.Contains(text, "Error Trace:") {
		text = rest
	}
	diff := strings.Contains(text, "Diff:")
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.Trim(line, " \t")
		whole := strings.HasPrefix(line, "expected: ") || strings.HasPrefix(line, "actual  : ")
		if line != "" && (!diff || !whole) { // the difference is enough
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
