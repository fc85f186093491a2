package sqlstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
)

// remains is one search for what is left of incarnations.
type remains struct {
	*Inspection
	of    []secretlife.Event
	at    map[secretlife.Incarnation][]int // in of
	found [][]string
}

func (r *remains) add(of secretlife.Incarnation, format string, args ...any) {
	for _, n := range r.at[of] {
		r.found[n] = append(r.found[n], fmt.Sprintf(format, args...))
	}
}

// rowsOf counts what a database has of an incarnation, table by table.
func rowsOf(ctx context.Context, q database, e secretlife.Event, tables []string) (left []string, err error) {
	in := e.Incarnation()
	for _, table := range tables {
		var n int
		query, args := "SELECT COUNT(*) FROM secretlife_"+table+" WHERE incarnation = ?", []any{in[:]}
		if table == "secrets" { // its index is by name
			query, args = query+" AND account = ? AND region = ? AND name = ?", append(args, codec.KeyArgs(e.Key())...)
		}
		if err := q.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
			return nil, fmt.Errorf("sqlstore: looking for rows: %w", explain(err))
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%d of its rows in the table secretlife_%s", n, table))
		}
	}
	return left, nil
}

func (r *remains) inRows(ctx context.Context) error {
	for n, e := range r.of {
		left, err := rowsOf(ctx, r.conn, e, []string{"secrets", "versions"})
		if err != nil {
			return err
		}
		r.found[n] = append(r.found[n], left...)
	}
	return nil
}

// inSlots tries the keys in slots. One that opens as that of the secret whose row
// names it opens as no other's.
func (r *remains) inSlots(ctx context.Context) error {
	taken, err := takenSlots(r.slots)
	if err != nil {
		return err
	}
	named, err := r.named(ctx)
	if err != nil {
		return err
	}
	for _, at := range difference(taken, named) {
		content, err := r.slots.read(at)
		if err != nil {
			return err
		}
		for _, e := range r.of {
			if dataKey, err := r.store.ring.UnwrapKey(seal.Owner{Key: e.Key(), Incarnation: e.Incarnation()}, content); err == nil {
				clear(dataKey)
				r.add(e.Incarnation(), "its data key in the key slots (slot %d)", at)
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// named lists the slots, in order, that have the key of the secret whose row names
// them. Secrets that are looked for are left out.
func (r *remains) named(ctx context.Context) ([]int64, error) {
	rows, err := r.conn.QueryContext(
		ctx,
		"SELECT slot, account, region, name, incarnation FROM secretlife_secrets ORDER BY slot",
	)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: looking for slots: %w", explain(err))
	}
	defer func() { _ = rows.Close() }()
	var named []int64
	for rows.Next() {
		var at int64
		var account, region, name string
		var incarnation []byte
		if err := rows.Scan(&at, &account, &region, &name, &incarnation); err != nil {
			return nil, fmt.Errorf("sqlstore: looking for slots: %w", explain(err))
		}
		key, err := codec.ParseKey(account, region, name)
		if err != nil || len(incarnation) != len(secretlife.Incarnation{}) {
			continue // then its slot is tried
		}
		of := seal.Owner{Key: key, Incarnation: secretlife.Incarnation(incarnation)}
		content, err := r.slots.read(at)
		if err != nil {
			return nil, err
		}
		if dataKey, err := r.store.ring.UnwrapKey(of, content); err == nil && r.at[of.Incarnation] == nil {
			clear(dataKey)
			named = append(named, at)
		}
	}
	return named, explain(rows.Err())
}

// inFiles looks for the random bytes of incarnations, which begin every row of
// theirs, in the database's file and the logs beside it; nothing else has them in
// this form. It then looks into pages that are not in use: the store overwrites
// them, and the middle of a long ciphertext, which nothing tells whose it is,
// would be there.
func (r *remains) inFiles(ctx context.Context) error {
	for _, name := range []string{r.path, r.path + "-wal", r.path + "-journal"} {
		if err := r.inFile(ctx, name); err != nil {
			return fmt.Errorf("sqlstore: searching %s: %w", name, err)
		}
	}
	return nil
}

func (r *remains) inFile(ctx context.Context, name string) error {
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	told := map[secretlife.Incarnation]bool{}
	return windows(ctx, bufio.NewReaderSize(file, 1<<20), r.starts(), func(in secretlife.Incarnation, at int64) {
		if r.at[in] != nil && !told[in] {
			told[in] = true
			r.add(in, "bytes of its rows in %s (at %d)", name, at)
		}
	})
}

// starts are the first two bytes of what is looked for, to pass over most places.
func (r *remains) starts() *[1 << 16]bool {
	var out [1 << 16]bool
	for in := range r.at {
		out[binary.BigEndian.Uint16(in[:])] = true
	}
	return &out
}

// windows calls do for every place in what it reads that begins so.
func windows(
	ctx context.Context,
	in io.Reader,
	starts *[1 << 16]bool,
	do func(in secretlife.Incarnation, at int64),
) error {
	const width = len(secretlife.Incarnation{})
	buf := make([]byte, 0, 1<<20)
	for from := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(in, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for i := 0; i+width <= len(buf); i++ {
			if starts[binary.BigEndian.Uint16(buf[i:])] {
				do(secretlife.Incarnation(buf[i:i+width]), from+int64(i))
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		keep := copy(buf[:cap(buf)], buf[len(buf)-width+1:])
		from += int64(len(buf) - keep)
		buf = buf[:keep]
	}
}

// FreePages counts the pages of the database's file that are not in use, and of
// those the ones that are not empty: the store overwrites what it frees, so
// something else wrote them, or kept a copy.
func (i *Inspection) FreePages(ctx context.Context) (free, notEmpty int, err error) {
	file, err := os.Open(i.path)
	if err != nil {
		return 0, 0, fmt.Errorf("sqlstore: looking into free pages: %w", err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 100)
	if _, err := file.ReadAt(head, 0); err != nil {
		return 0, 0, fmt.Errorf("%w: %s: %w", ErrDamaged, i.path, err)
	}
	size := int64(binary.BigEndian.Uint16(head[16:]))
	if size == 1 {
		size = 65536
	}
	l := freeList{file: file, page: make([]byte, size), leaf: make([]byte, size)}
	err = l.walk(ctx, binary.BigEndian.Uint32(head[32:]), int(binary.BigEndian.Uint32(head[36:])))
	return l.free, l.notEmpty, err
}

// freeList is SQLite's list of free pages: trunks that name the next one, how many
// leaves they have, and those.
type freeList struct {
	file           *os.File
	page, leaf     []byte
	free, notEmpty int
}

func (l *freeList) read(into []byte, number uint32) error {
	if _, err := l.file.ReadAt(into, int64(number-1)*int64(len(into))); err != nil {
		return fmt.Errorf("%w: free page %d: %w", ErrDamaged, number, err)
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
			return fmt.Errorf("%w: a free page names %d others", ErrDamaged, leaves)
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
