package lifetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// rotor is the rotation function of a world. It works as the user guide says
// such functions do, unless the mood of a try is another.
type rotor struct {
	store secretlife.Store
	clock secretlife.Clock
	moods []mood // of the next tries, over and over
	next  int
	hands int    // values written by hand so far
	tries []*try // that the model has not followed yet, in order
}

// mood is how one try goes: a deed, which most do in one of the steps.
type mood struct {
	deed deed
	step secretlife.RotationStep
}

type deed string

const (
	works       deed = "works"
	failsBefore deed = "fails before its work"
	failsAfter  deed = "fails after its work"
	idles       deed = "does nothing"
	promotes    deed = "makes its value current at once"
	isOvertaken deed = "somebody writes a value meanwhile"
	isCancelled deed = "somebody cancels the rotation meanwhile"
	isDeleted   deed = "somebody deletes the secret meanwhile"
)

func (m mood) String() string { return fmt.Sprintf("%s (%s)", m.deed, m.step) }

// try is what a function saw of one try.
type try struct {
	key     key
	mood    mood
	request secretlife.RotationRequest
	steps   []secretlife.RotationStep
	wall    int64
	hand    string                       // the token of a value written by hand
	run     *secretlife.RotationRunState // as the store had it at the first call
	before  secretlife.Secret            // that somebody deleted meanwhile
}

// errFunction must not come back in events, though the log may have it.
var errFunction = errors.New("the function of the history fails")

// Rotate is one call of the function.
func (r *rotor) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	t := r.try(in)
	t.steps = append(t.steps, in.Step)
	acts := t.mood.step == in.Step
	switch {
	case acts && t.mood.deed == failsBefore:
		return errFunction
	case t.mood.deed == idles:
		return nil
	case t.mood.deed == promotes:
		return r.put(ctx, t, in, nil)
	case acts:
		r.meddle(ctx, t, in)
	}
	err := r.work(ctx, t, in)
	if acts && t.mood.deed == failsAfter {
		return errFunction
	}
	return err
}

// try is the one that a call belongs to: every try has a RotationToken of its
// own.
func (r *rotor) try(in secretlife.RotationRequest) *try {
	if n := len(r.tries); n > 0 && r.tries[n-1].request.RotationToken == in.RotationToken {
		return r.tries[n-1]
	}
	arn, err := secretlife.ParseARN(in.SecretID)
	if err != nil {
		panic(err) // a request without an ARN: no history goes on from here
	}
	t := &try{key: keyOf(arn), mood: mood{deed: works}, request: in, wall: r.clock.Now().UnixMilli()}
	if len(r.moods) > 0 {
		t.mood = r.moods[r.next%len(r.moods)]
		r.next++
	}
	if st := r.load(arn).State(); st.Rotation != nil {
		t.run = st.Rotation.Run
	}
	r.tries = append(r.tries, t)
	return t
}

// load looks at the secret in the store; the zero Secret is none.
func (r *rotor) load(arn secretlife.ARN) secretlife.Secret {
	s, _ := r.store.Load(context.Background(), secretlife.Key{Account: arn.Account(), Region: arn.Region(), Name: arn.Name()})
	return s
}

func (r *rotor) work(ctx context.Context, t *try, in secretlife.RotationRequest) error {
	switch in.Step {
	case secretlife.StepCreateSecret:
		_, err := in.Manager.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: in.SecretID, VersionID: in.ClientRequestToken, VersionStage: pending})
		if !errors.Is(err, secretlife.ErrVersionNotFound) {
			return err
		}
		return r.put(ctx, t, in, []secretlife.Stage{pending})
	case secretlife.StepFinishSecret:
		return r.promote(ctx, in)
	}
	return nil
}

// put writes the value of the new version, in the first step.
func (r *rotor) put(ctx context.Context, t *try, in secretlife.RotationRequest, stages []secretlife.Stage) error {
	if len(t.steps) > 1 {
		return nil
	}
	_, err := in.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
		SecretID: in.SecretID, ClientRequestToken: in.ClientRequestToken, RotationToken: in.RotationToken,
		Value: rotatedValue(in.ClientRequestToken), VersionStages: stages,
	})
	return err
}

func (r *rotor) promote(ctx context.Context, in secretlife.RotationRequest) error {
	d, err := in.Manager.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: in.SecretID})
	if err != nil {
		return err
	}
	move := secretlife.UpdateSecretVersionStageInput{SecretID: in.SecretID, VersionStage: current, MoveToVersionID: in.ClientRequestToken}
	for id, stages := range d.VersionIDsToStages {
		if slices.Contains(stages, current) {
			move.RemoveFromVersionID = id
		}
	}
	if move.RemoveFromVersionID == in.ClientRequestToken {
		return nil
	}
	_, err = in.Manager.UpdateSecretVersionStage(ctx, move)
	return err
}

// meddle is what others do to the secret in the middle of a try.
func (r *rotor) meddle(ctx context.Context, t *try, in secretlife.RotationRequest) {
	switch t.mood.deed {
	case isOvertaken:
		r.hands++
		t.hand = fmt.Sprintf("by-hand-%024d", r.hands)
		_, _ = in.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: in.SecretID, ClientRequestToken: t.hand, Value: rotatedValue(t.hand)})
	case isCancelled:
		_, _ = in.Manager.CancelRotateSecret(ctx, secretlife.CancelRotateSecretInput{SecretID: in.SecretID})
	case isDeleted:
		if arn, err := secretlife.ParseARN(in.SecretID); err == nil {
			t.before = r.load(arn)
		}
		_, _ = in.Manager.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: in.SecretID, RecoveryWindowInDays: secretlife.Days(7)})
	}
}

// take removes the first try of a secret that was not followed, nil for none.
func (r *rotor) take(k key) *try {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.tries, func(t *try) bool { return t.key == k })
	if i < 0 {
		return nil
	}
	t := r.tries[i]
	r.tries = slices.Delete(r.tries, i, i+1)
	return t
}

// rotatedValue is the value of a version that a function made.
func rotatedValue(token string) secretlife.Value {
	return secretlife.SecretString(canary + " of " + token)
}
