package sqlite

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
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

func (r *remains) inRows(ctx context.Context) error {
	for n, e := range r.of {
		left, err := engine.RowsOf(ctx, r.conn, e, "secrets", "versions", "blocks")
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
	taken, err := r.slots.taken()
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
			if dataKey, err := r.ring.UnwrapKey(seal.Owner{Key: e.Key(), Incarnation: e.Incarnation()}, content); err == nil {
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
	const query = "SELECT slot, account, region, name, incarnation FROM secretlife_secrets ORDER BY slot"
	rows, err := r.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: looking for slots: %w", dberr.Explain(err))
	}
	defer func() { _ = rows.Close() }()
	var named []int64
	for rows.Next() {
		var at int64
		var account, region, name string
		var incarnation []byte
		if err := rows.Scan(&at, &account, &region, &name, &incarnation); err != nil {
			return nil, fmt.Errorf("sqlstore: looking for slots: %w", dberr.Explain(err))
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
		if dataKey, err := r.ring.UnwrapKey(of, content); err == nil && r.at[of.Incarnation] == nil {
			clear(dataKey)
			named = append(named, at)
		}
	}
	return named, dberr.Explain(rows.Err())
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
