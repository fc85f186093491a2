package machine

import (
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// Coverage counts what histories did.
type Coverage struct {
	Histories int
	Steps     int
	jumps     int // refusals of the purger because the clock had jumped
	replays   int
	outages   int // failures of the store
	work      map[secretlife.Work]int
	cells     map[secretlife.Operation]map[secretlife.Phase]int
	worked    map[secretlife.Operation]map[secretlife.Phase]int // of the cells, calls that succeeded
	rotations map[string]map[secretlife.Phase]int               // by the event that tells of them
}

func newCoverage() *Coverage {
	return &Coverage{
		work: map[secretlife.Work]int{}, rotations: map[string]map[secretlife.Phase]int{},
		cells: map[secretlife.Operation]map[secretlife.Phase]int{}, worked: map[secretlife.Operation]map[secretlife.Phase]int{},
	}
}

func (ta *Coverage) called(op secretlife.Operation, p secretlife.Phase) {
	count(ta.cells, op, p)
}

// succeeded counts a call that was not refused.
func (ta *Coverage) succeeded(op secretlife.Operation, p secretlife.Phase, err error) {
	if err == nil {
		count(ta.worked, op, p)
	}
}

// rotation counts an event that tells how a rotation went.
func (ta *Coverage) rotation(event string, p secretlife.Phase) { count(ta.rotations, event, p) }

func count[K comparable](table map[K]map[secretlife.Phase]int, k K, p secretlife.Phase) {
	if table[k] == nil {
		table[k] = map[secretlife.Phase]int{}
	}
	table[k][p]++
}

// rotationEvents are how the service tells of rotations.
var rotationEvents = []string{
	"RotationStarted", "RotationSucceeded", "RotationFailed", "RotationAbandoned",
	"TestRotationStarted", "TestRotationSucceeded", "TestRotationFailed",
}

// Missed lists the cells of the table of operations and phases that no call
// met, or that only refused calls met though the operation is allowed there, and
// the ways in which no rotation went. Without replicas none can be removed, allowed
// or not. ListSecrets is counted for every phase of a secret it listed or left
// out.
func (ta *Coverage) Missed() []string {
	var out []string
	for _, op := range service.Served() {
		for _, p := range secretlife.Phases() {
			if ta.cells[op][p] == 0 {
				out = append(out, op.String()+" on "+p.String())
			}
			possible := op.Rule(p) == secretlife.Allowed && (op != secretlife.OpRemoveRegionsFromReplication || p == secretlife.PrimaryWithReplicas)
			if possible && ta.worked[op][p] == 0 {
				out = append(out, op.String()+" that succeeds on "+p.String())
			}
		}
	}
	for _, e := range rotationEvents {
		for _, p := range []secretlife.Phase{secretlife.Active, secretlife.PrimaryWithReplicas} {
			if ta.rotations[e][p] == 0 {
				out = append(out, e+" on "+p.String())
			}
		}
	}
	return out
}

// String is the table of cells, with how many calls succeeded of how many there
// were, and of the rotations.
func (ta *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories, %d steps, %d replayed, %d failures of the store, %d clock jumps refused, work %v\n%-30s", ta.Histories, ta.Steps, ta.replays, ta.outages, ta.jumps, ta.work, "")
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(&b, "%22s", p)
	}
	for _, op := range service.Served() {
		fmt.Fprintf(&b, "\n%-30s", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22s", fmt.Sprintf("%d/%d", ta.worked[op][p], ta.cells[op][p]))
		}
	}
	for _, e := range rotationEvents {
		fmt.Fprintf(&b, "\n%-30s", e)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22d", ta.rotations[e][p])
		}
	}
	return b.String()
}
