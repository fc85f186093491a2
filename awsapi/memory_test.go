package awsapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

const mebibyte = 1 << 20

// heap returns how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// allocations returns how much memory was allocated so far.
func allocations() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}

// stalling is a body that comes up to its last byte, and then no more until it is
// let go.
type stalling struct {
	left int
	came func()
	let  <-chan struct{}
}

func (s *stalling) Read(b []byte) (int, error) {
	if s.left > 1 {
		n := min(len(b), s.left-1)
		for i := range b[:n] {
			b[i] = ' '
		}
		s.left -= n
		return n, nil
	}
	s.came()
	<-s.let
	return 0, io.ErrUnexpectedEOF
}

// TestStalledBodiesStayWithinTheBudget: 400 clients send a body of 1 MiB but for
// its last byte.
func TestStalledBodiesStayWithinTheBudget(t *testing.T) {
	const budget = 16 * mebibyte
	for name, length := range map[string]int64{"announced": mebibyte, "not announced": -1} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *awsapi.Options) { o.MaxMemory = budget })
			before := heap()
			let := make(chan struct{})
			statuses := make(chan int, 400)
			var settled, clients sync.WaitGroup
			for range 400 {
				settled.Add(1)
				clients.Go(func() {
					once := sync.OnceFunc(settled.Done)
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", &stalling{mebibyte, once, let})
					r.ContentLength = length
					r.Header.Set("X-Amz-Target", "secretsmanager.CreateSecret")
					rec := httptest.NewRecorder()
					w.ServeHTTP(rec, r)
					once()
					statuses <- rec.Code
				})
			}
			settled.Wait()
			require.LessOrEqual(t, w.MemoryUsed(), int64(budget))
			require.LessOrEqual(t, heap()-before, int64(budget+4*mebibyte), "and what 400 goroutines take")
			require.GreaterOrEqual(t, 400-len(statuses), 4, "those that there is room for are waited for")

			w.create("small") // there is room for those
			refused := len(statuses)
			close(let)
			clients.Wait()
			close(statuses)
			for status := range statuses {
				if refused--; refused >= 0 {
					require.Equal(t, http.StatusServiceUnavailable, status)
				} else {
					require.Equal(t, http.StatusBadRequest, status, "the body was not whole")
				}
			}
			require.Zero(t, w.MemoryUsed())
			w.ok("CreateSecret", `{"Name":"b","ClientRequestToken":"`+tokenA+`","SecretString":"`+strings.Repeat(`\u0041`,
				65536)+`"}`)
		})
	}
}

// TestStalledRequestsAreFew: 2,000 clients send the head of a small request, and
// nothing of its body. What is refused is told as SDKs understand it.
func TestStalledRequestsAreFew(t *testing.T) {
	for name, path := range map[string]string{"operations": "/", "control calls": "/_secretlife/reset"} {
		t.Run(name, func(t *testing.T) {
			const budget = 8 * mebibyte
			w := newWorld(t, func(o *awsapi.Options) { o.MaxMemory = budget })
			before := heap()
			let := make(chan struct{})
			refused := make(chan *httptest.ResponseRecorder, 2000)
			var settled, clients sync.WaitGroup
			for range 2000 {
				settled.Add(1)
				clients.Go(func() {
					once := sync.OnceFunc(settled.Done)
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, &stalling{1, once, let})
					r.ContentLength = 100
					r.Header.Set("X-Amz-Target", "secretsmanager.CreateSecret")
					rec := httptest.NewRecorder()
					w.ServeHTTP(rec, r)
					if rec.Code == http.StatusServiceUnavailable {
						refused <- rec
					}
					once()
				})
			}
			settled.Wait()
			require.LessOrEqual(t, w.MemoryUsed(), int64(budget))
			require.Less(t, heap()-before, int64(budget+8*mebibyte))
			require.Greater(t, len(refused), 1000)
			rec := <-refused
			require.Equal(t, "1", rec.Header().Get("Retry-After"))
			if path == "/" {
				require.Contains(t, rec.Body.String(), `"__type":"ThrottlingException"`)
			}
			status, _ := w.control(http.MethodGet, "/_secretlife/health", "")
			require.Equal(t, http.StatusOK, status)
			close(let)
			clients.Wait()
			require.Zero(t, w.MemoryUsed())
		})
	}
}

// bulky are bodies of up to n values whose JSON takes much more memory than they do
// themselves.
func bulky(n int) map[string]string {
	object := func(member string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%x":%s`, i, member)
		}
		return "{" + b.String()[1:] + "}"
	}
	list := func(item string, n int) string { return `{"a":[` + strings.Repeat(item+",", n-1) + item + `]}` }
	return map[string]string{
		"numbers":          list("0", n-1),
		"long numbers":     list("1234567", n-1),
		"lists":            list("[]", n-1),
		"lists of one":     list("[0]", n/2-1),
		"objects":          list("{}", n-1),
		"objects of one":   list(`{"a":0}`, n/2-1),
		"objects of five":  list(`{"a":0,"b":0,"c":0,"d":0,"e":0}`, n/6-1),
		"names":            object("0", n),
		"names of objects": object(`{"a":[]}`, n/2),
		"escapes":          list(`"\u0041"`, n-1),
		"nested":           list(strings.Repeat("[", 12)+strings.Repeat("]", 12), n/13-1),
		"a long string":    `{"a":"` + strings.Repeat("x", mebibyte-10) + `"}`,
		"a long escape":    `{"a":"` + strings.Repeat(`\u0041`, mebibyte/6-10) + `"}`,
	}
}

// TestJSONIsCountedForWhatItTakes holds the count of memory against the heap.
func TestJSONIsCountedForWhatItTakes(t *testing.T) {
	for name, body := range bulky(10_000) {
		t.Run(name, func(t *testing.T) {
			data := []byte(body)
			before, allocated := heap(), allocations()
			counted, read, err := awsapi.ParseCost(data)
			require.NoError(t, err)
			allocated = allocations() - allocated
			took := heap() - before
			require.GreaterOrEqual(t, counted, took-128<<10, "of %d bytes", len(body))
			require.Less(t, counted, int64(6*mebibyte))
			if !strings.Contains(name, "escape") { // for which encoding/json allocates, and forgets
				require.GreaterOrEqual(t, counted+counted/4+128<<10, allocated, "of %d bytes", len(body))
			}
			t.Logf("%d bytes of JSON take %d of %d allocated, counted as %d", len(body), took, allocated, counted)
			runtime.KeepAlive(read)
			runtime.KeepAlive(data)
		})
	}
}

// TestManyValuesAreRefused: bodies of 1 MiB, forty at once.
func TestManyValuesAreRefused(t *testing.T) {
	w := newWorld(t)
	before := heap()
	for name, body := range bulky(mebibyte / 16) {
		if strings.HasPrefix(name, "a long") {
			continue
		}
		var clients sync.WaitGroup
		for range 40 {
			clients.Go(func() {
				status, got := w.send("ListSecrets", body)
				require.Contains(t, []int{http.StatusBadRequest, http.StatusServiceUnavailable}, status, name)
				if status == http.StatusBadRequest {
					require.Contains(t, got, "more than 10000 values", name)
				}
			})
		}
		clients.Wait()
	}
	require.Zero(t, w.MemoryUsed())
	require.Less(t, heap()-before, int64(8*mebibyte))
}
