package stores_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// powered is a store on a powerDisk, with the moments at which the power could
// have been cut.
type powered struct {
	t    *testing.T
	disk *powerDisk
	dir  string // where the master key is, and the shared memory
	vfs  string

	mu      sync.Mutex
	history *history
	gone    [][]byte // contents of key slots whose purge was acknowledged
	moments []moment
}

// moment is what is on the disk, and what was acknowledged.
type moment struct {
	state powerState
	*history
	gone [][]byte
}

var powerDisks atomic.Int64

func newPowered(t *testing.T, dir string, files map[string][]byte, h *history) *powered {
	p := &powered{
		t:       t,
		disk:    newPowerDisk(files),
		dir:     dir,
		vfs:     fmt.Sprint("power-", powerDisks.Add(1)),
		history: h.clone(),
	}
	p.history.acks = 0
	_ = os.Remove(p.path() + "-shm") // of another life of the disk, where there is one
	vfs.Register(p.vfs, powerVFS{p.disk})
	t.Cleanup(p.off)
	p.disk.before = func(s powerState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.moments = append(p.moments, moment{s, p.history.clone(), p.gone})
	}
	return p
}

// off gives the disk's memory back.
func (p *powered) off() {
	vfs.Unregister(p.vfs)
	p.disk, p.moments = nil, nil
}

func (h *history) clone() *history {
	c := newHistory()
	c.done, c.tried, c.acks = h.done, h.tried, h.acks
	return c
}

// path is where the database is on the powerDisk; nothing is there on the
// machine's.
func (p *powered) path() string { return filepath.Join(p.dir, "secrets.db") }

func (p *powered) master() string { return filepath.Join(p.dir, "master") }

func (p *powered) open() *sqlstore.SQLite {
	p.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+p.path()+"?vfs="+p.vfs)
	require.NoError(p.t, err)
	s, err := sqlstore.OpenSQLite(disk.With(ctx, powerFS{p.disk}), db, sqlstore.NewFileKeeper(p.master()),
		func(o *sqlstore.Options) { o.ScrubAfter = time.Hour })
	if err != nil {
		_ = db.Close()
	}
	require.NoError(p.t, err)
	return s
}

func (p *powered) note(line string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.history.note(line)
}

// work has workers do random actions, each so many, at the same time.
func (p *powered) work(s *sqlstore.SQLite, seed uint64, together, actions int) {
	p.t.Helper()
	everyone(p.t, together, func(id int) error {
		return (&worker{store: s, say: p.note, id: id, rand: rand.New(rand.NewPCG(seed, uint64(id)))}).run(actions)
	})
}

// slots are the contents of all slots with a key.
func (p *powered) slots() [][]byte { return slotsIn(p.disk.live["secrets.db.keys"].content) }

func slotsIn(keys []byte) (out [][]byte) {
	for at := 4096; at+64 <= len(keys); at += 64 {
		if s := keys[at : at+64]; len(bytes.Trim(s, "\x00")) > 0 {
			out = append(out, slices.Clone(s))
		}
	}
	return out
}

var (
	nothing    = survival{"nothing unsynced", always(false), always(false)}
	everything = survival{"all that was written", always(true), always(true)}
)

func someSectors(seed uint64) survival {
	return survival{fmt.Sprint("some sectors, seed ", seed), randomly(2 * seed), randomly(2*seed + 1)}
}

// putDown puts what is left on a real disk, with the master key.
func (p *powered) putDown(t *testing.T, left map[string][]byte) files {
	t.Helper()
	f := newFiles(t)
	for name, content := range left {
		require.NoError(t, os.WriteFile(filepath.Join(f.dir, name), content, 0o600))
	}
	if _, err := os.Stat(p.master()); err == nil {
		copyFile(t, p.master(), f.master())
	}
	return f
}

// checkAfter opens what is left, with another driver, and returns the history
// that goes on from it.
func (p *powered) checkAfter(t *testing.T, m moment, left map[string][]byte) *history {
	t.Helper()
	for _, s := range slotsIn(left["secrets.db.keys"]) {
		for _, gone := range m.gone {
			require.NotEqual(t, gone, s, "the data key of an acknowledged purge")
		}
	}
	f, h := p.putDown(t, left), m.clone()
	check(t, f, h)
	require.NoError(t, os.RemoveAll(f.dir))
	return h
}

// TestPowerCutAtEverySync cuts the power before each sync of a life of a store:
// when it is made, in use, scrubbed, closed and opened again. What was acknowledged
// is there, nothing is half there, and what was purged stays so.
func TestPowerCutAtEverySync(t *testing.T) {
	p := newPowered(t, t.TempDir(), nil, newHistory())
	for range 2 {
		s := p.open()
		w := &worker{store: s, say: p.note, rand: rand.New(rand.NewPCG(1, 1))}
		require.NoError(t, w.load())
		for _, action := range []string{
			"create", "put", "delete", "restore", "delete", "purge",
			"create", "put", "put", "put", "put", "put", "put", "delete", "claim",
		} {
			before := p.slots()
			require.NoError(t, w.do(action))
			if action == "purge" || action == "claim" {
				p.mu.Lock()
				p.gone = slices.Concat(p.gone, before)
				p.mu.Unlock()
				require.Empty(t, p.slots())
			}
			if action == "restore" {
				require.NoError(t, s.Scrub(ctx))
			}
		}
		require.NoError(t, s.Close())
	}
	cuts := 0
	for i, m := range p.moments {
		survivals := []survival{
			nothing,
			someSectors(uint64(3 * i)),
			everything,
			someSectors(uint64(3*i + 1)),
			someSectors(uint64(3*i + 2)),
		}
		for _, keep := range survivals[:atLeisure(5, 2)] {
			t.Run(fmt.Sprintf("sync %d, %s", i, keep.name), func(t *testing.T) {
				p.checkAfter(t, m, m.state.after(keep))
			})
			cuts++
		}
	}
	t.Logf("%d cuts at %d syncs, %d purges", cuts, len(p.moments), len(p.gone))
	require.Greater(t, len(p.moments), 60)
	require.Len(t, p.gone, 4)
}

// TestPowerCutAgainAndAgain cuts the power while many work, and goes on with what
// is left, many times: so it is cut while a store recovers, too.
func TestPowerCutAgainAndAgain(t *testing.T) {
	t.Parallel()
	const lives = 5 // of one disk each
	rounds := atLeisure(80, 10)
	r := rand.New(rand.NewPCG(3, 4))
	var h *history
	var files map[string][]byte
	var dir string
	acks := 0
	for round := range rounds {
		if round%(rounds/lives) == 0 {
			dir, h, files = t.TempDir(), newHistory(), nil
		}
		p := newPowered(t, dir, files, h)
		s := p.open()
		p.work(s, uint64(round), workers, 5)
		require.NoError(t, s.Close())
		m := p.moments[r.IntN(len(p.moments))]
		keep := []survival{nothing, everything, someSectors(r.Uint64())}[r.IntN(3)]
		files = m.state.after(keep)
		acks += m.acks
		h = p.checkAfter(t, m, files)
		p.off()
	}
	t.Logf("%d cuts, %d acknowledged changes", rounds, acks)
	require.Greater(t, acks, rounds*5)
}
