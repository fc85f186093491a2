package stores_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// The test binary is also the purger in a process of its own: these say so.
const (
	purgerURL   = "SECRETLIFE_TEST_PURGER_URL"
	purgerDir   = "SECRETLIFE_TEST_PURGER_DIR"
	purgerNow   = "SECRETLIFE_TEST_PURGER_NOW"
	purgerDeath = "SECRETLIFE_TEST_PURGER_DEATH" // the claim in which it kills itself, if any
)

// TestPurgerOfItsOwn is the process of a purger. It says that it is ready, waits
// to be told to begin, purges what is due, and says how much that was.
func TestPurgerOfItsOwn(t *testing.T) {
	if os.Getenv(purgerURL) == "" {
		return
	}
	s := database{url: os.Getenv(purgerURL), conns: 4, files: files{os.Getenv(purgerDir)}}.open(t)
	now, err := time.Parse(time.RFC3339Nano, os.Getenv(purgerNow))
	require.NoError(t, err)
	var store secretlife.Store = s
	if death := os.Getenv(purgerDeath); death != "" {
		n, err := strconv.Atoi(death)
		require.NoError(t, err)
		store = &mortal{s, n}
	}
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = secretlife.NewVirtualClock(now) })
	require.NoError(t, err)
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	fmt.Println("ready", used.Utime.Nano()+used.Stime.Nano())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	report, err := secretlife.NewPurger(m).RunDue(ctx)
	require.NoError(t, err)
	fmt.Println("purged", len(report.Purged()))
}

// mortal is a store whose process is killed in the middle of one of its claims:
// the secrets are locked, and nothing is written.
type mortal struct {
	*sqlstore.Postgres
	claims int
}

func (m *mortal) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return m.Postgres.Claim(ctx, query, func(due []secretlife.Secret) []secretlife.Change {
		if m.claims--; m.claims == 0 {
			if err := killSelf(); err != nil {
				panic(err)
			}
		}
		return decide(due)
	})
}

// purger is a process that purges.
type purger struct {
	*exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	opening time.Duration // processor time until it was ready
}

// newPurger starts a process, and waits until it is ready.
func newPurger(t testing.TB, d database, now time.Time, env ...string) *purger {
	t.Helper()
	p := &purger{Cmd: exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestPurgerOfItsOwn$")}
	p.Env = append(os.Environ(), purgerURL+"="+d.url, purgerDir+"="+d.dir, purgerNow+"="+now.Format(time.RFC3339Nano))
	p.Env = append(p.Env, env...)
	p.Stderr = &strings.Builder{}
	var err error
	p.in, err = p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewScanner(out)
	require.NoError(t, p.Start())
	require.True(t, p.out.Scan())
	used, err := strconv.ParseInt(strings.TrimPrefix(p.out.Text(), "ready "), 10, 64)
	require.NoError(t, err, "%s", p.Stderr)
	p.opening = time.Duration(used)
	return p
}

// begin has it purge.
func (p *purger) begin() error { return p.in.Close() }

// end waits for it, and answers how many secrets it purged.
func (p *purger) end() (purged int, err error) {
	var said []string
	for p.out.Scan() {
		said = append(said, p.out.Text())
		if n, ok := strings.CutPrefix(p.out.Text(), "purged "); ok {
			if purged, err = strconv.Atoi(n); err != nil {
				return 0, err
			}
		}
	}
	if err := p.Wait(); err != nil {
		return purged, fmt.Errorf("%w: %s%s", err, strings.Join(said, "\n"), p.Stderr)
	}
	return purged, nil
}

// TestPurgersInProcessesOfTheirOwn runs four of them, of which one is killed in
// the middle of a transaction. Every due secret is purged once, with one event;
// what the dead one had is not stuck; the others are as they were.
func TestPurgersInProcessesOfTheirOwn(t *testing.T) {
	c := newCluster(t)
	secrets, due := atLeisure(20_000, 8_000), atLeisure(4_000, 3_000)
	d := c.database(t)
	s := d.open(t)
	populate(t, s, secrets, func(i int) (time.Time, bool) {
		return start.Add(time.Duration(i/100-100) * time.Second), i < due
	})
	dead := newPurger(t, d, start, purgerDeath+"=2")
	living := []*purger{newPurger(t, d, start), newPurger(t, d, start), newPurger(t, d, start)}
	for _, p := range append(living, dead) {
		require.NoError(t, p.begin())
	}
	total := 0
	for _, p := range living {
		n, err := p.end()
		require.NoError(t, err)
		total += n
	}
	_, err := dead.end()
	if err != nil { // where the others were so fast that it made no second claim
		require.Equal(t, syscall.SIGKILL, dead.ProcessState.Sys().(syscall.WaitStatus).Signal(), dead.Stderr)
	}
	report, err := secretlife.NewPurger(manager(t, s)).RunDue(ctx)
	require.NoError(t, err)
	total += len(report.Purged())
	t.Logf("%d of %d purged by the living, of which %d after them", total, due, len(report))
	require.LessOrEqual(t, total, due)
	require.GreaterOrEqual(t, total, due-512, "the dead one ended one claim at most")

	all := purges(t, s)
	require.Len(t, all, due)
	for arn, n := range all {
		require.Equal(t, 1, n, arn)
	}
	for _, table := range []string{"secrets", "versions", "keys"} {
		require.Equal(t, secrets-due, c.rows(t, d, table), table)
	}
	key := keyOf(t, "any")
	left, err := s.Count(ctx, key.Account, key.Region)
	require.NoError(t, err)
	require.Equal(t, secrets-due, left)
}

// TestAPurgerIsKilled kills a process that purges, wherever it is: another
// finishes its work, with nothing stuck and nothing done twice.
func TestAPurgerIsKilled(t *testing.T) {
	c := newCluster(t)
	due := atLeisure(3000, 2000)
	d := c.database(t)
	s := d.open(t)
	populate(t, s, due, func(int) (time.Time, bool) { return start, true })
	p := newPurger(t, d, start)
	require.NoError(t, p.begin())
	require.Eventually(t, func() bool { return c.rows(t, d, "secrets") < due }, time.Minute, time.Millisecond)
	_ = p.Process.Kill() // it may have ended
	_, _ = p.end()
	_, err := secretlife.NewPurger(manager(t, s)).RunDue(ctx)
	require.NoError(t, err)
	all := purges(t, s)
	require.Len(t, all, due)
	for arn, n := range all {
		require.Equal(t, 1, n, arn)
	}
	require.Zero(t, c.rows(t, d, "secrets"))
	require.Zero(t, c.rows(t, d, "keys"))
}
