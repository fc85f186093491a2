package secretlife_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/memstore"
)

// gapWorld is a store with a gap of ten days that nobody counted: "old" was
// scheduled before it for 8 days, "later" for 30, and "new" after it.
type gapWorld struct {
	node
	host  *hosttest.Host
	store durable
	sunk  []secretlife.Event
	logs  strings.Builder
	gap   secretlife.Gap
}

func newGapWorld(t testing.TB) *gapWorld {
	t.Helper()
	w := &gapWorld{host: hosttest.New("a", start), store: durable{Store: memstore.New()}}
	w.start(t)
	require.Zero(t, w.purged(t))
	for _, name := range []string{"old", "later", "new", "active"} {
		w.create(t, name)
	}
	w.delete(t, "old", 8)
	w.delete(t, "later", 30)
	require.Zero(t, live(t, w.node, 10*time.Minute, w.host))
	w.host.Reboot()
	w.host.Step(10 * aDay)
	w.start(t)
	w.delete(t, "new", 8)
	require.Zero(t, live(t, w.node, 2*hour, w.host))
	tally, err := w.Tally(ctx)
	require.NoError(t, err)
	require.Len(t, tally.Gaps(), 1)
	w.gap = tally.Gaps()[0]
	w.sunk = nil
	return w
}

// start starts a process on the machine.
func (w *gapWorld) start(t testing.TB) {
	m, err := secretlife.New(w.store, func(o *secretlife.Options) {
		o.Clock, o.Logger = w.host, slog.New(slog.NewTextHandler(&w.logs, nil))
		o.Observer = secretlife.EventObserver(func(_ context.Context, e secretlife.Event) { w.sunk = append(w.sunk, e) })
	})
	require.NoError(t, err)
	w.node = node{m, secretlife.NewPurger(m)}
}

// lastEvents returns the newest events of the store.
func (w *gapWorld) lastEvents(t testing.TB, n int) []secretlife.Event {
	t.Helper()
	all, err := w.store.Events(ctx, 0, 1000)
	require.NoError(t, err)
	return all[len(all)-n:]
}

func TestTallyReport(t *testing.T) {
	t.Run("gaps and what waits", func(t *testing.T) {
		w := newGapWorld(t)
		r, err := w.TallyReport(ctx)
		require.NoError(t, err)
		require.Equal(t, w.host.Now(), r.Now)
		require.Equal(t, 3, r.Scheduled)
		require.Equal(t, 1, r.Waiting.Secrets)
		require.Equal(t, 8*aDay, r.Waiting.Window)
		require.InDelta(t, 2*hour, r.Waiting.Counted, float64(15*time.Minute))
		require.Len(t, r.Gaps, 1)
		g := r.Gaps[0]
		require.Equal(t, []int{1, 1, 1}, []int{g.Waiting, g.Released, g.Sooner})
		require.Equal(t, w.gap, g.Gap)
		require.Equal(t, w.gap.Length, g.Passed)

		w.host.Step(40 * aDay) // and no time passes
		r, err = w.TallyReport(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, r.Waiting.Secrets)
		require.Equal(t, 8*aDay, r.Waiting.Window, "of the secret that waits least")
		require.InDelta(t, 8*aDay-2*hour, r.Waiting.Least, float64(time.Hour))
	})

	t.Run("JSON", func(t *testing.T) {
		w := newGapWorld(t)
		r, err := w.TallyReport(ctx)
		require.NoError(t, err)
		data, err := json.Marshal(r)
		require.NoError(t, err)
		var got struct {
			Now      time.Time `json:"now"`
			LastBeat time.Time `json:"lastBeat"`
			By       string    `json:"by"`
			Tally    struct {
				Virtual bool             `json:"virtual"`
				Counted string           `json:"counted"`
				Gaps    []map[string]any `json:"gaps"`
			} `json:"tally"`
			Scheduled int              `json:"scheduled"`
			Waiting   map[string]any   `json:"waiting"`
			Effects   []map[string]any `json:"effects"`
		}
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, r.Now, got.Now)
		require.Equal(t, r.Tally.Count().String(), got.Tally.Counted)
		require.Equal(t, "a boot 2", got.By)
		require.Equal(t, "none", got.Tally.Gaps[0]["proof"])
		require.Equal(t, 3, got.Scheduled)
		require.Equal(t, "192h0m0s", got.Waiting["window"])
		require.Equal(t, r.Gaps[0].Digest, got.Effects[0]["digest"])

		data, err = json.Marshal(secretlife.TallyReport{})
		require.NoError(t, err)
		require.JSONEq(t, `{"now":"0001-01-01T00:00:00Z","tally":{"virtual":false,"counted":"0s","gaps":[]},"scheduled":0,`+
			`"waiting":{"secrets":0},"effects":[]}`, string(data))
	})
}

func TestGapEffect(t *testing.T) {
	t.Run("of the second gap", func(t *testing.T) {
		w := newGapWorld(t)
		w.host.Reboot()
		w.host.Step(5 * aDay)
		w.start(t)
		require.Zero(t, live(t, w.node, hour, w.host))
		tally, err := w.Tally(ctx)
		require.NoError(t, err)
		require.Len(t, tally.Gaps(), 2)
		second := tally.Gaps()[1]
		e, err := w.GapEffect(ctx, second.Number, 0)
		require.NoError(t, err)
		require.Equal(t, second, e.Gap)
	})

	t.Run("of a confirmation", func(t *testing.T) {
		w := newGapWorld(t)
		e, err := w.GapEffect(ctx, w.gap.Number, 5*aDay)
		require.NoError(t, err)
		require.Equal(t, []int{1, 0, 1}, []int{e.Waiting, e.Released, e.Sooner}, "5 of 8 days release nothing")
		require.Equal(t, 5*aDay, e.Passed)
		_, err = w.GapEffect(ctx, w.gap.Number+1, 0)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = w.GapEffect(ctx, w.gap.Number, 11*aDay)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		require.Empty(t, w.sunk)
		tally, err := w.Tally(ctx)
		require.NoError(t, err)
		require.Equal(t, "none", tally.Gaps()[0].Proof, "looking confirms nothing")
	})

	// Only what was shown can be confirmed.
	t.Run("digest", func(t *testing.T) {
		w := newGapWorld(t)
		digest := func(passed time.Duration) string {
			e, err := w.GapEffect(ctx, w.gap.Number, passed)
			require.NoError(t, err)
			require.Regexp(t, "^[0-9a-f]{12}$", e.Digest)
			return e.Digest
		}
		confirm := func(passed time.Duration, digest string) error {
			_, err := w.ConfirmGap(ctx, w.gap.Number, passed, digest)
			return err
		}
		all, some := digest(0), digest(5*aDay)
		require.NotEqual(t, all, some)
		require.NotEqual(t, all, newGapWorld(t).digest(t), "of another store")
		for _, wrong := range []string{some, "x", newGapWorld(t).digest(t)} {
			err := confirm(0, wrong)
			require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
			require.ErrorContains(t, err, "look at what it does again")
		}
		require.Empty(t, w.sunk, "a call that is refused leaves no event")
		live(t, w.node, hour, w.host)
		require.Equal(t, all, digest(0), "time that goes on changes nothing")
		require.NoError(t, confirm(0, all))
		require.ErrorContains(t, confirm(0, all), "proven already")
	})
}

func (w *gapWorld) digest(t testing.TB) string {
	t.Helper()
	e, err := w.GapEffect(ctx, w.gap.Number, 0)
	require.NoError(t, err)
	return e.Digest
}

func TestConfirmGap(t *testing.T) {
	t.Run("takes effect after an hour", func(t *testing.T) {
		w := newGapWorld(t)
		tally, err := w.ConfirmGap(ctx, w.gap.Number, 9*aDay, "")
		require.NoError(t, err)
		require.Equal(t, hour, tally.Gaps()[0].Pending)
		data, err := json.Marshal(tally.Gaps()[0])
		require.NoError(t, err)
		require.Contains(t, string(data), `"pending":"1h0m0s"`)
		require.Zero(t, live(t, w.node, 55*time.Minute, w.host))
		require.Equal(t, 1, live(t, w.node, 10*time.Minute, w.host))
		tally, err = w.Tally(ctx)
		require.NoError(t, err)
		require.Equal(t, "operator", tally.Gaps()[0].Proof)
		require.Equal(t, 9*aDay, tally.Gaps()[0].Length)
		require.Zero(t, tally.Gaps()[0].Pending)
		data, err = json.Marshal(tally.Gaps()[0])
		require.NoError(t, err)
		require.NotContains(t, string(data), "pending")
	})

	// The store's log says who confirmed what, before it counts. The event reaches the sink, and
	// the log has a warning.
	t.Run("is an event", func(t *testing.T) {
		w := newGapWorld(t)
		_, err := w.ConfirmGap(asAda, w.gap.Number, 9*aDay, "")
		require.NoError(t, err)
		_, err = w.WithdrawGap(asAda, w.gap.Number)
		require.NoError(t, err)
		saved := w.lastEvents(t, 2)
		require.Len(t, w.sunk, 2)
		for i, name := range []string{"ConfirmGap", "WithdrawGap"} {
			require.Equal(t, name, saved[i].Name())
			require.Equal(t, saved[i].ID(), w.sunk[i].ID())
			require.Equal(t, w.host.Now(), saved[i].Time())
			require.Contains(t, saved[i].String(), name)
			_, isOperation := saved[i].Operation()
			require.False(t, isOperation)
			require.Contains(t, w.logs.String(), "event="+name)
		}
		require.NotEqual(t, saved[0].ID(), saved[1].ID())
		require.Contains(t, w.logs.String(), `by="ada on db1"`)
		differences, err := audit.Verify(ctx, w.store)
		require.NoError(t, err)
		require.Empty(t, differences)
	})

	// The event comes first.
	t.Run("not without an event", func(t *testing.T) {
		w := newGapWorld(t)
		store := &failing{durable: w.store, commit: errors.New("full")}
		n := start1(t, store, w.host)
		_, err := n.ConfirmGap(ctx, w.gap.Number, 0, "")
		require.ErrorIs(t, err, secretlife.ErrInternal)
		tally, err := n.Tally(ctx)
		require.NoError(t, err)
		require.Equal(t, "none", tally.Gaps()[0].Proof)

		store.commit, store.swap = nil, errors.New("full")
		_, err = n.ConfirmGap(ctx, w.gap.Number, 0, "")
		require.ErrorIs(t, err, secretlife.ErrInternal)
		require.Equal(t, "ConfirmGap", w.lastEvents(t, 1)[0].Name(), "it was asked for")
	})

	t.Run("overtaken", func(t *testing.T) {
		w := newGapWorld(t)
		store := &overtaken{durable: w.store}
		n := start1(t, store, w.host)
		store.other = func() {
			_, err := w.ConfirmGap(ctx, w.gap.Number, 5*aDay, "")
			require.NoError(t, err)
		}
		_, err := n.ConfirmGap(ctx, w.gap.Number, 0, "")
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		last := w.lastEvents(t, 3)
		for _, e := range last[:2] {
			_, _, refused := e.Refusal()
			require.False(t, refused)
		}
		code, text, refused := last[2].Refusal()
		require.True(t, refused)
		require.Equal(t, "InvalidParameterException", code)
		require.Contains(t, text, "proven already")
		require.NotEqual(t, last[0].ID(), last[2].ID())
		tally, err := n.Tally(ctx)
		require.NoError(t, err)
		require.Equal(t, 5*aDay, tally.Gaps()[0].Length)
	})

	// A machine that is off for ten days counts nothing; an operator confirms it, for the
	// deletions that are older, and takes it back.
	t.Run("withdrawn", func(t *testing.T) {
		host := hosttest.New("a", start)
		store := durable{Store: memstore.New()}
		n := start1(t, store, host)
		require.Zero(t, n.purged(t))
		n.create(t, "old")
		n.create(t, "new")
		n.delete(t, "old", 8)
		require.Zero(t, live(t, n, 10*time.Minute, host))
		host.Reboot()
		host.Step(10 * aDay)
		n = start1(t, store, host)
		n.delete(t, "new", 8)
		require.Zero(t, live(t, n, 2*hour, host))
		require.Equal(t, 1, n.purger.Waiting().Secrets)

		before, err := n.Tally(ctx)
		require.NoError(t, err)
		gaps := before.Gaps()
		require.Len(t, gaps, 1)
		require.Equal(t, "none", gaps[0].Proof)
		require.InDelta(t, 10*aDay, gaps[0].Length, float64(time.Minute))

		preview, err := before.WithGap(gaps[0].Number, 0)
		require.NoError(t, err)
		secrets, err := store.List(ctx, secretlife.ListQuery{Account: n.Account(), Region: n.Region(),
			Order: secretlife.OrderByName, Limit: 10})
		require.NoError(t, err)
		require.Positive(t, preview.Missing(secrets[0]), "new")
		require.Zero(t, preview.Missing(secrets[1]), "old")

		_, err = n.ConfirmGap(ctx, gaps[0].Number+1, 0, "")
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = n.ConfirmGap(ctx, gaps[0].Number, 11*aDay, "")
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
		_, err = n.ConfirmGap(ctx, gaps[0].Number, 0, "")
		require.NoError(t, err)
		require.Zero(t, live(t, n, 50*time.Minute, host), "it can be taken back for an hour")
		_, err = n.WithdrawGap(ctx, gaps[0].Number)
		require.NoError(t, err)
		require.Zero(t, live(t, n, 2*hour, host))
		_, err = n.ConfirmGap(ctx, gaps[0].Number, 0, "")
		require.NoError(t, err)
		require.Equal(t, 1, live(t, n, 2*hour, host))
		require.Zero(t, live(t, n, 7*aDay, host), "what was scheduled after the gap ages by itself")
		require.Equal(t, 1, live(t, n, aDay, host))
	})
}

// failing is a store that can't save events, or notes.
type failing struct {
	durable
	commit, swap error
}

func (f *failing) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if f.commit != nil {
		return secretlife.Receipt{}, f.commit
	}
	return f.durable.Commit(ctx, batch)
}

func (f *failing) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if f.swap != nil {
		return f.swap
	}
	return f.durable.SwapNote(ctx, name, old, next)
}

// overtaken is a store in which somebody else confirms a gap once the event of a
// confirmation is saved.
type overtaken struct {
	durable
	other func()
}

func (o *overtaken) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if other := o.other; other != nil {
		o.other = nil
		other()
	}
	return o.durable.SwapNote(ctx, name, old, next)
}

// TestCountingIsOvertaken checks that a caller whom another came before in counting time does not
// count again: each of many would have to come before all others once.
func TestCountingIsOvertaken(t *testing.T) {
	host := hosttest.New("a", start)
	o := &overtaken{durable: durable{Store: memstore.New()}}
	n, another := start1(t, o, host), start1(t, o.durable, host)
	n.create(t, "a")
	n.create(t, "b")
	swaps := 0
	var other func()
	other = func() {
		if swaps++; swaps == 1 {
			another.delete(t, "b", 7)
		}
		o.other = other
	}
	o.other = other
	n.delete(t, "a", 7)
	require.Equal(t, 1, swaps)
	require.Zero(t, live(t, n, 7*aDay-time.Minute, host))
	require.Equal(t, 2, live(t, n, aDay, host))
}

// cron is a machine that is booted once a day and purges for a moment.
type cron struct {
	host    *hosttest.Host
	store   durable
	witness func() (time.Time, error) // nil: none
}

func newCron() *cron {
	return &cron{host: hosttest.New("a", start), store: durable{Store: memstore.New()}}
}

func (c *cron) start(t *testing.T) node {
	t.Helper()
	m, err := secretlife.New(c.store, func(o *secretlife.Options) {
		o.Clock = c.host
		if c.witness != nil {
			o.Witness = func(context.Context) (time.Time, error) { return c.witness() }
		}
	})
	require.NoError(t, err)
	return node{m, secretlife.NewPurger(m)}
}

// purgedAfter schedules a secret for 7 days, and returns after how many days it is
// purged; 0 if that is not within 60 days.
func (c *cron) purgedAfter(t *testing.T) int {
	t.Helper()
	n := c.start(t)
	n.create(t, "a")
	n.delete(t, "a", 7)
	for day := 1; day <= 60; day++ {
		c.host.Reboot()
		c.host.Step(aDay)
		if c.start(t).purged(t) == 1 {
			return day
		}
	}
	return 0
}

func TestWitness(t *testing.T) {
	// Without a witness nothing is counted.
	t.Run("every run has a new boot", func(t *testing.T) {
		c := newCron()
		require.Zero(t, c.purgedAfter(t), "nobody counts")
		c = newCron()
		c.witness = func() (time.Time, error) { return c.host.Now(), nil }
		got := c.purgedAfter(t)
		require.GreaterOrEqual(t, got, 7)
		require.LessOrEqual(t, got, 9)
	})

	// A gap at whose beginning or end the witness said nothing is not vouched for.
	t.Run("one end of a gap only", func(t *testing.T) {
		c := newCron()
		asked := 0
		c.witness = func() (time.Time, error) {
			if asked++; asked%2 == 0 {
				return time.Time{}, errors.New("no answer")
			}
			return c.host.Now(), nil
		}
		require.Zero(t, c.purgedAfter(t))
		require.Greater(t, asked, 30)
	})

	// A gap is never longer than the wall clock says.
	t.Run("ahead of the wall clock", func(t *testing.T) {
		c := newCron()
		years := 0
		c.witness = func() (time.Time, error) { years++; return start.AddDate(years, 0, 0), nil }
		require.GreaterOrEqual(t, c.purgedAfter(t), 7)
	})
}
