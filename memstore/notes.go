package memstore

import (
	"bytes"
	"context"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// notes are the notes by their names.
type notes struct {
	mu     sync.RWMutex
	values map[string][]byte
}

// Note implements [secretlife.Store]. Notes end with the process.
func (s *Store) Note(ctx context.Context, name string) (secretlife.Note, error) {
	if err := ctx.Err(); err != nil {
		return secretlife.Note{}, err
	}
	if err := secretlife.CheckNote(name, nil); err != nil {
		return secretlife.Note{}, err
	}
	s.notes.mu.RLock()
	defer s.notes.mu.RUnlock()
	return secretlife.Note{Value: bytes.Clone(s.notes.values[name])}, nil
}

// SwapNote implements [secretlife.Store].
func (s *Store) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := secretlife.CheckNote(name, next); err != nil {
		return err
	}
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if !bytes.Equal(s.notes.values[name], old) {
		return secretlife.ErrConflict
	}
	if len(next) == 0 {
		delete(s.notes.values, name)
		return nil
	}
	if s.notes.values == nil {
		s.notes.values = map[string][]byte{}
	}
	s.notes.values[name] = bytes.Clone(next)
	return nil
}

func (n *notes) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.values = nil
}
