package command

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// call runs the program with arguments until it ends.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop() // so that a server ends at once
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	code, out, _ := call(t, "--help")
	require.Zero(t, code)
	require.Contains(t, out, "serve")
	code, out, _ = call(t, "serve", "--help")
	require.Zero(t, code)
	for _, flag := range []string{"--addr", "--store", "--key-file", "--restored", "--clock", "--start", "--seed",
		"--witness", "--purge-delay", "--quotas", "--list-lag", "--describe-lag",
		"--replica-removal-lag", "--owning-services", "--kms-keys", "--account", "--region", "--hold-release-by-another",
		"--hold-release-delay", "--protect-no-force", "--protect-minimum-window",
		"--allow-reset", "--isolate-accounts",
		"--credentials", "--control-token-file", "--control-addr", "--tls", "--tls-cert", "--tls-key", "--tls-dir",
		"--allow-unverified", "--allow-host", "--lambda-url", "--rotation-timeout", "--max-connections", "--keep-events",
		"--log-level",
		"--log-format", "clock/advance", "SIGTERM"} {
		require.Contains(t, out, flag)
	}
	code, out, _ = call(t, "--version")
	require.Zero(t, code)
	require.Contains(t, out, "secretlife")
}

func TestWrongFlagsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ args, text string }{
		{"", "expected"},
		{"destroy", "destroy"},
		{"serve --clock lunar", "--clock"},
		{"serve --purge-delay soon", "--purge-delay"},
		{"serve --purge-delay 2h..1h", "delay from 2h"},
		{"serve --list-lag soon", "--list-lag"},
		{"serve --describe-lag=-1s", "delay from -1s"},
		{"serve --replica-removal-lag soon", "--replica-removal-lag"},
		{"serve --kms-keys /nowhere/keys.json", "--kms-keys"},
		{"serve --quotas some", "--quotas"},
		{"serve --rotation-timeout soon", `"30d", "1w", "2d12h", "90m" or "P30D"`},
		{"serve --rotation-timeout 1d", "at most 15m"},
		{"serve --start yesterday", "--start"},
		{"serve --start 2030-01-01T00:00:00Z", "can't be set"},
		{"serve --store tape", "sqlite:PATH"},
		{"serve --store sqlite:", "sqlite:PATH"},
		{"serve --key-file x", "--store sqlite:PATH"},
		{"serve --restored", "--store sqlite:PATH"},
		{"serve --account 12", "[0-9]{12}"},
		{"serve --region nowhere", "region"},
		{"serve --seed x", "--seed"},
		{"serve --log-level loud", "--log-level"},
		{"serve --addr nowhere:at:all", "nowhere"},
	} {
		code, _, errs := call(t, strings.Fields(c.args)...)
		require.NotZero(t, code, c.args)
		require.Contains(t, errs, c.text, c.args)
	}
}

func TestServe(t *testing.T) {
	for _, args := range []string{"--clock virtual --start 2030-01-01T00:00:00Z --seed 7 --log-format json",
		"--purge-delay 1h..P2D --destroy-keys-after 1w --quotas aws --list-lag 1s..2s --describe-lag 1s",
		"--replica-removal-lag 1m --owning-services --log-level debug --allow-reset"} {
		t.Run(args, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			out, in := io.Pipe()
			var log bytes.Buffer
			ended := make(chan int)
			go func() {
				code := run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, strings.Fields(args)...), in, &log)
				_ = in.Close()
				ended <- code
			}()
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
			require.True(t, ok, line)

			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_secretlife/health", nil)
			require.NoError(t, err)
			resp, err := client.Do(r)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.JSONEq(t, `{"status":"ok"}`, string(body))

			stop()
			require.Zero(t, <-ended, &log)
			require.Contains(t, log.String(), "serving")
		})
	}
}
