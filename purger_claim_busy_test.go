package secretlife_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatOthersClaimIsPassedOver has another purger take what this one knows to be
// ahead: it goes on behind that, and comes back for it.
func TestWhatOthersClaimIsPassedOver(t *testing.T) {
	store := newClaimer()
	w := newWorldOver(t, store)
	mixed(w, 10) // s003 and s008 replicate, and stand between purges
	w.clock.Set(w.clock.Now().Add(9 * aDay))
	others := map[int]map[string]bool{
		2: {"s005": true, "s007": true},                             // between the two
		3: {"s001": true, "s004": true, "s006": true, "s009": true}, // the last ones
	}
	store.before = func() { store.hidden = others[store.claims] }
	r, err := w.purger.RunDue(ctx)
	require.NoError(t, err)
	require.Len(t, r.Purged(), 8)
	require.Equal(t, []int{512, 2, 4}, store.limits[:3])
	due(w, 1)
	r, err = w.purger.RunDue(ctx)
	require.NoError(t, err)
	require.Len(t, r.Purged(), 1)
}
