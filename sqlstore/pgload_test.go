package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// table is a loader over rows that answers when it is told to.
type table struct {
	loader
	ones    chan error // ends a query for one secret
	manys   chan error
	queries []int // how many secrets each asked for
}

func newTable() *table {
	t := &table{ones: make(chan error), manys: make(chan error)}
	t.one = func(_ context.Context, key secretlife.Key) (row, error) {
		t.queries = append(t.queries, 1)
		return row{name: key.Name.String()}, <-t.ones
	}
	t.many = func(_ context.Context, keys []secretlife.Key) (map[secretlife.Key]*row, error) {
		t.queries = append(t.queries, len(keys))
		there := map[secretlife.Key]*row{}
		for _, key := range keys {
			if key.Name.String() != "missing" {
				there[key] = &row{name: key.Name.String()}
			}
		}
		return there, <-t.manys
	}
	return t
}

type loaded struct {
	row
	err error
}

func (t *table) start(ctx context.Context, test *testing.T, name string) chan loaded {
	n, err := secretlife.ParseName(name)
	require.NoError(test, err)
	out := make(chan loaded, 1)
	go func() {
		r, err := t.load(ctx, secretlife.Key{Name: n})
		out <- loaded{r, err}
	}()
	synctest.Wait()
	return out
}

func TestLoadsThatWaitAreMadeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTable()
		first, second := l.start(t.Context(), t, "first"), l.start(t.Context(), t, "second")
		require.Equal(t, []int{1, 1}, l.queries)
		gone, leave := context.WithCancel(t.Context())
		var others []chan loaded
		for _, name := range []string{"a", "b", "a", "missing"} {
			others = append(others, l.start(t.Context(), t, name))
		}
		left := l.start(gone, t, "c")
		leave()
		require.ErrorIs(t, (<-left).err, context.Canceled)
		require.Equal(t, []int{1, 1}, l.queries, "the others wait")

		failed := errors.New("failed")
		l.ones <- failed
		synctest.Wait()
		require.Equal(t, []int{1, 1, 5}, l.queries)
		require.ErrorIs(t, (<-first).err, failed)
		l.ones <- nil
		require.Equal(t, loaded{row{name: "second"}, nil}, <-second)
		l.manys <- nil
		for i, name := range []string{"a", "b", "a"} {
			require.Equal(t, loaded{row{name: name}, nil}, <-others[i])
		}
		require.ErrorIs(t, (<-others[3]).err, secretlife.ErrSecretNotFound)
		synctest.Wait()
		require.Zero(t, l.underWay)

		alone := l.start(t.Context(), t, "alone")
		l.ones <- nil
		require.NoError(t, (<-alone).err)
		require.Equal(t, []int{1, 1, 5, 1}, l.queries)
	})
}

func TestALoadThatFailsForManyFailsForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTable()
		var all []chan loaded
		for i := range mostLoads + loadTogether + 10 {
			all = append(all, l.start(t.Context(), t, fmt.Sprint("s", i)))
		}
		l.ones <- nil
		synctest.Wait()
		failed := errors.New("failed")
		l.manys <- failed
		l.ones <- nil
		l.manys <- nil
		wrong := 0
		for _, one := range all {
			if err := (<-one).err; err != nil {
				require.ErrorIs(t, err, failed)
				wrong++
			}
		}
		require.Equal(t, loadTogether, wrong)
		synctest.Wait()
		require.ElementsMatch(t, []int{1, 1, loadTogether, 10}, l.queries)
	})
}

func TestLoadsOfAClosedStoreEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTable()
		first, second := l.start(t.Context(), t, "first"), l.start(t.Context(), t, "second")
		waiting := l.start(t.Context(), t, "third")
		l.ones <- nil // the third's query has begun
		require.NoError(t, (<-first).err)
		late := l.start(t.Context(), t, "fourth")
		closed := make(chan struct{})
		go func() {
			l.gate.close()
			close(closed)
		}()
		synctest.Wait()
		l.ones <- nil
		require.NoError(t, (<-second).err)
		require.ErrorIs(t, (<-late).err, ErrClosed)
		select {
		case <-closed:
			t.Fatal("closed while a query was under way")
		default:
		}
		l.manys <- nil
		require.NoError(t, (<-waiting).err)
		<-closed
	})
}
