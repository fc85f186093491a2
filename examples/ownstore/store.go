// Package ownstore is the smallest store that keeps the contract: one mutex and
// a few maps. It shows what each method owes, and is where to start for a store
// over a database. It searches everything to find what is due, which the
// contract forbids for stores of any size; a database has an index for that.
package ownstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// Store is a secretlife.Store. It embeds BaseStore, as every Store does, and leaves to it
// what a Store need not have: claims, counting, health and notes.
type Store struct {
	secretlife.BaseStore

	mu      sync.Mutex
	secrets map[secretlife.Key]secretlife.Secret
	values  map[secretlife.Key]map[secretlife.VersionID]secretlife.Value
	events  []secretlife.Event
}

// New makes an empty Store.
func New() *Store {
	return &Store{
		secrets: map[secretlife.Key]secretlife.Secret{},
		values:  map[secretlife.Key]map[secretlife.VersionID]secretlife.Value{},
	}
}

// Load returns a secret. A Secret is immutable, so it can be handed out as it is.
func (s *Store) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Secret{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.secrets[key]
	if !ok {
		return secretlife.Secret{}, secretlife.ErrSecretNotFound
	}
	return found, nil
}

// Value returns a version's value, of the incarnation asked for only.
func (s *Store) Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (
	secretlife.Value, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Value{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key][id]
	if !ok || s.secrets[key].Incarnation() != in {
		return secretlife.Value{}, secretlife.ErrVersionNotFound
	}
	return value, nil
}

// Commit first checks every change, and then writes them: all or nothing.
func (s *Store) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if err := errors.Join(ctx.Err(), batch.Check()); err != nil {
		return secretlife.Receipt{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range batch.Changes {
		// There is no secret where the incarnation is zero and the revision 0.
		incarnation, revision := c.Base()
		if have := s.secrets[c.Key()]; have.Incarnation() != incarnation || have.Revision() != revision {
			return secretlife.Receipt{}, secretlife.ErrConflict
		}
	}
	first := len(s.events) + 1
	for _, c := range batch.Changes {
		s.write(c)
	}
	return secretlife.Receipt{FirstSeq: uint64(first)}, nil
}

func (s *Store) write(c secretlife.Change) {
	for _, id := range c.Removed() {
		delete(s.values[c.Key()], id)
	}
	for _, e := range c.Events() {
		s.events = append(s.events, e.WithSeq(uint64(len(s.events)+1)))
	}
	next := c.Next()
	if next.IsZero() {
		delete(s.secrets, c.Key())
		delete(s.values, c.Key())
		return
	}
	s.secrets[c.Key()] = next
	for _, v := range c.Values() {
		if s.values[c.Key()] == nil {
			s.values[c.Key()] = map[secretlife.VersionID]secretlife.Value{}
		}
		s.values[c.Key()][v.ID] = v.Value
	}
}

// List returns a page.
func (s *Store) List(ctx context.Context, q secretlife.ListQuery) ([]secretlife.Secret, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	compare := func(a, b secretlife.Cursor) int {
		if q.Descending {
			a, b = b, a
		}
		return a.Compare(b)
	}
	var page []secretlife.Secret
	for key, found := range s.secrets {
		inRealm := key.Account == q.Account && key.Region == q.Region
		after := q.After.IsZero() || compare(secretlife.CursorOf(found, q.Order), q.After) > 0
		if inRealm && after && q.Order.Has(found) && strings.HasPrefix(key.Name.String(), q.Prefix) {
			page = append(page, found)
		}
	}
	slices.SortFunc(page, func(a, b secretlife.Secret) int {
		return compare(secretlife.CursorOf(a, q.Order), secretlife.CursorOf(b, q.Order))
	})
	return page[:min(q.Limit, len(page))], nil
}

// Due returns what is due by an instant, in order.
func (s *Store) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var page []secretlife.Due
	for key, found := range s.secrets {
		at, _, ok := found.NextDue()
		due := secretlife.Due{At: at, Key: key}
		if ok && !at.After(query.By) && (query.After.Key.IsZero() || due.Compare(query.After) > 0) {
			page = append(page, due)
		}
	}
	slices.SortFunc(page, secretlife.Due.Compare)
	return page[:min(query.Limit, len(page))], nil
}

// Events returns a page of the log.
func (s *Store) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.events[min(after, uint64(len(s.events))):]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}
