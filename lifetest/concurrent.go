package lifetest

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/concurrent"
)

// Concurrency is how much [CheckConcurrent] and [CheckInterleavings] do: how many Histories,
// of how many Clients with how many Calls each, from which Seed.
type Concurrency = concurrent.Concurrency

// CheckConcurrent lets clients call a service at the same time, on two secrets and with
// two purgers, over stores that open returns, each empty. The clients place and release
// holds and set protections, too. It fails the test unless the
// outputs are as if each call had happened at one moment between its start and its
// end.
//
// It returns the number of calls during which others were made. If that is zero the
// test has shown nothing.
//
// The scheduler decides how the calls meet, differently each time. For a store in
// memory, [CheckInterleavings] decides.
func CheckConcurrent(t *testing.T, open func(t *testing.T) secretlife.Store, c Concurrency) (met int) {
	t.Helper()
	return concurrent.Check(t, open, c)
}

// CheckInterleavings is [CheckConcurrent] for stores in memory, with interleavings that
// the seed decides. Before each call of the store a client waits for an instant of its
// own in the virtual time of [testing/synctest], so one client at a time goes on, and
// the same seed is the same history.
//
// The store must not wait for anything outside the test, such as a database.
func CheckInterleavings(t *testing.T, open func(t *testing.T) secretlife.Store, c Concurrency) (met int) {
	t.Helper()
	return concurrent.CheckInterleavings(t, open, c)
}
