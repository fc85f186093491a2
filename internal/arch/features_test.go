package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFeaturesPage checks that each feature of docs/features.md is shown by tests that exist.
func TestFeaturesPage(t *testing.T) {
	page, err := os.ReadFile("docs/features.md")
	require.NoError(t, err)
	require.Empty(t, featureFaults(t, string(page)))

	planted := strings.NewReplacer("| 2 |", "| 3 |", "[TestRestoreSecret]", "[TestRestoresSecret]",
		"[TestAge](../version_test.go)", "[TestAge](../purger_test.go)").Replace(string(page))
	require.Equal(t, []string{"row 2 has the number 3", "TestRestoresSecret is not in manager_test.go",
		"TestAge is not in purger_test.go"}, featureFaults(t, planted))
}

var (
	featureRow  = regexp.MustCompile(`(?m)^\| *(\d+) *\|.*\|([^|]*)\|$`)
	featureTest = regexp.MustCompile(`\[(\w+)\]\(\.\./([^)]*)\)`)
)

// featureFaults returns what is wrong with the rows of the page.
func featureFaults(t *testing.T, page string) (faults []string) {
	for i, row := range featureRow.FindAllStringSubmatch(page, -1) {
		if n := strconv.Itoa(i + 1); row[1] != n {
			faults = append(faults, "row "+n+" has the number "+row[1])
		}
		tests := featureTest.FindAllStringSubmatch(row[2], -1)
		if len(tests) == 0 {
			faults = append(faults, "row "+row[1]+" has no test")
		}
		for _, test := range tests {
			code, err := os.ReadFile(filepath.FromSlash(test[2]))
			require.NoError(t, err)
			if !strings.Contains(string(code), "\nfunc "+test[1]+"(") {
				faults = append(faults, test[1]+" is not in "+test[2])
			}
		}
	}
	return faults
}
