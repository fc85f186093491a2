package secretlife

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/internal/pack"
	"github.com/secretlife-go/secretlife/internal/tally"
)

// At is when a decision is made, and by whom: by date, and by the elapsed time that a
// store's processes have counted. Decisions refuse an At without a Time.
type At struct {
	// Time is what the clock says. Decisions use it in UTC, truncated to
	// milliseconds.
	Time time.Time
	// Account is the one that asks for an operation; zero is that of the secret. The event
	// of the decision has it.
	Account Account
	// Principal is who asks for it, as far as is known: see [Caller]. Holds note it.
	Principal string
	// Protection is what protects every secret, beside the protection of its own: see
	// [Options].Protection.
	Protection Protection
	// Tally is the elapsed time counted so far. A deletion keeps the tally at
	// which it began, and is carried out when its window has passed by count, too. With
	// the zero Tally nothing is ever purged but what was deleted by force.
	Tally Tally

	stamp tally.Stamp // zero: one that is surely late enough
}

// began returns the stamp of what begins at this moment.
func (a At) began() tally.Stamp {
	if a.stamp == (tally.Stamp{}) && !a.Tally.IsZero() {
		return a.Tally.t.Stamp(tally.Real(), false)
	}
	return a.stamp
}

// Exactly returns the instant t, with a tally in which just the time has passed
// that lies between two instants: the clock is right, and has always been. It is
// for rules that are tested without a [Manager].
func Exactly(t time.Time) At {
	return At{Time: t, Tally: Tally{tally.First(tally.ID{1}, tally.Reading{Boot: "exact", Virtual: true}, 0).
		Beat(tally.Virtual(), tally.Reading{Boot: "exact"}, tally.Reading{
			Boot: "exact", Elapsed: t.Sub(exactStart), Wall: t, Virtual: true,
		}, 0, 0)}}
}

// exactStart is the earliest instant that Exactly counts from.
var exactStart = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// Tally is elapsed time that the processes of one store have counted, and can
// prove: each with a clock that can't be set, such as the time since its machine
// was booted. Wall clocks can only make it less. It is an immutable value; the
// zero Tally has counted nothing. [Manager.Tally] returns that of a store.
type Tally struct{ t tally.Tally }

// IsZero reports whether nothing was ever counted.
func (t Tally) IsZero() bool { return t.t.IsZero() }

// Virtual reports whether the time is that of a clock which a test moves.
func (t Tally) Virtual() bool { return t.t.Virtual() }

// Count returns the time that was counted without a gap between two beats.
func (t Tally) Count() time.Duration { return t.t.Count() }

// LastBeat returns what the wall clock said when time was counted last, and what
// counted: the boot of a machine, or a process.
func (t Tally) LastBeat() (at time.Time, by string) { return t.t.Wall(), t.t.Boot() }

// Real clocks drift, and time is counted a little late. So a purge waits for a
// thousandth more than the window, and a restoration is refused by date as long
// as no more than restoreSlack is missing.
const (
	driftShare   = 1000
	restoreSlack = time.Hour
	// tick is what instants are truncated to.
	tick = time.Millisecond
)

// needed is the age at which a window has surely passed.
func (t Tally) needed(window time.Duration) time.Duration {
	if t.t.Virtual() {
		return window - tick + 1
	}
	return window + window/driftShare
}

// slack is how much later than by date the window has passed by count, where all
// clocks are right.
func (t Tally) slack(window time.Duration) time.Duration {
	if t.IsZero() || t.t.Virtual() {
		return 0
	}
	return window/driftShare + 4*tally.Real().Stride
}

// missing returns how much of a period is not proven to have passed: at or below
// zero where it has.
func (t Tally) missing(c counted) time.Duration {
	return t.needed(c.period) - max(t.t.Age(c.stamp), 0)
}

// spent reports whether a secret can no longer be restored, if its date has come.
func (t Tally) spent(d Deletion) bool {
	if d.since == (counted{}) {
		return true
	}
	if t.t.Virtual() {
		return t.missing(d.since) <= 0
	}
	return t.t.Age(d.since.stamp) >= d.since.period-restoreSlack
}

// counted is a period that has to pass by count, since a stamp.
type counted struct {
	period time.Duration
	stamp  tally.Stamp
}

// carried returns the period with the age that it has reached by a tally, for a store that
// counts by another one.
func (c counted) carried(t Tally) counted {
	return counted{c.period, tally.Stamp{Had: max(t.t.Age(c.stamp), 0)}}
}

// foreign reports whether the period began by another tally, which says nothing of
// how it goes on.
func (c counted) foreign(t Tally) bool { return !t.IsZero() && c.stamp.Tally != t.t.ID() }

// again is the period as it goes on by another tally.
func (c counted) again(at At) counted {
	had := c.stamp.Had
	c.stamp = at.began()
	c.stamp.Had = had
	return c
}

// countdown is a period that ends at a date, and not before it has passed by count.
type countdown struct {
	date  moment // as it was asked for
	due   moment // when it has surely passed by count, if all clocks are right
	count counted
}

// until returns the countdown to a date in the future.
func (a At) until(date time.Time) countdown {
	period := date.Sub(instant(a.Time))
	return countdown{momentOf(date), momentOf(date.Add(a.Tally.slack(period))), counted{period, a.began()}}
}

// left returns how much of it is left: at or below zero if it is over by date and by count.
// Without a date only the count matters.
func (c countdown) left(at At) time.Duration {
	if at.Time.IsZero() {
		return at.Tally.missing(c.count)
	}
	return max(c.due.time().Sub(instant(at.Time)), at.Tally.missing(c.count))
}

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
// counts secrets that were scheduled before the gap. Holds with an end, releases with a delay and
// the cooling-off of protections that began before the gap go on by that much time, too.
// See [Manager.GapEffect].
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

// tallyJSON is a Tally as operators see it. Durations are as [time.Duration.String]
// writes them.
type tallyJSON struct {
	Virtual bool   `json:"virtual"`
	Counted string `json:"counted"`
	Gaps    []Gap  `json:"gaps"`
}

// MarshalJSON writes what was counted, and the gaps, for operators.
func (t Tally) MarshalJSON() ([]byte, error) {
	out := tallyJSON{Virtual: t.Virtual(), Counted: t.Count().String(), Gaps: t.Gaps()}
	if out.Gaps == nil {
		out.Gaps = []Gap{}
	}
	return json.Marshal(out)
}

// MarshalJSON writes the gap for operators.
func (g Gap) MarshalJSON() ([]byte, error) {
	pending := ""
	if g.Pending > 0 {
		pending = g.Pending.String()
	}
	return json.Marshal(struct {
		Number  uint64    `json:"number"`
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Length  string    `json:"length"`
		Proof   string    `json:"proof"`
		Pending string    `json:"pending,omitempty"`
	}{g.Number, g.From, g.To, g.Length.String(), g.Proof, pending})
}

// MarshalJSON writes the effect for operators.
func (e GapEffect) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Gap      Gap    `json:"gap"`
		Passed   string `json:"passed"`
		Waiting  int    `json:"waiting"`
		Released int    `json:"released"`
		Sooner   int    `json:"sooner"`
		Digest   string `json:"digest"`
	}{e.Gap, e.Passed.String(), e.Waiting, e.Released, e.Sooner, e.Digest})
}

// storedCount is a period that has to pass by the count of a [Tally], as plain
// data. Durations are in nanoseconds.
type storedCount struct {
	Period time.Duration `json:"period"`
	Tally  string        `json:"tally,omitempty"` // its id in hexadecimal, "" for none
	From   time.Duration `json:"from,omitempty"`  // the count at which it began
	N      uint64        `json:"n,omitempty"`     // the first beat whose gaps count
	Had    time.Duration `json:"had,omitempty"`   // what had passed by another tally before
}

func (c counted) state() *storedCount {
	if c == (counted{}) {
		return nil
	}
	st := &storedCount{Period: c.period, From: c.stamp.From, N: c.stamp.N, Had: c.stamp.Had}
	if c.stamp.Tally != (tally.ID{}) {
		st.Tally = hex.EncodeToString(c.stamp.Tally[:])
	}
	return st
}

func (st *storedCount) counted() (counted, error) {
	if st == nil {
		return counted{}, nil
	}
	c := counted{st.Period, tally.Stamp{From: st.From, N: st.N, Had: st.Had}}
	if c.period == 0 {
		return c, errors.New("a period of no time")
	}
	if st.Tally == "" {
		return c, nil
	}
	id, err := hex.DecodeString(st.Tally)
	if err != nil || len(id) != len(c.stamp.Tally) {
		return c, fmt.Errorf("tally %q is not %d hexadecimal bytes", st.Tally, len(c.stamp.Tally))
	}
	copy(c.stamp.Tally[:], id)
	return c, nil
}

// storedCountdown is when something ends, by date and by count, as plain data.
type storedCountdown struct {
	Date  int64       `json:"date"`
	Due   int64       `json:"due"`
	Count storedCount `json:"count"`
}

func (c countdown) state() *storedCountdown {
	if c == (countdown{}) {
		return nil
	}
	return &storedCountdown{c.date.time().UnixMilli(), c.due.time().UnixMilli(), *c.count.state()}
}

func (st *storedCountdown) countdown() (countdown, error) {
	if st == nil {
		return countdown{}, nil
	}
	c, err := st.Count.counted()
	return countdown{momentAt(st.Date), momentAt(st.Due), c}, err
}

func (st *storedCount) pack(p *pack.Writer) {
	p.Int(int64(st.Period))
	id, _ := hex.DecodeString(st.Tally) // checked before
	p.Text(string(id))
	p.Int(int64(st.From))
	p.Uint(st.N)
	p.Int(int64(st.Had))
}

func unpackWindow(u *pack.Reader) *storedCount {
	period := time.Duration(u.Int())
	id := u.Text()
	return &storedCount{period, hex.EncodeToString([]byte(id)), time.Duration(u.Int()), u.Uint(), time.Duration(u.Int())}
}
