package stores_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// TestATamperedSecretKeepsNoOtherWaiting changes the row of a due secret beside
// the store. The others are purged together, and the error names this one.
func TestATamperedSecretKeepsNoOtherWaiting(t *testing.T) {
	hold := func(t *testing.T, s secretlife.Store) {
		report, err := secretlife.NewPurger(manager(t, s)).RunDue(ctx)
		require.Len(t, report.Purged(), 19)
		require.Len(t, multierr.Errors(err), 1)
		require.ErrorIs(t, err, sqlstore.ErrTampered)
		require.ErrorContains(t, err, "due-7 in us-east-1")
		_, err = s.Load(ctx, keyOf(t, "due-7"))
		require.ErrorIs(t, err, sqlstore.ErrTampered)
	}
	const tamper = "UPDATE secretlife_secrets SET changed = changed + 1 WHERE name = 'due-7'"
	t.Run("sqlite", func(t *testing.T) {
		f := newFiles(t)
		s := f.open(t)
		many(t, s, 20)
		require.NoError(t, s.Close()) // what was read a moment ago is remembered
		db := f.sql(t)
		_, err := db.ExecContext(ctx, tamper)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		hold(t, f.open(t))
	})
	t.Run("postgres", func(t *testing.T) {
		c := newCluster(t)
		d := c.database(t)
		s := d.open(t)
		many(t, s, 20)
		_, err := c.db.ExecContext(ctx, strings.Replace(tamper, "UPDATE ", "UPDATE "+d.schema()+".", 1))
		require.NoError(t, err)
		hold(t, s)
	})
}

// TestConnectionsAreCutInClaims cuts the connection at every message of a
// purger's work, before and after the server has it. Each secret is purged once,
// by it or by who comes after, and nothing is stuck.
func TestConnectionsAreCutInClaims(t *testing.T) {
	c := newCluster(t)
	d := c.database(t)
	direct := d.open(t)
	p := newProxy(t, c.Addr())
	through := d
	through.url = p.url(d.url)
	s := through.open(t)
	m := manager(t, direct)
	cuts, total, lost := 0, 0, 0
	for _, where := range []struct {
		name string
		step int
		arm  func(at int)
	}{
		// Of what the server does not hear there are fewer kinds.
		{"before", 5, func(at int) { p.cutAt(at, false) }},
		{"after", 1, func(at int) { p.cutAt(at, true) }},
		// The number of messages before a commit depends on how long all took.
		{"commit", 1, p.cutAfterCommit},
	} {
		for at := 0; ; at += where.step {
			for i := range 3 {
				name := fmt.Sprintf("%s-%d-%d", where.name, at, i)
				create(t, m, name, "v")
				_, err := m.DeleteSecret(
					ctx,
					secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true},
				)
				require.NoError(t, err)
				total++
			}
			where.arm(at)
			report, err := secretlife.NewPurger(manager(t, s)).RunDue(ctx)
			cut := p.disarm()
			c.settled(t)
			rest, restErr := secretlife.NewPurger(m).RunDue(ctx)
			require.NoError(t, restErr)
			all := purges(t, direct)
			require.Len(t, all, total)
			for _, arn := range append(report.Purged(), rest.Purged()...) {
				require.Equal(t, 1, all[arn.String()])
			}
			if reported := len(report) + len(rest); reported < 3 {
				require.Error(t, err, "cut %s %d: %d were purged, and nobody was told of the others",
					where.name, at, reported)
				lost++
			}
			if !cut {
				require.NoError(t, err)
				break
			}
			cuts++
		}
	}
	t.Logf("%d cuts, of which %d took an acknowledgement away", cuts, lost)
	require.Greater(t, cuts, 20)
	require.NotZero(t, lost)
}
