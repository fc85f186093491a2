package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReloadsGoOnAfterOneThatFails(t *testing.T) {
	var log bytes.Buffer
	var r reloads
	signals, done := make(chan os.Signal), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	reads := make(chan string, 4)
	r.add("first", func() error { reads <- "first"; return errors.New("it is broken") })
	r.add("second", func() error { reads <- "second"; return nil })
	go func() {
		defer close(done)
		r.on(ctx, signals, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	for range 2 {
		signals <- syscall.SIGHUP
		require.Equal(t, "first", <-reads)
		require.Equal(t, "second", <-reads)
	}
	stop()
	<-done
	require.Contains(t, log.String(), `level=ERROR msg="reloading failed; the previous one stays in use" `+
		`what=first error="it is broken"`)
	require.Contains(t, log.String(), "msg=reloaded what=second")
}

// TestSignals sends a server SIGHUP, which must not end it, and then SIGINT.
func TestSignals(t *testing.T) {
	p := start(t, "--store", sqliteWorld(t).store)
	for range 3 {
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	}
	p.ok("CreateSecret", `{"Name":"a","SecretString":"b","ClientRequestToken":"00000000000000000000000000000001"}`)
	p.end(os.Interrupt)
	require.Contains(t, p.errs.String(), "msg=ending")
}

// TestHangupEndsOtherCommands checks that a terminal that goes away interrupts a
// command as Ctrl-C does.
func TestHangupEndsOtherCommands(t *testing.T) {
	began := make(chan struct{}, 1)
	waits := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case began <- struct{}{}:
		default:
		}
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that the client left
		<-r.Context().Done()
	}))
	defer waits.Close()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // or the command would ignore it where the tests are run by nohup
	defer signal.Stop(heard)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "conformance", "--endpoint", waits.URL)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	<-began
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.Error(t, cmd.Wait())
	require.Equal(t, 1, cmd.ProcessState.ExitCode(), "it ended by itself: %s", &errs)
}
