package storetest

import (
	"context"
	"errors"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// Method is a method of [secretlife.Store].
type Method string

// The methods.
const (
	Load     Method = "Load"
	Value    Method = "Value"
	Commit   Method = "Commit"
	List     Method = "List"
	Due      Method = "Due"
	Events   Method = "Events"
	Note     Method = "Note"
	SwapNote Method = "SwapNote"
	Claim    Method = "Claim"

	CommitLater Method = "CommitLater"

	Count  Method = "Count"
	Health Method = "Health"

	AddAccesses    Method = "AddAccesses"
	Accesses       Method = "Accesses"
	ForgetAccesses Method = "ForgetAccesses"
)

// Call is one call of a store.
type Call struct {
	Method Method
	// N counts the calls of the method, from 1.
	N int
	// Key is the key of Load, Value and CommitLater, and of Commit's first change.
	Key secretlife.Key
	// Changes are those of Commit.
	Changes []secretlife.Change
}

// Fault is what goes wrong with a call. The zero Fault is nothing.
type Fault struct {
	// Before runs before anything else. It may use the store, as others would
	// at that moment, or wait.
	Before func()
	// Err is returned instead of making the call.
	Err error
	// Lost is returned after the call was made: a lost acknowledgement. It has
	// no meaning beside Err.
	Lost error
	// After runs last, before the call returns.
	After func()
}

// Faults is a [secretlife.Store] in front of another one that goes wrong where
// it is told to. It is safe for concurrent use, and has the methods that the store has.
type Faults struct {
	secretlife.Store

	mu     sync.Mutex
	calls  map[Method]int
	nth    map[Method]map[int]Fault
	decide func(Call) Fault
}

var _ secretlife.Store = (*Faults)(nil)

// NewFaults puts a Faults in front of a store. At first nothing goes wrong.
func NewFaults(store secretlife.Store) *Faults {
	return &Faults{Store: store, calls: map[Method]int{}, nth: map[Method]map[int]Fault{}}
}

// Next makes the next call of a method go wrong; told so again before that
// call, the one after it, and so on.
func (f *Faults) Next(m Method, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.calls[m] + 1
	for ; ; n++ {
		if _, taken := f.nth[m][n]; !taken {
			break
		}
	}
	f.at(m, n, fault)
}

// Nth makes the nth call of a method go wrong, counted from 1 as [Call.N] is.
// It takes the place of what was said of that call before.
func (f *Faults) Nth(m Method, n int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at(m, n, fault)
}

// at needs the lock.
func (f *Faults) at(m Method, n int, fault Fault) {
	if f.nth[m] == nil {
		f.nth[m] = map[int]Fault{}
	}
	f.nth[m][n] = fault
}

// Decide asks a function about every call that neither [Faults.Next] nor
// [Faults.Nth] tells of; nil ends that. The function is called by one goroutine
// at a time and must not use the Faults; what it returns may.
func (f *Faults) Decide(decide func(Call) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.decide = decide
}

// Calls returns how often a method was called, calls that went wrong included.
func (f *Faults) Calls(m Method) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[m]
}

// fault says what goes wrong with a call.
func (f *Faults) fault(c Call) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[c.Method]++
	c.N = f.calls[c.Method]
	if fault, ok := f.nth[c.Method][c.N]; ok {
		delete(f.nth[c.Method], c.N)
		return fault
	}
	if f.decide == nil {
		return Fault{}
	}
	return f.decide(c)
}

// through makes a call, or what goes wrong instead.
func through[T any](f *Faults, c Call, call func() (T, error)) (out T, err error) {
	fault := f.fault(c)
	if fault.Before != nil {
		fault.Before()
	}
	if fault.After != nil {
		defer fault.After()
	}
	if fault.Err != nil {
		return out, fault.Err
	}
	result, err := call()
	if fault.Lost != nil {
		return out, fault.Lost
	}
	return result, err
}

// Load implements [secretlife.Store].
func (f *Faults) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	return through(f, Call{Method: Load, Key: key}, func() (secretlife.Secret, error) { return f.Store.Load(ctx, key) })
}

// Value implements [secretlife.Store].
func (f *Faults) Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (
	secretlife.Value, error) {
	return through(f, Call{Method: Value, Key: key}, func() (secretlife.Value, error) {
		return f.Store.Value(ctx,
			key, in, id)
	})
}

// Commit implements [secretlife.Store].
func (f *Faults) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	c := Call{Method: Commit, Changes: batch.Changes}
	if len(batch.Changes) > 0 {
		c.Key = batch.Changes[0].Key()
	}
	return through(f, c, func() (secretlife.Receipt, error) { return f.Store.Commit(ctx, batch) })
}

// List implements [secretlife.Store].
func (f *Faults) List(ctx context.Context, query secretlife.ListQuery) ([]secretlife.Secret, error) {
	return through(f, Call{Method: List}, func() ([]secretlife.Secret, error) { return f.Store.List(ctx, query) })
}

// Due implements [secretlife.Store].
func (f *Faults) Due(ctx context.Context, query secretlife.DueQuery) ([]secretlife.Due, error) {
	return through(f, Call{Method: Due}, func() ([]secretlife.Due, error) { return f.Store.Due(ctx, query) })
}

// Events implements [secretlife.Store].
func (f *Faults) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	return through(f, Call{Method: Events}, func() ([]secretlife.Event, error) {
		return f.Store.Events(ctx,
			after, limit)
	})
}

// Note implements [secretlife.Store].
func (f *Faults) Note(ctx context.Context, name string) (secretlife.Note, error) {
	return through(f, Call{Method: Note}, func() (secretlife.Note, error) { return f.Store.Note(ctx, name) })
}

// SwapNote implements [secretlife.Store].
func (f *Faults) SwapNote(ctx context.Context, name string, old, next []byte) error {
	_, err := through(f, Call{Method: SwapNote}, func() (struct{}, error) {
		return struct{}{}, f.Store.SwapNote(ctx, name, old, next)
	})
	return err
}

// Claim implements [secretlife.Store]. If the store does not have it, the call is not
// counted and nothing goes wrong with it.
func (f *Faults) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if !hasClaim(f.Store) {
		return secretlife.Receipt{}, errors.ErrUnsupported
	}
	return through(f, Call{Method: Claim}, func() (secretlife.Receipt, error) {
		return f.Store.Claim(ctx, query, decide)
	})
}

// CommitLater implements [secretlife.Store]. If the store does not have it, the call is not
// counted and nothing goes wrong with it.
func (f *Faults) CommitLater(
	ctx context.Context, key secretlife.Key, decide func(secretlife.Secret) secretlife.Change,
) (<-chan secretlife.Outcome, error) {
	if !has(f.Store, CommitLater) {
		return nil, errors.ErrUnsupported
	}
	return through(f, Call{Method: CommitLater, Key: key}, func() (<-chan secretlife.Outcome, error) {
		return f.Store.CommitLater(ctx, key, decide)
	})
}

// Count implements [secretlife.Store].
func (f *Faults) Count(ctx context.Context, account secretlife.Account, region secretlife.Region) (int, error) {
	return through(f, Call{Method: Count}, func() (int, error) { return f.Store.Count(ctx, account, region) })
}

// Health implements [secretlife.Store].
func (f *Faults) Health(ctx context.Context) error {
	_, err := through(f, Call{Method: Health}, func() (struct{}, error) { return struct{}{}, f.Store.Health(ctx) })
	return err
}
