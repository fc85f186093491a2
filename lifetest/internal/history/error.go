package history

import (
	"fmt"
	"strings"
)

// Error is a history that breaks a rule.
type Error struct {
	// History describes the steps from an empty world on: the fewest possible for
	// Explore, otherwise the fewest that were found.
	History []string
	// Steps is the number of steps if History also has other lines.
	Steps int
	// Script is the history as a Go test to paste. It is "" for Explore.
	Script string
	// Err is the broken rule.
	Err error
}

// Error returns the rule and the history.
func (v *Error) Error() string {
	return fmt.Sprintf("%v\nThis is what happened:\n  %s", v.Err, strings.Join(v.History, "\n  "))
}

// Unwrap returns the broken rule.
func (v *Error) Unwrap() error { return v.Err }
