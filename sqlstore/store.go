package sqlstore

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
)

// Store is what a store in SQLite and one in PostgreSQL have in common, over the
// engine of its database. [OpenSQLite] and [OpenPostgres] make it, as a part of
// [SQLite] and [Postgres]. It must be closed.
type Store struct {
	secretlife.BaseStore
	engine storeEngine
}

// storeEngine is the engine of a database.
type storeEngine interface {
	Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error)
	Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (
		secretlife.Value, error)
	Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error)
	CommitLater(ctx context.Context, key secretlife.Key, decide func(secretlife.Secret) secretlife.Change) (
		<-chan secretlife.Outcome, error)
	List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error)
	Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error)
	Claim(ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change) (
		secretlife.Receipt, error)
	Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error)
	EventCount(ctx context.Context) (uint64, error)
	Note(ctx context.Context, name string) (secretlife.Note, error)
	SwapNote(ctx context.Context, name string, old, next []byte) error
	AddAccesses(ctx context.Context, group access.Group) error
	Accesses(ctx context.Context, query access.Query) ([]access.Entry, error)
	ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error)
	Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error)
	Scopes(ctx context.Context, after engine.Scope, limit int) ([]engine.Scope, error)
	Rewrap(ctx context.Context, to engine.KeyKeeper) error
	Health(ctx context.Context) error
	Close() error
}

var (
	_ secretlife.Store = (*Store)(nil)
	_ access.Store     = (*Store)(nil)
)

// Load implements [secretlife.Store].
func (s *Store) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	return s.engine.Load(ctx, key)
}

// Value implements [secretlife.Store].
func (s *Store) Value(
	ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID,
) (secretlife.Value, error) {
	return s.engine.Value(ctx, key, in, id)
}

// Commit implements [secretlife.Store]. What it returned nil for is on the disk; over
// SQLite, of what was purged the data key is destroyed. Where the context ends while the
// change waits its turn nothing is written and the error is the context's; while it
// is written, the error is a [secretlife.OutcomeUnknownError] that receives the
// outcome.
func (s *Store) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	return s.engine.Commit(ctx, batch)
}

// CommitLater implements [secretlife.Store]. SQLite has it: what waits is written together
// after a second, or when a method is called that would see it.
func (s *Store) CommitLater(
	ctx context.Context, key secretlife.Key, decide func(secretlife.Secret) secretlife.Change,
) (<-chan secretlife.Outcome, error) {
	return s.engine.CommitLater(ctx, key, decide)
}

// List implements [secretlife.Store]. Every order has an index.
func (s *Store) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	return s.engine.List(ctx, query)
}

// Due implements [secretlife.Store]. It reads the index only; whether the secrets
// are as the store wrote them is checked when they are loaded.
func (s *Store) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	return s.engine.Due(ctx, query)
}

// Claim implements [secretlife.Store]: the changes of many secrets are one
// transaction, and over SQLite their data keys are destroyed together. Over
// PostgreSQL several claims at the same time, in whatever processes, are given
// different secrets. decide is not called any more when Claim has returned.
func (s *Store) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func(due []secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return s.engine.Claim(ctx, query, decide)
}

// Events implements [secretlife.Store]. No event is ever forgotten.
func (s *Store) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return s.engine.Events(ctx, after, limit)
}

// EventCount returns how many events there are, which is the number of the last.
func (s *Store) EventCount(ctx context.Context) (uint64, error) { return s.engine.EventCount(ctx) }

// Note implements [secretlife.Store]. Over PostgreSQL its Now is the server's
// clock. A note that others than the store changed is reported as [ErrTampered].
func (s *Store) Note(ctx context.Context, name string) (secretlife.Note, error) {
	return s.engine.Note(ctx, name)
}

// SwapNote implements [secretlife.Store]. A swap that returned nil is on the disk.
func (s *Store) SwapNote(ctx context.Context, name string, old, next []byte) error {
	return s.engine.SwapNote(ctx, name, old, next)
}

// AddAccesses implements [access.Store]. A group that it returned nil for is on the disk. Several
// processes may add to the same entries.
func (s *Store) AddAccesses(ctx context.Context, group access.Group) error {
	return s.engine.AddAccesses(ctx, group)
}

// Accesses implements [access.Store]. Unlike secrets and events, entries have no codes: a change
// that others made in the database is not noticed.
func (s *Store) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	return s.engine.Accesses(ctx, query)
}

// ForgetAccesses implements [access.Store].
func (s *Store) ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.engine.ForgetAccesses(ctx, before, limit)
}

// Count implements [secretlife.Store].
func (s *Store) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	return s.engine.Count(ctx, account, region)
}

// Scope is an account and a Region.
type Scope struct {
	Account secretlife.Account
	Region  secretlife.Region
}

// Scopes returns up to limit accounts and Regions that have secrets, in order,
// beginning after one (the zero Scope: from the start). For each it makes one
// step in an index, however many secrets there are.
func (s *Store) Scopes(ctx context.Context, after Scope, limit int) ([]Scope, error) {
	found, err := s.engine.Scopes(ctx, engine.Scope(after), limit)
	var out []Scope
	for _, x := range found {
		out = append(out, Scope(x))
	}
	return out, err
}

// Health returns nil if the store can be read and written, and nothing that is to be
// done in the background failed or is late. It writes a few bytes each time, so a full
// disk, a server that stopped and a standby are noticed. It does not wait for a server
// that is restarted, as other methods do.
//
// In the background data keys are destroyed, and what was deleted is overwritten; over
// SQLite the write-ahead log is emptied into the database as well.
func (s *Store) Health(ctx context.Context) error { return s.engine.Health(ctx) }

// Rewrap puts the store under another master key: its own key is wrapped by that
// of a new keeper, and the wrapping by the old one is overwritten. No value is
// touched, and the store stays in use. When it returns nil only the new master
// key opens the store; until then, and where it is interrupted, exactly one of
// the two does.
//
// The old master key still opens copies of the database from before. Over
// PostgreSQL, which overwrites nothing, that goes for its old rows and logs, too.
func (s *Store) Rewrap(ctx context.Context, to KeyKeeper) error { return s.engine.Rewrap(ctx, to) }

// Close lets commits that are waiting finish, scrubs SQLite's files, and closes the
// database.
// No goroutine of the store is left.
func (s *Store) Close() error { return s.engine.Close() }
