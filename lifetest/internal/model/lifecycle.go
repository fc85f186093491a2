package model

import (
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// Day is 24 hours in milliseconds.
const Day = 24 * 60 * 60 * 1000

// Create is CreateSecret. token is the new version, also where the request has none.
func (m *Model) Create(at Place, in secretlife.CreateSecretInput, token string) (*Secret, *Fault) {
	var c checks
	c.length("description", in.Description, 0, 2048)
	c.length("kmsKeyId", in.KMSKeyID, 0, 2048)
	c.length("type", in.Type, 0, 256)
	c.value(in.Value)
	c.tags(in.Tags)
	m.replicaRegions(&c, in.AddReplicaRegions)
	c.name(in.Name)
	c.token("clientRequestToken", in.ClientRequestToken)
	c.systemTags(in.Tags)
	if f := c.fault(); f != nil {
		return nil, f
	}
	k := Key{at, in.Name}
	if s := m.Secrets[k]; s != nil {
		return s, m.createAgain(s, in, token)
	}
	if f := badTargets(at.Region, in.AddReplicaRegions); f != nil {
		return nil, f
	}
	s := &Secret{
		Key: k, created: m.Now, ordinal: m.ordinal(at), changed: m.Now, accessed: Never, PurgeAt: Never,
		Labels: map[string]string{}, description: in.Description, kms: in.KMSKeyID, kind: in.Type,
	}
	m.protectNew(s)
	if s.tag(in.Tags); len(s.tags) > 50 {
		return nil, &Fault{Code: codeLimit}
	}
	if service := owner(in.Name); service != "" {
		s.tag([]secretlife.Tag{{Key: "aws:secretsmanager:owningService", Value: service}})
	}
	s.addReplicas(m.Now, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	first := ""
	if !in.Value.IsZero() {
		first = token
		s.Versions = []Version{{token, m.Now, Never, in.Value, in.KMSKeyID}}
		s.Labels["AWSCURRENT"] = token
	}
	m.Secrets[k] = s
	m.record("CreateSecret", s, first)
	return s, nil
}

func (m *Model) createAgain(s *Secret, in secretlife.CreateSecretInput, token string) *Fault {
	if s.Scheduled {
		return &Fault{CodeRequest, textReserved}
	}
	if v := s.Version(token); v != nil && !in.Value.IsZero() {
		return sameContent(s, v, in.Value)
	}
	return refuse(CodeExists, textExistsThen, s.Name)
}

// sameContent returns the result of a repeated token that made the version v.
func sameContent(s *Secret, v *Version, value secretlife.Value) *Fault {
	if v.Value.IsBinary() == value.IsBinary() && v.Value.Reveal() == value.Reveal() {
		return nil
	}
	return refuse(CodeExists, textTokenUsed, v.ID, s.ARN())
}

// Remove is DeleteSecret. It returns neither a secret nor a fault for a forced deletion
// of a secret that does not exist.
func (m *Model) Remove(at Place, in secretlife.DeleteSecretInput) (*Secret, *Fault) {
	var c checks
	c.id(in.SecretID)
	days := int64(30)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	switch {
	case days < 7 || days > 30:
		c.refuse(&Fault{CodeParameter, textWindow})
	case in.RecoveryWindowInDays != nil && in.ForceDeleteWithoutRecovery:
		c.refuse(&Fault{CodeParameter, textBoth})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, in.SecretID)
	switch {
	case f != nil && f.Code == CodeNotFound && in.ForceDeleteWithoutRecovery:
		return nil, nil
	case f != nil:
		return nil, f
	case s.Primary != "":
		return nil, &Fault{CodeParameter, textOnReplica}
	case len(s.Replicas) > 0:
		return nil, refuse(CodeParameter, textHasReplica, s.ARN(), strings.Join(s.Regions(), ", "))
	case s.Scheduled && !in.ForceDeleteWithoutRecovery:
		return nil, &Fault{CodeRequest, textMarked}
	}
	if f := m.kept(s, days, in.ForceDeleteWithoutRecovery); f != nil {
		return nil, f
	}
	if m.PhaseOf(s) == secretlife.PhaseAwaitingPurge {
		return s, nil
	}
	m.scheduleDeletion(s, days, in.ForceDeleteWithoutRecovery)
	return s, nil
}

func (m *Model) scheduleDeletion(s *Secret, days int64, force bool) {
	again := s.Scheduled
	m.change(s)
	s.Scheduled, s.forced, s.Date, s.PurgeAt = true, force, m.Now+days*Day, Never
	s.deleted, s.window, s.since, s.Count = m.Now, days*Day, m.Elapsed, nil
	if force {
		s.Date = m.Now
	}
	m.record("DeleteSecret", s, "")
	if !again {
		m.recordForVersions("StartSecretVersionDelete", s)
	}
}

// passed reports whether the window of a scheduled deletion has really passed.
func (m *Model) passed(s *Secret) bool { return m.Elapsed-s.since >= s.window }

// Restore is RestoreSecret.
func (m *Model) Restore(at Place, id string) (*Secret, *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, id)
	switch {
	case f != nil:
		return nil, f
	case s.Primary != "":
		return nil, &Fault{CodeParameter, textOnReplica}
	case m.PhaseOf(s) == secretlife.PhaseAwaitingPurge && (s.forced || m.passed(s)) && len(m.keeping(s)) == 0:
		return nil, notFound()
	case s.Scheduled:
		m.change(s)
		s.Scheduled, s.Date, s.PurgeAt, s.Count = false, 0, Never, nil
		m.record("RestoreSecret", s, "")
		m.recordForVersions("CancelSecretVersionDelete", s)
	}
	return s, nil
}

// TagResource adds tags.
func (m *Model) TagResource(at Place, in secretlife.TagResourceInput) *Fault {
	var c checks
	c.tags(in.Tags)
	c.id(in.SecretID)
	c.systemTags(in.Tags)
	if f := c.fault(); f != nil {
		return f
	}
	s, f := m.useForTagging(at, in.SecretID)
	if f != nil {
		return f
	}
	old, tagged := append([]secretlife.Tag(nil), s.tags...), s.tagged
	if s.tag(in.Tags); len(s.tags) > 50 {
		s.tags, s.tagged = old, tagged
		return &Fault{Code: codeLimit}
	}
	m.edited(s, "TagResource", "")
	return nil
}

// useForTagging is use for the operations on tags, which secrets of AWS services refuse.
func (m *Model) useForTagging(at Place, id string) (*Secret, *Fault) {
	s, f := m.use(at, id, false)
	if f == nil && owner(s.Name) != "" {
		return nil, &Fault{Code: CodeRequest}
	}
	return s, f
}

// edited finishes a change that is replicated.
func (m *Model) edited(s *Secret, event, version string) {
	m.change(s)
	m.queueReplication(s)
	m.record(event, s, version)
}

func (s *Secret) tag(tags []secretlife.Tag) {
next:
	for _, t := range tags {
		s.tagged = true
		for i := range s.tags {
			if s.tags[i].Key == t.Key {
				s.tags[i].Value = t.Value
				continue next
			}
		}
		s.tags = append(s.tags, t)
	}
}

// UntagResource removes tags.
func (m *Model) UntagResource(at Place, in secretlife.UntagResourceInput) *Fault {
	var c checks
	for i, k := range in.TagKeys {
		c.length(fmt.Sprintf("tagKeys.%d.member", i+1), k, 1, 128)
	}
	c.id(in.SecretID)
	for _, k := range in.TagKeys {
		c.systemTags([]secretlife.Tag{{Key: k}})
	}
	if f := c.fault(); f != nil {
		return f
	}
	s, f := m.useForTagging(at, in.SecretID)
	if f != nil {
		return f
	}
	var left []secretlife.Tag
	for _, t := range s.tags {
		if !contains(in.TagKeys, t.Key) {
			left = append(left, t)
		}
	}
	s.tags = left
	m.edited(s, "UntagResource", "")
	return nil
}

func contains(list []string, x string) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// Policies are the policies of histories: a malformed one can't be parsed, a wrong one
// can't be attached, and a public one or a lockout causes a warning. The others are shown
// as they are printed.
var Policies = map[string]*struct {
	malformed, Wrong, Public, Lockout bool
	printed                           string
}{
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"secretsmanager:*","Resource":"*"}]}`: {
		printed: "{\n  \"Statement\" : [ {\n    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n" +
			"      \"AWS\" : \"111122223333\"\n    },\n    \"Action\" : \"secretsmanager:*\",\n" +
			"    \"Resource\" : \"*\"\n  } ]\n}",
	},
	`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`: {
		Lockout: true,
		printed: "{\n  \"Statement\" : {\n    \"Effect\" : \"Deny\",\n    \"Principal\" : \"*\",\n    \"Action\" : \"*\",\n" +
			"    \"Resource\" : \"*\"\n  }\n}",
	},
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"*","Resource":"*"}]}`: {
		Public: true,
		printed: "{\n  \"Statement\" : [ {\n    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n      \"AWS\" : [ \"*\" ]\n" +
			"    },\n    \"Action\" : \"*\",\n    \"Resource\" : \"*\"\n  } ]\n}",
	},
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}]}`: {
		Wrong: true,
	},
	`{"Statement":[]}`: {malformed: true},
	`{"Statement":`:    {malformed: true},
	`"text"`:           {malformed: true},
}

// PutPolicy is PutResourcePolicy.
func (m *Model) PutPolicy(at Place, in secretlife.PutResourcePolicyInput) (*Secret, *Fault) {
	var c checks
	c.length("resourcePolicy", in.ResourcePolicy, 1, 20480)
	c.id(in.SecretID)
	p := Policies[in.ResourcePolicy]
	if p != nil && (p.malformed || p.Wrong) {
		c.refuse(&Fault{Code: codePolicy})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return nil, f
	}
	if p.Public && in.BlockPublicPolicy {
		return nil, &Fault{Code: codePublic}
	}
	s.Policy = p.printed
	m.edited(s, "PutResourcePolicy", "")
	return s, nil
}

// GetPolicy is GetResourcePolicy.
func (m *Model) GetPolicy(at Place, id string) (*Secret, *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	return m.use(at, id, true)
}

// DeletePolicy is DeleteResourcePolicy.
func (m *Model) DeletePolicy(at Place, id string) (*Secret, *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, id, false)
	if f == nil && s.Policy != "" {
		s.Policy = ""
		m.edited(s, "DeleteResourcePolicy", "")
	}
	return s, f
}

// Describe is DescribeSecret.
func (m *Model) Describe(at Place, id string) (*Secret, *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	return m.find(at, id)
}
