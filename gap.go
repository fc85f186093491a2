package secretlife

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// Gap is time in which nobody counted. If one boot of a machine lasted all through
// it, that proves it. Otherwise it counts for no deletion until an operator confirms
// it, see [Manager.ConfirmGap].
type Gap struct {
	// Number identifies the gap among those that are not proven by a boot.
	Number uint64
	// From and To are what the wall clocks said at its ends.
	From, To time.Time
	// Length is how long it lasted: by its proof, or by the wall clocks if it has
	// none.
	Length time.Duration
	// Proof is "boot", "witness", "operator", or "none".
	Proof string
	// Pending is how much time has to be counted until an operator's confirmation
	// takes effect; 0 once it has, and for all other proofs.
	Pending time.Duration
}

// Gaps returns the gaps that deletions may still need, oldest first.
func (t Tally) Gaps() []Gap {
	var out []Gap
	for _, g := range t.t.Gaps() {
		out = append(out, Gap{g.N, g.From, g.To, g.Length, g.Proof.String(), t.t.Pending(g)})
	}
	return out
}

// WithGap returns the tally as it will be once a confirmation of the gap has taken
// effect, to show what the confirmation does. See [Manager.ConfirmGap] for the
// parameters and the errors.
func (t Tally) WithGap(number uint64, passed time.Duration) (Tally, error) {
	next, err := t.t.Confirm(number, passed, 0)
	if err != nil {
		return t, badParameter(err.Error(), ErrInvalidParameter)
	}
	return Tally{next.Settled()}, nil
}

// gap returns the gap that an operator can confirm by its number.
func (t Tally) gap(number uint64) (Gap, bool) {
	for _, g := range t.Gaps() {
		if g.Number == number && g.Proof != tally.ProofBoot.String() {
			return g, true
		}
	}
	return Gap{}, false
}

// GapEffect is what the confirmation of a gap does to the secrets of a store. It
// counts secrets that were scheduled before the gap. See [Manager.GapEffect].
type GapEffect struct {
	Gap Gap
	// Passed is how much time is confirmed to have passed in the gap.
	Passed time.Duration
	// Waiting is the number of secrets past their DeletionDate that wait for
	// counted time, and Released is how many of them the confirmation purges.
	Waiting, Released int
	// Sooner is the number of other secrets that are purged sooner.
	Sooner int
	// Digest identifies the store's tally, the gap as it is, and Passed.
	Digest string

	with Tally
}

// effect returns the effect of a confirmation on a store without secrets.
func (t Tally) effect(number uint64, passed time.Duration) (GapEffect, error) {
	with, err := t.WithGap(number, passed)
	if err != nil {
		return GapEffect{}, err
	}
	g, _ := t.gap(number)
	if passed == 0 {
		passed = g.Length
	}
	return GapEffect{Gap: g, Passed: passed, Digest: t.digest(g, passed), with: with}, nil
}

// add adds what the confirmation does to a secret.
func (e *GapEffect) add(at At, s Secret) {
	before, after := at.Tally.Missing(s), e.with.Missing(s)
	switch due, _ := s.Deletion().PurgeAt(); {
	case after >= before:
	case at.Time.Before(due):
		e.Sooner++
	default:
		e.Waiting++
		if after == 0 {
			e.Released++
		}
	}
}

// digestLength is the number of bytes of a digest. It is not a secret: it keeps an
// operator from confirming something else than what they saw.
const digestLength = 6

// digest identifies a confirmation.
func (t Tally) digest(g Gap, passed time.Duration) string {
	id := t.t.ID()
	b := append([]byte("gap"), id[:]...)
	b = binary.BigEndian.AppendUint64(b, g.Number)
	for _, n := range []int64{g.From.UnixMilli(), g.To.UnixMilli(), int64(g.Length), int64(passed)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	sum := sha256.Sum256(append(b, g.Proof...))
	return hex.EncodeToString(sum[:digestLength])
}

// checkDigest returns the error for a digest that is not that of a confirmation. An
// empty one is not checked.
func (t Tally) checkDigest(digest string, number uint64, passed time.Duration) error {
	if digest == "" {
		return nil
	}
	e, err := t.effect(number, passed)
	if err == nil && e.Digest != digest {
		err = badParameter(fmt.Sprintf("the digest is not that of this confirmation of gap %d: "+
			"look at what it does again", number), ErrInvalidParameter)
	}
	return err
}
