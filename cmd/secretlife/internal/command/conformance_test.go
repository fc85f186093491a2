package command

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestConformance(t *testing.T) {
	clock := secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clock })
	require.NoError(t, err)
	api, err := awsapi.New(m, func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
	})
	require.NoError(t, err)
	server := httptest.NewServer(api)
	defer server.Close()
	conforms := func(url string, more ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"conformance", "--endpoint", url, "--control", "--other-region",
			"eu-west-1", "--other-account", "210987654321"}, more...), &out, &errs)
		return code, out.String(), errs.String()
	}
	_, open, _ := conforms(server.URL)
	text := open
	require.Contains(t, text, "recorded")
	require.Contains(t, text, "a rotation function")
	_, text, _ = conforms(server.URL, "--json")
	var report struct {
		Results []struct{ Name, Failure string }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &report))
	require.Greater(t, len(report.Results), 150)

	_, text, _ = conforms(server.URL, "--no-functions", "--nobody", "123456789012")
	require.NotContains(t, text, "RotateSecret/function-that-can-t-be-called", "it is checked, and right")
	require.Contains(t, text, "FAILED  IAM/denied-text (reported)", "nobody is denied here")

	tokens, file := oneToken(t, "read,advance")
	guarded, err := awsapi.New(m, tokens, func(o *awsapi.Options) {
		o.Purger, o.Virtual, o.Settle = secretlife.NewPurger(m), true, true
	})
	require.NoError(t, err)
	server.Config.Handler = guarded
	_, text, _ = conforms(server.URL, "--control-token-file", file)
	require.Equal(t, failed(open), failed(text))
	require.NotContains(t, text, "it needs time that can be advanced")

	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	code, text, errs := conforms(broken.URL)
	require.Equal(t, 1, code)
	require.Contains(t, text, "FAILED  CreateSecret/members (recorded)")
	require.Contains(t, errs, "do not hold")
	requireSameCounts(t, text)

	code, _, errs = call(t, "conformance")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "--endpoint")
}

// failed returns the names of the facts that a report says do not hold.
func failed(report string) []string {
	return regexp.MustCompile(`(?m)^FAILED  \S+`).FindAllString(report, -1)
}

// requireSameCounts checks that a report counts as many facts of each provenance as
// docs/facts.md does.
func requireSameCounts(t *testing.T, report string) {
	t.Helper()
	page, err := os.ReadFile("../../../../docs/facts.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| (\w+) \| (\d+) \|$`).FindAllStringSubmatch(string(page), -1)
	require.Len(t, rows, 6)
	for _, row := range rows {
		require.Regexp(t, `(?m)^ *`+row[1]+` +`+row[2]+` `, report)
	}
}
