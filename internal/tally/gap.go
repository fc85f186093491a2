package tally

import (
	"fmt"
	"time"
)

// Proof is what makes the time of a gap count.
type Proof uint8

// The proofs.
const (
	// ProofNone: nobody knows whether the time has passed, and it does not count.
	ProofNone Proof = iota
	// ProofBoot: one boot's elapsed clock ran through all of it.
	ProofBoot
	// ProofWitness: a witness that the operator named vouches for it.
	ProofWitness
	// ProofOperator: an operator confirmed it.
	ProofOperator
)

// String returns "none", "boot", "witness" or "operator".
func (p Proof) String() string {
	switch p {
	case ProofNone:
		return "none"
	case ProofBoot:
		return "boot"
	case ProofWitness:
		return "witness"
	case ProofOperator:
		return "operator"
	}
	return fmt.Sprintf("Proof(%d)", uint8(p))
}

// Gap is time between two beats that was not counted beat by beat.
type Gap struct {
	// N is the number of the beat before it. Deletions count a gap if they were
	// decided at that beat or before. Of the gaps with a proof other than
	// [ProofBoot] each has another N.
	N uint64
	// Count is what was counted before it.
	Count time.Duration
	// From and To are what the wall clocks said at its ends.
	From, To time.Time
	// Length is how long it lasted: by its proof, or by the wall clocks if
	// it has no proof.
	Length time.Duration
	Proof  Proof
	// Confirmed is when an operator confirmed the gap, in this tally.
	Confirmed Stamp
}

// credit is what a gap adds to an age.
func (t Tally) credit(g Gap) time.Duration {
	switch {
	case g.Proof == ProofNone, t.Pending(g) > 0:
		return 0
	}
	return g.Length
}

// Pending returns how much time has to be counted until an operator's confirmation
// of a gap takes effect; 0 once it has, and for all other proofs.
func (t Tally) Pending(g Gap) time.Duration {
	if g.Proof != ProofOperator {
		return 0
	}
	return max(ConfirmDelay-t.counted(g.Confirmed), 0)
}

// counted is the age of a stamp without what operators confirmed.
func (t Tally) counted(s Stamp) time.Duration {
	age := t.count - s.From
	for i := len(t.gaps) - 1; i >= 0 && t.gaps[i].N >= s.N; i-- {
		if p := t.gaps[i].Proof; p == ProofBoot || p == ProofWitness {
			age = add(age, t.gaps[i].Length)
		}
	}
	return age
}

// Gaps returns the gaps that are kept, oldest first.
func (t Tally) Gaps() []Gap { return append([]Gap(nil), t.gaps...) }

// add appends a gap. Neighbours with a proof of the same kind become one, which
// stays where the older one is, so that never more is credited.
func (t *Tally) add(r Rules, g Gap) {
	if last := len(t.gaps) - 1; last >= 0 && g.Proof == ProofBoot && t.gaps[last].Proof == ProofBoot &&
		add(t.gaps[last].Length, g.Length) <= r.Merge {
		t.gaps[last].Length += g.Length
		t.gaps[last].To = g.To
		return
	}
	t.gaps = append(t.gaps, g)
}

// prune drops the gaps that no deletion needs any more: what was there before
// them has reached the longest age without them.
func (t *Tally) prune(r Rules) {
	var sum time.Duration
	keep := 0
	for i := len(t.gaps) - 1; i >= 0; i-- {
		if add(t.count-t.gaps[i].Count, sum) >= r.Longest {
			keep = i + 1
			break
		}
		sum = add(sum, t.credit(t.gaps[i]))
	}
	keep = max(keep, len(t.gaps)-r.MaxGaps)
	t.gaps = t.gaps[keep:]
}

// ConfirmDelay is the time that has to be counted before a confirmation counts,
// so that a mistake can be withdrawn.
const ConfirmDelay = time.Hour

// Confirm returns the tally in which an operator vouches that so much time passed
// in the gap with the number n, which nobody counted; 0 takes the length that the
// wall clocks said. It counts for the deletions that are older than the gap, when
// [ConfirmDelay] has been counted. It fails where there is no such gap, where it
// is proven already, and for more time than the wall clocks said.
func (t Tally) Confirm(n uint64, passed time.Duration, nonce uint64) (Tally, error) {
	return t.vouch(n, nonce, func(g *Gap) error {
		switch {
		case g.Proof != ProofNone:
			return fmt.Errorf("gap %d is proven already (%s)", n, g.Proof)
		case passed < 0 || passed > g.Length:
			return fmt.Errorf("gap %d is %v long by the clocks, so %v can't have passed in it", n, g.Length, passed)
		case passed > 0:
			g.Length = passed
		}
		g.Proof, g.Confirmed = ProofOperator, t.Stamp(Real(), true)
		return nil
	})
}

// Settled returns the tally in which all confirmations count already.
func (t Tally) Settled() Tally {
	t.gaps = t.Gaps()
	for i := range t.gaps {
		t.gaps[i].Confirmed.From = t.count - ConfirmDelay
	}
	return t
}

// Withdraw returns the tally in which an operator's confirmation of a gap is taken
// back. It fails if the gap has no confirmation.
func (t Tally) Withdraw(n uint64, nonce uint64) (Tally, error) {
	return t.vouch(n, nonce, func(g *Gap) error {
		if g.Proof != ProofOperator {
			return fmt.Errorf("gap %d was not confirmed by an operator (proof: %s)", n, g.Proof)
		}
		g.Proof, g.Confirmed, g.Length = ProofNone, Stamp{}, g.To.Sub(g.From)
		return nil
	})
}

func (t Tally) vouch(n uint64, nonce uint64, edit func(*Gap) error) (Tally, error) {
	t.gaps = t.Gaps()
	for i := range t.gaps {
		g := &t.gaps[i]
		if g.N != n || g.Proof == ProofBoot {
			continue
		}
		if err := edit(g); err != nil {
			return Tally{}, err
		}
		t.nonce = nonce
		return t, nil
	}
	return Tally{}, fmt.Errorf("there is no gap %d", n)
}
