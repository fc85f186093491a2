package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/disk"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

func slotOf(b byte) seal.Slot {
	s := seal.Slot{seal.SlotTaken}
	s[seal.SlotSize-1] = b
	return s
}

func TestSlotsAreWhereTheyWere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, _, err := openSlots(disk.OS{}, path, os.O_RDWR)
	require.ErrorIs(t, err, ErrNoKeySlots)
	h := header{store: seal.StoreID{1, 2, 3}, opened: 1 << 40}
	f, err := createSlots(disk.OS{}, path, h)
	require.NoError(t, err)
	require.Zero(t, f.size())
	require.NoError(t, f.write(map[int64]seal.Slot{0: slotOf(7), 5000: slotOf(9)}))
	require.NoError(t, f.close())

	f, got, err := openSlots(disk.OS{}, path, os.O_RDWR)
	require.NoError(t, err)
	require.Equal(t, h, got)
	require.EqualValues(t, 5001, f.size())
	for at, want := range map[int64]seal.Slot{0: slotOf(7), 1: {}, 5000: slotOf(9), 5001: {}, 1 << 40: {}, -1: {}} {
		s, err := f.read(at)
		require.NoError(t, err)
		require.Equal(t, want, s, at)
	}
	taken, err := f.taken()
	require.NoError(t, err)
	require.Equal(t, []int64{0, 5000}, taken)
	require.NoError(t, f.zero(5000, -1, 1<<40))
	require.EqualValues(t, 5001, f.size())
	taken, err = f.taken()
	require.NoError(t, err)
	require.Equal(t, []int64{0}, taken)
	require.NoError(t, f.close())

	_, err = createSlots(disk.OS{}, path, h)
	require.ErrorIs(t, err, ErrOtherKeySlots, "slots with a key in them")
}

func TestSlotsThatWereCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	f, err := createSlots(disk.OS{}, path, header{})
	require.NoError(t, err)
	require.NoError(t, f.write(map[int64]seal.Slot{0: slotOf(7), 1: slotOf(8)}))
	require.NoError(t, f.close())
	require.NoError(t, os.Truncate(path, slotsFrom+seal.SlotSize+10))
	f, _, err = openSlots(disk.OS{}, path, os.O_RDWR)
	require.NoError(t, err)
	taken, err := f.taken()
	require.NoError(t, err)
	require.Equal(t, []int64{0, 1}, taken)
	s, err := f.read(1)
	require.NoError(t, err)
	require.Equal(t, seal.Slot{seal.SlotTaken}, s)
	require.NoError(t, f.close())
}

func TestAFileOfSomethingElseIsNotTakenForSlots(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	for content, want := range map[string]error{
		"My notes. Do not delete.": codec.ErrDamaged,
		slotMagic:                  codec.ErrDamaged,
		"":                         nil,
		string(make([]byte, 48)):   nil, // made, and cut off by a crash
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		f, err := createSlots(disk.OS{}, path, header{opened: 1})
		require.ErrorIs(t, err, want)
		if err == nil {
			require.NoError(t, f.close())
			continue
		}
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(left))
		_, _, err = openSlots(disk.OS{}, path, os.O_RDWR)
		require.ErrorIs(t, err, want)
	}
}

func TestDifference(t *testing.T) {
	for _, c := range []struct{ a, b, want []int64 }{
		{nil, nil, nil},
		{[]int64{1, 2, 3}, nil, []int64{1, 2, 3}},
		{nil, []int64{1}, nil},
		{[]int64{1, 2, 3, 9}, []int64{0, 2, 4, 9}, []int64{1, 3}},
	} {
		require.Equal(t, c.want, difference(c.a, c.b))
	}
}

// volatile is a file that forgets on a power cut what was not synced.
type volatile struct {
	disk.File
	content, synced []byte
	failSync        error
}

func (v *volatile) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(v.content).ReadAt(b, at)
}

func (v *volatile) WriteAt(b []byte, at int64) (int, error) {
	if missing := int(at) + len(b) - len(v.content); missing > 0 {
		v.content = append(v.content, make([]byte, missing)...)
	}
	return copy(v.content[at:], b), nil
}

func (v *volatile) Sync() error {
	if v.failSync == nil {
		v.synced = bytes.Clone(v.content)
	}
	return v.failSync
}

func (v *volatile) cutPower() { v.content = bytes.Clone(v.synced) }

// TestSlotsOutliveAPowerCut checks that what was acknowledged was synced before.
func TestSlotsOutliveAPowerCut(t *testing.T) {
	v := &volatile{}
	f := &slotFile{file: v}
	require.NoError(t, f.writeHeader(header{opened: 7}))
	v.cutPower()
	require.Equal(t, (header{opened: 7}).encode(), v.content)
	require.NoError(t, f.write(map[int64]seal.Slot{3: slotOf(1), 4: slotOf(2)}))
	v.cutPower()
	s, err := f.read(3)
	require.NoError(t, err)
	require.Equal(t, slotOf(1), s)
	require.NoError(t, f.zero(3))
	v.cutPower()
	taken, err := f.taken()
	require.NoError(t, err)
	require.Equal(t, []int64{4}, taken)

	v.failSync = errors.New("broken")
	require.ErrorIs(t, f.zero(4), v.failSync)
	require.ErrorIs(t, f.write(map[int64]seal.Slot{5: slotOf(3)}), v.failSync)
	require.ErrorIs(t, f.writeHeader(header{}), v.failSync)
}
