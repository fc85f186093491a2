package secretlife

import (
	"context"
	"errors"
	"strings"
	"time"
)

// GetSecretValueInput is the request of [Manager.GetSecretValue].
type GetSecretValueInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// VersionID asks for one version, "" for that of VersionStage.
	VersionID string
	// VersionStage is the staging label to look for; "" is AWSCURRENT.
	VersionStage Stage
}

// GetSecretValueOutput is the answer of [Manager.GetSecretValue].
type GetSecretValueOutput struct {
	ARN           string
	Name          string
	VersionID     string
	Value         Value
	VersionStages []Stage // none for a deprecated version
	CreatedDate   time.Time
}

// GetSecretValue reads the value of a version. A secret that is scheduled for
// deletion gives none.
//
// Errors: [*InvalidRequestError] for a scheduled secret
// ([ErrScheduledForDeletion]) or a label that is on another version
// ([ErrStageMismatch]); [*ResourceNotFoundError] for an unknown secret or
// version; [*ValidationError].
//
// Source: GetSecretValue in the AWS Secrets Manager API reference.
func (m *Manager) GetSecretValue(ctx context.Context, in GetSecretValueInput) (out GetSecretValueOutput, err error) {
	f, err := m.begin(ctx, OpGetSecretValue, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	id := p.secretID(in.SecretID)
	version := p.versionID("versionId", in.VersionID)
	p.length("versionStage", string(in.VersionStage), 0, 256)
	if err := p.err(); err != nil {
		return out, err
	}
	return f.readUntilStill(id, version, in.VersionStage)
}

func (f *frame) read(id SecretID, version VersionID, label Stage) (GetSecretValueOutput, error) {
	s, err := f.load(id)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	at, err := s.Select(f.now, version, label)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	if err := f.checkKey(s); err != nil {
		return GetSecretValueOutput{}, err
	}
	value, err := f.stored(s, at)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	if err := f.noteRead(s, at); err != nil {
		return GetSecretValueOutput{}, err
	}
	v, _ := s.Version(at)
	return GetSecretValueOutput{
		ARN:           s.ARN().String(),
		Name:          s.Name().s,
		VersionID:     at.s,
		Value:         value,
		VersionStages: s.Stages(at),
		CreatedDate:   v.CreatedDate(),
	}, nil
}

// noteRead saves that the value was read on this day, once a day. A store that
// can't write does not keep the value from its reader.
func (f *frame) noteRead(s Secret, id VersionID) error {
	c, err := s.Read(f.now, id)
	if err != nil || c.IsZero() {
		return err
	}
	err = f.commit(c.describe(f.call()))
	if err == nil || errors.Is(err, ErrConflict) || f.ctx.Err() != nil {
		return err
	}
	f.log.WarnContext(f.ctx, "can't note the day a value was read", "arn", s.ARN().String(), "error", err)
	return nil
}

// PutSecretValueInput is the request of [Manager.PutSecretValue].
type PutSecretValueInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ClientRequestToken, 32 to 64 characters, becomes the version's id. Left
	// empty, one is drawn.
	ClientRequestToken string
	// Value is required: 1 to 65,536 bytes.
	Value Value
	// VersionStages are the labels the version gets, at most 20; none is
	// AWSCURRENT.
	VersionStages []Stage
	// RotationToken is what a rotation function was called with: 36 to 256
	// letters, digits and hyphens. It makes no difference here; AWS needs it from
	// functions of other accounts.
	RotationToken string
}

// PutSecretValueOutput is the answer of [Manager.PutSecretValue].
type PutSecretValueOutput struct {
	ARN           string
	Name          string
	VersionID     string
	VersionStages []Stage
}

// PutSecretValue adds a version. Without VersionStages it becomes AWSCURRENT,
// and the version that was becomes AWSPREVIOUS. The same token with the same
// value again changes nothing.
//
// Errors: [*ResourceExistsError] for a token with other content
// ([ErrTokenInUse]); [*InvalidRequestError] for a scheduled secret or no value;
// [*InvalidParameterError] for a replica; [*LimitExceededError] for more than 20
// labels; [*ResourceNotFoundError]; [*ValidationError].
//
// Source: PutSecretValue in the AWS Secrets Manager API reference.
func (m *Manager) PutSecretValue(ctx context.Context, in PutSecretValueInput) (out PutSecretValueOutput, err error) {
	f, err := m.begin(ctx, OpPutSecretValue, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.add(in.Value.check())
	p.stages("versionStages", in.VersionStages)
	p.rotationToken(in.RotationToken)
	id := p.secretID(in.SecretID)
	token := f.token(&p, in.ClientRequestToken, true)
	if in.Value.IsZero() {
		p.add(badRequest(textNoValue, ErrInvalidParameter))
	}
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := f.change(id, func(s Secret) (Change, error) {
		return f.write(s, token, in.Value, func() (Change, error) {
			return s.PutValue(f.now, token, in.Value, cloneStages(in.VersionStages))
		})
	})
	if err != nil {
		return out, err
	}
	return PutSecretValueOutput{ARN: s.ARN().String(), Name: s.Name().s, VersionID: token.s, VersionStages: s.Stages(token)}, nil
}

// write decides for a token that may be in use already.
func (f *frame) write(s Secret, token VersionID, value Value, decide func() (Change, error)) (Change, error) {
	if err := s.admitValue(f.op, f.now); err != nil {
		return Change{}, err
	}
	if err := f.checkKey(s); err != nil {
		return Change{}, err
	}
	if _, used := s.Version(token); !used || s.Reserved(token) {
		c, err := decide()
		return c.describe(f.call()), err
	}
	stored, err := f.stored(s, token)
	if err != nil {
		return Change{}, err
	}
	return Change{}, s.PutAgain(f.op, f.now, token, value, stored)
}

func cloneStages(labels []Stage) []Stage {
	out := make([]Stage, len(labels))
	for i, l := range labels {
		out[i] = Stage(strings.Clone(string(l)))
	}
	return out
}

// UpdateSecretInput is the request of [Manager.UpdateSecret]. Members that are
// nil, empty or zero leave things as they are.
type UpdateSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ClientRequestToken, 32 to 64 characters, becomes the id of the new
	// version. Left empty with a value, one is drawn.
	ClientRequestToken string
	// Value makes a new version, which becomes AWSCURRENT.
	Value Value
	// Description is up to 2,048 characters; "" removes it.
	Description *string
	// KmsKeyID is up to 2,048 characters; "" is the default key.
	KmsKeyID *string
	// Type is up to 256 characters.
	Type *string
}

// UpdateSecretOutput is the answer of [Manager.UpdateSecret].
type UpdateSecretOutput struct {
	ARN  string
	Name string
	// VersionID is the new version, "" where no value was given.
	VersionID string
}

// UpdateSecret changes what a secret says of itself, adds a version, or both.
// With no more than a SecretID it moves LastChangedDate only, as on AWS.
//
// Errors: [*ResourceExistsError] for a token with other content
// ([ErrTokenInUse]); [*InvalidRequestError] for a scheduled secret;
// [*InvalidParameterError] for a replica, unless nothing but KmsKeyID is given;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: UpdateSecret in the AWS Secrets Manager API reference.
func (m *Manager) UpdateSecret(ctx context.Context, in UpdateSecretInput) (out UpdateSecretOutput, err error) {
	f, err := m.begin(ctx, OpUpdateSecret, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	u := Update{Description: in.Description, KmsKeyID: in.KmsKeyID, Type: in.Type, Value: in.Value}
	p.optional("description", in.Description, maxDescriptionLength)
	p.optional("kmsKeyId", in.KmsKeyID, maxKeyIDLength)
	p.optional("type", in.Type, maxTypeLength)
	p.add(in.Value.check())
	id := p.secretID(in.SecretID)
	u.VersionID = f.token(&p, in.ClientRequestToken, !in.Value.IsZero())
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := f.change(id, func(s Secret) (Change, error) {
		if u.Value.IsZero() {
			c, err := s.Update(f.now, u)
			return c.describe(f.call()), err
		}
		return f.write(s, u.VersionID, u.Value, func() (Change, error) { return s.Update(f.now, u) })
	})
	if err != nil {
		return out, err
	}
	out = UpdateSecretOutput{ARN: s.ARN().String(), Name: s.Name().s}
	if !u.Value.IsZero() {
		out.VersionID = u.VersionID.s
	}
	return out, nil
}
