package command

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/pipenet"
)

// getOver sends a request on a connection of its own.
func getOver(l *pipenet.Listener) net.Conn {
	conn := l.Dial()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return conn
}

func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// TestConnectionsAreLimited: what is beyond the limit waits until others have gone.
func TestConnectionsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var served atomic.Int32
		p := pipenet.Listen()
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- serveUntilDone(ctx, []front{{p, handler, nil, 3}}, nil, slog.New(slog.DiscardHandler))
		}()
		leave := make(chan struct{})
		var clients sync.WaitGroup
		for range 10 {
			clients.Go(func() {
				conn := getOver(p)
				_, _ = io.Copy(io.Discard, io.LimitReader(conn, 10)) // the first of the response
				select {
				case <-leave:
					_ = conn.Close()
				default:
					go func() { _, _ = io.Copy(io.Discard, conn) }()
				}
			})
		}
		synctest.Wait()
		require.EqualValues(t, 3, served.Load())
		time.Sleep(2*time.Minute - time.Second)
		synctest.Wait()
		require.EqualValues(t, 3, served.Load())
		time.Sleep(2 * time.Second) // connections that say nothing more are let go
		synctest.Wait()
		require.EqualValues(t, 6, served.Load())
		close(leave)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.EqualValues(t, 10, served.Load())
		stop()
		require.NoError(t, <-ended)
		clients.Wait()
	})
}

// TestRequestsThatTakeTooLongAreEnded: the first by its context, the second with
// its connection.
func TestRequestsThatTakeTooLongAreEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipenet.Listen()
		hang, hanging := make(chan struct{}), atomic.Bool{}
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hanging.CompareAndSwap(false, true) {
				<-hang
				return
			}
			<-r.Context().Done()
			w.WriteHeader(http.StatusTeapot)
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- serveUntilDone(ctx, []front{{p, handler, nil, 3}}, nil, slog.New(slog.DiscardHandler))
		}()
		deaf := getOver(p)
		synctest.Wait() // it is the first
		heard := getOver(p)
		synctest.Wait()
		began := time.Now()
		stop()
		require.Equal(t, http.StatusTeapot, status(t, heard))
		require.Equal(t, drain, time.Since(began))
		require.NoError(t, <-ended)
		require.Equal(t, drain+cutOff, time.Since(began))
		_, err := deaf.Read(make([]byte, 1))
		require.Error(t, err)
		close(hang)
		synctest.Wait()
	})
}

func TestLimitsOfServeAreChecked(t *testing.T) {
	for _, args := range [][]string{
		{"--max-connections", "0"}, {"--rotation-timeout", "0s"}, {"--rotation-timeout", "16m"},
	} {
		code, _, errs := call(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, args[0]+" must be")
	}
}
