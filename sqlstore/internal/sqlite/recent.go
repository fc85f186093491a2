package sqlite

import (
	"sync"

	"github.com/secretlife-go/secretlife"
)

const (
	// mostRecent is how many secrets are remembered, in some 10 MB; when there are
	// more, the half that was put in first is forgotten.
	mostRecent = 16_384
	// mostSealed is how long a ciphertext may be to be remembered, which takes
	// another 16 MB at most.
	mostSealed = 1024
)

// recent remembers secrets as the database has them, so that they need not be
// read again: SQLite's readers lose what they have of the database with every
// change of it. A value that is remembered is read in a sixth of the time
// (BenchmarkGetSecretValue, docs/benchmarks.md). Only the one writer changes what is
// there, and it tells.
//
// What another program writes into the database meanwhile is not returned, and
// when the writer notices it, by SQLite's data_version, all is forgotten.
type recent struct {
	mu      sync.RWMutex
	commits uint64
	young   map[secretlife.Key]kept
	old     map[secretlife.Key]kept
}

// kept is a secret with its slot, and with the ciphertext that was read last of its
// values, unless that is long. All are as of the secret's last change.
type kept struct {
	secret  secretlife.Secret
	slot    int64
	version secretlife.VersionID
	sealed  []byte
}

func newRecent() *recent { return &recent{young: map[secretlife.Key]kept{}} }

func (r *recent) get(key secretlife.Key) (kept, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.young[key]
	if !ok {
		k, ok = r.old[key]
	}
	return k, ok
}

// since is to be asked before a secret is read, and told to put.
func (r *recent) since() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.commits
}

// put remembers what was read, unless something was written since: what was read
// may be from before.
func (r *recent) put(key secretlife.Key, k kept, since uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commits == since {
		r.add(key, k)
	}
}

func (r *recent) add(key secretlife.Key, k kept) {
	if len(r.young) >= mostRecent/2 {
		r.young, r.old = map[secretlife.Key]kept{}, r.young
	}
	r.young[key] = k
}

// committed takes over what a transaction changed, before anybody is told that it
// is done.
func (r *recent) committed(changed map[secretlife.Key]kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits++
	for key, k := range changed {
		if k.secret.IsZero() {
			delete(r.young, key)
			delete(r.old, key)
		} else {
			r.add(key, k)
		}
	}
}

func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits++
	r.young, r.old = map[secretlife.Key]kept{}, nil
}
