package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestVerifyFindsWhatCodesDoNot changes the database in the ways that no code of
// a row tells: rows that are taken away, and rows put back as they were.
func TestVerifyFindsWhatCodesDoNot(t *testing.T) {
	const keep = `CREATE TABLE old AS SELECT * FROM secretlife_secrets`
	for change, missing := range map[string]string{
		`DELETE FROM secretlife_secrets WHERE name = 'b'`:                                        "the store has no secret",
		`DELETE FROM secretlife_events WHERE seq = (SELECT MAX(seq) FROM secretlife_events)`:     "the events say",
		`DELETE FROM secretlife_events WHERE seq > (SELECT MAX(seq) - 3 FROM secretlife_events)`: "the events say",
		`DELETE FROM secretlife_secrets; INSERT INTO secretlife_secrets SELECT * FROM old`:       "marked for deletion",
		`INSERT INTO secretlife_secrets SELECT * FROM old WHERE name = 'gone'`:                   "the events say no secret",
		`UPDATE secretlife_events SET record = CAST(substr(record, 1, 1) || x'04' || substr(record, 3) AS BLOB) WHERE ` +
			`seq = 1`: "",
	} {
		f := newFiles(t)
		s := f.open(t)
		m := manager(t, s)
		for _, name := range []string{"a", "b", "gone"} {
			_, err := m.CreateSecret(
				ctx,
				secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("v")},
			)
			require.NoError(t, err)
		}
		f.exec(t, keep)
		_, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.NoError(t, err)
		_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "gone", ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
		_, err = secretlife.NewPurger(m).RunDue(ctx)
		require.NoError(t, err)
		differences, err := audit.Verify(ctx, s)
		require.NoError(t, err)
		require.Empty(t, differences)

		f.exec(t, change)
		require.NoError(t, touch(s)) // the store notices
		differences, err = audit.Verify(ctx, s)
		if missing == "" {
			require.ErrorIs(t, err, sqlstore.ErrTampered)
			continue
		}
		require.NoError(t, err)
		require.NotEmpty(t, differences, change)
		require.Contains(t, differences[0].String(), missing)
	}
}
