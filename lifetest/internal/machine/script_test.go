package machine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/rotator"
)

func TestRequestsAsGoCode(t *testing.T) {
	for want, in := range map[string]any{
		`secretlife.SecretInput{SecretID: "db"}`: secretlife.SecretInput{SecretID: "db"},
		`secretlife.DeleteSecretInput{RecoveryWindowInDays: secretlife.Days(7), ForceDeleteWithoutRecovery: true}`:     secretlife.DeleteSecretInput{RecoveryWindowInDays: secretlife.Days(7), ForceDeleteWithoutRecovery: true},
		`secretlife.CreateSecretInput{Name: strings.Repeat("n", 513), Value: secretlife.SecretBinary([]byte("\x00"))}`: secretlife.CreateSecretInput{Name: strings.Repeat("n", 513), Value: secretlife.SecretBinary([]byte{0})},
		`secretlife.PutSecretValueInput{Value: secretlife.SecretString(strings.Repeat("v", 2000)), VersionStages: ` +
			`[]secretlife.Stage{"AWSCURRENT", ""}}`: secretlife.PutSecretValueInput{Value: secretlife.SecretString(
			strings.Repeat("ab", 1000)), VersionStages: []secretlife.Stage{model.Current, ""}},
		`secretlife.RotateSecretInput{RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 1}}`: secretlife.RotateSecretInput{RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 1}},
	} {
		require.Equal(t, want, literals{}.value(reflect.ValueOf(in)))
	}
	for want, d := range map[string]time.Duration{
		"0": 0, "24*time.Hour": 24 * time.Hour, "-5*time.Minute": -5 * time.Minute,
		"(time.Second + time.Millisecond)": 1001 * time.Millisecond, "7*time.Nanosecond": 7,
	} {
		require.Equal(t, want, literals{}.duration(d))
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
