package command

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// operatorEvents are the events of operators in a store, oldest first.
func (w *world) operatorEvents() (events []map[string]any) {
	w.t.Helper()
	for line := range strings.Lines(w.ok("export", "--out", "-")) {
		var l struct {
			Event map[string]any `json:"event"`
		}
		require.NoError(w.t, json.Unmarshal([]byte(line), &l))
		if name := l.Event["eventName"]; name == "ConfirmGap" || name == "WithdrawGap" {
			events = append(events, l.Event)
		}
	}
	return events
}

// count lets time pass on a machine that counts it.
func (w *world) count(d time.Duration) {
	w.host.Reboot()
	w.host.SetWall(time.Now())
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		for ; d > 0; d -= 30 * time.Second {
			_, err := m.At(w.t.Context())
			require.NoError(w.t, err)
			w.host.Pass(30 * time.Second)
		}
	})
}

// TestClock: a machine was off for ten days, and an operator looks, confirms,
// withdraws, and confirms again.
func TestClock(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		require.Contains(t, sqliteEmpty(t).ok("clock"), "no time has been counted yet\n")
		w.fill() // ten days ago, on another machine
		w.beat()
		out := w.ok("clock")
		require.Regexp(t, `(?m)^real time: 3m0s counted, last on \S+Z by a boot 1$`, out)
		gap := regexp.MustCompile(
			`(?m)^gap (\d+): \d+ \w{3} \d{4} \d\d:\d\d – \d+ \w{3} \d{4} \d\d:\d\d by the clock, nobody counted; 1 secret ` +
				`past its date waits, 1 comes sooner$`).FindStringSubmatch(out)
		require.NotNil(t, gap, out)
		require.Contains(t, out,
			"2 secrets are scheduled for deletion with a recovery window; secrets with a hold that does not end are not "+
				"counted\n1 secret is past its date, 0 of 7 d counted; 7 d "+
				"more to count\n")

		out = w.ok("clock", "confirm", gap[1], "--passed", "9d")
		require.Contains(t, out,
			"if 9 d passed in it: of 1 secret past the DeletionDate 1 is purged; 1 other is purged sooner\n")
		digest := regexp.MustCompile(
			`nothing was confirmed; to confirm it: clock confirm \d+ --passed 216h0m0s --yes ([0-9a-f]{12})\n$`).FindStringSubmatch(out)
		require.NotNil(t, digest, out)
		for _, args := range [][]string{
			{"confirm", gap[1], "--yes", digest[1]}, // another duration
			{"confirm", gap[1], "--passed", "9d", "--yes", "0a1b2c3d4e5f"},
			{"confirm", gap[1], "--passed", "11d"},
			{"confirm", "4711"},
			{"withdraw", gap[1]},
		} {
			code, _, errs := w.run("clock", args...)
			require.Equal(t, 1, code, args)
			require.Regexp(t, `secretlife: InvalidParameterException: `, errs)
		}
		require.Empty(t, w.operatorEvents())

		out = w.ok("clock", "confirm", gap[1], "--passed", "9d", "--yes", digest[1])
		require.Contains(t, out, "it is confirmed, and takes effect after an hour of counted time")
		require.Regexp(t, `an operator confirmed 9 d of it, which takes effect after (1h0|59)m\d+s of counted time`,
			w.ok("clock"))
		require.Contains(t, w.ok("clock", "withdraw", gap[1]), "counts no longer")
		w.count(2 * time.Hour)
		out = w.ok("purge", "--once")
		require.Contains(t, out,
			"1 secret was purged\n1 secret is past its date, 0 of 7 d counted: nothing runs between the runs (1 gap without "+
				"proof)", "only what was forced")

		out = w.ok("clock", "confirm", gap[1], "--passed", "9d")
		digest = regexp.MustCompile(`--yes (\w+)`).FindStringSubmatch(out)
		w.ok("clock", "confirm", gap[1], "--passed", "9d", "--yes", digest[1])
		w.count(time.Hour + 10*time.Minute)
		require.Contains(t, w.ok("clock"), "an operator confirmed 9 d of it\n")
		require.Contains(t, w.ok("purge", "--once"), "1 secret was purged\n")
		require.Equal(t, []string{"prod/a", "prod/b", "prod/binary"}, names(t, w.ok("ls", "--json")))

		events := w.operatorEvents()
		require.Len(t, events, 3)
		for i, name := range []string{"ConfirmGap", "WithdrawGap", "ConfirmGap"} {
			require.Equal(t, name, events[i]["eventName"])
			who, ok := events[i]["userIdentity"].(map[string]any)
			require.True(t, ok)
			require.Equal(t, operator(), who["userName"])
		}
	})
}

// sqliteEmpty is a store in which nothing was done.
func sqliteEmpty(t *testing.T) *world {
	w := sqliteWorld(t)
	w.use(nothingToDo)
	return w
}

func TestClockAsJSON(t *testing.T) {
	w := sqliteWorld(t)
	w.fill()
	var report struct {
		Tally struct {
			Virtual bool
			Gaps    []struct{ Number uint64 }
		}
		Waiting struct{ Secrets int }
		Effects []struct{ Sooner int }
	}
	require.NoError(t, json.Unmarshal([]byte(w.ok("clock", "--json")), &report))
	require.False(t, report.Tally.Virtual)
	require.Len(t, report.Tally.Gaps, 1)
	require.Equal(t, 1, report.Waiting.Secrets)
	require.Equal(t, 1, report.Effects[0].Sooner)
	var confirm struct {
		Confirmed bool
		Effect    struct{ Digest string }
	}
	require.NoError(t, json.Unmarshal([]byte(w.ok("clock", "confirm", "1", "--json")), &confirm))
	require.False(t, confirm.Confirmed)
	require.NotEmpty(t, confirm.Effect.Digest)
	require.NoError(t, json.Unmarshal([]byte(w.ok("clock", "confirm", "1", "--json", "--yes", confirm.Effect.Digest)),
		&confirm))
	require.True(t, confirm.Confirmed)
}

func TestClockOfAVirtualStore(t *testing.T) {
	w := sqliteWorld(t)
	w.useVirtual()
	require.Regexp(t, `^virtual time: 0s counted, last on 2030-01-01T00:00:00Z by virtual \w+\n`, w.ok("clock"))
}

// useVirtual counts virtual time in the store.
func (w *world) useVirtual() {
	w.t.Helper()
	w.useWith(secretlife.NewVirtualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), func(m *secretlife.Manager,
		_ *sqlstore.Store) {
		w.create(m, "a", secretlife.SecretString("hunter2"))
		w.delete(m, "a", 7)
	})
}

// TestServeRefusesTheOtherKindOfClock: a virtual clock on a store that counted real
// time would purge early, and a real one on virtual time proves nothing.
func TestServeRefusesTheOtherKindOfClock(t *testing.T) {
	for text, w := range map[string]*world{
		"--clock virtual: sqlite:": sqliteWorld(t),
		"--clock real: sqlite:":    sqliteWorld(t),
	} {
		kind := "virtual"
		if strings.Contains(text, "real") {
			kind = "real"
			w.useVirtual()
		} else {
			w.fill()
		}
		ctx, stop := context.WithCancel(t.Context())
		var errs bytes.Buffer
		code := run(ctx, []string{"serve", "--store", w.store, "--clock", kind, "--addr", "127.0.0.1:0"}, endsAt{stop}, &errs)
		stop()
		require.Equal(t, 1, code)
		require.Contains(t, errs.String(), text)
		require.Contains(t, errs.String(), "another store")
	}
}

// endsAt ends a server that begins to serve.
type endsAt struct{ stop context.CancelFunc }

func (e endsAt) Write(b []byte) (int, error) {
	e.stop()
	return len(b), nil
}

func TestDurationsOfDays(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Minute: "1h30m0s", day - 1: "23h59m59s", day: "1 d", 9*day + 12*time.Hour: "9.5 d",
		30*day - 1: "29.9 d",
	} {
		require.Equal(t, want, daysOf(d))
	}
	require.Equal(t, "3.2 of 30 d", ofWindow(77*time.Hour, 30*day))
	require.Equal(t, "30 of 30 d", ofWindow(31*day, 30*day))
	code, _, errs := runCommand(t, "clock", "confirm", "3", "--store", "sqlite:x", "--passed", "long")
	require.Equal(t, 2, code)
	require.Contains(t, errs, "--passed")
}
