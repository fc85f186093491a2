// Package duration parses durations in days, which operators write.
package duration

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Parse reads a duration as [time.ParseDuration] does, with days of 24 hours before
// all other units: "9d", "1.5d", "2d12h", "90m".
func Parse(text string) (time.Duration, error) {
	number, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		return time.ParseDuration(text)
	}
	days, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || days > math.MaxInt64/float64(day)-1 {
		return 0, fmt.Errorf("invalid duration %q", text)
	}
	d := time.Duration(days * float64(day)).Round(time.Millisecond)
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") || more > math.MaxInt64-d {
		return 0, fmt.Errorf("invalid duration %q", text)
	}
	return d + more, nil
}
