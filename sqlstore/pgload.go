package sqlstore

import (
	"context"
	"sync"

	"github.com/secretlife-go/secretlife"
)

const (
	// mostLoads is how many queries for secrets are under way at once. With more,
	// fewer share one, and the way there and back is most of what a load costs.
	mostLoads = 2
	// loadTogether is how many secrets a query asks for.
	loadTogether = 256
)

// loader loads secrets from PostgreSQL. Who comes while others' queries are under
// way waits for the end of one, and is then served together with all who wait. A
// caller by itself makes its own query.
type loader struct {
	one  func(ctx context.Context, key secretlife.Key) (row, error)
	many func(ctx context.Context, keys []secretlife.Key) (map[secretlife.Key]*row, error)
	gate gate // of queries for many

	mu       sync.Mutex
	underWay int
	waiting  []*wanted
}

// wanted is a load that waits.
type wanted struct {
	key  secretlife.Key
	done chan struct{} // closed when row and err are there
	row  *row
	err  error
}

func (l *loader) load(ctx context.Context, key secretlife.Key) (row, error) {
	l.mu.Lock()
	if l.underWay < mostLoads {
		l.underWay++
		l.mu.Unlock()
		defer l.ended()
		return l.one(ctx, key)
	}
	w := &wanted{key: key, done: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	select {
	case <-w.done:
	case <-ctx.Done():
		return row{}, ctx.Err()
	}
	switch {
	case w.err != nil:
		return row{}, w.err
	case w.row == nil:
		return row{}, secretlife.ErrSecretNotFound
	}
	return *w.row, nil
}

// ended makes the next query, where somebody waits.
func (l *loader) ended() {
	l.mu.Lock()
	n := min(len(l.waiting), loadTogether)
	if n == 0 {
		l.underWay--
		l.mu.Unlock()
		return
	}
	together := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	l.mu.Unlock()
	if !l.gate.begin() {
		answer(together, nil, ErrClosed)
		l.ended()
		return
	}
	go func() {
		defer l.ended()
		defer l.gate.end()
		keys := make([]secretlife.Key, n)
		for i, w := range together {
			keys[i] = w.key
		}
		// No caller's context ends what others wait for.
		rows, err := l.many(context.Background(), keys)
		answer(together, rows, err)
	}()
}

func answer(together []*wanted, rows map[secretlife.Key]*row, err error) {
	for _, w := range together {
		w.row, w.err = rows[w.key], err
		close(w.done)
	}
}

// loadMany reads the rows of several secrets; of those that are not there it answers
// none.
func (s *Store) loadMany(ctx context.Context, keys []secretlife.Key) (map[secretlife.Key]*row, error) {
	args := make([][]any, len(keys))
	for i, key := range keys {
		args[i] = keyArgs(key)
	}
	return reading(ctx, s, func(ctx context.Context) (map[secretlife.Key]*row, error) {
		there := make(map[secretlife.Key]*row, len(keys))
		if err := readRows(ctx, s.reads, s.d, &loadRows, args, there); err != nil {
			return nil, s.failed(ctx, "loading secrets", err)
		}
		return there, nil
	})
}

// readRows reads the rows that a statement about keys finds.
func readRows(ctx context.Context, q database, d *dialect, statement *bulk, keys [][]any, into map[secretlife.Key]*row) error {
	text, args := statement.with(keys)
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := &row{}
		if err := rows.Scan(r.targets(d)...); err != nil {
			return err
		}
		key, err := parseKey(r.account, r.region, r.name)
		if err != nil {
			return err
		}
		into[key] = r
	}
	return rows.Err()
}
