package secretlife

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife/internal/duration"
	"github.com/secretlife-go/secretlife/internal/pack"
)

// Emulate are the limits and delays of AWS that [Options] can ask for, since code that
// meets them there should meet them in tests. The zero Emulate has none.
type Emulate struct {
	// PurgeDelay is how long after its DeletionDate a secret is purged; by
	// default at once. AWS promises no moment. It is fixed, or drawn, when the
	// secret is deleted.
	PurgeDelay Delay
	// ListLag and DescribeLag are how late a change shows in ListSecrets, and a
	// deletion or restoration in DescribeSecret: AWS is eventually consistent. By
	// default everything shows at once. A secret that was purged is gone from both
	// in any case, and a restart of the process forgets what was to show later.
	ListLag, DescribeLag Delay
	// Quotas are the limits of the account; by default it has no limits.
	Quotas Quotas
	// ReplicaRemovalLag is how long a replica that RemoveRegionsFromReplication removed
	// keeps its name, as a secret does that was deleted by force; by default it is gone at
	// once, as AWS documents it. On AWS 40 to 90 seconds were seen.
	ReplicaRemovalLag Delay
	// OwningServices refuses, with [ErrOwnedByService], what AWS lets only the owning service
	// do to its secrets, such as "rds!db-1": UpdateSecret, PutSecretValue,
	// UpdateSecretVersionStage, and DeleteSecret by force. By default only TagResource and
	// UntagResource are refused, so that a test can make such secrets and end them.
	OwningServices bool
	// Regions are those that secrets can be replicated to; by default those that AWS has.
	Regions []string
	// CheckKMSKey, if set, says whether a KMS key can be used, each time that AWS would use
	// it: nil, or an error in which errors.Is finds [ErrKMSKeyNotFound], [ErrKMSKeyDisabled],
	// [ErrKMSKeyPendingDeletion] or [ErrKMSAccessDenied]. keyARN is the ARN of the key, or
	// of the alias, that the secret has; a KmsKeyId that is no ARN is one of the caller's
	// account. It is not asked for the default key. By default every key can be used.
	CheckKMSKey func(ctx context.Context, keyARN string) error
}

// lag keeps what secrets were before their latest changes, for as long as
// these do not show everywhere: AWS is eventually consistent ("ListSecrets" in
// its API reference). Several changes within the delay show together.
type lag struct {
	delay Delay

	mu    sync.Mutex
	past  map[Key]past
	sweep int // how many entries make it worth looking for old ones
}

type past struct {
	was   Secret      // zero: the secret was not there yet
	of    Incarnation // which the change led to
	until time.Time
}

// note remembers what a secret was before a change that was just saved.
func (l *lag) note(now time.Time, c *Change, r *source) {
	if l.delay.isZero() || c.next.IsZero() {
		return
	}
	key := c.Key()
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.past[key]; ok && p.of == c.next.Incarnation() && now.Before(p.until) {
		return
	}
	delay, err := l.delay.draw(r)
	if err != nil {
		return // the change was made; it shows at once
	}
	if l.past == nil {
		l.past = make(map[Key]past)
	}
	if len(l.past) >= l.sweep {
		for key, p := range l.past {
			if !now.Before(p.until) {
				delete(l.past, key)
			}
		}
		l.sweep = max(2*len(l.past), 64)
	}
	l.past[key] = past{c.base, c.next.Incarnation(), now.Add(delay)}
}

// seen returns what of a secret shows at an instant; false where its creation
// does not.
func (l *lag) seen(s Secret, now time.Time) (Secret, bool) {
	if l.delay.isZero() {
		return s, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.past[s.Key()]; ok && p.of == s.Incarnation() && now.Before(p.until) {
		return p.was, !p.was.IsZero()
	}
	return s, true
}

// Quotas are limits on what an account may have and how often it may call. The
// zero Quotas limits nothing; [AWSQuotas] has those of AWS.
type Quotas struct {
	// Secrets is how many secrets an account may have in a Region, scheduled ones
	// and replicas included; 0 is no limit. CreateSecret beyond it returns a
	// [*LimitExceededError]. It is exact among the callers of one Manager and
	// those made of it with In; other processes may pass it by what they create
	// at the same moment. A replica is made whether or not there is room for it.
	Secrets int
	// Versions is how many versions a secret may have that ageing must keep:
	// those with a label, those under 24 hours old, and the 100 newest; 0 is no
	// limit. What would add one beyond it returns a [*LimitExceededError].
	Versions int
	// Rates are how often an account may call in a Region. An operation that is
	// in several counts for all of them.
	Rates []Rate
}

// Rate limits how often some operations are called, all of them together. Calls
// beyond it return a [*ThrottlingError], whatever they ask for, and don't count.
type Rate struct {
	Operations []Operation
	// PerSecond is at least 1. As many calls may come at once; then one is let
	// in every 1/PerSecond of a second.
	PerSecond int
}

// AWSQuotas returns the quotas of AWS, from "AWS Secrets Manager quotas" in its
// user guide as of 2023. AWS has raised some of the rates since.
func AWSQuotas() Quotas {
	return Quotas{
		Secrets:  500_000,
		Versions: 100,
		Rates: []Rate{
			{[]Operation{OpDescribeSecret, OpGetSecretValue}, 5000},
			{[]Operation{OpBatchGetSecretValue}, 100},
			{[]Operation{OpCreateSecret}, 50},
			{[]Operation{OpDeleteSecret}, 50},
			{[]Operation{OpRestoreSecret}, 50},
			{[]Operation{OpListSecrets, OpListSecretVersionIds}, 50},
			{[]Operation{
				OpPutSecretValue, OpUpdateSecret, OpUpdateSecretVersionStage,
				OpReplicateSecretToRegions, OpRemoveRegionsFromReplication, OpStopReplicationToReplica,
			}, 50},
			{[]Operation{OpRotateSecret, OpCancelRotateSecret}, 50},
			{[]Operation{OpTagResource, OpUntagResource}, 50},
			{
				[]Operation{OpPutResourcePolicy, OpGetResourcePolicy, OpDeleteResourcePolicy, OpValidateResourcePolicy},
				50,
			},
			{[]Operation{OpGetRandomPassword}, 50},
		},
	}
}

func (q Quotas) check() error {
	if q.Secrets < 0 || q.Versions < 0 {
		return fmt.Errorf(
			"secretlife: quotas of %d secrets and %d versions: they must not be below 0", q.Secrets, q.Versions,
		)
	}
	for _, r := range q.Rates {
		if r.PerSecond < 1 || time.Duration(r.PerSecond) > time.Second {
			return fmt.Errorf("secretlife: a rate of %d calls per second, for %v", r.PerSecond, r.Operations)
		}
	}
	return nil
}

// quotas are Quotas at work.
type quotas struct {
	limits   Quotas
	creating chan struct{} // has room for one caller that counts secrets and then adds one

	mu    sync.Mutex
	calls map[callsOf]time.Time
	sweep int // how many entries make it worth looking for old ones
}

type callsOf struct {
	in   scope
	rate int // index of Quotas.Rates
}

// Texts of the quotas: the first is the documentation's of
// LimitExceededException, the second is reported
// (external-secrets/external-secrets #4065).
const (
	textQuota     = "The request failed because it would exceed one of the Secrets Manager quotas."
	textThrottled = "Rate exceeded"
)

// admit counts a call, or refuses it.
func (q *quotas) admit(in scope, op Operation, now time.Time) error {
	if len(q.limits.Rates) == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	next := make(map[callsOf]time.Time, 1)
	for i, r := range q.limits.Rates {
		for _, o := range r.Operations {
			if o != op {
				continue
			}
			of := callsOf{in, i}
			at, ok := r.admit(q.calls[of], now)
			if !ok {
				return &ThrottlingError{ErrorDetails{Message: textThrottled, Reason: ErrThrottled}}
			}
			next[of] = at
		}
	}
	for of, at := range next {
		q.calls[of] = at
	}
	q.forget(now)
	return nil
}

// forget drops the accounts and Regions whose calls are made up for, which is as if
// they had made none: clients choose what they name.
func (q *quotas) forget(now time.Time) {
	if len(q.calls) < q.sweep {
		return
	}
	for of, free := range q.calls {
		if !free.After(now) {
			delete(q.calls, of)
		}
	}
	q.sweep = max(2*len(q.calls), 64)
}

// admit decides whether a call may come now. free is the instant at which all
// calls so far are made up for, and so is what it returns, with this call. (This
// is a bucket of PerSecond calls, kept as one instant.)
func (r Rate) admit(free, now time.Time) (time.Time, bool) {
	each := time.Second / time.Duration(r.PerSecond)
	if free.Before(now) || free.Sub(now) > time.Second {
		free = now // the latter where the clock was set back
	}
	free = free.Add(each)
	return free, free.Sub(now) <= time.Second
}

// admitVersions refuses a change that adds a version beyond the quota.
func (q Quotas) admitVersions(c Change, now time.Time) error {
	before, after := c.base.data(), c.next.data()
	if q.Versions == 0 || after.versions.Len() <= before.versions.Len() {
		return nil
	}
	kept := 0
	for i := range after.versions.Len() {
		if !after.isAged(i, now) {
			kept++
		}
	}
	if kept > q.Versions {
		return errLimit(textQuota)
	}
	return nil
}

// source draws from the random source, one at a time.
type source struct {
	mu sync.Mutex
	r  io.Reader
}

func (s *source) read(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.r, b); err != nil {
		return internal(fmt.Errorf("random source: %w", err))
	}
	return nil
}

func (s *source) uint64() (uint64, error) {
	var b [8]byte
	err := s.read(b[:])
	return binary.BigEndian.Uint64(b[:]), err
}

// below draws a number from 0 to n-1. What would make some more likely than
// others is drawn again.
func (s *source) below(n int) (int, error) {
	size := uint64(n)
	for limit := math.MaxUint64 - math.MaxUint64%size; ; {
		x, err := s.uint64()
		if err != nil || x < limit {
			return int(x % size), err
		}
	}
}

func (s *source) suffix() (suffix, error) {
	var out suffix
	n, err := s.uint64()
	for i := range out {
		out[i] = suffixAlphabet[n%uint64(len(suffixAlphabet))]
		n /= uint64(len(suffixAlphabet))
	}
	return out, err
}

func (s *source) incarnation() (Incarnation, error) {
	var inc Incarnation
	err := s.read(inc[:])
	return inc, err
}

func (s *source) versionID() (VersionID, error) {
	var b [16]byte
	err := s.read(b[:])
	return VersionID{pack.RandomUUID(b)}, err
}

// Delay is how much later than it could something happens: always the same, or
// drawn anew each time. The zero Delay does not delay.
type Delay struct{ least, most time.Duration }

// FixedDelay is always the same; below zero counts as zero.
func FixedDelay(d time.Duration) Delay { return Delay{max(d, 0), max(d, 0)} }

// RandomDelay is drawn evenly between two durations, in milliseconds, from the
// Manager's random source. It is an error for most to be below least, or for
// least to be below zero.
func RandomDelay(least, most time.Duration) (Delay, error) {
	if least < 0 || most < least {
		return Delay{}, fmt.Errorf("secretlife: delay from %v to %v", least, most)
	}
	return Delay{least, most}, nil
}

// ParseDelay reads "none", a fixed delay such as "5s" or "2d", or a range such as
// "1h..24h". Its durations are those of [time.ParseDuration], and "1w", "30d" and "P30D".
func ParseDelay(s string) (Delay, error) {
	if s == "none" {
		return Delay{}, nil
	}
	from, to, isRange := strings.Cut(s, "..")
	least, err := duration.Parse(from)
	if err != nil {
		return Delay{}, fmt.Errorf(
			`secretlife: delay %q is not "none", a duration such as "5s" or "2d", or a range such as "1h..24h"`, s,
		)
	}
	most := least
	if isRange {
		if most, err = duration.Parse(to); err != nil {
			return Delay{}, fmt.Errorf("secretlife: delay %q does not end in a duration", s)
		}
	}
	return RandomDelay(least, most)
}

// isZero reports whether there is no delay.
func (d Delay) isZero() bool { return d.most == 0 }

func (d Delay) draw(r *source) (time.Duration, error) {
	span := uint64((d.most - d.least) / time.Millisecond)
	if span == 0 {
		return d.least, nil
	}
	n, err := r.uint64()
	return d.least + time.Duration(n%(span+1))*time.Millisecond, err
}
