// Package storetest checks implementations of [secretlife.Store].
//
// [Run] holds a store against every sentence of the interface's documentation,
// one subtest for each. [NewFaults] wraps a store so that it fails as real ones
// do, to test what is built on top.
package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/secretlife-go/secretlife"
)

// Run checks a store. open makes a new, empty one for each subtest and closes
// it with t.Cleanup; the store keeps all its events. Where the store is a
// [secretlife.ClockKeeper], a [secretlife.Counter] or a [secretlife.Claimer] too,
// that is checked as well. A subtest that fails says which rule the store breaks.
//
// All that is written comes from the rules themselves, such as
// [secretlife.NewSecret] and [secretlife.Secret.Delete], so that a store need
// not be asked for anything that does not happen. Run it with the race
// detector: some subtests use the store from many goroutines.
func Run(t *testing.T, open func(t *testing.T) secretlife.Store) {
	t.Helper()
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, cl := range g.clauses {
				t.Run(cl.name, func(t *testing.T) { cl.run(t, open(t)) })
			}
		})
	}
}

// groups are the clauses, by what they are about.
var groups = []group{
	{"Load", loadClauses},
	{"Value", valueClauses},
	{"Commit", commitClauses},
	{"Concurrent", concurrentClauses},
	{"List", listClauses},
	{"Dates", dateClauses},
	{"Counter", counterClauses},
	{"Due", dueClauses},
	{"Claimer", claimClauses},
	{"Events", eventClauses},
	{"Context", contextClauses},
	{"ClockKeeper", clockClauses},
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

func (cl clause) run(t tb, store secretlife.Store) {
	t.Helper()
	cl.check(&check{tb: t, Store: store, ctx: t.Context(), rule: cl.rule})
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

// noError holds that a call of the store succeeded.
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
