package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/seed"
	"github.com/secretlife-go/secretlife/memstore"
)

// instances are the instances in memory of a server in virtual time: one for all accounts, or one for
// each. A reset puts a new one in the place of the old one. Calls that are at work there end there.
type instances struct {
	service
	start time.Time

	mu        sync.Mutex
	byAccount map[secretlife.Account]*instance // the zero Account has that of all
	snapshots map[secretlife.Account]map[string]snapshot
}

// snapshot is what an instance was.
type snapshot struct {
	store  *memstore.Store
	clock  *secretlife.VirtualClock
	random *seeded
}

// newInstances makes the instance of the default account, or of all, and serves it.
func newInstances(ctx context.Context, v service, start time.Time) (*awsapi.Accounts, error) {
	own, err := secretlife.ParseAccount(v.Account)
	if err != nil {
		return nil, err
	}
	all := &instances{
		service: v, start: start,
		byAccount: map[secretlife.Account]*instance{}, snapshots: map[secretlife.Account]map[string]snapshot{},
	}
	return awsapi.ByAccount(own, all.api), all.open(ctx, all.key(own), all.start)
}

// key is the account under which the instance of an account is.
func (all *instances) key(account secretlife.Account) secretlife.Account {
	if all.IsolateAccounts {
		return account
	}
	return secretlife.Account{}
}

// api returns the API of an account, whose instance begins with its first request.
func (all *instances) api(account secretlife.Account) (*awsapi.API, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := all.key(account)
	if all.byAccount[key] == nil {
		if err := all.open(context.Background(), key, all.start); err != nil {
			return nil, err
		}
	}
	return all.byAccount[key].api, nil
}

// of returns the service of an account. It needs the lock, as all below do.
func (all *instances) of(key secretlife.Account) service {
	v := all.service
	if all.IsolateAccounts {
		v.Account = key.String()
	}
	return v
}

// open makes an instance with the secrets of --seed-file, and no others. Its clock stands at an instant then.
func (all *instances) open(ctx context.Context, key secretlife.Account, at time.Time) error {
	store, err := all.location().newMemory()
	if err != nil {
		return err
	}
	seeds := all.seedsOf(key)
	clock := secretlife.NewVirtualClock(at.Add(-seed.Age(seeds)))
	w, err := all.of(key).instance(inMemory(store), clock, all.random(key.String()))
	if err != nil {
		return err
	}
	err = seed.Apply(ctx, w.manager, seeds, func(ctx context.Context, d time.Duration) error {
		_, err := w.purger.Advance(ctx, d)
		return err
	})
	if err != nil {
		return fmt.Errorf("--seed-file: %w", err)
	}
	return all.put(key, w)
}

// seedsOf returns the secrets with which an instance begins: that of an account has no others.
func (all *instances) seedsOf(key secretlife.Account) []seed.Secret {
	if !all.IsolateAccounts {
		return all.seeds
	}
	return slices.DeleteFunc(slices.Clone(all.seeds), func(s seed.Secret) bool {
		return s.Account != "" && s.Account != key.String()
	})
}

// put serves an instance in the place of the one before.
func (all *instances) put(key secretlife.Account, w *instance) error {
	err := all.of(key).serveInstance(w, func(a *awsapi.Options) {
		a.Reset, a.Snapshots, a.Isolated = all.reset, snapshotsOf{all, key}, all.IsolateAccounts
	})
	if err == nil {
		all.byAccount[key] = w
	}
	return err
}

// reset is for the options of an API.
func (all *instances) reset(ctx context.Context, r awsapi.Reset) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	keys := slices.Collect(maps.Keys(all.byAccount))
	if r.Account != (secretlife.Account{}) {
		if keys = []secretlife.Account{r.Account}; !all.IsolateAccounts {
			return all.byAccount[all.key(r.Account)].reset()(ctx, r)
		}
	}
	for _, key := range keys {
		if r.Rewind && all.IsolateAccounts {
			delete(all.byAccount, key) // it begins anew with the next request, if there is one
			continue
		}
		at := all.start
		switch old := all.byAccount[key]; {
		case !r.Clock.IsZero():
			at = r.Clock
		case !r.Rewind && old != nil:
			at = old.clock.Now()
		}
		if err := all.open(ctx, key, at); err != nil {
			return err
		}
	}
	return nil
}

// snapshotsOf are the snapshots of the instance of an account.
type snapshotsOf struct {
	*instances
	key secretlife.Account
}

// Save implements [awsapi.Snapshots].
func (s snapshotsOf) Save(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.byAccount[s.key]
	clock, ok := w.clock.(*secretlife.VirtualClock)
	if !ok {
		return errors.New("the clock is real")
	}
	if err := w.ledger.Flush(ctx); err != nil {
		return err
	}
	if s.snapshots[s.key] == nil {
		s.snapshots[s.key] = map[string]snapshot{}
	}
	s.snapshots[s.key][name] = snapshot{w.store.memory.Clone(), clock.Copy(), w.random.copy()}
	return nil
}

// Restore implements [awsapi.Snapshots].
func (s snapshotsOf) Restore(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.snapshots[s.key][name]
	if !ok {
		return awsapi.ErrNoSnapshot
	}
	w, err := s.of(s.key).instance(inMemory(kept.store.Clone()), kept.clock.Copy(), kept.random.copy())
	if err != nil {
		return err
	}
	return s.put(s.key, w)
}

// Delete implements [awsapi.Snapshots].
func (s snapshotsOf) Delete(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.snapshots[s.key][name]; !ok {
		return awsapi.ErrNoSnapshot
	}
	delete(s.snapshots[s.key], name)
	return nil
}

// List implements [awsapi.Snapshots].
func (s snapshotsOf) List(context.Context) ([]awsapi.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []awsapi.Snapshot
	for _, name := range slices.Sorted(maps.Keys(s.snapshots[s.key])) {
		kept := s.snapshots[s.key][name]
		out = append(out, awsapi.Snapshot{Name: name, Clock: kept.clock.Now(), Secrets: kept.store.Len()})
	}
	return out, nil
}
