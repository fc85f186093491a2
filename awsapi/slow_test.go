package awsapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/pipenet"
)

// serveInBubble serves an API in virtual time. The time that its http.Server has for
// reading a request is less than some calls take.
func serveInBubble(t *testing.T, test func(t *testing.T, w *world, p *pipenet.Listener)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := pipenet.Listen()
		mux := http.NewServeMux()
		mux.Handle("/", w)
		mux.HandleFunc("/other", func(http.ResponseWriter, *http.Request) {})
		server := &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, IdleTimeout: 2 * time.Hour}
		ended := make(chan error)
		go func() { ended <- server.Serve(p) }()
		defer func() {
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-ended, http.ErrServerClosed)
			time.Sleep(time.Second) // for which the server waits before it closes a connection
			require.Zero(t, w.MemoryUsed())
		}()
		test(t, w, p)
	})
}

func head(operation string, length int, more ...string) string {
	return "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: secretsmanager." + operation +
		"\r\nContent-Length: " + fmt.Sprint(length) + "\r\n" + strings.Join(more, "") + "\r\n"
}

func readAnswer(t *testing.T, conn io.Reader) (status int, body string, header http.Header) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(got), resp.Header
}

func TestABodyThatDoesNotCome(t *testing.T) {
	for path, want := range map[string]string{"operation": `{"__type":"RequestTimeoutException"`, "control": `{"error":`} {
		t.Run(path, func(t *testing.T) {
			serveInBubble(t, func(t *testing.T, w *world, p *pipenet.Listener) {
				conn := p.Dial()
				began := time.Now()
				request := head("DescribeSecret", 100) + `{"SecretId":`
				if path == "control" {
					request = strings.Replace(request, "POST / ", "POST /_secretlife/clock/advance ", 1)
				}
				_, err := io.WriteString(conn, request)
				require.NoError(t, err)
				synctest.Wait()
				require.Positive(t, w.MemoryUsed())
				status, body, _ := readAnswer(t, conn)
				require.Equal(t, http.StatusRequestTimeout, status)
				require.Contains(t, body, want)
				require.Equal(t, 31*time.Second, time.Since(began), "the last second is for what may still come")
				_, err = conn.Read(make([]byte, 1))
				require.Error(t, err, "the connection is closed")
			})
		})
	}
}

// TestABodyThatIsNotWanted: of a client that waits for the answer, the body is not
// awaited for long; of one that asks before, not at all.
func TestABodyThatIsNotWanted(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		most time.Duration
	}{
		"waiting": {head("ListSecrets", 20_000_000), time.Second},
		"asking":  {head("ListSecrets", 20_000_000, "Expect: 100-continue\r\n"), 0},
		"endless": {head("ListSecrets", 20_000_000_000), 0},
	} {
		t.Run(name, func(t *testing.T) {
			serveInBubble(t, func(t *testing.T, _ *world, p *pipenet.Listener) {
				conn := p.Dial()
				began := time.Now()
				_, err := io.WriteString(conn, c.head)
				require.NoError(t, err)
				status, body, _ := readAnswer(t, conn)
				require.Equal(t, http.StatusRequestEntityTooLarge, status)
				require.Contains(t, body, "must have at most 1048576 bytes")
				require.Equal(t, c.most, time.Since(began))
				_, err = conn.Read(make([]byte, 1))
				require.Error(t, err, "the connection is closed")
			})
		})
	}
}

// TestABodyThatDrips comes a byte at a time.
func TestABodyThatDrips(t *testing.T) {
	serveInBubble(t, func(t *testing.T, _ *world, p *pipenet.Listener) {
		conn := p.Dial()
		began := time.Now()
		_, err := io.WriteString(conn, head("Nothing", 20_000_000))
		require.NoError(t, err)
		go func() {
			for err == nil {
				time.Sleep(time.Second / 2)
				_, err = io.WriteString(conn, " ")
			}
		}()
		status, _, _ := readAnswer(t, conn)
		require.Equal(t, http.StatusBadRequest, status)
		require.Less(t, time.Since(began), 11*time.Second)
	})
}

// TestALongCallIsNotCut: the time for a body is not the time for the call.
func TestALongCallIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, arn := rotatingDaily(t, func(ctx context.Context, r secretlife.RotationRequest) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return rotates(ctx, r)
			}
		})
		p := pipenet.Listen()
		server := &http.Server{Handler: w.API, ReadTimeout: 5 * time.Second}
		ended := make(chan error)
		go func() { ended <- server.Serve(p) }()
		conn := p.Dial()
		body := `{"duration":"168h"}`
		_, err := io.WriteString(conn, strings.Replace(head("-", len(body)), "POST / ",
			"POST /_secretlife/clock/advance ", 1)+body)
		require.NoError(t, err)
		status, got, _ := readAnswer(t, conn)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, got, arn)
		require.NotContains(t, got, "stopped")

		// A caller that hangs up is noticed anyway.
		_, err = io.WriteString(conn, strings.Replace(head("-", len(body)), "POST / ",
			"POST /_secretlife/clock/advance ", 1)+body)
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, conn.Close())
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Less(t, w.clock.Now().Sub(start), 2*168*time.Hour)
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
}

// TestASlowReaderOfEventsIsCut stops reading in the middle.
func TestASlowReaderOfEventsIsCut(t *testing.T) {
	serveInBubble(t, func(t *testing.T, w *world, p *pipenet.Listener) {
		for i := range 300 {
			w.create(fmt.Sprint("s", i))
		}
		conn := p.Dial()
		_, err := io.WriteString(conn, "GET /_secretlife/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		_, err = in.ReadString('\n')
		require.NoError(t, err)
		synctest.Wait()
		require.Positive(t, w.MemoryUsed())
		time.Sleep(29 * time.Second)
		require.Positive(t, w.MemoryUsed(), "it is waited for")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(t, w.MemoryUsed())
		_, err = io.Copy(io.Discard, in)
		require.NoError(t, err, "the stream has ended")
		_, err = io.WriteString(conn, "GET /_secretlife/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

// TestASlowReaderThatReadsOnIsNotCut reads a line of the events every three seconds.
func TestASlowReaderThatReadsOnIsNotCut(t *testing.T) {
	serveInBubble(t, func(t *testing.T, w *world, p *pipenet.Listener) {
		for i := range 300 {
			w.create(fmt.Sprint("s", i))
		}
		conn := p.Dial()
		_, err := io.WriteString(conn, "GET /_secretlife/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
		require.NoError(t, err)
		in := bufio.NewReader(resp.Body)
		for range 300 {
			time.Sleep(3 * time.Second)
			_, err := in.ReadString('\n')
			require.NoError(t, err)
		}
		_, err = in.ReadString('\n')
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, resp.Body.Close())

		// No time limit stays on the connection.
		time.Sleep(time.Hour)
		_, err = io.WriteString(conn, "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		again, _, _ := readAnswer(t, conn)
		require.Equal(t, http.StatusOK, again)
	})
}

// TestAnAnswerThatIsNotReadIsCounted reads nothing of a large answer, and then all
// of it; the next request on the connection is served as any.
func TestAnAnswerThatIsNotReadIsCounted(t *testing.T) {
	serveInBubble(t, func(t *testing.T, w *world, p *pipenet.Listener) {
		large := strings.Repeat("v", 60_000)
		w.ok("CreateSecret", `{"Name":"a","ClientRequestToken":"`+tokenA+`","SecretString":"`+large+`"}`)
		conn := p.Dial()
		for _, c := range []struct{ body, want string }{{`{"SecretId":"a"}`, large},
			{`{"SecretId":"b"}`, "ResourceNotFoundException"}, {`{"SecretId":"a"}`, large}} {
			_, err := io.WriteString(conn, head("GetSecretValue", len(c.body))+c.body)
			require.NoError(t, err)
			time.Sleep(20 * time.Second)
			if c.want == large {
				require.Greater(t, w.MemoryUsed(), int64(len(large)))
			}
			_, body, _ := readAnswer(t, conn)
			require.Contains(t, body, c.want)
			synctest.Wait()
		}
	})
}

func TestEventStreamsAreFew(t *testing.T) {
	serveInBubble(t, func(t *testing.T, w *world, p *pipenet.Listener) {
		for i := range 20 {
			w.create(fmt.Sprint("s", i))
		}
		var conns []net.Conn
		for range 12 {
			conns = append(conns, p.Dial())
			_, err := io.WriteString(conns[len(conns)-1], "GET /_secretlife/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
			synctest.Wait()
		}
		conn := p.Dial()
		_, err := io.WriteString(conn, "GET /_secretlife/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		status, _, header := readAnswer(t, conn)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "1", header.Get("Retry-After"))
		for _, c := range conns {
			require.NoError(t, c.Close())
		}
		synctest.Wait()
	})
}

// TestAHugeBodyGetsItsAnswer sends 20 MB over a socket before it reads anything, as
// many clients do, whatever the request is refused for.
func TestAHugeBodyGetsItsAnswer(t *testing.T) {
	server := httptest.NewServer(newWorld(t, func(o *awsapi.Options) { o.Hosts = []string{} }))
	defer server.Close()
	body := strings.Repeat(" ", 20_000_000)
	for name, c := range map[string]struct {
		head   string
		status int
	}{
		"too large": {head("ListSecrets", len(body)), http.StatusRequestEntityTooLarge},
		"no such":   {head("Nothing", len(body)), http.StatusBadRequest},
		"control": {strings.Replace(head("-", len(body)), "POST / ", "POST /_secretlife/reset ", 1),
			http.StatusRequestEntityTooLarge},
		"wrong host": {strings.Replace(head("-", len(body)), "localhost", "example.com", 1), http.StatusMisdirectedRequest},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			for range 2 { // the connection can be used again
				_, err = io.WriteString(conn, c.head+body)
				require.NoError(t, err)
				status, _, _ := readAnswer(t, conn)
				require.Equal(t, c.status, status)
			}
		})
	}
	t.Run("address for control calls", func(t *testing.T) {
		server := httptest.NewServer(newWorld(t).ControlHandler(awsapi.ControlForAll()))
		defer server.Close()
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, head("ListSecrets", len(body))+body)
		require.NoError(t, err)
		status, _, _ := readAnswer(t, conn)
		require.Equal(t, http.StatusNotFound, status)
	})
	t.Run("chunked", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, io.LimitReader(spaces{}, 20_000_000))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
		resp, err := server.Client().Do(r)
		require.NoError(t, err)
		require.Equal(t, http.StatusRequestEntityTooLarge, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	})
}

// spaces has no end.
type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestManyHeaderFieldsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/_secretlife/clock"} {
		for _, same := range []bool{true, false} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil)
			for i := range 101 {
				name := "X-Amz-A"
				if !same {
					name += fmt.Sprint(i)
				}
				r.Header.Add(name, "x")
			}
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, r)
			require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, rec.Code)
			require.Contains(t, rec.Body.String(), "at most 100 header fields")
		}
	}
}
