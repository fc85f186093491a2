package clocks_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
)

var deploymentDays = flag.Int("clocks.window", 7, "the recovery window in TestLatenessOfDeployments, in days")

const beat = 30 * time.Second // how often servers look for work

// deployment is a way of running the service. live lets it live until an instant, and
// calls tick in every step.
type deployment struct {
	name  string
	hosts int
	never bool // nothing is counted
	most  time.Duration
	live  func(c *cluster, until time.Time, tick func(*node))
}

// server runs all the time, but for a minute, or three with a reboot, once a day.
func server(reboot bool) func(*cluster, time.Time, func(*node)) {
	return func(c *cluster, until time.Time, tick func(*node)) {
		began := c.truth
		for n := c.start(0); c.truth.Before(until); c.pass(beat) {
			if at := c.truth.Sub(began) % day; at == day-beat {
				c.pass(time.Minute)
				if reboot {
					c.pass(2 * time.Minute)
					c.hosts[0].Reboot()
				}
				n = c.start(0)
				c.pass(-c.truth.Sub(began)%beat + beat)
			}
			n.work()
			tick(n)
		}
	}
}

// cron runs a purger once in a period, in a new process, on one of the machines in turn.
// The machine reboots once in a while, or is another one in each run.
func cron(period, reboot time.Duration, another bool, edit ...func(*secretlife.Options)) func(*cluster, time.Time,
	func(*node)) {
	return func(c *cluster, until time.Time, tick func(*node)) {
		api := len(c.hosts) - 1
		began := c.truth
		for i := 0; c.truth.Before(until); i++ {
			h := i % max(1, len(c.hosts)-1)
			if another || reboot > 0 && c.truth.Sub(began)%reboot < period && i > 0 {
				c.hosts[h].Reboot()
			}
			c.start(h, edit...).work()
			tick(c.start(api, edit...))
			c.pass(period)
		}
	}
}

// pods run one purger, which moves to another machine every six hours, or three.
func pods(all bool) func(*cluster, time.Time, func(*node)) {
	return func(c *cluster, until time.Time, tick func(*node)) {
		began := c.truth
		nodes := []*node{c.start(0), c.start(1), c.start(2)}
		for at := 0; c.truth.Before(until); c.pass(beat) {
			if c.truth.Sub(began)%(6*time.Hour) == 0 {
				at = (at + 1) % 3
				nodes[at] = c.start(at)
			}
			for i, n := range nodes {
				if all || i == at {
					n.work()
				}
			}
			tick(nodes[at])
		}
	}
}

// laptop is in use for eight hours a day, and asleep or off for the rest.
func laptop(off bool) func(*cluster, time.Time, func(*node)) {
	return func(c *cluster, until time.Time, tick func(*node)) {
		began := c.truth
		for n := c.start(0); c.truth.Before(until); c.pass(beat) {
			if c.truth.Sub(began)%day == 8*time.Hour {
				c.pass(16 * time.Hour)
				if off {
					c.hosts[0].Reboot()
					n = c.start(0)
				}
			}
			n.work()
			tick(n)
		}
	}
}

func deployments() []deployment {
	witness := func(o *secretlife.Options) {
		clock := o.Clock
		o.Witness = func(context.Context) (time.Time, error) { return clock.Now(), nil }
	}
	return []deployment{
		{name: "server, a restart a day", hosts: 1, most: 2 * time.Hour, live: server(false)},
		{name: "server, a reboot every night", hosts: 1, most: 4 * time.Hour, live: server(true)},
		{name: "PostgreSQL, one purger that moves every 6 h", hosts: 3, most: 3 * time.Hour, live: pods(false)},
		{name: "PostgreSQL, three purgers", hosts: 3, most: 2 * time.Hour, live: pods(true)},
		{name: "hourly cron, one boot", hosts: 1, most: 4 * time.Hour, live: cron(time.Hour, 0, false)},
		{name: "hourly cron, a reboot every night", hosts: 1, most: 2 * day, live: cron(time.Hour, day, false)},
		{name: "daily cron, one boot", hosts: 1, most: 4 * day, live: cron(day, 0, false)},
		{name: "laptop, asleep 16 h a day", hosts: 1, most: 2 * day, live: laptop(false)},
		{name: "laptop, off 16 h a day", hosts: 1, most: 100 * day, live: laptop(true)},
		{name: "daily cron, a reboot every night", hosts: 1, never: true, live: cron(day, day, false)},
		{name: "hourly, a new machine each time", hosts: 1, never: true, live: cron(time.Hour, 0, true)},
		{
			name: "hourly, a new machine each time, --witness wall", hosts: 1, most: 4 * time.Hour,
			live: cron(time.Hour, 0, true, witness),
		},
	}
}

// TestLatenessOfDeployments measures how late secrets are purged where all clocks are right.
func TestLatenessOfDeployments(t *testing.T) {
	days := *deploymentDays
	var table strings.Builder
	for _, d := range deployments() {
		c := newCluster(t, d.hosts)
		if strings.Contains(d.name, "PostgreSQL") {
			c.server = hosttest.New("database", c.truth)
		}
		began, next := c.truth, c.truth.Add(time.Hour)
		length := time.Duration(3*days) * day
		if strings.Contains(d.name, "off 16 h") {
			length = time.Duration(5*days) * day
		}
		d.live(c, began.Add(length), func(n *node) {
			if !c.truth.Before(next) && c.truth.Sub(began) < time.Duration(days)*day {
				n.schedule(fmt.Sprintf("s%04d", len(c.scheduled)), int64(days))
				next = c.truth.Add(7 * time.Hour)
			}
		})
		require.Zero(t, c.early, d.name)
		if d.never {
			require.Empty(t, c.lateness, d.name)
			fmt.Fprintf(&table, "\n| %s | never |", d.name)
			continue
		}
		require.Len(t, c.lateness, len(c.scheduled), d.name)
		slices.Sort(c.lateness)
		median, worst := c.lateness[len(c.lateness)/2], c.lateness[len(c.lateness)-1]
		fmt.Fprintf(&table, "\n| %s | %.1f h | %.1f h |", d.name, median.Hours(), worst.Hours())
		require.LessOrEqual(t, worst, d.most, d.name)
	}
	t.Logf("window of %d days%s", days, table.String())
}
