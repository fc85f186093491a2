package lifetest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// tally counts what histories did.
type tally struct {
	histories int
	steps     int
	jumps     int // refusals of the purger because the clock had jumped
	replays   int
	outages   int // failures of the store
	work      map[secretlife.Work]int
	cells     map[secretlife.Operation]map[secretlife.Phase]int
}

func newTally() *tally {
	return &tally{work: map[secretlife.Work]int{}, cells: map[secretlife.Operation]map[secretlife.Phase]int{}}
}

func (ta *tally) hit(op secretlife.Operation, p secretlife.Phase) {
	if ta.cells[op] == nil {
		ta.cells[op] = map[secretlife.Phase]int{}
	}
	ta.cells[op][p]++
}

// served lists the operations that a Manager has a method for.
func served() []secretlife.Operation {
	var out []secretlife.Operation
	for _, op := range secretlife.Operations() {
		if _, ok := reflect.TypeFor[*secretlife.Manager]().MethodByName(op.String()); ok {
			out = append(out, op)
		}
	}
	return out
}

// missed lists the cells of the table of operations and phases that no call
// met. ListSecrets is counted for every phase of a secret it listed or left out.
func (ta *tally) missed() []string {
	var out []string
	for _, op := range served() {
		for _, p := range secretlife.Phases() {
			if ta.cells[op][p] == 0 {
				out = append(out, op.String()+" on "+p.String())
			}
		}
	}
	return out
}

// String is the table of cells.
func (ta *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories, %d steps, %d replayed, %d failures of the store, %d clock jumps refused, work %v\n%-30s", ta.histories, ta.steps, ta.replays, ta.outages, ta.jumps, ta.work, "")
	for _, p := range secretlife.Phases() {
		fmt.Fprintf(&b, "%22s", p)
	}
	for _, op := range served() {
		fmt.Fprintf(&b, "\n%-30s", op)
		for _, p := range secretlife.Phases() {
			fmt.Fprintf(&b, "%22d", ta.cells[op][p])
		}
	}
	return b.String()
}
