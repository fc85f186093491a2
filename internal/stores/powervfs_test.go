package stores_test

import (
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// powerVFS is the disk as SQLite sees it. The index of the write-ahead log is
// shared memory, of which a power cut leaves nothing.
type powerVFS struct{ *powerDisk }

func (p powerVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, err := p.open(name, flags&vfs.OPEN_CREATE != 0)
	if err != nil {
		return nil, flags, sqlite3.CANTOPEN
	}
	// As on Unix: the first sync of a new log makes the names durable, too.
	logs := vfs.OPEN_WAL | vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_SUPER_JOURNAL
	names := flags&vfs.OPEN_CREATE != 0 && flags&logs != 0
	return &powerHandle{
		disk:  p.powerDisk,
		file:  f,
		names: names,
		shm:   vfs.NewSharedMemory(name+"-shm", flags),
	}, flags, nil
}

func (p powerVFS) Delete(name string, durably bool) error {
	if p.remove(name, durably) != nil {
		return sqlite3.IOERR_DELETE_NOENT
	}
	return nil
}

func (p powerVFS) Access(name string, _ vfs.AccessFlag) (bool, error) { return p.exists(name), nil }

func (p powerVFS) FullPathname(name string) (string, error) { return name, nil }

// powerHandle is a file that a connection has open.
type powerHandle struct {
	disk  *powerDisk
	file  *powerFile
	names bool
	shm   vfs.SharedMemory
	level vfs.LockLevel
}

func (h *powerHandle) Close() error {
	if h.shm != nil {
		_ = h.shm.Close()
	}
	return h.Unlock(vfs.LOCK_NONE)
}

func (h *powerHandle) ReadAt(b []byte, at int64) (int, error) { return h.disk.read(h.file, b, at) }

func (h *powerHandle) WriteAt(b []byte, at int64) (int, error) {
	h.disk.write(h.file, powerWrite{at: at, data: b})
	return len(b), nil
}

func (h *powerHandle) Truncate(size int64) error {
	h.disk.write(h.file, powerWrite{at: size, truncate: true})
	return nil
}

func (h *powerHandle) Sync(vfs.SyncFlag) error {
	h.disk.sync(h.file, h.names)
	h.names = false
	return nil
}

func (h *powerHandle) Size() (int64, error) { return h.disk.size(h.file), nil }

func (h *powerHandle) SectorSize() int { return 512 }

func (h *powerHandle) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE
}

func (h *powerHandle) SharedMemory() vfs.SharedMemory { return h.shm }

// powerLocks are SQLite's locks of a file.
type powerLocks struct {
	mu      sync.Mutex
	readers int          // with SHARED or more
	writer  *powerHandle // with RESERVED or more
	closing bool         // the writer waits for readers, and no more may come
}

func (h *powerHandle) Lock(level vfs.LockLevel) error {
	l := &h.file.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.level >= level {
		return nil
	}
	if level == vfs.LOCK_SHARED {
		if l.closing {
			return sqlite3.BUSY
		}
		l.readers++
		h.level = level
		return nil
	}
	if l.writer != nil && l.writer != h {
		return sqlite3.BUSY
	}
	l.writer = h
	h.level = max(h.level, vfs.LOCK_RESERVED)
	if level == vfs.LOCK_EXCLUSIVE {
		l.closing, h.level = true, vfs.LOCK_PENDING
		if l.readers > 1 {
			return sqlite3.BUSY
		}
		h.level = level
	}
	return nil
}

func (h *powerHandle) Unlock(level vfs.LockLevel) error {
	l := &h.file.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.level <= level {
		return nil
	}
	if l.writer == h {
		l.writer, l.closing = nil, false
	}
	if level < vfs.LOCK_SHARED {
		l.readers--
	}
	h.level = level
	return nil
}

func (h *powerHandle) CheckReservedLock() (bool, error) {
	l := &h.file.locks
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writer != nil, nil
}

func (h *powerHandle) LockState() vfs.LockLevel { return h.level }
