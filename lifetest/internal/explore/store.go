package explore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// snapshot is one state of the small world. It is immutable. A commit makes the next
// one.
type snapshot struct {
	now     time.Time
	secrets []storedSecret // in order of key
	tally   []byte         // the note of counted time
	// before and by are how it was reached first.
	before *snapshot
	by     *action
}

// storedSecret is a secret of a snapshot, with the values of its versions.
type storedSecret struct {
	secret secretlife.Secret
	values []secretlife.VersionValue
}

func (s *snapshot) find(key secretlife.Key) (int, bool) {
	return slices.BinarySearchFunc(
		s.secrets,
		key,
		func(k storedSecret, key secretlife.Key) int { return k.secret.Key().Compare(key) },
	)
}

// snapshotStore is a Store whose whole content is one snapshot, which can be put back.
// It is for one goroutine.
type snapshotStore struct {
	at *snapshot
	// wrong is the first broken rule of a commit.
	wrong error
}

func (s *snapshotStore) Load(_ context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if i, ok := s.at.find(key); ok {
		return s.at.secrets[i].secret, nil
	}
	return secretlife.Secret{}, secretlife.ErrSecretNotFound
}

func (s *snapshotStore) Value(
	_ context.Context,
	key secretlife.Key,
	in secretlife.Incarnation,
	id secretlife.VersionID,
) (secretlife.Value, error) {
	if i, ok := s.at.find(key); ok && s.at.secrets[i].secret.Incarnation() == in {
		for _, v := range s.at.secrets[i].values {
			if v.ID == id {
				return v.Value, nil
			}
		}
	}
	return secretlife.Value{}, secretlife.ErrVersionNotFound
}

func (s *snapshotStore) Commit(_ context.Context, changes ...secretlife.Change) error {
	next := &snapshot{now: s.at.now, secrets: slices.Clone(s.at.secrets), tally: s.at.tally}
	for _, c := range changes {
		i, there := s.at.find(c.Key())
		var old storedSecret
		if there {
			old = s.at.secrets[i]
		}
		if inc, revision := c.Base(); inc != old.secret.Incarnation() || revision != old.secret.Revision() {
			return secretlife.ErrConflict
		}
		if err := next.write(old, c); err != nil && s.wrong == nil {
			s.wrong = err
		}
	}
	s.at = next
	return nil
}

// write puts a change into a new snapshot. It checks that the change has its events,
// and every version its value.
func (s *snapshot) write(old storedSecret, c secretlife.Change) error {
	if len(c.Events()) == 0 {
		return fmt.Errorf("change of %s without event", c.Key().Name)
	}
	i, there := s.find(c.Key())
	next, alive := c.Next()
	if !alive {
		if got, want := namesOf(c.Events()), purgeEvents(old.secret); !slices.Equal(got, want) {
			return fmt.Errorf("%s ended with the events %v, not %v", old.secret.ARN(), got, want)
		}
		s.secrets = slices.Delete(s.secrets, i, i+1)
		return nil
	}
	k := storedSecret{secret: next}
	removed := c.Removed()
	for _, v := range old.values {
		if !slices.Contains(removed, v.ID) {
			k.values = append(k.values, v)
		}
	}
	k.values = append(k.values, c.Values()...)
	if there {
		s.secrets[i] = k
	} else {
		s.secrets = slices.Insert(s.secrets, i, k)
	}
	return k.check()
}

// check checks that exactly the versions that are not reserved have a value.
func (k storedSecret) check() error {
	want := 0
	for _, v := range k.secret.Versions() {
		has := slices.ContainsFunc(k.values, func(x secretlife.VersionValue) bool { return x.ID == v.ID() })
		if has == k.secret.Reserved(v.ID()) {
			return fmt.Errorf("version %s of %s: reserved %v, with a value %v", v.ID(), k.secret.ARN(), !has, has)
		}
		if has {
			want++
		}
	}
	if len(k.values) != want {
		return fmt.Errorf("%s has %d values for %d versions", k.secret.ARN(), len(k.values), want)
	}
	return nil
}

func (s *snapshotStore) List(_ context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	var out []secretlife.Secret
	for _, k := range s.at.secrets { // one page has all
		if key := k.secret.Key(); key.Account == q.Account && key.Region == q.Region && q.After.IsZero() {
			out = append(out, k.secret)
		}
	}
	return out, nil
}

func (s *snapshotStore) Due(
	_ context.Context,
	by time.Time,
	after secretlife.Due,
	limit int,
) ([]secretlife.Due, error) {
	var out []secretlife.Due
	for _, k := range s.at.secrets {
		at, _, ok := k.secret.NextDue()
		d := secretlife.Due{At: at, Key: k.secret.Key()}
		if ok && !at.After(by) && (after == (secretlife.Due{}) || d.Compare(after) > 0) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, secretlife.Due.Compare)
	return out[:min(limit, len(out))], nil
}

// Events returns none: write checks the events of a change.
func (s *snapshotStore) Events(context.Context, uint64, int) ([]secretlife.Event, error) {
	return nil, nil
}

func (s *snapshotStore) Note(context.Context, string) (secretlife.Note, error) {
	return secretlife.Note{Value: s.at.tally}, nil
}

func (s *snapshotStore) SwapNote(_ context.Context, _ string, old, next []byte) error {
	if !bytes.Equal(old, s.at.tally) {
		return secretlife.ErrConflict
	}
	s.at = &snapshot{now: s.at.now, secrets: s.at.secrets, tally: next}
	return nil
}

// same reports whether two snapshots differ at most in the counted time.
func (s *snapshot) same(o *snapshot) bool {
	return s.now.Equal(o.now) && slices.EqualFunc(s.secrets, o.secrets, func(a, b storedSecret) bool {
		return a.secret == b.secret
	})
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
func (s *snapshot) deadlines() []time.Time {
	var out []time.Time
	for _, k := range s.secrets {
		date, _ := k.secret.Deletion().Date()
		due, _, _ := k.secret.NextDue()
		for _, t := range []time.Time{date, due} {
			if t.After(s.now) {
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return out
}
