package stores_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestAPurgeIsForGood holds what docs/permanence.md promises. What is looked for
// after the purges is looked for before them in the same way, and found.
func TestAPurgeIsForGood(t *testing.T) {
	t.Parallel()
	secrets, kept := atLeisure(1000, 250), 50
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	markers := createMarked(t, m, secrets)
	a := newAttacker(t, f)
	before := a.ciphertexts(t)
	require.Len(t, before, secrets)
	sealed := make([][]byte, 0, secrets)
	for _, c := range before {
		sealed = append(sealed, c.sealed)
	}
	require.Equal(t, secrets, f.finds(t, sealed), "ciphertexts in the files")
	require.Zero(t, f.finds(t, markers), "values in the files, unencrypted")
	values := a.decrypts(t, before)
	for _, marker := range markers {
		require.True(t, values[string(marker)], "a value the attacker can't read before its purge")
	}

	for i := kept; i < secrets; i++ {
		_, err := m.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: fmt.Sprint("secret-", i), RecoveryWindowInDays: secretlife.Days(7)},
		)
		require.NoError(t, err)
	}
	report, err := secretlife.NewPurger(m).Advance(ctx, 7*24*time.Hour)
	require.NoError(t, err)
	require.Len(t, report.Purged(), secrets-kept)

	// At once: the keys are gone, and with them the ciphertexts, even those that
	// the attacker copied before.
	values = a.decrypts(t, before)
	require.Len(t, values, kept)
	for i, marker := range markers {
		require.Equal(t, i < kept, values[string(marker)])
	}
	// After a scrub the ciphertexts are gone from the files too.
	require.NoError(t, s.Scrub(ctx))
	require.Equal(t, kept, f.finds(t, sealed), "ciphertexts in the files")
	for i := range kept {
		out, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: fmt.Sprint("secret-", i)})
		require.NoError(t, err)
		require.Equal(t, string(markers[i]), out.Value.Reveal())
	}
	require.NoError(t, s.Close())
	require.Equal(t, kept, f.finds(t, sealed), "ciphertexts in the files")
}

// createMarked creates the secrets "secret-0" and so on, and returns their values.
func createMarked(t *testing.T, m *secretlife.Manager, n int) [][]byte {
	t.Helper()
	markers := randomMarkers(n)
	for i, marker := range markers {
		in := secretlife.CreateSecretInput{Name: fmt.Sprint("secret-", i), Value: secretlife.SecretBinary(marker)}
		_, err := m.CreateSecret(ctx, in)
		require.NoError(t, err)
	}
	return markers
}

// randomMarkers are values of 30 bytes to 20 kB.
func randomMarkers(n int) [][]byte {
	r := rand.NewChaCha8([32]byte{1})
	sizes := rand.New(rand.NewPCG(1, 2))
	out := make([][]byte, n)
	for i := range out {
		longest := 20_000
		if i%2 == 0 { // most secrets are short
			longest = 200
		}
		out[i] = make([]byte, 30+sizes.IntN(longest-30))
		_, _ = r.Read(out[i])
	}
	return out
}

// TestAReaderKeepsAScrubWaiting checks that a scrub that could not be done is not
// called done.
func TestAReaderKeepsAScrubWaiting(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
	require.NoError(t, err)
	sealed := [][]byte{newAttacker(t, f).ciphertexts(t)[0].sealed}

	reader, err := f.sql(t).BeginTx(ctx, nil)
	require.NoError(t, err)
	var n int
	require.NoError(t, reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM secretlife_versions").Scan(&n))
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	_, err = secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)

	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond) // it can't be done, however long
	defer cancel()
	require.ErrorIs(t, s.Scrub(soon), context.DeadlineExceeded)
	require.ErrorContains(t, s.Health(ctx), "a reader")
	require.Equal(t, 1, f.finds(t, sealed))
	require.NoError(t, reader.Rollback())
	require.NoError(t, s.Scrub(ctx))
	require.NoError(t, s.Health(ctx))
	require.Zero(t, f.finds(t, sealed))
}

// TestScrubsByItself checks that no caller needs to call Scrub.
func TestScrubsByItself(t *testing.T) {
	f := newFiles(t)
	s := f.open(t, func(o *sqlstore.Options) { o.ScrubAfter = time.Millisecond })
	m := manager(t, s)
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
	require.NoError(t, err)
	sealed := [][]byte{newAttacker(t, f).ciphertexts(t)[0].sealed}
	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
	require.NoError(t, err)
	_, err = secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return f.finds(t, sealed) == 0 }, time.Minute, time.Millisecond)
}

// TestSlotsAreUsedAgain checks that slots are used again, so that the file does not grow
// with the number of secrets there ever were.
func TestSlotsAreUsedAgain(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	p := secretlife.NewPurger(m)
	size := func() int64 {
		info, err := os.Stat(f.keys())
		require.NoError(t, err)
		return info.Size()
	}
	for range 5 {
		for i := range 3 {
			_, err := m.CreateSecret(
				ctx,
				secretlife.CreateSecretInput{Name: fmt.Sprint(i), Value: secretlife.SecretString("v")},
			)
			require.NoError(t, err)
		}
		for i := range 3 {
			_, err := m.DeleteSecret(
				ctx,
				secretlife.DeleteSecretInput{SecretID: fmt.Sprint(i), ForceDeleteWithoutRecovery: true},
			)
			require.NoError(t, err)
		}
		_, err := p.RunDue(ctx)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, size(), int64(4096+4*64), "slots are used again")
}

// TestAgedVersionsAreOverwritten checks that a version that is removed leaves no
// ciphertext, though its secret and the data key stay.
func TestAgedVersionsAreOverwritten(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
	require.NoError(t, err)
	for i := range 109 {
		_, err := m.PutSecretValue(
			ctx,
			secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString(fmt.Sprint("value ", i))},
		)
		require.NoError(t, err)
	}
	var sealed [][]byte
	for _, c := range newAttacker(t, f).ciphertexts(t) {
		sealed = append(sealed, c.sealed)
	}
	require.Equal(t, 110, f.finds(t, sealed))
	_, err = secretlife.NewPurger(m).Advance(ctx, 72*time.Hour)
	require.NoError(t, err)
	require.NoError(t, s.Scrub(ctx))
	require.Equal(t, 100, f.finds(t, sealed))
}

// TestAReplacedSecretLeavesNoKey checks that an incarnation which another takes
// the place of is purged like any other.
func TestAReplacedSecretLeavesNoKey(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	there, err := m.In("123456789012", "eu-west-1")
	require.NoError(t, err)
	for _, m := range []*secretlife.Manager{there, m} {
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	a := newAttacker(t, f)
	before := a.ciphertexts(t)
	require.Len(t, a.decrypts(t, before[:1]), 1)
	_, err = m.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{
		SecretID: "a", AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1"}},
		ForceOverwriteReplicaSecret: true,
	})
	require.NoError(t, err)
	_, err = secretlife.NewPurger(m).Advance(ctx, 0)
	require.NoError(t, err)
	require.NoError(t, s.Scrub(ctx))
	require.Equal(t, 2, takenSlots(t, f))
	for _, c := range before {
		if c.region == "eu-west-1" {
			require.Empty(t, a.decrypts(t, []ciphertext{c}))
			require.Zero(t, f.finds(t, [][]byte{c.sealed}))
		}
	}
}
