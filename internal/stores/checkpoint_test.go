package stores_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// heldCheckpoints holds the checkpoints beside the writer's commits until they are let go.
type heldCheckpoints struct {
	began, ended chan struct{}
	letGo        chan struct{}
}

func holdCheckpoints(t *testing.T) *heldCheckpoints {
	t.Helper()
	h := &heldCheckpoints{make(chan struct{}, 100), make(chan struct{}, 100), make(chan struct{})}
	spy.watch(func(st statement) error {
		switch {
		case st.query != "PRAGMA wal_checkpoint(PASSIVE)":
		case st.after:
			h.ended <- struct{}{}
		default:
			h.began <- struct{}{}
			<-h.letGo
		}
		return nil
	})
	t.Cleanup(func() { spy.watch(nil) })
	return h
}

func openSpied(t *testing.T, f files) *sqlstore.SQLite {
	t.Helper()
	s, err := openSQLite("sqlite-spied", f.db(), f.master())
	require.NoError(t, err)
	return s
}

// writeMuch creates secrets in one transaction whose values have so many bytes together.
func writeMuch(t *testing.T, s *sqlstore.SQLite, name string, bytes int) {
	t.Helper()
	m := manager(t, s)
	value := secretlife.SecretString(strings.Repeat("v", 1<<16))
	var batch secretlife.Batch
	for i := range bytes >> 16 {
		k := key(t, m, fmt.Sprint(name, "-", i))
		batch.Changes = append(batch.Changes, secretlife.Must(secretlife.NewSecret(secretlife.Exactly(start),
			secretlife.Creation{
				ARN:         secretlife.Must(k.ARN("aB3xY9")),
				Incarnation: secretlife.Incarnation([]byte(fmt.Sprintf("%8s%8d", name, i))),
				VersionID:   secretlife.Must(secretlife.ParseVersionID(fmt.Sprintf("%032d", i))), Value: value,
			})))
	}
	_, err := s.Commit(ctx, batch)
	require.NoError(t, err)
}

func TestCheckpoints(t *testing.T) {
	const enough = 4 << 20 // for a checkpoint beside commits, and a quarter of what starts the writer's own

	t.Run("no commit waits for one", func(t *testing.T) {
		f := newFiles(t)
		s := openSpied(t, f)
		h := holdCheckpoints(t)
		writeMuch(t, s, "much", enough)
		soon(t, h.began)
		m := manager(t, s)
		create(t, m, "meanwhile", "v")
		require.NoError(t, remove(m, "meanwhile"))
		require.Empty(t, h.ended)
		require.Less(t, sizeOf(t, f.db()), int64(enough), "all is in the log")
		close(h.letGo)
		soon(t, h.ended)
		require.Greater(t, sizeOf(t, f.db()), int64(enough), "the log is in the database")
		require.NoError(t, s.Close())
	})

	t.Run("Close waits for one", func(t *testing.T) {
		s := openSpied(t, newFiles(t))
		h := holdCheckpoints(t)
		writeMuch(t, s, "much", enough)
		soon(t, h.began)
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		for s.Health(ctx) == nil { // Close has begun when the store says so
			runtime.Gosched()
		}
		for range 1000 {
			runtime.Gosched()
			require.Empty(t, closed)
		}
		close(h.letGo)
		require.NoError(t, <-closed)
		require.Len(t, h.ended, 1)
	})

	t.Run("the next is tried after one that failed", func(t *testing.T) {
		f := newFiles(t)
		s := openSpied(t, f)
		tried := make(chan struct{}, 100)
		fails := true
		spy.watch(func(st statement) error {
			if st.query == "PRAGMA wal_checkpoint(PASSIVE)" && st.after == !fails {
				defer func() { tried <- struct{}{} }()
				if fails {
					fails = false
					return errors.New("planted")
				}
			}
			return nil
		})
		defer spy.watch(nil)
		writeMuch(t, s, "much", enough)
		soon(t, tried)
		require.NoError(t, s.Health(ctx), "the log is short")
		require.Less(t, sizeOf(t, f.db()), int64(enough))
		writeMuch(t, s, "more", enough)
		soon(t, tried)
		require.Greater(t, sizeOf(t, f.db()), int64(enough))
		require.NoError(t, s.Close())
	})

	t.Run("Health tells of a log that grows", func(t *testing.T) {
		f := newFiles(t)
		s := f.open(t)
		m := manager(t, s)
		create(t, m, "a", "v")
		reader, err := f.sql(t).BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		var n int
		require.NoError(t, reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM secretlife_secrets").Scan(&n))
		writeMuch(t, s, "much", 40<<20)
		require.ErrorContains(t, s.Health(ctx), "pages of the write-ahead log wait")
		require.NoError(t, reader.Rollback())
		require.NoError(t, s.Health(context.WithoutCancel(ctx)))
	})
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

// soon waits for what must happen.
func soon(t *testing.T, what <-chan struct{}) {
	t.Helper()
	select {
	case <-what:
	case <-time.After(time.Minute):
		t.Fatal("it did not happen")
	}
}
