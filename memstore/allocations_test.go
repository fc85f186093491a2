package memstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestAllocations bounds how often operations allocate. What is above one of these bounds shows in
// the processor time of every call, as Go's collector comes that much more often.
func TestAllocations(t *testing.T) {
	w := newBench(t, 1000)
	name, text, made := w.names[7], "text", 0
	w.clock.Jump(24 * time.Hour)
	_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: w.names[0]}) // so that something is due
	require.NoError(t, err)
	for _, c := range []struct {
		operation secretlife.Operation
		most      float64
		call      func() error
	}{
		{secretlife.OpGetSecretValue, 2, func() error { // which is noted already
			_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
			return err
		}},
		{secretlife.OpDescribeSecret, 4, func() error {
			_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: name})
			return err
		}},
		{secretlife.OpCreateSecret, 23, func() error {
			made++
			_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: nameOf(2000 + made), Value: valueOf(made)})
			return err
		}},
		{secretlife.OpUpdateSecret, 9, func() error {
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: name, Description: &text})
			return err
		}},
		{secretlife.OpTagResource, 12, func() error {
			return w.TagResource(ctx, secretlife.TagResourceInput{
				SecretID: name, Tags: []secretlife.Tag{{Key: "k", Value: "v"}},
			})
		}},
		{secretlife.OpDeleteSecret, 9 + 7, func() error { // and restores it
			if _, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name}); err != nil {
				return err
			}
			_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
			return err
		}},
	} {
		t.Run(c.operation.String(), func(t *testing.T) {
			allocations := testing.AllocsPerRun(100, func() {
				w.clock.Jump(time.Millisecond)
				require.NoError(t, c.call())
			})
			t.Log(allocations)
			require.LessOrEqual(t, allocations, c.most)
		})
	}
}
