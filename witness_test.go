package secretlife_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/memstore"
)

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

// TestWitnessOfRunsWithNewBoots: where every run has another boot nothing is
// counted, and a witness makes the difference.
func TestWitnessOfRunsWithNewBoots(t *testing.T) {
	c := newCron()
	require.Zero(t, c.purgedAfter(t), "nobody counts")
	c = newCron()
	c.witness = func() (time.Time, error) { return c.host.Now(), nil }
	got := c.purgedAfter(t)
	require.GreaterOrEqual(t, got, 7)
	require.LessOrEqual(t, got, 9)
}

// TestWitnessNeedsBothEnds: a gap at whose beginning or end the witness said nothing
// is not vouched for.
func TestWitnessNeedsBothEnds(t *testing.T) {
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
}

// TestAWitnessThatRunsAhead: a gap is never longer than the wall clock says.
func TestAWitnessThatRunsAhead(t *testing.T) {
	c := newCron()
	years := time.Duration(0)
	c.witness = func() (time.Time, error) { years++; return start.Add(years * 365 * aDay), nil }
	require.GreaterOrEqual(t, c.purgedAfter(t), 7)
}
