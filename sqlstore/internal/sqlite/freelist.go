package sqlite

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
)

// freeList is SQLite's list of free pages: trunks that name the next one, how many
// leaves they have, and those.
type freeList struct {
	file           *os.File
	page, leaf     []byte
	free, notEmpty int
}

func (l *freeList) read(into []byte, number uint32) error {
	if _, err := l.file.ReadAt(into, int64(number-1)*int64(len(into))); err != nil {
		return fmt.Errorf("%w: free page %d: %w", codec.ErrDamaged, number, err)
	}
	return nil
}

func (l *freeList) count(rest []byte) {
	l.free++
	if len(bytes.Trim(rest, "\x00")) > 0 {
		l.notEmpty++
	}
}

func (l *freeList) walk(ctx context.Context, trunk uint32, pages int) error {
	for ; trunk != 0 && l.free <= pages; trunk = binary.BigEndian.Uint32(l.page) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.read(l.page, trunk); err != nil {
			return err
		}
		leaves := binary.BigEndian.Uint32(l.page[4:])
		if int(leaves) > len(l.page)/4-2 {
			return fmt.Errorf("%w: a free page names %d others", codec.ErrDamaged, leaves)
		}
		l.free++ // a trunk has old numbers of pages behind its own
		for n := range leaves {
			if err := l.read(l.leaf, binary.BigEndian.Uint32(l.page[8+4*n:])); err != nil {
				return err
			}
			l.count(l.leaf)
		}
	}
	return nil
}
