package secretlife

import (
	"context"
	"errors"
	"time"
)

// DescribeSecretInput is the request of [Manager.DescribeSecret].
type DescribeSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
}

// DescribeSecretOutput is the answer of [Manager.DescribeSecret]. Members that
// the secret does not have are zero, or nil for dates.
type DescribeSecretOutput struct {
	ARN              string
	Name             string
	Description      string
	KmsKeyID         string
	Type             string
	CreatedDate      time.Time
	LastChangedDate  time.Time
	LastAccessedDate *time.Time // a midnight in UTC
	// DeletedDate is the DeletionDate of a secret that is marked for deletion.
	DeletedDate *time.Time
	// Tags is nil for a secret that never had one, empty for one that lost them.
	Tags []Tag
	// VersionIDsToStages has the versions with labels only.
	VersionIDsToStages map[string][]Stage
	PrimaryRegion      string
	// OwningService is the AWS service the secret belongs to: see
	// [Secret.OwningService].
	OwningService     string
	ReplicationStatus []ReplicationStatus
	RotationDetails
}

// RotationDetails are what an answer says of the rotation of a secret. All are
// zero for a secret that rotation was never set up for.
type RotationDetails struct {
	// RotationEnabled is false after CancelRotateSecret, and nil where rotation
	// was never set up.
	RotationEnabled   *bool
	RotationLambdaARN string
	// RotationRules are as they were set. With a ScheduleExpression,
	// AutomaticallyAfterDays is the days from the last rotation to the next, since
	// the first.
	RotationRules *RotationRules
	// LastRotatedDate is nil before the first rotation, and while rotation is
	// turned off.
	LastRotatedDate *time.Time
	// NextRotationDate is the end of the next rotation window, in which the
	// rotation takes place.
	NextRotationDate               *time.Time
	ExternalSecretRotationRoleARN  string
	ExternalSecretRotationMetadata []ExternalSecretRotationMetadataItem
}

// ReplicationStatus is one Region a secret is replicated to.
type ReplicationStatus struct {
	Region           string
	KmsKeyID         string
	Status           ReplicaStatus
	StatusMessage    string
	LastAccessedDate *time.Time // of the replica
}

// DescribeSecret tells what there is to know of a secret but its values,
// whether or not it is scheduled for deletion.
//
// Errors: [*ResourceNotFoundError]; [*ValidationError].
//
// Source: DescribeSecret in the AWS Secrets Manager API reference.
func (m *Manager) DescribeSecret(ctx context.Context, in DescribeSecretInput) (out DescribeSecretOutput, err error) {
	f, err := m.begin(ctx, OpDescribeSecret, in.SecretID)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	s, err := f.load(id)
	if err != nil {
		return out, err
	}
	if _, err := s.admit(f.op, f.now); err != nil {
		return out, err
	}
	out = describe(s)
	if was, ok := f.states.seen(s, f.now); ok {
		out.DeletedDate = optionalTime(was.Deletion().Date())
	}
	return out, f.fillReplicas(s, out.ReplicationStatus)
}

func describe(s Secret) DescribeSecretOutput {
	primary, _ := s.PrimaryRegion()
	return DescribeSecretOutput{
		ARN:                s.ARN().String(),
		Name:               s.Name().s,
		Description:        s.Description(),
		KmsKeyID:           s.KmsKeyID(),
		Type:               s.Type(),
		CreatedDate:        s.CreatedDate(),
		LastChangedDate:    s.LastChangedDate(),
		LastAccessedDate:   optionalTime(s.LastAccessedDate()),
		DeletedDate:        optionalTime(s.Deletion().Date()),
		Tags:               s.Tags(),
		VersionIDsToStages: versionIDsToStages(s),
		PrimaryRegion:      primary.s,
		OwningService:      s.OwningService(),
		ReplicationStatus:  replicationStatus(s),
		RotationDetails:    rotationDetails(s),
	}
}

func rotationDetails(s Secret) RotationDetails {
	r, ok := s.Rotation()
	if !ok {
		return RotationDetails{}
	}
	out := RotationDetails{
		RotationEnabled:                &r.Enabled,
		RotationLambdaARN:              r.LambdaARN,
		ExternalSecretRotationRoleARN:  r.RoleARN,
		ExternalSecretRotationMetadata: r.Metadata,
		LastRotatedDate:                optionalTime(r.LastRotatedDate, r.Enabled && !r.LastRotatedDate.IsZero()),
		NextRotationDate:               optionalTime(r.NextRotationDate, !r.NextRotationDate.IsZero()),
	}
	if r.Rules != (RotationRules{}) {
		out.RotationRules = &r.Rules
	}
	return out
}

func optionalTime(t time.Time, ok bool) *time.Time {
	if !ok {
		return nil
	}
	return &t
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

func replicationStatus(s Secret) []ReplicationStatus {
	var out []ReplicationStatus
	for _, r := range s.attrs().replicas {
		out = append(out, ReplicationStatus{Region: r.Region.s, KmsKeyID: r.KmsKeyID, Status: r.Status, StatusMessage: r.StatusMessage})
	}
	return out
}

// fillReplicas asks the replicas when they were last read.
func (f *frame) fillReplicas(s Secret, status []ReplicationStatus) error {
	for i, r := range s.attrs().replicas {
		there, err := f.store.Load(f.ctx, s.keyIn(r.Region))
		switch {
		case errors.Is(err, ErrSecretNotFound):
			continue
		case err != nil:
			return f.failed(err)
		}
		if there.isReplicaFrom(s) {
			status[i].LastAccessedDate = optionalTime(there.LastAccessedDate())
		}
	}
	return nil
}

// keyIn is the key of the same name in another Region.
func (s Secret) keyIn(r Region) Key {
	k := s.Key()
	k.Region = r
	return k
}
