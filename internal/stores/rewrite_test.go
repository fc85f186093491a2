package stores_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// TestARewriteLeavesNoPiece checks that Rewrite removes what SQLite keeps of rows
// it moved before they were deleted. Secrets come and go in no order, so that
// pages are split and joined; a piece of some stays after a scrub most times.
func TestARewriteLeavesNoPiece(t *testing.T) {
	f := newFiles(t)
	s := f.open(t)
	m := manager(t, s)
	r := rand.New(rand.NewPCG(3, 4))
	var gone [][]byte
	for round := range 4 {
		for i := range atLeisure(250, 100) {
			value := secretlife.SecretString(fmt.Sprintf("%0*d", 30+r.IntN(900), i))
			_, err := m.CreateSecret(
				ctx,
				secretlife.CreateSecretInput{Name: fmt.Sprint("s-", round, "-", i), Value: value},
			)
			require.NoError(t, err)
		}
		for _, c := range newAttacker(t, f).ciphertexts(t) {
			if r.IntN(3) > 0 {
				continue
			}
			gone = append(gone, c.sealed, c.incarnation)
			_, err := m.DeleteSecret(
				ctx,
				secretlife.DeleteSecretInput{SecretID: c.name, ForceDeleteWithoutRecovery: true},
			)
			require.NoError(t, err)
		}
		_, err := secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
	}
	require.NoError(t, s.Scrub(ctx))
	t.Logf("after the scrub there is a piece of %d of %d", f.finds(t, gone), len(gone))
	require.NoError(t, s.Rewrite(ctx))
	require.Zero(t, f.finds(t, gone))
	require.NoError(t, s.Health(ctx))
	page, err := m.ListSecrets(ctx, secretlife.ListSecretsInput{})
	require.NoError(t, err)
	for _, e := range page.SecretList {
		_, err := m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: e.ARN})
		require.NoError(t, err)
	}
}
