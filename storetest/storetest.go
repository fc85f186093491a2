// Package storetest checks implementations of [secretlife.Store].
//
// [Run] checks a store against every sentence of the interface's documentation,
// with at least one subtest for each. [NewFaults] wraps a store so that it fails as
// real ones do, to test what is built on top.
package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/secretlife-go/secretlife"
)

// Options are what [Run] can be told. Their zero values are good defaults.
type Options struct {
	// Wraps returns the store before which a store that open made stands. With it Run
	// checks that the one in front hides nothing of what the other has.
	Wraps func(store secretlife.Store) secretlife.Store
	// Reopen ends a store that open made, as a crash or at least Close does, and opens it
	// again, as the next process does. With it Run checks that everything is there that
	// was acknowledged, and nothing of what was purged or refused.
	Reopen func(t *testing.T, store secretlife.Store) secretlife.Store
	// Reads returns how many secrets, or rows about them, a store has read since it was
	// opened, as a counting driver or a counter in the store knows. With it Run checks
	// that Due, List and Count do not search everything.
	Reads func(store secretlife.Store) int
}

// Run checks a store. open makes a new, empty one for each subtest and closes
// it with t.Cleanup; the store keeps all its events. The methods that a store need not
// have are checked where it has them. A subtest that fails says which rule the
// store breaks.
//
// All that is written comes from the rules themselves, such as
// [secretlife.NewSecret] and [secretlife.Secret.Delete], so that a store need
// not be asked for anything that does not happen. Run it with the race
// detector: some subtests use the store from many goroutines.
func Run(t *testing.T, open func(t *testing.T) secretlife.Store, edits ...func(*Options)) {
	t.Helper()
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, cl := range g.clauses {
				t.Run(cl.name, func(t *testing.T) {
					cl.run(t, check{Store: open(t), reopen: o.reopening(t), wraps: o.Wraps, reads: o.Reads})
				})
			}
		})
	}
}

// reopening is Reopen in a test; nil if the store cannot be reopened.
func (o Options) reopening(t *testing.T) func(secretlife.Store) secretlife.Store {
	if o.Reopen == nil {
		return nil
	}
	return func(s secretlife.Store) secretlife.Store { return o.Reopen(t, s) }
}

// groups are the clauses, by what they are about.
var groups = []group{
	{"Load", loadClauses},
	{"Value", valueClauses},
	{"Commit", commitClauses},
	{"Receipt", receiptClauses},
	{"Concurrent", concurrentClauses},
	{"List", listClauses},
	{"Dates", dateClauses},
	{"Scheduled", scheduledClauses},
	{"History", historyClauses},
	{"Count", countClauses},
	{"Due", dueClauses},
	{"Claim", claimClauses},
	{"Later", laterClauses},
	{"Events", eventClauses},
	{"Notes", noteClauses},
	{"Accesses", accessClauses},
	{"Durable", durableClauses},
	{"Cost", costClauses},
	{"Health", healthClauses},
	{"Wrapper", wrapperClauses},
	{"Context", contextClauses},
	{"Outcome", outcomeClauses},
	{"Manager", managerClauses},
}

type group struct {
	name    string
	clauses []clause
}

// clause is one rule for stores and how it is checked.
type clause struct {
	name string
	// rule is the sentence a failure shows.
	rule  string
	check func(c *check)
}

// run checks a clause; c has the store, and what Run was told of it.
func (cl clause) run(t tb, c check) {
	t.Helper()
	c.tb, c.ctx, c.rule = t, t.Context(), cl.rule
	cl.check(&c)
}

// tb is the part of *testing.T that clauses need.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Context() context.Context
}

// check is a clause being checked.
type check struct {
	tb
	secretlife.Store
	// reopen is nil where the store can't be opened again.
	reopen func(secretlife.Store) secretlife.Store
	// wraps is nil where the store does not say that it stands before another.
	wraps func(secretlife.Store) secretlife.Store
	// reads is nil where nobody counts what the store reads.
	reads func(secretlife.Store) int
	ctx   context.Context
	rule  string
	drawn int // how many ids were made
}

// failf ends the check: the store breaks the rule.
func (c *check) failf(format string, args ...any) {
	c.Helper()
	c.Errorf("%s\nBut: %s.", c.rule, fmt.Sprintf(format, args...))
	c.FailNow()
}

// noError checks that a call of the store succeeded.
func (c *check) noError(err error, call string) {
	c.Helper()
	if err != nil {
		c.failf("%s failed: %v", call, err)
	}
}

// list writes things one a line, for failures.
func list[T any](things []T, line func(T) string) string {
	if len(things) == 0 {
		return " nothing"
	}
	var b strings.Builder
	for _, x := range things {
		b.WriteString("\n\t" + line(x))
	}
	return b.String()
}
