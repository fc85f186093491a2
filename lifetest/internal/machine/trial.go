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
	script  *script  // the steps as Go code; nil unless tell is set
	calling string   // the call being made, if the steps are recorded
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
			if t.calling != "" {
				t.logf("%s: panic", t.calling)
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

// failAsserted ends the trial at a mistake that the script's last assertion shows.
func (t *trial) failAsserted(format string, args ...any) {
	if t.script != nil {
		t.script.fails = true
	}
	t.failf(format, args...)
}

// logf records a step if the trial tells its history.
func (t *trial) logf(format string, args ...any) {
	if t.tell {
		t.told = append(t.told, fmt.Sprintf(format, args...))
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
