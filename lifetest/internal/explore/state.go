package explore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

// state is one state of the small world. It is immutable.
type state struct {
	*snapshot.Snapshot
	now time.Time
	// plain are the secrets as plain data, in their order, while the state is looked at.
	plain []*plain.State
	// before and by are how it was reached first.
	before *state
	by     *action
}

// look makes the plain data of the secrets. It takes that of an earlier state where a secret is
// the same.
func (s *state) look(before *state) {
	s.plain = make([]*plain.State, len(s.Secrets))
	for i, k := range s.Secrets {
		if j, ok := before.Find(k.Key()); ok && before.Secrets[j].Secret == k.Secret {
			s.plain[i] = before.plain[j]
			continue
		}
		st := plain.Of(k.Secret)
		s.plain[i] = &st
	}
}

// named returns the secret of a name in a Region, or nil.
func (s *state) named(region secretlife.Region, name string) *plain.State {
	for i, k := range s.Secrets {
		if key := k.Key(); key.Region == region && key.Name.String() == name {
			return s.plain[i]
		}
	}
	return nil
}

// same reports whether two states differ at most in the counted time.
func (s *state) same(o *state) bool { return s.now.Equal(o.now) && s.SameSecrets(o.Snapshot) }

// checkWrite checks that a change has its events, and every version its value.
func checkWrite(old snapshot.Secret, c secretlife.Change, next snapshot.Secret) error {
	if len(c.Events()) == 0 {
		return fmt.Errorf("change of %s without event", c.Key().Name)
	}
	if c.Next().IsZero() {
		if got, want := namesOf(c.Events()), purgeEvents(old.Secret); !slices.Equal(got, want) {
			return fmt.Errorf("%s ended with the events %v, not %v", old.ARN(), got, want)
		}
		return nil
	}
	return checkValues(next)
}

// checkValues checks that exactly the versions that are not reserved have a value.
func checkValues(s snapshot.Secret) error {
	want := 0
	for _, v := range s.Versions() {
		has := slices.ContainsFunc(s.Values, func(x secretlife.VersionValue) bool { return x.ID == v.ID() })
		if has == s.Reserved(v.ID()) {
			return fmt.Errorf("version %s of %s: reserved %v, with a value %v", v.ID(), s.ARN(), !has, has)
		}
		if has {
			want++
		}
	}
	if len(s.Values) != want {
		return fmt.Errorf("%s has %d values for %d versions", s.ARN(), len(s.Values), want)
	}
	return nil
}

// stillClock is a clock that is set. All time that passes counts, whichever explorer
// looks at it.
type stillClock struct{ now time.Time }

func (c *stillClock) Elapsed() secretlife.Elapsed {
	return secretlife.Elapsed{Boot: "explorer", Time: c.now.Sub(history.Epoch), Virtual: true}
}

func (c *stillClock) Now() time.Time { return c.now }

func (c *stillClock) After(time.Duration) <-chan time.Time { return nil }

func (c *stillClock) Set(t time.Time) { c.now = t }

// deadlines returns the future instants at which something changes without a call, the
// nearest first.
func (s *state) deadlines() []time.Time {
	var out []time.Time
	for _, k := range s.Secrets {
		date, _ := k.Deletion().Date()
		due, _, _ := k.NextDue()
		dates := []time.Time{date, due, k.Protection().Final}
		for _, h := range k.Holds() {
			dates = append(dates, h.Until)
		}
		for _, t := range dates {
			if t.After(s.now) {
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return out
}
