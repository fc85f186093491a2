package stores_test

import (
	"bufio"
	"errors"
	"flag"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// kills is for long runs: see docs/proof.md.
var kills = flag.Int("kills", 0, "how many processes TestKilledAtAnyMoment kills")

// TestKilledAtAnyMoment kills a process that works on the store, again and
// again: what was acknowledged is there, and what was not is there wholly or not
// at all.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := atLeisure(200, 20)
	if *kills > 0 {
		rounds = *kills
	}
	f := newFiles(t)
	h := newHistory()
	r := rand.New(rand.NewPCG(1, uint64(rounds)))
	acks, unacknowledged := 0, 0
	for round := range rounds {
		kill(t, f, h, uint64(round), r.IntN(200))
		acks += h.acks
		unacknowledged += check(t, f, h)
	}
	t.Logf(
		"%d processes killed; %d acknowledged changes, none lost; %d were written and not acknowledged",
		rounds,
		acks,
		unacknowledged,
	)
	require.Greater(t, acks, rounds*50)
}

// check opens the store and holds it against the history, which goes on from
// what is there. It returns how many changes were written that nobody heard of.
func check(t *testing.T, f files, h *history) int {
	t.Helper()
	s, err := f.try()
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	unacknowledged, there := 0, map[secretlife.Incarnation]bool{}
	for i := range h.done {
		secret, number, err := look(s, i)
		require.NoError(t, err)
		got := stateOf(secret, number)
		if got != h.done[i] {
			require.NotEmpty(t, h.tried[i], "%s is %q, and was acknowledged to be %q", workerName(i), got, h.done[i])
			require.Equal(t, h.tried[i], got, "%s was acknowledged to be %q", workerName(i), h.done[i])
			unacknowledged++
		}
		h.done[i], h.tried[i] = got, ""
		if !secret.IsZero() {
			there[secret.Incarnation()] = true
			for _, v := range secret.Versions() {
				_, err := s.Value(ctx, secret.Key(), secret.Incarnation(), v.ID())
				require.NoError(t, err)
			}
		}
	}
	checkEvents(t, s, h, there)
	checkLeftovers(t, f, s, len(there))
	return unacknowledged
}

// checkEvents checks that every incarnation was purged once, unless it is there.
func checkEvents(t *testing.T, s secretlife.Store, h *history, there map[secretlife.Incarnation]bool) {
	t.Helper()
	for {
		page, err := s.Events(ctx, h.after, 1000)
		require.NoError(t, err)
		for _, e := range page {
			switch e.Name() {
			case "CreateSecret":
				h.created[e.Incarnation()]++
			case "SecretPurged":
				h.purged[e.Incarnation()]++
			}
			h.after = e.Seq()
		}
		if len(page) == 0 {
			break
		}
	}
	for inc, n := range h.created {
		require.Equal(t, 1, n)
		if there[inc] {
			require.Zero(t, h.purged[inc], "a secret that is there was purged")
		} else {
			require.Equal(t, 1, h.purged[inc], "purges of a secret that is gone")
		}
	}
	require.LessOrEqual(t, len(h.purged), len(h.created))
	for inc := range there {
		require.Equal(t, 1, h.created[inc], "a secret without the event of its creation")
	}
}

// checkLeftovers checks that nothing is in the files but what secrets need.
func checkLeftovers(t *testing.T, f files, s *sqlstore.SQLite, secrets int) {
	t.Helper()
	n, err := s.Count(ctx, workerKey(0).Account, workerKey(0).Region)
	require.NoError(t, err)
	require.Equal(t, secrets, n, "counted secrets")
	db := f.sql(t)
	var orphans int
	require.NoError(t, db.QueryRowContext(ctx, `SELECT COUNT(*) FROM secretlife_versions
		WHERE incarnation NOT IN (SELECT incarnation FROM secretlife_secrets)`).Scan(&orphans))
	require.Zero(t, orphans, "ciphertexts of no secret")
	require.NoError(t, db.Close())
	require.Equal(t, secrets, takenSlots(t, f), "slots with a key")
}

// TestKilledAtEveryWrite kills a process before and after each of its writes to
// the database, until one comes through.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	step := atLeisure(1, 11)
	for point := 0; ; point += step {
		f := newFiles(t)
		h := newHistory()
		cmd, out := startChild(t, f, childStop+"="+strconv.Itoa(point))
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			require.NoError(t, h.note(lines.Text()))
		}
		err := cmd.Wait()
		check(t, f, h)
		if err == nil {
			t.Logf("%d points", point)
			require.Greater(t, point, 100)
			return
		}
		require.Equal(
			t,
			syscall.SIGKILL,
			cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(),
			"point %d: %s",
			point,
			cmd.Stderr,
		)
	}
}

var errPlanted = errors.New("planted")

// TestEveryWriteFails lets each write fail in turn: once before it is done, and
// once after, so that the write is on the disk although it failed. The store goes on, and loses
// nothing.
func TestEveryWriteFails(t *testing.T) {
	defer spy.set(nil)
	step := atLeisure(1, 4)
	for fault, ended := 0, false; !ended; fault += step {
		f := newFiles(t)
		s, err := openSQLite("sqlite-spied", f.db(), f.master())
		require.NoError(t, err)
		points := 0
		spy.set(func() error {
			if points++; points == fault+1 {
				return errPlanted
			}
			return nil
		})
		h := newHistory()
		w := &worker{store: s, say: h.note, rand: rand.New(rand.NewPCG(1, 1))}
		failures := 0
		for _, action := range []string{"create", "put", "delete", "restore", "delete", "purge", "create", "delete", "claim",
			"create", "put"} {
			before := w.secret
			if err := w.do(action); err == nil {
				continue
			} else { //nolint:revive // the two belong together
				require.ErrorIs(t, err, errPlanted, "%s, fault %d", action, fault)
			}
			failures++
			// The outcome is unknown, so it is looked up, as a caller would.
			require.NoError(t, w.load())
			if w.secret.Incarnation() == before.Incarnation() && w.secret.Revision() == before.Revision() {
				require.NoError(t, w.do(action), "%s, fault %d", action, fault)
			} else {
				require.Equal(t, h.tried[0], stateOf(w.secret, w.number))
				require.NoError(t, h.note("0 done"))
			}
		}
		require.LessOrEqual(t, failures, 1)
		err = s.Scrub(ctx)
		if err != nil {
			require.ErrorIs(t, err, errPlanted)
			require.NoError(t, s.Scrub(ctx))
		}
		ended = points <= fault
		spy.set(nil)
		checkLeftovers(t, f, s, 1)
		require.NoError(t, s.Health(ctx))
		require.NoError(t, s.Close())
		check(t, f, h)
		if ended {
			t.Logf("%d faults", fault)
			require.Greater(t, fault, 50)
		}
	}
}
