package history

import (
	"fmt"
	"strings"
)

// Error is a history that leads to a state against the rules.
type Error struct {
	// History tells the steps, from an empty world on: of [Explore] the fewest
	// that lead there, else the fewest that were found.
	History []string
	// Steps is how many there are, where History has lines for more than those.
	Steps int
	// Script is the history as Go code, to paste into a test; "" from [Explore].
	Script string
	// Err is the rule that is broken.
	Err error
}

// Error tells the history and the rule.
func (v *Error) Error() string {
	return fmt.Sprintf("%v, after:\n  %s", v.Err, strings.Join(v.History, "\n  "))
}

// Unwrap returns the rule that is broken.
func (v *Error) Unwrap() error { return v.Err }
