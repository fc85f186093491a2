package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// slotFile keeps wrapped data keys outside the database, where what is overwritten is
// gone: databases keep old rows in logs, free pages and copies. It is a file of slots
// after a header, written in place.
type slotFile struct {
	file disk.File

	mu    sync.RWMutex
	slots int64
}

const (
	slotMagic    = "secretlife keys\n"
	slotVersion  = 1
	slotsFrom    = 4096 // where slots begin; none lies across two sectors
	headerLength = len(slotMagic) + 4 + 4 + len(seal.StoreID{}) + 8 + 8
	witnessAt    = headerLength - 8
)

// header says whose slots a file has.
type header struct {
	store seal.StoreID
	// opened counts how often the store was opened, as the database does: where
	// they differ, one of the two is a copy that was put back.
	opened int64
	// seq is the number of an event that the database has: it was committed before this
	// was written. A database with fewer events has lost some.
	seq int64
}

func (h header) encode() []byte {
	b := append([]byte{}, slotMagic...)
	b = binary.BigEndian.AppendUint32(b, slotVersion)
	b = binary.BigEndian.AppendUint32(b, seal.SlotSize)
	b = append(b, h.store[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.opened))
	return binary.BigEndian.AppendUint64(b, uint64(h.seq))
}

// openSlots opens the file, which must be there, for reading or for both.
func openSlots(fs disk.FS, path string, how int) (*slotFile, header, error) {
	file, err := fs.OpenFile(path, how, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, header{}, fmt.Errorf("%w: there is no %s", ErrNoKeySlots, path)
	}
	if err != nil {
		return nil, header{}, fmt.Errorf("sqlstore: the key slots: %w", err)
	}
	f := &slotFile{file: file}
	h, err := f.readHeader()
	if err != nil {
		_ = file.Close()
		return nil, header{}, fmt.Errorf("sqlstore: the key slots in %s: %w", path, err)
	}
	return f, h, nil
}

// createSlots makes the file, or takes one over that has no key in it.
func createSlots(fs disk.FS, path string, h header) (*slotFile, error) {
	file, err := fs.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: the key slots: %w", err)
	}
	f := &slotFile{file: file}
	if err := f.create(fs, path, h); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("sqlstore: the key slots in %s: %w", path, err)
	}
	return f, nil
}

func (f *slotFile) create(fs disk.FS, path string, h header) error {
	_, err := f.readHeader()
	if err != nil && !f.blank() { // nor was it cut off while it was made
		return err
	}
	taken, err := f.taken()
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return fmt.Errorf(
			"%w: the database is new, and they have keys; if that database is gone for good, delete them",
			ErrOtherKeySlots,
		)
	}
	if err := f.writeHeader(h); err != nil {
		return err
	}
	return fs.SyncDir(path)
}

// blank reports whether there are only zeros where the header is to be.
func (f *slotFile) blank() bool {
	b := make([]byte, slotsFrom)
	n, err := f.file.ReadAt(b, 0)
	return (err == nil || errors.Is(err, io.EOF)) && len(bytes.Trim(b[:n], "\x00")) == 0
}

// readHeader reads the header, and measures the file.
func (f *slotFile) readHeader() (header, error) {
	size, err := f.file.Size()
	if err != nil {
		return header{}, err
	}
	f.slots = max(0, (size-slotsFrom+seal.SlotSize-1)/seal.SlotSize)
	var b [headerLength]byte
	if _, err := f.file.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return header{}, err
	}
	h := header{
		opened: int64(binary.BigEndian.Uint64(b[witnessAt-8:])),
		seq:    int64(binary.BigEndian.Uint64(b[witnessAt:])),
	}
	copy(h.store[:], b[witnessAt-8-len(h.store):])
	if !bytes.Equal(b[:], h.encode()) {
		return header{}, fmt.Errorf("%w: the file does not begin as key slots do", codec.ErrDamaged)
	}
	return h, nil
}

func (f *slotFile) writeHeader(h header) error {
	if _, err := f.file.WriteAt(h.encode(), 0); err != nil {
		return err
	}
	return f.file.Sync()
}

// witness keeps the number of the last event that was committed. It need not be durable
// when it returns.
func (f *slotFile) witness(seq int64) error {
	_, err := f.file.WriteAt(binary.BigEndian.AppendUint64(nil, uint64(seq)), int64(witnessAt))
	return err
}

// size is how many slots there are; those from there on are empty.
func (f *slotFile) size() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.slots
}

func place(at int64) int64 { return slotsFrom + at*seal.SlotSize }

func (f *slotFile) read(at int64) (seal.Slot, error) {
	var s seal.Slot
	if at < 0 || at >= f.size() {
		return s, nil
	}
	// The last slot is short where a write of it was cut off; the rest is zeros.
	if _, err := f.file.ReadAt(s[:], place(at)); err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("sqlstore: reading a key slot: %w", err)
	}
	return s, nil
}

// write is durable when it returns.
func (f *slotFile) write(slots map[int64]seal.Slot) error {
	if len(slots) == 0 {
		return nil
	}
	last := int64(-1)
	for at, s := range slots {
		if _, err := f.file.WriteAt(s[:], place(at)); err != nil {
			return fmt.Errorf("sqlstore: writing a key slot: %w", err)
		}
		last = max(last, at)
	}
	f.mu.Lock()
	f.slots = max(f.slots, last+1)
	f.mu.Unlock()
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("sqlstore: writing key slots: %w", err)
	}
	return nil
}

// zero is durable when it returns.
func (f *slotFile) zero(at ...int64) error {
	nothing := map[int64]seal.Slot{}
	for _, i := range at {
		if i >= 0 && i < f.size() { // all others are empty
			nothing[i] = seal.Slot{}
		}
	}
	if err := f.write(nothing); err != nil {
		return fmt.Errorf("sqlstore: a purged data key is not destroyed yet: %w", err)
	}
	return nil
}

func (f *slotFile) close() error { return f.file.Close() }

// taken lists the slots with a key in them, in order.
func (f *slotFile) taken() ([]int64, error) {
	var taken []int64
	r := io.NewSectionReader(f.file, slotsFrom, f.size()*seal.SlotSize)
	buf := make([]byte, 4096*seal.SlotSize)
	for at := int64(0); ; {
		n, err := io.ReadFull(r, buf)
		for s := range slices.Chunk(buf[:n], seal.SlotSize) {
			if len(bytes.Trim(s, "\x00")) > 0 {
				taken = append(taken, at)
			}
			at++
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return taken, nil
		}
		if err != nil {
			return nil, fmt.Errorf("sqlstore: reading the key slots: %w", err)
		}
	}
}
