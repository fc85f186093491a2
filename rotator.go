package secretlife

import "context"

// RotationStep is one of the four steps in which a rotation function is called.
type RotationStep string

// The steps, in order ("Rotation by Lambda function", Secrets Manager user
// guide).
const (
	// StepCreateSecret makes the new value and puts it into the version with
	// AWSPENDING: PutSecretValue with the ClientRequestToken of the request.
	StepCreateSecret RotationStep = "createSecret"
	// StepSetSecret makes the new value known to whoever checks it.
	StepSetSecret RotationStep = "setSecret"
	// StepTestSecret tries the new value.
	StepTestSecret RotationStep = "testSecret"
	// StepFinishSecret moves AWSCURRENT to the new version:
	// UpdateSecretVersionStage.
	StepFinishSecret RotationStep = "finishSecret"
)

// Rotator calls rotation functions. Set as [Options].Rotator, it is called by
// the [Purger], one step after the other, each when the one before had no error.
// It must be safe for concurrent use: different secrets are rotated at the same
// time, up to [PurgerOptions].Rotations by one Purger, though one secret never is.
// A step may come again: a rotation that fails is tried again from its first step,
// with the same token.
//
// Rotate must return soon after ctx ends: that is when the step has taken longer
// than [PurgerOptions].RotationTimeout, or when the Purger stops. In the first case
// the rotation has failed; in the second it is due again at once.
//
// The Purger logs an error that Rotate answers, so it must not hold a secret's
// value. Rotate must not call [Purger.Advance].
type Rotator interface {
	Rotate(ctx context.Context, request RotationRequest) error
}

// RotatorFunc makes a [Rotator] of a function.
type RotatorFunc func(ctx context.Context, request RotationRequest) error

// Rotate calls the function.
func (f RotatorFunc) Rotate(ctx context.Context, request RotationRequest) error {
	return f(ctx, request)
}

// RotationRequest is what a rotation function is called with. In JSON it is the
// event that Secrets Manager sends to a Lambda function.
type RotationRequest struct {
	Step RotationStep `json:"Step"`
	// SecretID is the secret's ARN.
	SecretID string `json:"SecretId"`
	// ClientRequestToken is the id of the version to be made.
	ClientRequestToken string `json:"ClientRequestToken"`
	// RotationToken may be passed on to PutSecretValue. It is drawn anew for
	// every try.
	RotationToken string `json:"RotationToken"`
	// FunctionARN is the secret's RotationLambdaARN.
	FunctionARN string `json:"-"`
	// RoleARN and Metadata are of a secret that a third party holds.
	RoleARN  string                               `json:"-"`
	Metadata []ExternalSecretRotationMetadataItem `json:"-"`
	// Manager acts for the secret's account and Region.
	Manager *Manager `json:"-"`
}
