// Package testrun sets how many histories the kit's own tests run.
package testrun

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var defaults = map[string]string{
	"rapid.checks":     "800",
	"rapid.steps":      "150",
	"rapid.seed":       "1",
	"rapid.nofailfile": "true",
}

var given = map[string]bool{}

// Main runs the tests of a package with the kit's defaults for the flags of rapid.
// A flag on the command line takes precedence.
func Main(m *testing.M) {
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range defaults {
		if !given[name] {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// Given reports whether the command line sets a flag.
func Given(name string) bool { return given[name] }

// FewerHistories makes one test run n histories, unless the command line says how
// many.
func FewerHistories(t *testing.T, n string) {
	if given["rapid.checks"] {
		return
	}
	old := flag.Lookup("rapid.checks").Value.String()
	t.Cleanup(func() { require.NoError(t, flag.Set("rapid.checks", old)) })
	require.NoError(t, flag.Set("rapid.checks", n))
}

// UnlessRace returns all, or less under the race detector, which finds nothing in a
// history of one goroutine.
func UnlessRace(all, less string) string {
	if UnderRace {
		return less
	}
	return all
}
