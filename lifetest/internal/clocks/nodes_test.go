package clocks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/hosttest"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

const day = 24 * time.Hour

// cluster is a store, the machines around it, and what time it really is. It judges
// every purge.
type cluster struct {
	t         testing.TB
	truth     time.Time
	content   *snapshot.Store
	server    *hosttest.Host // nil for a store without a clock
	front     secretlife.Store
	hosts     []*hosttest.Host
	scheduled map[string]scheduled // by name
	lateness  []time.Duration      // of all purges
	early     int
}

// scheduled is when a deletion was asked for, and its window.
type scheduled struct {
	at     time.Time
	window time.Duration
}

func newCluster(t testing.TB, hosts int) *cluster {
	t.Helper()
	c := &cluster{t: t, truth: history.Epoch, content: snapshot.New(), scheduled: map[string]scheduled{}}
	c.front = durable{c.content, c}
	for i := range hosts {
		c.hosts = append(c.hosts, hosttest.New(fmt.Sprint("machine ", i), c.truth))
	}
	return c
}

// durable is the cluster's store as processes see it.
type durable struct {
	secretlife.Store
	*cluster
}

func (d durable) Note(ctx context.Context, name string) (secretlife.Note, error) {
	n, err := d.Store.Note(ctx, name)
	n.Durable = true
	if d.server != nil {
		n.Now = d.server.Now()
	}
	return n, err
}

func (c *cluster) pass(d time.Duration) {
	c.truth = c.truth.Add(d)
	for _, h := range c.hosts {
		h.Pass(d)
	}
	if c.server != nil {
		c.server.Pass(d)
	}
}

// node is a process on a machine.
type node struct {
	*secretlife.Manager
	purger *secretlife.Purger
	of     *cluster
}

// start starts a process on a machine. A process on the same machine before it may go on.
func (c *cluster) start(host int, edits ...func(*secretlife.Options)) *node {
	c.t.Helper()
	set := func(o *secretlife.Options) { o.Clock = c.hosts[host] }
	m, err := secretlife.New(c.front, append([]func(*secretlife.Options){set}, edits...)...)
	require.NoError(c.t, err)
	return &node{m, secretlife.NewPurger(m), c}
}

// schedule creates a secret and deletes it.
func (n *node) schedule(name string, days int64) {
	n.of.t.Helper()
	ctx := context.Background()
	_, err := n.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: secretlife.SecretString("x")})
	require.NoError(n.of.t, err)
	n.of.scheduled[name] = scheduled{n.of.truth, time.Duration(days) * day}
	_, err = n.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, RecoveryWindowInDays: &days})
	require.NoError(n.of.t, err)
}

// work does what is due, and judges every purge by true time.
func (n *node) work() int {
	report, err := n.purger.RunDue(context.Background())
	require.NoError(n.of.t, err)
	for _, arn := range report.Purged() {
		s := n.of.scheduled[arn.Name().String()]
		late := n.of.truth.Sub(s.at) - s.window
		n.of.lateness = append(n.of.lateness, late)
		if late < 0 {
			n.of.early++
		}
	}
	return len(report)
}

// live lets time pass, with a purger that works twice a minute, and returns how many
// secrets were purged.
func (c *cluster) live(n *node, d time.Duration) int {
	before := len(c.lateness)
	for ; d > 0; d -= 30 * time.Second {
		c.pass(30 * time.Second)
		n.work()
	}
	return len(c.lateness) - before
}

func (c *cluster) gaps(n *node) []secretlife.Gap {
	t, err := n.Tally(context.Background())
	require.NoError(c.t, err)
	return t.Gaps()
}
