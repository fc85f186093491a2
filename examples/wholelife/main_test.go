package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheWholeLife is the story, line by line.
func TestTheWholeLife(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `delete, account 123456789012, Region us-east-1, made 2030-01-01T12:00:00Z, `+
		`can be applied until 2030-01-02T12:00:00Z
NAME     STATE   STEPS                AFTER                 PURGE                     UNDO  LAST READ  VERSIONS
old/api  Active  schedule for 7 days  ScheduledForDeletion  2030-01-08 to 2030-01-09  yes   never      1
old/db   Active  schedule for 7 days  ScheduledForDeletion  2030-01-08 to 2030-01-09  yes   never      1
stopped at old/api: InvalidRequestException: You can't perform this operation on the secret because it has the hold `+
		`"audit". (held)
DeleteSecret by force: You can't perform this operation on the secret because it has the hold "audit".
done: old/api: schedule for 7 days
done: old/db: schedule for 7 days
alarm: 123456789012 called GetSecretValue on old/db, which is scheduled for deletion
done: old/db: restore
old/db has its value: true
purged: old/api
`, out.String())
}
