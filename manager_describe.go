package secretlife

import (
	"context"
	"errors"
	"time"

	"github.com/secretlife-go/secretlife/internal/pagetoken"
)

// SecretDetails are what DescribeSecret and ListSecrets return of a secret: all there is to
// know but its values. Members that the secret does not have are zero.
type SecretDetails struct {
	ARN              string
	Name             string
	Description      string
	KMSKeyID         string
	Type             string
	CreatedDate      time.Time
	LastChangedDate  time.Time
	LastAccessedDate time.Time // a midnight in UTC
	// DeletedDate is when DeleteSecret was called for a secret that is marked for
	// deletion. It is not the DeletionDate that DeleteSecret returned.
	DeletedDate time.Time
	// Tags is nil for a secret that never had one, empty for one that lost them.
	Tags []Tag
	// VersionIDsToStages has the versions with labels only. In a list AWS calls it
	// SecretVersionsToStages.
	VersionIDsToStages map[string][]Stage
	PrimaryRegion      string
	// OwningService is the AWS service the secret belongs to: see
	// [Secret.OwningService].
	OwningService string
	// ReplicationStatus has the Regions that the secret is replicated to; nil in a list.
	ReplicationStatus []Replica
	// Holds and Protection are beyond AWS: the holds of the secret, as [Secret.Holds] has them, and
	// its protection, which [Options].Protection can make stronger than it says.
	Holds      []Hold
	Protection Protection
	RotationDetails
}

// DescribeSecret tells what there is to know of a secret but its values,
// whether or not it is scheduled for deletion.
//
// Errors: [*ResourceNotFoundError]; [*ValidationError].
//
// Source: DescribeSecret in the AWS Secrets Manager API reference.
func (m *Manager) DescribeSecret(ctx context.Context, in SecretInput) (out SecretDetails, err error) {
	req, err := begin(ctx, m, OpDescribeSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	s, err := req.read(id)
	if err != nil {
		return out, err
	}
	out = describe(s)
	if was, ok := req.core.states.seen(s, req.now); ok {
		out.DeletedDate = orZero(was.Deletion().DeletedDate())
	}
	return out, req.fillReplicas(s, out.ReplicationStatus)
}

// Secret returns the secret that an id names, as DescribeSecret would see it, for the rules
// that are methods of a [Secret], such as [Secret.Phase]. It is a call of DescribeSecret for
// quotas and the [Observer].
//
// Errors: see [Manager.DescribeSecret].
func (m *Manager) Secret(ctx context.Context, id string) (s Secret, err error) {
	req, err := begin(ctx, m, OpDescribeSecret, id, SecretInput{id})
	defer req.end(&err)
	if err != nil {
		return Secret{}, err
	}
	parsed, err := ParseSecretID(id)
	if err != nil {
		return Secret{}, err
	}
	return req.read(parsed)
}

func describe(s Secret) SecretDetails {
	primary, _ := s.PrimaryRegion()
	return SecretDetails{
		ARN:                s.ARN().String(),
		Name:               s.Name().s,
		Description:        s.Description(),
		KMSKeyID:           s.KMSKeyID(),
		Type:               s.Type(),
		CreatedDate:        s.CreatedDate(),
		LastChangedDate:    s.LastChangedDate(),
		LastAccessedDate:   orZero(s.LastAccessedDate()),
		DeletedDate:        orZero(s.Deletion().DeletedDate()),
		Tags:               s.Tags(),
		VersionIDsToStages: versionIDsToStages(s),
		PrimaryRegion:      primary.s,
		OwningService:      s.OwningService(),
		ReplicationStatus:  s.Replicas(),
		Holds:              s.Holds(),
		Protection:         s.Protection(),
		RotationDetails:    s.Rotation(),
	}
}

func versionIDsToStages(s Secret) map[string][]Stage {
	d := s.data()
	if len(d.stages) == 0 {
		return nil
	}
	out := make(map[string][]Stage, len(d.stages))
	for _, x := range d.stages {
		out[x.version.s] = append(out[x.version.s], x.label)
	}
	return out
}

// fillReplicas asks the replicas when they were last read.
func (req *request) fillReplicas(s Secret, status []Replica) error {
	for i, r := range s.attrs().replicas {
		there, err := req.core.store.Load(req.ctx, s.keyIn(r.region))
		switch {
		case errors.Is(err, ErrSecretNotFound):
			continue
		case err != nil:
			return req.failed(err)
		}
		if there.isReplicaFrom(s) {
			status[i].LastAccessedDate = orZero(there.LastAccessedDate())
		}
	}
	return nil
}

// ListSecretVersionIdsInput is the request of [Manager.ListSecretVersionIds].
type ListSecretVersionIdsInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// IncludeDeprecated lists versions without staging labels too.
	IncludeDeprecated bool
	// MaxResults is the longest page, 1 to 100; 0 is 100.
	MaxResults int
	// NextToken goes on where a page ended; "" begins.
	NextToken string
}

func (in ListSecretVersionIdsInput) tell(c *call) {
	p := &c.params
	p.flag("includeDeprecated", in.IncludeDeprecated)
	p.page(in.MaxResults, in.NextToken)
}

// ListSecretVersionIdsOutput is the response of [Manager.ListSecretVersionIds].
type ListSecretVersionIdsOutput struct {
	ARN      string
	Name     string
	Versions []SecretVersionsListEntry
	// NextToken is "" on the last page.
	NextToken string
}

// SecretVersionsListEntry is one version of a list.
type SecretVersionsListEntry struct {
	VersionID        string
	VersionStages    []Stage // none for a deprecated version
	CreatedDate      time.Time
	LastAccessedDate time.Time // a midnight in UTC; zero if the value was never read
	// KMSKeyIDs has one key: that of the secret when the version was made, or when
	// UpdateSecret changed it while the version had AWSCURRENT, AWSPENDING or
	// AWSPREVIOUS. The account's default key is "DefaultEncryptionKey".
	KMSKeyIDs []string
}

// ListSecretVersionIds lists the versions of a secret in order of creation,
// whether or not it is scheduled for deletion.
//
// Errors: [*InvalidNextTokenError] ([ErrInvalidNextToken]);
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: ListSecretVersionIds in the AWS Secrets Manager API reference.
func (m *Manager) ListSecretVersionIds(
	ctx context.Context, in ListSecretVersionIdsInput,
) (out ListSecretVersionIdsOutput, err error) {
	req, err := begin(ctx, m, OpListSecretVersionIds, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	limit := p.page(in.MaxResults, in.NextToken, maxListPage)
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := req.read(id)
	if err != nil {
		return out, err
	}
	after := p.cursor(req.core.tokenKey, in.NextToken, "v", s.Incarnation().String())
	if err := p.err(); err != nil {
		return out, err
	}
	out = ListSecretVersionIdsOutput{ARN: s.ARN().String(), Name: s.Name().s, Versions: []SecretVersionsListEntry{}}
	for _, v := range s.versionsAfter(after) {
		stages := s.Stages(v.id)
		if len(stages) == 0 && !in.IncludeDeprecated {
			continue
		}
		if len(out.Versions) == limit {
			last := out.Versions[limit-1]
			place := pagetoken.Place{At: last.CreatedDate, Name: last.VersionID}
			out.NextToken = pagetoken.Seal(req.core.tokenKey, "v", s.Incarnation().String(), place)
			break
		}
		out.Versions = append(out.Versions, versionEntry(s, v, stages))
	}
	return out, nil
}

// versionsAfter skips the versions a page before has listed: up to the one the
// cursor names or, where that is gone, up to the instant it was made.
func (s Secret) versionsAfter(c Cursor) []Version {
	d := s.data()
	if c.IsZero() {
		return d.versionsFrom(0)
	}
	if i := d.indexOf(VersionID{c.Name}); i >= 0 {
		return d.versionsFrom(i + 1)
	}
	for i, v := range d.versions.All() {
		if v.CreatedDate().After(c.At) {
			return d.versionsFrom(i)
		}
	}
	return nil
}

func versionEntry(s Secret, v Version, stages []Stage) SecretVersionsListEntry {
	return SecretVersionsListEntry{
		VersionID:        v.id.s,
		VersionStages:    stages,
		CreatedDate:      v.CreatedDate(),
		LastAccessedDate: orZero(v.LastAccessedDate()),
		KMSKeyIDs:        []string{s.shownKey(v.id)},
	}
}

// UpdateSecretVersionStageInput is the request of
// [Manager.UpdateSecretVersionStage].
type UpdateSecretVersionStageInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// VersionStage is the staging label to move, 1 to 256 characters.
	VersionStage Stage
	// RemoveFromVersionID is the version that has the label, required where one
	// has it.
	RemoveFromVersionID string
	// MoveToVersionID is the version that gets it, "" for none.
	MoveToVersionID string
}

func (in UpdateSecretVersionStageInput) tell(c *call) {
	p := &c.params
	p.text("versionStage", string(in.VersionStage))
	p.text("removeFromVersionId", in.RemoveFromVersionID)
	p.text("moveToVersionId", in.MoveToVersionID)
}

// UpdateSecretVersionStage moves a staging label. Moving AWSCURRENT moves
// AWSPREVIOUS to the version it leaves. A version that loses its last label is
// deprecated.
//
// Errors: [*InvalidParameterError] where RemoveFromVersionID is not the version
// that has the label ([ErrStageHeld]), where AWSCURRENT would be on none, and
// for a replica; [*InvalidRequestError] for a scheduled secret;
// [*LimitExceededError] for more than 20 labels; [*ResourceNotFoundError];
// [*ValidationError].
//
// Source: UpdateSecretVersionStage in the AWS Secrets Manager API reference.
func (m *Manager) UpdateSecretVersionStage(
	ctx context.Context, in UpdateSecretVersionStageInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpUpdateSecretVersionStage, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.add(checkStage("versionStage", in.VersionStage))
	from := p.versionID("removeFromVersionId", in.RemoveFromVersionID)
	to := p.versionID("moveToVersionId", in.MoveToVersionID)
	id := p.secretID(in.SecretID)
	if err := p.err(); err != nil {
		return out, err
	}
	label := cloneStages([]Stage{in.VersionStage})[0]
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.MoveStage(req.at(), label, from, to)
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}, nil
}

// Health returns nil if the Manager's store works: see [Store]. If the store can't tell, the
// Manager asks it for what is due, which every store must be able to say.
func (m *Manager) Health(ctx context.Context) error {
	err := m.core.store.Health(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		_, err = m.core.store.Due(ctx, DueQuery{By: time.Unix(0, 0), Limit: 1})
	}
	return err
}

// noteRead saves that the value was read on this day, once a day. A store that
// can't write does not keep the value from its reader.
func (req *request) noteRead(s Secret, id, asked VersionID, label Stage) error {
	if s.wasRead(req.now, id) {
		return nil
	}
	at := req.at()
	c, err := s.Read(at, id)
	if err != nil || c.IsZero() {
		return err
	}
	c = withCall(req, c, GetSecretValueInput{SecretID: req.id, VersionID: asked.s, VersionStage: label})
	said := c.events[0].call
	err = req.commitLater(s.Key(), func(present Secret) Change {
		c, err := present.Read(at, id)
		if err != nil || c.IsZero() || present.Incarnation() != s.Incarnation() {
			return Change{} // it was deleted meanwhile, or the version aged
		}
		c.events[0].call = said
		return c
	})
	if errors.Is(err, errors.ErrUnsupported) {
		err = req.commit(c)
	}
	if err == nil || errors.Is(err, ErrConflict) || req.ctx.Err() != nil {
		return err
	}
	req.core.log.WarnContext(req.ctx, "can't note the day a value was read", "arn", s.ARN().String(), "error", err)
	return nil
}
