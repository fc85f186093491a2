package access_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestAWSMetricFilterFindsTheSame evaluates the metric filter of AWS's recipe, as docs/access.md has
// it, on the records of calls: it finds those that raise the alarm, as far as it looks at their
// operation.
func TestAWSMetricFilterFindsTheSame(t *testing.T) {
	page, err := os.ReadFile("../docs/access.md")
	require.NoError(t, err)
	pattern := regexp.MustCompile(`(?m)^ +(\{ \$.*\})$`).FindStringSubmatch(string(page))
	require.NotNil(t, pattern)
	matches := metricFilter(t, pattern[1])

	w := newWorld(t)
	var found []string
	m, err := secretlife.New(w.store, func(o *secretlife.Options) {
		o.Clock = w.clock
		o.Observer = w.ledger.Observer().And(secretlife.EventObserver(func(_ context.Context, e secretlife.Event) {
			record, err := json.Marshal(e)
			require.NoError(t, err)
			if matches(record) {
				found = append(found, e.Name()+" "+e.Key().Name.String())
			}
		}))
	})
	require.NoError(t, err)
	w.Manager = m
	for _, name := range []string{"active", "scheduled", "forced"} {
		w.create(name)
	}
	w.delete("scheduled")
	_, err = w.DeleteSecret(ann, secretlife.DeleteSecretInput{SecretID: "forced", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	for _, name := range []string{"active", "scheduled", "forced", "missing"} {
		_ = w.read(bob, name)
		_, _ = w.DescribeSecret(bob, secretlife.SecretInput{SecretID: name})
		_, _ = w.DeleteSecret(bob, secretlife.DeleteSecretInput{SecretID: name})
	}
	w.clock.Advance(time.Minute)
	_, err = w.PutSecretValue(bob, secretlife.PutSecretValueInput{SecretID: "scheduled", Value: secretlife.SecretString("x")})
	require.Error(t, err)

	var alarms []string
	for _, a := range w.alarms {
		alarms = append(alarms, a.Call.Operation.String()+" "+a.Call.Secret.Name().String())
	}
	require.Equal(t, []string{"GetSecretValue scheduled", "GetSecretValue forced"}, found)
	require.Subset(t, alarms, found)
	require.Contains(t, alarms, "PutSecretValue scheduled", "which the filter does not look for")
}

// metricFilter returns what a filter pattern of CloudWatch Logs for JSON finds, as far as patterns
// such as { $.a = "x*" && $.b = "y" } go.
func metricFilter(t *testing.T, pattern string) func(record []byte) bool {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(pattern, "{ "), " }")
	require.True(t, ok)
	conditions := map[string]*regexp.Regexp{}
	for _, c := range strings.Split(inner, " && ") {
		parts := regexp.MustCompile(`^\$\.(\w+) = "([^"]*)"$`).FindStringSubmatch(c)
		require.NotNil(t, parts, c)
		glob := strings.ReplaceAll(regexp.QuoteMeta(parts[2]), `\*`, ".*")
		conditions[parts[1]] = regexp.MustCompile("^" + glob + "$")
	}
	return func(record []byte) bool {
		var members map[string]any
		require.NoError(t, json.Unmarshal(record, &members))
		for name, value := range conditions {
			if text, ok := members[name].(string); !ok || !value.MatchString(text) {
				return false
			}
		}
		return true
	}
}
