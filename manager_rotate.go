package secretlife

import (
	"context"
	"fmt"

	"github.com/secretlife-go/secretlife/internal/schedule"
)

// RotateSecretInput is the request of [Manager.RotateSecret].
type RotateSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ClientRequestToken, 32 to 64 characters, becomes the id of the new
	// version. Left empty, one is drawn.
	ClientRequestToken string
	// RotationLambdaARN is the rotation function, up to 2,048 characters; "" is
	// the one the secret has.
	RotationLambdaARN string
	// RotationRules are when the secret is rotated by itself; nil leaves them as
	// they are.
	RotationRules *RotationRules
	// RotateImmediately is true by default. With false the rotation function is
	// tested only: its step testSecret is called once.
	RotateImmediately *bool
	// ExternalSecretRotationRoleARN, 20 to 2,048 characters, and
	// ExternalSecretRotationMetadata are for secrets that a third party holds.
	// With the role there may be no rotation function.
	ExternalSecretRotationRoleARN  string
	ExternalSecretRotationMetadata []Tag
}

func (in RotateSecretInput) tell(c *call) {
	c.token = in.ClientRequestToken
	p := &c.params
	p.text("rotationLambdaARN", in.RotationLambdaARN)
	if r := in.RotationRules; r != nil {
		p.add("rotationRules", shownRules{r.AutomaticallyAfterDays, r.Duration, r.ScheduleExpression})
	}
	p.optionalFlag("rotateImmediately", in.RotateImmediately)
	p.tags("externalSecretRotationMetadata", in.ExternalSecretRotationMetadata)
	p.text("externalSecretRotationRoleArn", in.ExternalSecretRotationRoleARN)
}

// RotateSecret sets how a secret is rotated, and begins a rotation. It returns
// at once; the [Purger] calls the rotation function, and DescribeSecret and the
// events tell how that went. Until it has succeeded, or AWSPENDING was taken
// off by hand, no other rotation begins. Repeating the call with the token of a
// version that is there already changes nothing.
//
// Errors: [*InvalidRequestError] for a scheduled secret, one without rotation
// function ([ErrNoRotationFunction]), or one that is being rotated
// ([ErrRotationInProgress]); [*InvalidParameterError] for a replica or for rules
// that make no schedule; [*AccessDeniedError] where there is no [Options].Rotator, or
// [Options].CheckRotation says that it can't call the function;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: RotateSecret in the AWS Secrets Manager API reference.
func (m *Manager) RotateSecret(ctx context.Context, in RotateSecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpRotateSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, order, err := req.parseRotation(in)
	if err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.Rotate(req.at(), order)
		if err == nil {
			err = req.checkFunction(c, order)
		}
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	out = SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}
	if _, made := s.Version(order.VersionID); made {
		out.VersionID = order.VersionID.s
	}
	return out, nil
}

// checkFunction refuses a rotation whose function can't be called, before anything
// changes. A rotation that is left to the service that owns the secret needs none.
func (req *request) checkFunction(c Change, order RotationOrder) error {
	s := c.Next()
	switch {
	case !s.IsZero() && s.attrs().rotation.managed():
		return nil
	case req.core.rotator == nil:
		return errFunctionDenied()
	case s.IsZero() || req.core.checkRotation == nil:
		return nil
	}
	r := s.Rotation()
	err := req.core.checkRotation(req.ctx, RotationRequest{
		SecretID: s.ARN().String(), ClientRequestToken: order.VersionID.s, FunctionARN: r.RotationLambdaARN,
		RoleARN: r.ExternalSecretRotationRoleARN, Metadata: r.ExternalSecretRotationMetadata,
		Manager: &Manager{core: req.core, in: scope{s.Key().Account, s.Key().Region}},
	})
	switch ctxErr := req.ctx.Err(); {
	case ctxErr != nil:
		return ctxErr
	case err != nil:
		return errFunctionDenied()
	}
	return nil
}

func (req *request) parseRotation(in RotateSecretInput) (SecretID, RotationOrder, error) {
	var p problems
	p.length("rotationLambdaARN", in.RotationLambdaARN, 0, maxARNLength)
	p.rules(in.RotationRules)
	if in.ExternalSecretRotationRoleARN != "" {
		p.length("externalSecretRotationRoleArn", in.ExternalSecretRotationRoleARN, 20, maxARNLength)
	}
	for i, x := range in.ExternalSecretRotationMetadata {
		member := fmt.Sprintf("externalSecretRotationMetadata.%d.member.", i+1)
		p.length(member+"key", x.Key, 1, 256)
		p.length(member+"value", x.Value, 1, 2048)
	}
	id := p.secretID(in.SecretID)
	o := RotationOrder{
		VersionID:     req.rotationToken(&p, in.ClientRequestToken),
		LambdaARN:     in.RotationLambdaARN,
		RoleARN:       in.ExternalSecretRotationRoleARN,
		Metadata:      in.ExternalSecretRotationMetadata,
		Rules:         in.RotationRules,
		Immediately:   in.RotateImmediately == nil || *in.RotateImmediately,
		ParseSchedule: req.core.cron,
	}
	return id, o, p.err()
}

const maxARNLength = 2048

// rotationToken is token for RotateSecret, which returns another exception than its
// siblings if it is missing: recorded from AWS.
func (req *request) rotationToken(p *problems, s string) VersionID {
	if s == "" && req.strict {
		p.add(badParameter(textNoToken, ErrTokenMissing))
		return VersionID{}
	}
	return req.token(p, s, true)
}

func errFunctionDenied() error {
	return &AccessDeniedError{ErrorDetails{Message: textCannotInvoke, Reason: ErrRotationFunctionDenied}}
}

// CancelRotateSecret turns rotation off, and ends one that is going on.
//
// Errors: [*InvalidRequestError] for a scheduled secret, or one that rotation
// was never set up for ([ErrNoRotationFunction]); [*InvalidParameterError] for a
// replica; [*ResourceNotFoundError]; [*ValidationError].
//
// Source: CancelRotateSecret in the AWS Secrets Manager API reference.
func (m *Manager) CancelRotateSecret(
	ctx context.Context, in SecretInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpCancelRotateSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	var version VersionID
	s, err := req.change(id, func(s Secret) (c Change, err error) {
		c, version, err = s.CancelRotation(req.at())
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s, VersionID: version.s}, nil
}

// RotationStep is one of the four steps in which a rotation function is called.
type RotationStep string

// The steps, in order ("Rotation by Lambda function", Secrets Manager user
// guide).
const (
	// StepCreateSecret makes the new value and puts it into the version with
	// AWSPENDING: PutSecretValue with the ClientRequestToken of the request.
	StepCreateSecret RotationStep = "createSecret"
	// StepSetSecret makes the new value known to the service that checks it.
	StepSetSecret RotationStep = "setSecret"
	// StepTestSecret tries the new value.
	StepTestSecret RotationStep = "testSecret"
	// StepFinishSecret moves AWSCURRENT to the new version:
	// UpdateSecretVersionStage.
	StepFinishSecret RotationStep = "finishSecret"
)

// RotationRequest is what a rotation function is called with, by [Options].Rotator. In JSON it
// is the event that Secrets Manager sends to a Lambda function.
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
	RoleARN  string `json:"-"`
	Metadata []Tag  `json:"-"`
	// Manager acts for the secret's account and Region.
	Manager *Manager `json:"-"`
}

// Limits of the rules of rotation. Source: RotationRulesType in the API reference.
const (
	maxScheduleLength  = 256
	durationPattern    = "[0-9h]+"
	expressionPattern  = `[0-9A-Za-z\(\)#\?\*\-\/, ]+`
	expressionAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz()#?*-/, "
)

func (p *problems) rules(r *RotationRules) {
	if r == nil {
		return
	}
	p.number("rotationRules.automaticallyAfterDays", r.AutomaticallyAfterDays, schedule.MaxDays)
	if r.Duration != "" {
		p.length("rotationRules.duration", r.Duration, 2, 3)
		p.alphabet("rotationRules.duration", r.Duration, "0123456789h", durationPattern)
	}
	p.length("rotationRules.scheduleExpression", r.ScheduleExpression, 0, maxScheduleLength)
	p.alphabet("rotationRules.scheduleExpression", r.ScheduleExpression, expressionAlphabet, expressionPattern)
	if r.ScheduleExpression != "" && r.AutomaticallyAfterDays != 0 {
		p.add(badParameter(textBothSchedules, ErrInvalidParameter))
	}
}
