package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheManPageHasEveryCommandAndFlag(t *testing.T) {
	pages, err := pages()
	require.NoError(t, err)
	page := strings.NewReplacer(`\-`, "-", `\&.`, ".").Replace(pages["secretlife.1"])
	for _, text := range []string{".TH SECRETLIFE 1", "serve", "--store", "verify-purged", "clock/advance", "compare",
		"secretlife hold place", "secretlife protect", "--minimum-window", "/_secretlife/holds"} {
		require.Contains(t, page, text)
	}
}

// TestBashCompletes has bash complete command lines, the last word of which is at the cursor.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("SKIPPED: there is no bash here")
	}
	pages, err := pages()
	require.NoError(t, err)
	for line, want := range map[string]string{
		"secretlife ser":            "serve",
		"secretlife co":             "copy conformance compare",
		"secretlife serve --clo":    "--clock",
		"secretlife serve --clock ": "real virtual",
		"secretlife clock ": "show confirm withdraw --help --version --store --key-file --keyring " +
			"--connections --anchor --restored",
		"secretlife hold ":                  "place release ls --help --version --endpoint --control-token-file --account --region",
		"secretlife hold place --u":         "--until",
		"secretlife clock show --js":        "--json",
		"secretlife serve --store ":         "",
		"secretlife copy --from serve --to": "--to --to-key-file --to-keyring --to-connections --to-anchor --to-restored",
	} {
		script := pages["secretlife.bash"] + `words=($1); [[ $1 == *" " ]] && words+=("")
			COMP_WORDS=("${words[@]}"); COMP_CWORD=$((${#words[@]} - 1)); _secretlife; echo "${COMPREPLY[*]}"`
		out, err := exec.CommandContext(t.Context(), bash, "-c", script, "bash", line).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, want, strings.TrimSpace(string(out)), line)
	}
}
