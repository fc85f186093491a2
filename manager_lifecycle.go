package secretlife

import (
	"context"
	"errors"
	"strings"
	"time"
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
	// KMSKeyID names a key; "" is the account's default key. Nothing is
	// encrypted with it: the name is kept and shown.
	KMSKeyID string
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

func (in CreateSecretInput) tell(c *call) {
	c.token = in.ClientRequestToken
	p := &c.params
	p.text("description", in.Description)
	p.text("kmsKeyId", in.KMSKeyID)
	p.tags("tags", in.Tags)
	p.replicas(in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	p.text("type", in.Type)
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
func (m *Manager) CreateSecret(ctx context.Context, in CreateSecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpCreateSecret, in.Name, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	c, err := req.parseCreation(in)
	if err != nil {
		return out, err
	}
	s, err := settle(func() (Secret, error) { return req.create(c, in) })
	if err != nil {
		return out, err
	}
	req.target = s
	out = SecretOutput{ARN: s.ARN().String(), Name: s.Name().s, ReplicationStatus: s.Replicas()}
	if !c.Value.IsZero() {
		out.VersionID = c.VersionID.s
	}
	return out, nil
}

func (req *request) parseCreation(in CreateSecretInput) (Creation, error) {
	var p problems
	p.length("description", in.Description, 0, maxDescriptionLength)
	p.length("kmsKeyId", in.KMSKeyID, 0, maxKeyIDLength)
	p.length("type", in.Type, 0, maxTypeLength)
	p.add(in.Value.check())
	p.tags(in.Tags)
	targets := p.targets(in.AddReplicaRegions, req.core.emulate.Regions)
	name, err := ParseName(in.Name)
	p.add(err)
	token := req.token(&p, in.ClientRequestToken, true)
	p.systemTags(keysOf(in.Tags)...)
	if err := p.err(); err != nil {
		return Creation{}, err
	}
	c := Creation{
		VersionID:   token,
		Value:       in.Value,
		Description: in.Description,
		KMSKeyID:    in.KMSKeyID,
		Type:        in.Type,
		Tags:        in.Tags,
		Replicas:    targets,
		Overwrite:   in.ForceOverwriteReplicaSecret,
	}
	if c.Value.IsZero() {
		c.VersionID = VersionID{}
	}
	suffix, err := req.core.random.suffix()
	if err != nil {
		return c, err
	}
	c.ARN = ARN{req.in.region.partition(), req.in.account, req.in.region, Name{strings.Clone(name.s)}, suffix}
	c.Incarnation, err = req.core.random.incarnation()
	return c, err
}

func (req *request) create(c Creation, in CreateSecretInput) (Secret, error) {
	s, err := req.core.store.Load(req.ctx, c.ARN.Key())
	switch {
	case errors.Is(err, ErrSecretNotFound):
		if c.Ordinal, err = req.core.ordinal(req.ctx, req.in, req.now); err != nil {
			return Secret{}, req.failed(err)
		}
		at, err := req.atNew()
		if err != nil {
			return Secret{}, err
		}
		ch, err := NewSecret(at, c)
		if err != nil {
			return Secret{}, err
		}
		var said call
		if in.tell(&said); len(said.params) > 0 || req.who != nil {
			ch = withCall(req, ch, in)
			ch.events[0].call.secretID = "" // the name is the secret's
		}
		if err := req.useKey(ch.Key(), c.KMSKeyID, keyNamed); err != nil {
			return Secret{}, err
		}
		return ch.next, req.commitNew(ch)
	case err != nil:
		return Secret{}, req.failed(err)
	}
	stored, err := req.stored(s, c.VersionID)
	if err != nil {
		return Secret{}, err
	}
	return s, s.createAgain(req.at(), c.VersionID, c.Value, stored)
}

// ordinal returns the [Creation].Ordinal of a secret that is created now.
func (c *core) ordinal(ctx context.Context, in scope, now time.Time) (uint32, error) {
	newest, err := c.store.List(ctx, ListQuery{
		Account: in.account, Region: in.region, Limit: 1, Abridged: true,
		Order: OrderByCreatedDate, Descending: true,
		After: Cursor{At: now.Add(time.Millisecond), Name: firstName},
	})
	if err != nil || len(newest) == 0 {
		return 0, err
	}
	return newest[0].ordinalAfter(now), nil
}

// firstName is the name before which there is no other.
const firstName = "!"

// fresh returns what is new in a replica that is made now.
func (c *core) fresh(ctx context.Context, in scope, now time.Time) (made Creation, err error) {
	if made.Incarnation, err = c.random.incarnation(); err == nil {
		made.Ordinal, err = c.ordinal(ctx, in, now)
	}
	return made, err
}

// commitNew saves a new secret if the quota has room for it.
func (req *request) commitNew(c Change) error {
	if req.core.quotas.limits.Secrets == 0 {
		return req.commit(c)
	}
	select {
	case req.core.quotas.creating <- struct{}{}:
		defer func() { <-req.core.quotas.creating }()
	case <-req.ctx.Done():
		return req.ctx.Err()
	}
	if err := req.room(); err != nil {
		return err
	}
	return req.commit(c)
}

// room refuses a secret more than the quota allows.
func (req *request) room() error {
	n, err := req.count()
	if err != nil {
		return req.failed(err)
	}
	if n >= req.core.quotas.limits.Secrets {
		return errLimit(textQuota)
	}
	return nil
}

// count counts the secrets of the account and Region: by going through them
// where the store has no better way.
func (req *request) count() (int, error) {
	n, err := req.core.store.Count(req.ctx, req.in.account, req.in.region)
	if !errors.Is(err, errors.ErrUnsupported) {
		return n, err
	}
	query := ListQuery{
		Account: req.in.account, Region: req.in.region, Order: OrderByName, Limit: 1000, Abridged: true,
	}
	for n := 0; ; {
		some, err := req.core.store.List(req.ctx, query)
		n += len(some)
		if err != nil || len(some) < query.Limit || n >= req.core.quotas.limits.Secrets {
			return n, err
		}
		query.After = CursorOf(some[len(some)-1], OrderByName)
	}
}

// DeleteSecretInput is the request of [Manager.DeleteSecret].
type DeleteSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// RecoveryWindowInDays is the window, 7 to 30 days of 24 hours; nil is 30.
	// [Days] makes one.
	RecoveryWindowInDays *int64
	// ForceDeleteWithoutRecovery deletes without a window.
	ForceDeleteWithoutRecovery bool
}

func (in DeleteSecretInput) tell(c *call) {
	c.force = in.ForceDeleteWithoutRecovery
	if window := in.RecoveryWindowInDays; window != nil && *window != 0 {
		c.days = *window
	} else if window != nil {
		c.params.add("recoveryWindowInDays", *window)
	}
}

// DeleteSecret marks a secret for deletion. From then on its value can't be
// read, its name stays taken, and until the DeletionDate [Manager.RestoreSecret]
// brings it back with all it had. It is purged after that, when the window has
// passed by counted time, too: see [Tally].
//
// With force it can't be restored, and is purged as soon as the background
// comes. Force on a name that no secret has succeeds, as on AWS, with an ARN
// that is made up. Force on a scheduled secret succeeds.
//
// Errors: [*InvalidParameterError] for a window outside 7 to 30
// ([ErrRecoveryWindow]), a window with force ([ErrWindowWithForce]), a primary
// with replicas ([ErrHasReplicas]) or a replica ([ErrReplica]);
// [*InvalidRequestError] for a secret that is scheduled already
// ([ErrScheduledForDeletion]); [*ResourceNotFoundError]; [*ValidationError].
//
// Source: DeleteSecret in the AWS Secrets Manager API reference.
func (m *Manager) DeleteSecret(ctx context.Context, in DeleteSecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpDeleteSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	id := p.secretID(in.SecretID)
	mode, modeErr := ParseDeletionMode(in.RecoveryWindowInDays, &in.ForceDeleteWithoutRecovery)
	p.add(modeErr)
	if err := p.err(); err != nil {
		return out, err
	}
	delay, err := m.core.delay.draw(m.core.random)
	if err != nil {
		return out, err
	}
	at := req.at()
	if !mode.force {
		if at, err = req.stamped(); err != nil {
			return out, err
		}
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		at, err := req.counting(at, s)
		if err != nil {
			return Change{}, err
		}
		c, err := s.Delete(at, mode, delay)
		return withCall(&req, c, in), err
	})
	if mode.force && OpDeleteSecret.Rule(PhasePurged) == RuleForceSucceeds && errors.Is(err, ErrSecretNotFound) {
		return req.deletedNothing(id)
	}
	if err != nil {
		return out, err
	}
	date, _ := s.Deletion().Date()
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s, DeletionDate: date}, nil
}

// deletedNothing is the response to force on a secret that is not there: AWS
// responds as if it had been. The ARN is the one asked for, or one with a fresh
// suffix where a name was.
func (req *request) deletedNothing(id SecretID) (SecretOutput, error) {
	out := SecretOutput{ARN: id.raw, Name: id.name.s, DeletionDate: req.now}
	if id.form == fullARN {
		return out, nil
	}
	suffix, err := req.core.random.suffix()
	if err != nil {
		return SecretOutput{}, err
	}
	out.ARN = ARN{req.in.region.partition(), req.in.account, req.in.region, id.name, suffix}.String()
	return out, nil
}

// RestoreSecret takes the mark for deletion from a secret, which is then as it
// was: versions, staging labels, tags, policy, everything. It works while the
// time is before the DeletionDate, and later, if a clock is wrong, as long as the window
// has not passed by counted time: see [Secret.Restore]. On an active secret it succeeds
// and changes nothing.
//
// Errors: [*ResourceNotFoundError] for a secret that is not there, was deleted
// by force, or whose DeletionDate has come ([ErrRecoveryWindowOver]);
// [*InvalidParameterError] for a replica; [*ValidationError].
//
// Source: RestoreSecret in the AWS Secrets Manager API reference.
func (m *Manager) RestoreSecret(ctx context.Context, in SecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpRestoreSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	at, err := req.present()
	if err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.Restore(at)
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}, nil
}
