// Package rotator is the rotation function of histories.
package rotator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// ParseTryPlan reads a plan in the words of [model.TryPlan.String]. It panics on any
// other text.
func ParseTryPlan(text string) model.TryPlan {
	for _, d := range model.Behaviors() {
		for _, step := range []secretlife.RotationStep{secretlife.StepCreateSecret, secretlife.StepSetSecret,
			secretlife.StepTestSecret, secretlife.StepFinishSecret} {
			if m := (model.TryPlan{Behavior: d, Step: step}); m.String() == text {
				return m
			}
		}
	}
	panic(fmt.Sprintf("lifetest: there is no try that goes %q", text))
}

// Function is a rotation function. It works as the AWS user guide says such
// functions do, unless the plan of a try says otherwise.
type Function struct {
	Store        secretlife.Store
	Clock        secretlife.Clock
	Plans        []model.TryPlan // of the next tries, repeated in order
	Next         int             // the plan of the next try
	manualValues int             // values written by other callers so far
	Tries        []*Try          // that the model has not followed yet, in order
}

// Try is one try at a rotation, with what the function could see.
type Try struct {
	model.Try
	Key     model.Key
	Request secretlife.RotationRequest
	Run     *plain.RotationRunState // in the store at the first call
	Before  secretlife.Secret       // the secret before another caller deleted it
}

// errFunction may be in the log. It must not be in events.
var errFunction = errors.New("the function of the history fails")

// Rotate is one call of the function.
func (r *Function) Rotate(ctx context.Context, in secretlife.RotationRequest) error {
	t := r.try(in)
	t.Steps = append(t.Steps, in.Step)
	acts := t.Plan.Step == in.Step
	switch {
	case acts && t.Plan.Behavior == model.FailsBefore:
		return errFunction
	case t.Plan.Behavior == model.Idles:
		return nil
	case t.Plan.Behavior == model.Promotes:
		return r.put(ctx, t, in, nil)
	case acts:
		r.interfere(ctx, t, in)
	}
	err := r.work(ctx, t, in)
	if acts && t.Plan.Behavior == model.FailsAfter {
		return errFunction
	}
	return err
}

// CheckRotation refuses the function that can't be called.
func (r *Function) CheckRotation(_ context.Context, in secretlife.RotationRequest) error {
	if in.FunctionARN == model.UncallableFunction {
		return errFunction
	}
	return nil
}

// try returns the try that a call belongs to. Every try has its own RotationToken.
func (r *Function) try(in secretlife.RotationRequest) *Try {
	if n := len(r.Tries); n > 0 && r.Tries[n-1].Request.RotationToken == in.RotationToken {
		return r.Tries[n-1]
	}
	arn, err := secretlife.ParseARN(in.SecretID)
	if err != nil {
		panic(err) // a request without an ARN: no history goes on from here
	}
	t := &Try{Key: model.KeyOf(arn), Request: in}
	t.Plan, t.Token, t.Wall = model.TryPlan{Behavior: model.Works}, in.ClientRequestToken, r.Clock.Now().UnixMilli()
	if len(r.Plans) > 0 {
		t.Plan = r.Plans[r.Next%len(r.Plans)]
		r.Next++
	}
	if st := plain.Of(r.load(arn)); st.Rotation != nil {
		t.Run = st.Rotation.Run
	}
	r.Tries = append(r.Tries, t)
	return t
}

// load returns the secret in the store, or the zero Secret.
func (r *Function) load(arn secretlife.ARN) secretlife.Secret {
	s, _ := r.Store.Load(
		context.Background(),
		secretlife.Key{Account: arn.Account(), Region: arn.Region(), Name: arn.Name()},
	)
	return s
}

func (r *Function) work(ctx context.Context, t *Try, in secretlife.RotationRequest) error {
	switch in.Step {
	case secretlife.StepCreateSecret:
		_, err := in.Manager.GetSecretValue(
			ctx,
			secretlife.GetSecretValueInput{
				SecretID:     in.SecretID,
				VersionID:    in.ClientRequestToken,
				VersionStage: model.Pending,
			},
		)
		if !errors.Is(err, secretlife.ErrVersionNotFound) {
			return err
		}
		return r.put(ctx, t, in, []secretlife.Stage{model.Pending})
	case secretlife.StepFinishSecret:
		return r.promote(ctx, in)
	}
	return nil
}

// put writes the value of the new version, in the first step.
func (r *Function) put(ctx context.Context, t *Try, in secretlife.RotationRequest, stages []secretlife.Stage) error {
	if len(t.Steps) > 1 {
		return nil
	}
	_, err := in.Manager.PutSecretValue(ctx, secretlife.PutSecretValueInput{
		SecretID: in.SecretID, ClientRequestToken: in.ClientRequestToken, RotationToken: in.RotationToken,
		Value: canary.RotatedValue(in.ClientRequestToken), VersionStages: stages,
	})
	return err
}

func (r *Function) promote(ctx context.Context, in secretlife.RotationRequest) error {
	d, err := in.Manager.DescribeSecret(ctx, secretlife.SecretInput{SecretID: in.SecretID})
	if err != nil {
		return err
	}
	move := secretlife.UpdateSecretVersionStageInput{
		SecretID:        in.SecretID,
		VersionStage:    model.Current,
		MoveToVersionID: in.ClientRequestToken,
	}
	for id, stages := range d.VersionIDsToStages {
		if slices.Contains(stages, model.Current) {
			move.RemoveFromVersionID = id
		}
	}
	if move.RemoveFromVersionID == in.ClientRequestToken {
		return nil
	}
	_, err = in.Manager.UpdateSecretVersionStage(ctx, move)
	return err
}

// interfere is what another caller does to the secret during a try.
func (r *Function) interfere(ctx context.Context, t *Try, in secretlife.RotationRequest) {
	switch t.Plan.Behavior {
	case model.IsOvertaken:
		r.manualValues++
		t.ManualToken = fmt.Sprintf("by-hand-%024d", r.manualValues)
		_, _ = in.Manager.PutSecretValue(
			ctx,
			secretlife.PutSecretValueInput{
				SecretID:           in.SecretID,
				ClientRequestToken: t.ManualToken,
				Value:              canary.RotatedValue(t.ManualToken),
			},
		)
	case model.IsCancelled:
		_, _ = in.Manager.CancelRotateSecret(ctx, secretlife.SecretInput{SecretID: in.SecretID})
	case model.IsDeleted:
		if arn, err := secretlife.ParseARN(in.SecretID); err == nil {
			t.Before = r.load(arn)
		}
		_, _ = in.Manager.DeleteSecret(
			ctx,
			secretlife.DeleteSecretInput{SecretID: in.SecretID, RecoveryWindowInDays: secretlife.Days(7)},
		)
	}
}

// Take removes and returns the first try of a secret that the model has not
// followed, or nil.
func (r *Function) Take(k model.Key) *Try {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Tries, func(t *Try) bool { return t.Key == k })
	if i < 0 {
		return nil
	}
	t := r.Tries[i]
	r.Tries = slices.Delete(r.Tries, i, i+1)
	return t
}
