package model

import (
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// Behavior is what a rotation function does in one try. Most behaviors show in one
// step only.
type Behavior string

// The behaviors of the rotation function of histories.
const (
	Works       Behavior = "works"
	FailsBefore Behavior = "fails before its work"
	FailsAfter  Behavior = "fails after its work"
	Idles       Behavior = "does nothing"
	Promotes    Behavior = "makes its value current at once"
	IsOvertaken Behavior = "somebody writes a value meanwhile"
	IsCancelled Behavior = "somebody cancels the rotation meanwhile"
	IsDeleted   Behavior = "somebody deletes the secret meanwhile"
)

// Behaviors lists all behaviors.
func Behaviors() []Behavior {
	return []Behavior{Works, FailsBefore, FailsAfter, Idles, Promotes, IsOvertaken, IsCancelled, IsDeleted}
}

// TryPlan is how one try at a rotation goes: a behavior, and the step it shows in.
type TryPlan struct {
	Behavior Behavior
	Step     secretlife.RotationStep
}

// String returns the plan in the words that scripts of histories use.
func (p TryPlan) String() string { return fmt.Sprintf("%s (%s)", p.Behavior, p.Step) }

// Interferes reports whether another caller changes the secret during such a try,
// so that the try may end early.
func (p TryPlan) Interferes() bool {
	return p.Behavior == IsOvertaken || p.Behavior == IsCancelled || p.Behavior == IsDeleted
}

// Try is what the rotation function saw of one try.
type Try struct {
	Plan        TryPlan
	Token       string // the version that the try makes
	Steps       []secretlife.RotationStep
	Wall        int64
	ManualToken string // the version that another caller wrote during the try
}
