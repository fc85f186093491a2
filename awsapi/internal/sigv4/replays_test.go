package sigv4

import (
	"encoding/binary"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signedBy returns an identity with the nth signature, made at a time.
func signedBy(n int, at time.Time) Identity {
	s := signature{date: at}
	binary.BigEndian.PutUint64(s.sum[:], uint64(n))
	return Identity{signature: &s}
}

func TestReplaysRemembersWhatIsValid(t *testing.T) {
	now := vectorTime
	p := NewReplays(func() time.Time { return now })
	require.NoError(t, p.Use(Identity{}), "there is nothing to use up")
	require.NoError(t, p.Use(Identity{}))

	// One signature for each second that is valid, and each a second time at
	// each later second: it was used before, until it has expired.
	for second := -300; second <= 300; second++ {
		require.NoError(t, p.Use(signedBy(second, vectorTime.Add(time.Duration(second)*time.Second))))
	}
	require.Equal(t, 601, p.n)
	for elapsed := 0; elapsed <= 700; elapsed += 7 {
		now = vectorTime.Add(time.Duration(elapsed)*time.Second + 999*time.Millisecond)
		for second := -300; second <= 300; second++ {
			err := p.Use(signedBy(second, vectorTime.Add(time.Duration(second)*time.Second)))
			var e *Error
			require.ErrorAs(t, err, &e)
			if second >= elapsed-300 {
				require.ErrorIs(t, err, errReplay, "%d at %d", second, elapsed)
			} else {
				require.Equal(t, "the signature has expired", e.Reason)
			}
		}
	}
	require.NoError(t, p.Use(signedBy(1, now)))
	require.Equal(t, 1, p.n, "the others are forgotten")
	require.Len(t, p.used, 1)
}

// TestReplaysIsBounded: when the memory is full, nothing is carried out that
// could be replayed.
func TestReplaysIsBounded(t *testing.T) {
	now := vectorTime
	p := NewReplays(func() time.Time { return now })
	p.max = 10
	for n := range 10 {
		require.NoError(t, p.Use(signedBy(n, now)))
	}
	require.ErrorIs(t, p.Use(signedBy(10, now)), errRemembered)
	require.ErrorIs(t, p.Use(signedBy(3, now)), errReplay)
	now = now.Add(maxSkew + time.Minute)
	require.NoError(t, p.Use(signedBy(10, now)))
}

// TestReplaysAtTheSameTime: of many uses of one signature at the same time, one
// succeeds.
func TestReplaysAtTheSameTime(t *testing.T) {
	p := NewReplays(func() time.Time { return vectorTime })
	results := make(chan error)
	for range 16 {
		go func() { results <- p.Use(signedBy(1, vectorTime)) }()
	}
	used := 0
	for range 16 {
		if err := <-results; err == nil {
			used++
		} else {
			require.ErrorIs(t, err, errReplay)
		}
	}
	require.Equal(t, 1, used)
}

// TestReplaysWithIDsThatAreNotSigned: a client that makes the same call twice in
// a second, and tells the calls apart by an id that it does not sign, is served;
// after the second is over, another id makes no other call.
func TestReplaysWithIDsThatAreNotSigned(t *testing.T) {
	now := vectorTime
	p := NewReplays(func() time.Time { return now })
	use := func(id string) error {
		i := signedBy(1, vectorTime)
		i.signature.attempt = id
		return p.Use(i)
	}
	require.NoError(t, use("first\nattempt=1"))
	require.ErrorIs(t, use("first\nattempt=1"), errReplay)
	require.NoError(t, use("first\nattempt=2"))
	require.NoError(t, use("second\nattempt=1"))
	require.ErrorIs(t, use("second\nattempt=1"), errReplay)
	require.ErrorIs(t, use(""), errReplay)
	require.Equal(t, 4, p.n)
	now = vectorTime.Add(repeats)
	require.NoError(t, use("third"))
	now = now.Add(1)
	require.ErrorIs(t, use("fourth"), errReplay)
	now = vectorTime.Add(-1)
	require.ErrorIs(t, use("fourth"), errReplay, "the clock was set back")
	now = vectorTime
	p.max = p.n + 1
	require.NoError(t, use("fourth"))
	require.ErrorIs(t, use("fifth"), errRemembered)
}

// TestRefusedClaimsHaveNoIdentity: an error of Read that is not looked at gives
// nobody an identity.
func TestRefusedClaimsHaveNoIdentity(t *testing.T) {
	v := Verifier{Service: "service", Account: "123456789012", Region: "us-east-1",
		Now: func() time.Time { return vectorTime }}
	v.Keys = func(string) (Key, bool) { return Key{}, false }
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.amazonaws.com/", http.NoBody)
	require.NoError(t, err)
	for _, header := range []string{"", "Bearer x",
		"AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/service/aws4_request, SignedHeaders=host, Signature=00"} {
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		claim, err := v.Read(r)
		require.Error(t, err)
		i, err := claim.Verify(nil)
		require.Error(t, err)
		require.Zero(t, i)
	}
	i, err := Claim{}.Verify(nil)
	require.Error(t, err)
	require.Zero(t, i)
}
