package secretlife

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// CreateSecretInput is the request of [Manager.CreateSecret]. Only Name is
// required.
type CreateSecretInput struct {
	// Name is 1 to 512 letters, digits or any of "/_+=.@-!".
	Name string
	// ClientRequestToken, 32 to 64 characters, becomes the id of the first
	// version. Repeating a call with the same token and value is safe. Left
	// empty, one is drawn.
	ClientRequestToken string
	// Value is the secret itself, 1 to 65,536 bytes. Without one the secret has
	// no version yet.
	Value Value
	// Description is up to 2,048 characters.
	Description string
	// KmsKeyID names a key; "" is the account's default key. Nothing is
	// encrypted with it: the name is kept and shown.
	KmsKeyID string
	// Type is up to 256 characters; it is kept and shown.
	Type string
	// Tags are at most 50.
	Tags []Tag
	// AddReplicaRegions makes replicas in these Regions, in the background.
	AddReplicaRegions []ReplicaRegion
	// ForceOverwriteReplicaSecret lets a replica take the place of a secret of
	// the same name.
	ForceOverwriteReplicaSecret bool
}

// CreateSecretOutput is the answer of [Manager.CreateSecret].
type CreateSecretOutput struct {
	ARN  string
	Name string
	// VersionID is the first version, "" where no value was given.
	VersionID string
	// ReplicationStatus is nil where no replicas were asked for.
	ReplicationStatus []ReplicationStatus
}

// CreateSecret makes a new secret. The name must be free: it is taken by a
// secret that is scheduled for deletion too, until that is purged.
//
// Errors: [*ResourceExistsError] for a live secret of that name
// ([ErrSecretExists]) or a token with other content ([ErrTokenInUse]);
// [*InvalidRequestError] for a name that waits for its purge
// ([ErrNameReserved]); [*InvalidParameterError]; [*LimitExceededError];
// [*ValidationError].
//
// Source: CreateSecret in the AWS Secrets Manager API reference.
func (m *Manager) CreateSecret(ctx context.Context, in CreateSecretInput) (out CreateSecretOutput, err error) {
	f, err := m.begin(ctx, OpCreateSecret, in.Name)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	c, err := f.parseCreation(in)
	if err != nil {
		return out, err
	}
	for range maxAttempts {
		s, err := f.create(c)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return out, err
		}
		out = CreateSecretOutput{ARN: s.ARN().String(), Name: s.Name().s, ReplicationStatus: replicationStatus(s)}
		if !c.Value.IsZero() {
			out.VersionID = c.VersionID.s
		}
		return out, nil
	}
	return out, internal(fmt.Errorf("%w %d times in a row", ErrConflict, maxAttempts))
}

func (f *frame) parseCreation(in CreateSecretInput) (Creation, error) {
	var p problems
	p.length("description", in.Description, 0, maxDescriptionLength)
	p.length("kmsKeyId", in.KmsKeyID, 0, maxKeyIDLength)
	p.length("type", in.Type, 0, maxTypeLength)
	p.add(in.Value.check())
	p.tags(in.Tags)
	targets := p.targets(in.AddReplicaRegions)
	name, err := ParseName(in.Name)
	p.add(err)
	token := f.token(&p, in.ClientRequestToken, true)
	if err := p.err(); err != nil {
		return Creation{}, err
	}
	c := Creation{
		Key:         f.in.key(Name{strings.Clone(name.s)}),
		VersionID:   token,
		Value:       in.Value,
		Description: in.Description,
		KmsKeyID:    in.KmsKeyID,
		Type:        in.Type,
		Tags:        in.Tags,
		Replicas:    targets,
		Overwrite:   in.ForceOverwriteReplicaSecret,
	}
	if c.Value.IsZero() {
		c.VersionID = VersionID{}
	}
	if c.Suffix, err = f.random.suffix(); err != nil {
		return c, err
	}
	c.Incarnation, err = f.random.incarnation()
	return c, err
}

// token parses a ClientRequestToken, or draws one where the Manager may.
func (f *frame) token(p *problems, s string, needed bool) VersionID {
	switch {
	case s != "":
		p.add(checkToken("clientRequestToken", s))
		return VersionID{strings.Clone(s)}
	case !needed:
	case f.strict:
		p.add(badRequest(textNoToken, ErrTokenMissing))
	default:
		id, err := f.random.versionID()
		p.add(err)
		return id
	}
	return VersionID{}
}

func (f *frame) create(c Creation) (Secret, error) {
	s, err := f.store.Load(f.ctx, c.Key)
	switch {
	case errors.Is(err, ErrSecretNotFound):
		ch, err := NewSecret(f.now, c)
		if err != nil {
			return Secret{}, err
		}
		if params := createParams(c); len(params) > 0 {
			ch = ch.describe(&call{caller: f.in.account, params: params})
		}
		return ch.next, f.commitNew(ch)
	case err != nil:
		return Secret{}, f.failed(err)
	}
	stored, err := f.stored(s, c.VersionID)
	if err != nil {
		return Secret{}, err
	}
	return s, s.CreateAgain(f.now, c.VersionID, c.Value, stored)
}

// commitNew saves a new secret if the quota has room for it.
func (f *frame) commitNew(c Change) error {
	if f.quotas.Secrets == 0 {
		return f.commit(c)
	}
	select {
	case f.quotas.creating <- struct{}{}:
		defer func() { <-f.quotas.creating }()
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	if err := f.room(); err != nil {
		return err
	}
	return f.commit(c)
}

// createParams are the request's members for the event: never the value.
func createParams(c Creation) []param {
	var out []param
	if c.Description != "" {
		out = append(out, param{"description", c.Description})
	}
	if c.KmsKeyID != "" {
		out = append(out, param{"kmsKeyId", c.KmsKeyID})
	}
	if len(c.Tags) > 0 {
		out = append(out, param{"tags", c.Tags})
	}
	return out
}

// stored fetches the value of a version, the zero Value where s has no such
// version, or one without a value. A version that went meanwhile is a conflict.
func (f *frame) stored(s Secret, id VersionID) (Value, error) {
	if _, ok := s.Version(id); !ok || s.Reserved(id) {
		return Value{}, nil
	}
	v, err := f.store.Value(f.ctx, s.Key(), s.Incarnation(), id)
	switch {
	case errors.Is(err, ErrVersionNotFound):
		return Value{}, ErrConflict
	case err != nil:
		return Value{}, f.failed(err)
	}
	return v, nil
}
