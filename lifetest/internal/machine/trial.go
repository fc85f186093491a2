package machine

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// trial receives the failures of a history. The first one ends the history.
type trial struct {
	failure string
	tell    bool     // record the steps
	told    []string // the steps in words
	script  []string // the steps as Go code
}

// errOver ends a trial that has failed.
type errOver struct{}

// try runs a part of a history, and reports whether it kept the rules. A panic of the
// library is a failure.
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

// logf records a step if the trial tells its history.
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

// withoutTrace removes the position in this package from a failure of testify, which
// means nothing to a user.
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
