package machine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

func TestRequestsAsGoCode(t *testing.T) {
	for _, x := range []struct {
		in   any
		code string
	}{
		{secretlife.DeleteSecretInput{RecoveryWindowInDays: secretlife.Days(7), ForceDeleteWithoutRecovery: true},
			`secretlife.DeleteSecretInput{RecoveryWindowInDays: secretlife.Days(7), ForceDeleteWithoutRecovery: true}`},
		{secretlife.CreateSecretInput{Name: strings.Repeat("n", 513), Tags: []secretlife.Tag{{Key: "k"}}},
			`secretlife.CreateSecretInput{Name: strings.Repeat("n", 513), Tags: []secretlife.Tag{{Key: "k"}}}`},
		{secretlife.CreateSecretInput{Value: secretlife.SecretBinary([]byte{0})},
			`secretlife.CreateSecretInput{Value: secretlife.SecretBinary([]byte("\x00"))}`},
		{secretlife.PutSecretValueInput{Value: secretlife.SecretString(strings.Repeat("ab", 1000))},
			`secretlife.PutSecretValueInput{Value: secretlife.SecretString(strings.Repeat("v", 2000))}`},
		{secretlife.PutSecretValueInput{VersionStages: []secretlife.Stage{model.Current, ""}},
			`secretlife.PutSecretValueInput{VersionStages: []secretlife.Stage{"AWSCURRENT", ""}}`},
		{secretlife.PutResourcePolicyInput{ResourcePolicy: `{"a": 1}`},
			"secretlife.PutResourcePolicyInput{ResourcePolicy: `{\"a\": 1}`}"},
		{secretlife.RotateSecretInput{RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 1}},
			`secretlife.RotateSecretInput{RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 1}}`},
	} {
		require.Equal(t, x.code, literals{}.value(reflect.ValueOf(x.in)))
	}
}

func TestTimesAsGoCode(t *testing.T) {
	for code, d := range map[string]time.Duration{
		"0": 0, "24*time.Hour": 24 * time.Hour, "-5*time.Minute": -5 * time.Minute,
		"(time.Second + time.Millisecond)": 1001 * time.Millisecond, "7*time.Nanosecond": 7,
	} {
		require.Equal(t, code, literals{}.duration(d))
	}
	begin := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for code, at := range map[string]time.Time{
		"begin":                                            begin,
		"begin.Add(24*time.Hour + time.Second)":            begin.Add(24*time.Hour + time.Second),
		"begin.Add(-2*time.Hour)":                          begin.Add(-2 * time.Hour),
		"begin.Truncate(24*time.Hour)":                     begin.Add(-12 * time.Hour),
		"begin.Truncate(24*time.Hour).Add(3*24*time.Hour)": begin.Add(60 * time.Hour),
		"time.Time{}":                                      {},
	} {
		require.Equal(t, code, literals{begin: begin}.time(at))
	}
}

// TestWhatWasDrawnHasAName: an ARN that the service drew is an expression, also within a
// text.
func TestWhatWasDrawnHasAName(t *testing.T) {
	l := literals{drawn: map[string]string{"arn:aws:x-000001": "out1.ARN", "v1": "out1.VersionID"}}
	require.Equal(t, `"The secret " + out1.ARN + "."`, l.text("The secret arn:aws:x-000001."))
	require.Equal(t, "out1.VersionID", l.text("v1"))
	require.Equal(t, `"v1 or another"`, l.text("v1 or another"), "a short ID may be part of any text")
}

func TestDifferencesAreToldInWords(t *testing.T) {
	at, later := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 12, 0, 0, 1e6, time.UTC)
	want := secretlife.ListSecretVersionIdsOutput{
		Name: "db", Versions: []secretlife.SecretVersionsListEntry{{VersionID: "v", CreatedDate: at, LastAccessedDate: at}},
	}
	got := secretlife.ListSecretVersionIdsOutput{
		Name: "db", Versions: []secretlife.SecretVersionsListEntry{{VersionID: "v", CreatedDate: later}},
	}
	found := differences(want, got)
	require.Equal(t, "\n  Versions[0].CreatedDate 2030-01-01T12:00:00.001Z, not 2030-01-01T12:00:00Z"+
		"\n  Versions[0].LastAccessedDate none, not 2030-01-01T12:00:00Z", describeAll(found))
	require.Equal(t, "LastAccessedDate", found[1].member())
	require.Equal(t, `"one", not bytes "two"`,
		differences(secretlife.SecretBinary([]byte("two")), secretlife.SecretString("one"))[0].String())
	require.Empty(t, differences(want, want))
}

// TestDatesOf2038AreReadEarly checks that no other difference than that of the AWS SDK for Go
// passes for it.
func TestDatesOf2038AreReadEarly(t *testing.T) {
	const tick = time.Millisecond
	at := time.Date(2038, 3, 6, 3, 0, 58, 134e6, time.UTC)
	exact := time.Date(2030, 3, 6, 3, 0, 58, 134e6, time.UTC)
	for _, c := range []struct {
		want, got any
		early     bool
	}{
		{at, at.Add(-tick), true},
		{at, at.Add(-2 * tick), false},
		{at, at.Add(tick), false},
		{at, time.Time{}, false},
		{exact, exact.Add(-tick), false},
		{"2038", "2037", false},
	} {
		require.Equal(t, c.early, differences(c.want, c.got)[0].isReadEarly(), "%v for %v", c.got, c.want)
	}
}

func TestAHistoryAsText(t *testing.T) {
	h := history.Choices{{1, 0, 2}, {}, {7}}
	require.Equal(t, "1,0,2;;7", h.String())
	read, err := history.ParseChoices(h.String())
	require.NoError(t, err)
	require.Equal(t, h, read)
	for _, wrong := range []string{"1,x", "-1", "1,,2"} {
		_, err := history.ParseChoices(wrong)
		require.Error(t, err, wrong)
	}
}

func TestFunctionsAreToldInWords(t *testing.T) {
	for _, m := range []model.TryPlan{
		{Behavior: model.Works, Step: secretlife.StepCreateSecret}, {Behavior: model.IsDeleted,
			Step: secretlife.StepFinishSecret},
	} {
		require.Equal(t, m, rotator.ParseTryPlan(m.String()))
	}
	require.Panics(t, func() { rotator.ParseTryPlan("as it likes") })
}

func TestPanicsAndBackgroundsWithoutEndAreFailures(t *testing.T) {
	tr := &trial{}
	require.False(t, tr.try(func() {
		var j workLog
		j.expect(2)
		for range 3 {
			_, err := j.Write([]byte("purge of db"))
			require.NoError(t, err)
		}
	}))
	require.Equal(t, "panic: the background goes on for ever: purge of db", tr.failure)

	tr = &trial{}
	require.False(t, tr.try(func() { require.Equal(tr, []int{1}, []int{2}, "of %s", "db") }))
	require.NotContains(t, tr.failure, "Error Trace")
	require.NotContains(t, tr.failure, "expected: ", "the difference is enough")
	require.Contains(t, tr.failure, "Messages:   	of db")
	require.True(t, tr.try(func() {}))
}
