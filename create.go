package secretlife

import (
	"time"
)

// Creation is all that makes a new secret. What is random in it is drawn by the
// caller.
type Creation struct {
	Key         Key
	Suffix      [suffixLength]byte // alphanumeric, for the ARN
	Incarnation Incarnation
	VersionID   VersionID // of the first version; without one, Value is zero
	Value       Value
	Description string
	KmsKeyID    string
	Type        string
	Tags        []Tag
	Replicas    []ReplicaTarget
	Overwrite   bool // ForceOverwriteReplicaSecret
}

// NewSecret decides CreateSecret where there is no secret of this name. Where
// there is one, see [Secret.CreateAgain].
func NewSecret(now time.Time, c Creation) (Change, error) {
	if err := checkTargets(c.Key.Region, c.Replicas); err != nil {
		return Change{}, err
	}
	now = instant(now)
	d := &secretData{
		id: &identity{
			scope:       scopeOf(c.Key.Account, c.Key.Region),
			name:        c.Key.Name,
			suffix:      c.Suffix,
			incarnation: c.Incarnation,
			created:     momentOf(now),
		},
		revision: 1,
		changed:  momentOf(now),
	}
	if c.Description != "" || c.KmsKeyID != "" || c.Type != "" || len(c.Tags) > 0 || len(c.Replicas) > 0 {
		m := d.attributes()
		m.description, m.kmsKeyID, m.kind = c.Description, defaultKey(c.KmsKeyID), c.Type
		if err := m.tag(c.Tags); err != nil {
			return Change{}, err
		}
		m.addReplicas(now, c.Replicas, c.Overwrite)
	}
	ch := Secret{}.change(d)
	if !c.Value.IsZero() {
		d.versions = []Version{{id: c.VersionID, created: momentOf(now)}}
		d.stages = []staged{{StageCurrent, c.VersionID}}
		ch.values = []VersionValue{{c.VersionID, c.Value}}
	}
	e := eventOf(OpCreateSecret, d, now)
	e.version = c.VersionID
	ch.events = []Event{e}
	return ch, nil
}

// CreateAgain decides CreateSecret where the secret s has the name already. It
// is refused, unless it repeats the call that made s: the same token as one of
// its versions with the same content. Then the secret stays as it is. stored
// is the value of that version, where s has it.
func (s Secret) CreateAgain(now time.Time, token VersionID, value, stored Value) error {
	rule, err := s.admit(OpCreateSecret, now)
	if rule != RefusedExists {
		return err
	}
	if _, ok := s.Version(token); ok && !value.IsZero() {
		if stored.Equal(value) {
			return nil
		}
		return s.errTokenInUse(token)
	}
	return err
}
