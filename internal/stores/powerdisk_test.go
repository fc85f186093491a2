package stores_test

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife/internal/disk"
)

// powerDisk is a disk in memory that knows what of it is durable: contents that
// were synced, and names of files where their directory was. All else may be
// lost, or half of it, when the power goes.
type powerDisk struct {
	mu    sync.Mutex
	live  map[string]*powerFile
	known map[string]*powerFile // the names that are durable
	// before is told the state before each sync, when most is still to be lost.
	before func(powerState)
}

// powerFile is a file's content, and what of it is durable.
type powerFile struct {
	content []byte
	durable
	locks powerLocks
}

// durable is what a file had at first, and every write since then: the first of
// them were synced. Nothing of it is ever changed in place.
type durable struct {
	first  []byte
	writes []powerWrite
	synced int
}

// powerWrite is a write at a place, or a new length.
type powerWrite struct {
	at       int64
	data     []byte
	truncate bool
}

func (w powerWrite) apply(b []byte) []byte {
	if w.truncate {
		return grow(b, w.at)[:w.at]
	}
	b = grow(b, w.at+int64(len(w.data)))
	copy(b[w.at:], w.data)
	return b
}

func grow(b []byte, size int64) []byte {
	if missing := size - int64(len(b)); missing > 0 {
		return append(b, make([]byte, missing)...)
	}
	return b
}

// powerState is a moment of a disk: of each file what is durable, and what may be.
type powerState struct{ live, known map[string]durable }

func (d *powerDisk) state() powerState {
	copied := func(files map[string]*powerFile) map[string]durable {
		out := map[string]durable{}
		for name, f := range files {
			out[name] = f.durable
		}
		return out
	}
	return powerState{copied(d.live), copied(d.known)}
}

// survival chooses what of the unsynced outlives the cut.
type survival struct {
	name string
	// entry and sector say whether a name or its removal, and whether 512 bytes of
	// a write, are kept.
	entry, sector func() bool
}

func always(b bool) func() bool { return func() bool { return b } }

func randomly(seed uint64) func() bool {
	r := rand.New(rand.NewPCG(seed, 7))
	return func() bool { return r.IntN(2) == 0 }
}

// after returns the files there are after the power was cut.
func (s powerState) after(keep survival) map[string][]byte {
	out := map[string][]byte{}
	names := slices.Sorted(maps.Keys(s.live))
	for name := range s.known {
		if _, there := s.live[name]; !there {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		known, isKnown := s.known[name]
		live, isLive := s.live[name]
		switch {
		case isKnown && !isLive && !keep.entry(): // its removal was not durable
			out[name] = known.after(keep)
		case isLive && (isKnown || keep.entry()):
			out[name] = live.after(keep)
		}
	}
	return out
}

func (f durable) after(keep survival) []byte {
	const sector = 512
	b := slices.Clone(f.first)
	for i, w := range f.writes {
		if i < f.synced {
			b = w.apply(b)
			continue
		}
		if w.truncate {
			if keep.sector() {
				b = w.apply(b)
			}
			continue
		}
		for from := int64(0); from < int64(len(w.data)); {
			to := min(int64(len(w.data)), (w.at+from)/sector*sector+sector-w.at)
			if keep.sector() {
				b = powerWrite{at: w.at + from, data: w.data[from:to]}.apply(b)
			}
			from = to
		}
	}
	return b
}

// newPowerDisk makes a disk with files that are durable.
func newPowerDisk(files map[string][]byte) *powerDisk {
	d := &powerDisk{live: map[string]*powerFile{}, before: func(powerState) {}}
	for name, content := range files {
		d.live[name] = &powerFile{content: slices.Clone(content), durable: durable{first: content}}
	}
	d.known = maps.Clone(d.live)
	return d
}

// Files are known by the last part of their path.

func (d *powerDisk) open(name string, create bool) (*powerFile, error) {
	name = filepath.Base(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.live[name]
	if !ok && !create {
		return nil, fs.ErrNotExist
	}
	if !ok {
		f = &powerFile{}
		if name != "." { // a temporary file has none
			d.live[name] = f
		}
	}
	return f, nil
}

func (d *powerDisk) remove(name string, durably bool) error {
	name = filepath.Base(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.live[name]; !ok {
		return fs.ErrNotExist
	}
	delete(d.live, name)
	if durably {
		d.before(d.state())
		d.known = maps.Clone(d.live)
	}
	return nil
}

func (d *powerDisk) exists(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live[filepath.Base(name)] != nil
}

func (d *powerDisk) read(f *powerFile, b []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at >= int64(len(f.content)) {
		return 0, io.EOF
	}
	n := copy(b, f.content[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (d *powerDisk) write(f *powerFile, w powerWrite) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.data = bytes.Clone(w.data)
	f.content = w.apply(f.content)
	f.writes = append(f.writes, w)
}

func (d *powerDisk) size(f *powerFile) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(f.content))
}

// sync makes a file durable, and with it, where directory is set, the names.
func (d *powerDisk) sync(f *powerFile, directory bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before(d.state())
	f.synced = len(f.writes)
	if directory {
		d.known = maps.Clone(d.live)
	}
}

// powerFS is the disk as the key slots see it.
type powerFS struct{ *powerDisk }

func (p powerFS) OpenFile(path string, flag int, _ os.FileMode) (disk.File, error) {
	f, err := p.open(path, flag&os.O_CREATE != 0)
	if err != nil {
		return nil, err
	}
	return slotsOnPower{p.powerDisk, f}, nil
}

func (p powerFS) SyncDir(string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before(p.state())
	p.known = maps.Clone(p.live)
	return nil
}

type slotsOnPower struct {
	disk *powerDisk
	file *powerFile
}

func (s slotsOnPower) ReadAt(b []byte, at int64) (int, error) { return s.disk.read(s.file, b, at) }

func (s slotsOnPower) WriteAt(b []byte, at int64) (int, error) {
	s.disk.write(s.file, powerWrite{at: at, data: b})
	return len(b), nil
}

func (s slotsOnPower) Size() (int64, error) { return s.disk.size(s.file), nil }

func (s slotsOnPower) Sync() error {
	s.disk.sync(s.file, false)
	return nil
}

func (s slotsOnPower) Close() error { return nil }
