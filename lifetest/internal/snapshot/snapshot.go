// Package snapshot has a store whose whole content is one immutable value, so that it can
// be put back: by a search through states, and as a backup that is restored.
package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// Snapshot is the content of a store. It is immutable.
type Snapshot struct {
	Secrets []Secret // in order of key
	Notes   []Note
	Events  []secretlife.Event // the last ones
	Seq     uint64             // of the last event
}

// Secret is a secret with the values of its versions.
type Secret struct {
	secretlife.Secret
	Values []secretlife.VersionValue
}

// Note is a note and its name.
type Note struct {
	Name  string
	Value []byte
}

// Find returns where the secret with a key is, or would be.
func (s *Snapshot) Find(key secretlife.Key) (int, bool) {
	return slices.BinarySearchFunc(s.Secrets, key, func(x Secret, key secretlife.Key) int { return x.Key().Compare(key) })
}

// SameSecrets reports whether two snapshots have the same secrets.
func (s *Snapshot) SameSecrets(o *Snapshot) bool {
	return slices.EqualFunc(s.Secrets, o.Secrets, func(a, b Secret) bool { return a.Secret == b.Secret })
}

func (s *Snapshot) note(name string) []byte {
	for _, n := range s.Notes {
		if n.Name == name {
			return n.Value
		}
	}
	return nil
}

// Store is a [secretlife.Store] of the snapshot At, which may be set at any time. It is
// for one goroutine.
type Store struct {
	secretlife.BaseStore

	At *Snapshot
	// KeptEvents is the number of events that are kept.
	KeptEvents int
	// Wrote, if set, is called with every change that is saved, and the secret before it.
	Wrote func(old Secret, c secretlife.Change, next Secret)
}

var _ secretlife.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store { return &Store{At: &Snapshot{}} }

// Load implements [secretlife.Store].
func (s *Store) Load(_ context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if i, ok := s.At.Find(key); ok {
		return s.At.Secrets[i].Secret, nil
	}
	return secretlife.Secret{}, secretlife.ErrSecretNotFound
}

// Value implements [secretlife.Store].
func (s *Store) Value(
	_ context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID,
) (secretlife.Value, error) {
	if i, ok := s.At.Find(key); ok && s.At.Secrets[i].Incarnation() == in {
		for _, v := range s.At.Secrets[i].Values {
			if v.ID == id {
				return v.Value, nil
			}
		}
	}
	return secretlife.Value{}, secretlife.ErrVersionNotFound
}

// Commit implements [secretlife.Store].
func (s *Store) Commit(_ context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	next := *s.At
	next.Secrets = slices.Clone(s.At.Secrets)
	for _, c := range batch.Changes {
		var old Secret
		if i, there := s.At.Find(c.Key()); there {
			old = s.At.Secrets[i]
		}
		if inc, revision := c.Base(); inc != old.Incarnation() || revision != old.Revision() {
			return secretlife.Receipt{}, secretlife.ErrConflict
		}
		now := next.write(old, c)
		next.save(c.Events(), s.KeptEvents)
		if s.Wrote != nil {
			s.Wrote(old, c, now)
		}
	}
	var receipt secretlife.Receipt
	if next.Seq > s.At.Seq {
		receipt.FirstSeq = s.At.Seq + 1
	}
	s.At = &next
	return receipt, nil
}

// write puts a change into a snapshot that is being made.
func (s *Snapshot) write(old Secret, c secretlife.Change) Secret {
	i, there := s.Find(c.Key())
	next := c.Next()
	if next.IsZero() {
		if there { // else it has events only
			s.Secrets = slices.Delete(s.Secrets, i, i+1)
		}
		return Secret{}
	}
	x := Secret{Secret: next}
	removed := c.Removed()
	for _, v := range old.Values {
		if !slices.Contains(removed, v.ID) {
			x.Values = append(x.Values, v)
		}
	}
	x.Values = append(x.Values, c.Values()...)
	if there {
		s.Secrets[i] = x
	} else {
		s.Secrets = slices.Insert(s.Secrets, i, x)
	}
	return x
}

func (s *Snapshot) save(events []secretlife.Event, kept int) {
	for _, e := range events {
		s.Seq++
		if kept > 0 {
			s.Events = append(s.Events, e.WithSeq(s.Seq))
		}
	}
	if len(s.Events) > 2*kept {
		s.Events = slices.Clone(s.Events[len(s.Events)-kept:])
	}
}

// Backup returns a copy to put back later.
func (s *Store) Backup() *Snapshot {
	backup := *s.At
	backup.Events = slices.Clone(s.At.Events)
	return &backup
}

// Restore puts a backup back.
func (s *Store) Restore(backup *Snapshot) {
	now := *backup
	now.Events = slices.Clone(backup.Events)
	s.At = &now
}

// List implements [secretlife.Store]. One page has all.
func (s *Store) List(_ context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	var out []secretlife.Secret
	for _, x := range s.At.Secrets {
		if key := x.Key(); key.Account == q.Account && key.Region == q.Region && q.After.IsZero() && q.Order.Has(x.Secret) {
			out = append(out, x.Secret)
		}
	}
	return out, nil
}

// Due implements [secretlife.Store].
func (s *Store) Due(_ context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	var out []secretlife.Due
	for _, x := range s.At.Secrets {
		at, _, ok := x.NextDue()
		d := secretlife.Due{At: at, Key: x.Key()}
		if ok && !at.After(query.By) && (query.After == (secretlife.Due{}) || d.Compare(query.After) > 0) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, secretlife.Due.Compare)
	return out[:min(query.Limit, len(out))], nil
}

// Events implements [secretlife.Store].
func (s *Store) Events(_ context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	i, _ := slices.BinarySearchFunc(s.At.Events, after+1, func(e secretlife.Event, seq uint64) int {
		return cmp.Compare(e.Seq(), seq)
	})
	return slices.Clone(s.At.Events[i:min(i+limit, len(s.At.Events))]), nil
}

// Note implements [secretlife.Store].
func (s *Store) Note(_ context.Context, name string) (secretlife.Note, error) {
	return secretlife.Note{Value: s.At.note(name)}, nil
}

// SwapNote implements [secretlife.Store].
func (s *Store) SwapNote(_ context.Context, name string, old, value []byte) error {
	if err := secretlife.CheckNote(name, value); err != nil {
		return err
	}
	if !bytes.Equal(old, s.At.note(name)) {
		return secretlife.ErrConflict
	}
	next := *s.At
	next.Notes = slices.DeleteFunc(slices.Clone(s.At.Notes), func(n Note) bool { return n.Name == name })
	next.Notes = append(next.Notes, Note{name, value})
	s.At = &next
	return nil
}
