package machine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// Coverage counts what histories did.
type Coverage struct {
	Histories   int
	Steps       int
	disbelieved int // times a purger did not go by the wall clock
	waited      int // times a secret past its date waited for counted time
	replays     int
	outages     int // failures of the store
	lost        int // answers of a subject that were lost
	work        map[secretlife.Work]int
	cells       map[secretlife.Operation]map[secretlife.Phase]int
	worked      map[secretlife.Operation]map[secretlife.Phase]int // of the cells, calls that succeeded
	rotations   map[string]map[secretlife.Phase]int               // by event
	leftOut     map[secretlife.Operation]int                      // calls that a subject did not serve
}

func newCoverage() *Coverage {
	return &Coverage{
		work: map[secretlife.Work]int{}, rotations: map[string]map[secretlife.Phase]int{},
		cells:   map[secretlife.Operation]map[secretlife.Phase]int{},
		worked:  map[secretlife.Operation]map[secretlife.Phase]int{},
		leftOut: map[secretlife.Operation]int{},
	}
}

// leaveOut notes that a subject does not serve a call.
func (c *Coverage) leaveOut(op secretlife.Operation) { c.leftOut[op]++ }

// enoughUnserved is the number of calls that are not served after which an operation
// is not tried again. A subject may serve an operation only for some requests.
const enoughUnserved = 50

// unserved reports whether a subject never served an operation that it was asked for.
func (c *Coverage) unserved(op secretlife.Operation) bool {
	reads := op == secretlife.OpDescribeSecret || op == secretlife.OpListSecretVersionIds // which have few members
	return len(c.cells[op]) == 0 && (c.leftOut[op] >= enoughUnserved || reads && c.leftOut[op] > 0)
}

// LeftOut says what histories left out because a subject does not serve it; "" if that
// is nothing.
func (c *Coverage) LeftOut() string {
	var never, partly []string
	for _, op := range service.Served() {
		switch {
		case c.leftOut[op] > 0 && len(c.cells[op]) == 0:
			never = append(never, op.String())
		case c.leftOut[op] > 0:
			partly = append(partly, op.String())
		}
	}
	var out []string
	if len(never) > 0 {
		out = append(out, "Not served, and left out: "+strings.Join(never, ", ")+".")
	}
	if len(partly) > 0 {
		out = append(out, "Some calls were not served, and left out: "+strings.Join(partly, ", ")+".")
	}
	return strings.Join(out, "\n")
}

func (c *Coverage) called(op secretlife.Operation, p secretlife.Phase) {
	count(c.cells, op, p)
}

// succeeded counts a call that was not refused.
func (c *Coverage) succeeded(op secretlife.Operation, p secretlife.Phase, err error) {
	if err == nil {
		count(c.worked, op, p)
	}
}

// rotation counts an event of a rotation.
func (c *Coverage) rotation(event string, p secretlife.Phase) { count(c.rotations, event, p) }

func count[K comparable](table map[K]map[secretlife.Phase]int, k K, p secretlife.Phase) {
	if table[k] == nil {
		table[k] = map[secretlife.Phase]int{}
	}
	table[k][p]++
}

// rotationEvents are the events of rotations.
var rotationEvents = []string{
	"RotationStarted", "RotationSucceeded", "RotationFailed", "RotationAbandoned",
	"TestRotationStarted", "TestRotationSucceeded", "TestRotationFailed",
}

// Missed lists what histories did not reach: cells of the table of operations and
// phases without a call, or without a successful call where the operation is allowed,
// and events of rotations that did not happen. Removing replicas can succeed only on a
// primary with replicas. ListSecrets counts for the phase of every secret it listed or
// left out.
func (c *Coverage) Missed() []string {
	var out []string
	for _, op := range slices.Concat(service.Served(), beyond) {
		for _, p := range secretlife.Phases() {
			if c.cells[op][p] == 0 {
				out = append(out, op.String()+" on "+p.String())
			}
			possible := op.Rule(p) == secretlife.RuleAllowed &&
				(op != secretlife.OpRemoveRegionsFromReplication || p == secretlife.PhasePrimaryWithReplicas)
			if possible && c.worked[op][p] == 0 {
				out = append(out, op.String()+" that succeeds on "+p.String())
			}
		}
	}
	for _, e := range rotationEvents {
		for _, p := range []secretlife.Phase{secretlife.PhaseActive, secretlife.PhasePrimaryWithReplicas} {
			if c.rotations[e][p] == 0 {
				out = append(out, e+" on "+p.String())
			}
		}
	}
	return out
}

// String returns what histories did, and the table of cells, each with the number of
// successful calls and of all calls, and of rotations. It has the operations that were
// called.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories, %d steps", c.Histories, c.Steps)
	for _, x := range []struct {
		n    int
		what string
	}{
		{c.replays, "histories played again"},
		{c.outages, "failures of the store"},
		{c.lost, "lost answers"},
		{c.disbelieved, "times the wall clock was not believed"},
		{c.waited, "times a secret waited for counted time"},
	} {
		if x.n > 0 {
			fmt.Fprintf(&b, ", %d %s", x.n, x.what)
		}
	}
	fmt.Fprintf(&b, ", work %v\n%-30s", c.work, "")
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(&b, "%22s", p)
	}
	for _, op := range slices.Concat(service.Served(), beyond) {
		if len(c.cells[op]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%-30s", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22s", fmt.Sprintf("%d/%d", c.worked[op][p], c.cells[op][p]))
		}
	}
	for _, e := range rotationEvents {
		if len(c.rotations[e]) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%-30s", e)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22d", c.rotations[e][p])
		}
	}
	return b.String()
}
