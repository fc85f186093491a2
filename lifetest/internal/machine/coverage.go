package machine

import (
	"fmt"
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
	work        map[secretlife.Work]int
	cells       map[secretlife.Operation]map[secretlife.Phase]int
	worked      map[secretlife.Operation]map[secretlife.Phase]int // of the cells, calls that succeeded
	rotations   map[string]map[secretlife.Phase]int               // by event
}

func newCoverage() *Coverage {
	return &Coverage{
		work: map[secretlife.Work]int{}, rotations: map[string]map[secretlife.Phase]int{},
		cells:  map[secretlife.Operation]map[secretlife.Phase]int{},
		worked: map[secretlife.Operation]map[secretlife.Phase]int{},
	}
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
	for _, op := range service.Served() {
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

// String returns the table of cells, each with the number of successful calls and of
// all calls, and the table of rotations.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"%d histories, %d steps, %d replayed, %d failures of the store, %d times the wall clock was not believed, %d "+
			"times a secret waited for counted time, work %v\n%-30s",
		c.Histories,
		c.Steps,
		c.replays,
		c.outages,
		c.disbelieved, c.waited,
		c.work,
		"",
	)
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(&b, "%22s", p)
	}
	for _, op := range service.Served() {
		fmt.Fprintf(&b, "\n%-30s", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22s", fmt.Sprintf("%d/%d", c.worked[op][p], c.cells[op][p]))
		}
	}
	for _, e := range rotationEvents {
		fmt.Fprintf(&b, "\n%-30s", e)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22d", c.rotations[e][p])
		}
	}
	return b.String()
}
