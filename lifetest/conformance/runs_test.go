package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/conformance"
)

// skippedHere are the facts with a check that no run here makes: everything else is
// checked by one of them at least, so that nothing is skipped silently.
var skippedHere = []string{"IAM/denied-text", "IAM/denied-text-list", "IAM/denied-text-unknown"}

// unchecked are the facts that no run here checks.
func unchecked() []string {
	out := slices.Clone(skippedHere)
	for _, f := range conformance.Facts() {
		if f.Unseen != "" {
			out = append(out, f.Name)
		}
	}
	slices.Sort(out)
	return out
}

// skippedIn are the names that a report skips.
func skippedIn(r conformance.Report) []string {
	var out []string
	for _, x := range r.Results {
		if x.Skipped != "" {
			out = append(out, x.Name)
		}
	}
	return out
}

// TestFactsWithoutRotationFunctions runs where no function can be called, and
// checks that together with [TestSecretlifeConforms] it covers every fact that can be
// checked.
func TestFactsWithoutRotationFunctions(t *testing.T) {
	e := serve(t, handler(t))
	report, err := conformance.Score(t.Context(), e)
	require.NoError(t, err)
	with := skippedIn(report)

	e = serve(t, handler(t, func(o *secretlife.Options) { o.Rotator = nil }))
	e.Function, e.BrokenFunction, e.NoFunctions = "", "", true
	report, err = conformance.Score(t.Context(), e)
	require.NoError(t, err)
	require.Empty(t, report.Failed(), "%s", write(t, report))
	without := skippedIn(report)

	left := slices.DeleteFunc(with, func(name string) bool {
		return !slices.Contains(without, name) || slices.Contains(aboutQuotas, name)
	})
	require.Equal(t, skippedHere, left)
}

// aboutQuotas are the facts of [TestFactsWithQuotas].
var aboutQuotas = []string{"Quota/ThrottlingException", "Quota/rates", "Quota/versions", "Quota/whose"}

// TestFactsWithQuotas runs under AWS's quotas, which time that stands still runs
// into at once: only the facts about them are checked.
func TestFactsWithQuotas(t *testing.T) {
	e := serve(t, handler(t, func(o *secretlife.Options) { o.Emulate.Quotas = secretlife.AWSQuotas() }))
	e.Quotas = true
	report := conformance.ScoreSome(t.Context(), e, aboutQuotas...)
	require.Empty(t, report.Failed(), "%s", write(t, report))
	require.Empty(t, skippedIn(report))
	require.Len(t, report.Results, len(aboutQuotas))
}

// TestFactsWithAPurgeDelay runs where a secret whose DeletionDate has come is
// there for a while, as on AWS.
func TestFactsWithAPurgeDelay(t *testing.T) {
	e := serve(t, handler(t, func(o *secretlife.Options) {
		o.Emulate.PurgeDelay = secretlife.FixedDelay(
			2 * time.Minute)
	}))
	report, err := conformance.Score(t.Context(), e)
	require.NoError(t, err)
	require.Empty(t, report.Failed(), "%s", write(t, report))
}

// declared are the exceptions that the API model declares for operations.
var declared = map[string]string{
	"BatchGetSecretValue":          "RNF IPE IRE DF ISE INT",
	"CancelRotateSecret":           "RNF IPE ISE IRE",
	"CreateSecret":                 "IPE IRE LEE EF REX RNF MPD ISE PNM DF",
	"DeleteResourcePolicy":         "RNF ISE IRE IPE",
	"DeleteSecret":                 "RNF IPE IRE ISE",
	"DescribeSecret":               "RNF ISE IPE",
	"GetRandomPassword":            "IPE IRE ISE",
	"GetResourcePolicy":            "RNF ISE IRE IPE",
	"GetSecretValue":               "RNF IPE IRE DF ISE",
	"ListSecretVersionIds":         "INT RNF ISE IPE",
	"ListSecrets":                  "IPE INT ISE",
	"PutResourcePolicy":            "MPD RNF IPE ISE IRE PPE",
	"PutSecretValue":               "IPE IRE LEE EF REX RNF ISE DF",
	"RemoveRegionsFromReplication": "RNF IRE IPE ISE",
	"ReplicateSecretToRegions":     "RNF IRE IPE ISE",
	"RestoreSecret":                "RNF IPE IRE ISE",
	"RotateSecret":                 "RNF IPE ISE IRE",
	"StopReplicationToReplica":     "RNF IRE IPE ISE",
	"TagResource":                  "RNF IRE IPE ISE",
	"UntagResource":                "RNF IRE IPE ISE",
	"UpdateSecret":                 "IPE IRE LEE EF REX RNF MPD ISE PNM DF",
	"UpdateSecretVersionStage":     "RNF IPE IRE LEE ISE",
	"ValidateResourcePolicy":       "MPD RNF IPE ISE IRE",
}

var exceptions = map[string]string{
	"ResourceNotFoundException": "RNF", "InvalidParameterException": "IPE", "InvalidRequestException": "IRE",
	"InternalServiceError":   "ISE",
	"LimitExceededException": "LEE", "ResourceExistsException": "REX", "MalformedPolicyDocumentException": "MPD",
	"InvalidNextTokenException": "INT",
	"EncryptionFailure":         "EF", "DecryptionFailure": "DF", "PreconditionNotMetException": "PNM",
	"PublicPolicyException": "PPE",
}

// undeclared are exceptions that any operation may answer, and one that is known
// of one operation only.
var undeclared = []string{"ValidationException", "SerializationException", "AccessDeniedException",
	"UnknownOperationException"}

// answers keeps which exceptions operations answered.
type answers struct {
	http.Handler
	mu   sync.Mutex
	seen map[string]map[string]string // operation, exception: an answer
}

func (h *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	rec := httptest.NewRecorder()
	h.Handler.ServeHTTP(rec, r)
	var body struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(rec.Body.Bytes(), &body) == nil && body.Type != "" {
		h.mu.Lock()
		if h.seen[operation] == nil {
			h.seen[operation] = map[string]string{}
		}
		h.seen[operation][body.Type] = rec.Body.String()
		h.mu.Unlock()
	}
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.Code)
	_, _ = io.Copy(w, rec.Body)
}

// TestOnlyDeclaredExceptions checks that in all facts operations return
// exceptions that they declare, or that any may.
func TestOnlyDeclaredExceptions(t *testing.T) {
	h := &answers{Handler: handler(t), seen: map[string]map[string]string{}}
	_, err := conformance.Score(t.Context(), serve(t, h))
	require.NoError(t, err)
	require.Len(t, declared, len(secretlife.Operations()))
	tagged := 0
	for operation, codes := range h.seen {
		known := strings.Fields(declared[operation])
		for code, text := range codes {
			switch {
			case slices.Contains(undeclared, code):
			case operation == "TagResource" && code == "LimitExceededException":
				tagged++ // how AWS refuses the 51st tag is not known
			default:
				require.Contains(t, known, exceptions[code], "%s: %s", operation, text)
			}
		}
	}
	require.Equal(t, 1, tagged)
}

// words are what a page says in backquotes.
var words = regexp.MustCompile("`([^`]+)`")

// TestFidelityNamesWhatHoldsIt checks that every choice in docs/fidelity.md names
// facts and tests that exist, that every open question says what would settle it, and that
// the page tells of all that is not checked.
func TestFidelityNamesWhatHoldsIt(t *testing.T) {
	page, err := os.ReadFile("../../docs/fidelity.md")
	require.NoError(t, err)
	known := tests(t)
	for _, f := range conformance.Facts() {
		known[f.Name] = f.Unseen == ""
	}
	choices, rest, _ := strings.Cut(string(page), "\n## What is not modelled")
	rest, recordings, _ := strings.Cut(rest, "\n## What recordings and probes show")
	rows, columns := 0, 0
	require.Contains(t, choices, "## Open questions\n\n| Question | Choice | Why | What would settle it | Held by |\n")
	for line := range strings.Lines(choices) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if strings.HasPrefix(line, "| Question") {
			columns = len(cells)
			continue
		}
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		rows++
		require.Len(t, cells, columns, line)
		for _, cell := range cells {
			require.NotEmpty(t, strings.TrimSpace(cell), line)
		}
		held := words.FindAllStringSubmatch(cells[columns-1], -1)
		require.NotEmpty(t, held, "nothing holds: %s", line)
		for _, name := range held {
			require.True(t, known[name[1]], "there is no fact or test %s: %s", name[1], line)
		}
	}
	require.GreaterOrEqual(t, rows, 70)
	seen := words.FindAllStringSubmatch(recordings, -1)
	require.GreaterOrEqual(t, len(seen), 50)
	for _, name := range seen {
		if strings.Contains(name[1], "/") || strings.HasPrefix(name[1], "Test") {
			require.Contains(t, known, name[1], "there is no such fact or test")
		}
	}
	for _, name := range unchecked() {
		require.Contains(t, rest, "`"+name+"`", "the page does not say that it is not checked")
	}
}

// tests are the names of all tests of all modules here, and of their subtests.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	function := regexp.MustCompile(`^func ((?:Test|Fuzz)\w+)\(`)
	subtest := regexp.MustCompile(`^\tt\.Run\("([^"]+)", func`)
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		var inside string
		for line := range strings.Lines(string(data)) {
			if name := function.FindStringSubmatch(line); name != nil {
				inside = name[1]
				out[inside] = true
			} else if name := subtest.FindStringSubmatch(line); name != nil {
				out[inside+"/"+strings.ReplaceAll(name[1], " ", "_")] = true
			}
		}
		return err
	}))
	return out
}
