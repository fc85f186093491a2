package lifetest

import (
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
)

const day = 24 * 60 * 60 * 1000

func (m *model) create(at place, in secretlife.CreateSecretInput, token string) (*secret, *fault) {
	var c checks
	c.length("description", in.Description, 0, 2048)
	c.length("kmsKeyId", in.KmsKeyID, 0, 2048)
	c.length("type", in.Type, 0, 256)
	c.value(in.Value)
	c.tags(in.Tags)
	c.regions("addReplicaRegions.%d.member.region", regionsOf(in.AddReplicaRegions))
	c.name(in.Name)
	c.token("clientRequestToken", in.ClientRequestToken)
	if f := c.fault(); f != nil {
		return nil, f
	}
	k := key{at, in.Name}
	if s := m.secrets[k]; s != nil {
		return s, m.createAgain(s, in, token)
	}
	if f := badTargets(at.region, in.AddReplicaRegions); f != nil {
		return nil, f
	}
	s := &secret{
		key: k, created: m.now, changed: m.now, accessed: never, purgeAt: never, labels: map[string]string{},
		description: in.Description, kms: defaultKey(in.KmsKeyID), kind: in.Type,
	}
	if s.tag(in.Tags); len(s.tags) > 50 {
		return nil, &fault{code: codeLimit}
	}
	s.addReplicas(m.now, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	first := ""
	if !in.Value.IsZero() {
		first = token
		s.versions = []version{{token, m.now, never, in.Value, defaultKey(in.KmsKeyID)}}
		s.labels["AWSCURRENT"] = token
	}
	m.secrets[k] = s
	m.happened("CreateSecret", s, first)
	return s, nil
}

func (m *model) createAgain(s *secret, in secretlife.CreateSecretInput, token string) *fault {
	if s.scheduled {
		return &fault{codeRequest, textReserved}
	}
	if v := s.version(token); v != nil && !in.Value.IsZero() {
		return sameContent(s, v, in.Value)
	}
	return refuse(codeExists, textExistsThen, s.name)
}

// sameContent is the answer to a token that made the version v.
func sameContent(s *secret, v *version, value secretlife.Value) *fault {
	if v.value.IsBinary() == value.IsBinary() && v.value.Reveal() == value.Reveal() {
		return nil
	}
	return refuse(codeExists, textTokenUsed, v.id, s.arn())
}

func defaultKey(id string) string {
	if id == "alias/aws/secretsmanager" {
		return ""
	}
	return id
}

// remove is DeleteSecret. A nil secret with no fault is force on nothing.
func (m *model) remove(at place, in secretlife.DeleteSecretInput) (*secret, *fault) {
	var c checks
	c.id(in.SecretID)
	days := int64(30)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	switch {
	case days < 7 || days > 30:
		c.refuse(&fault{codeParameter, textWindow})
	case in.RecoveryWindowInDays != nil && in.ForceDeleteWithoutRecovery:
		c.refuse(&fault{codeParameter, textBoth})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, in.SecretID)
	switch {
	case f != nil && f.code == codeNotFound && in.ForceDeleteWithoutRecovery:
		return nil, nil
	case f != nil:
		return nil, f
	case s.primary != "":
		return nil, &fault{codeParameter, textOnReplica}
	case len(s.replicas) > 0:
		return nil, refuse(codeParameter, textHasReplica, s.arn(), strings.Join(s.regions(), ", "))
	case s.scheduled && !in.ForceDeleteWithoutRecovery:
		return nil, &fault{codeRequest, textMarked}
	case m.phaseOf(s) == secretlife.AwaitingPurge:
		return s, nil
	}
	m.mark(s, days, in.ForceDeleteWithoutRecovery)
	return s, nil
}

func (m *model) mark(s *secret, days int64, force bool) {
	again := s.scheduled
	m.change(s)
	s.scheduled, s.forced, s.date, s.purgeAt = true, force, m.now+days*day, never
	if force {
		s.date = m.now
	}
	m.happened("DeleteSecret", s, "")
	if !again {
		m.happenedToVersions("StartSecretVersionDelete", s)
	}
}

func (m *model) restore(at place, id string) (*secret, *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, id)
	switch {
	case f != nil:
		return nil, f
	case s.primary != "":
		return nil, &fault{codeParameter, textOnReplica}
	case m.phaseOf(s) == secretlife.AwaitingPurge:
		return nil, notFound()
	case s.scheduled:
		m.change(s)
		s.scheduled, s.date, s.purgeAt = false, 0, never
		m.happened("RestoreSecret", s, "")
		m.happenedToVersions("CancelSecretVersionDelete", s)
	}
	return s, nil
}

func (m *model) tagResource(at place, in secretlife.TagResourceInput) *fault {
	var c checks
	c.tags(in.Tags)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return f
	}
	old, tagged := append([]secretlife.Tag(nil), s.tags...), s.tagged
	if s.tag(in.Tags); len(s.tags) > 50 {
		s.tags, s.tagged = old, tagged
		return &fault{code: codeLimit}
	}
	m.edited(s, "TagResource", "")
	return nil
}

// edited finishes a change that replicas follow.
func (m *model) edited(s *secret, event, version string) {
	m.change(s)
	m.spread(s)
	m.happened(event, s, version)
}

func (s *secret) tag(tags []secretlife.Tag) {
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

func (m *model) untagResource(at place, in secretlife.UntagResourceInput) *fault {
	var c checks
	for i, k := range in.TagKeys {
		c.length(fmt.Sprintf("tagKeys.%d.member", i+1), k, 1, 128)
	}
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return f
	}
	s, f := m.use(at, in.SecretID, false)
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

// The policies that histories use, with what must come of them: malformed can't
// be read, wrong can't be attached, public and lockout are warned of.
var policies = map[string]*struct{ malformed, wrong, public, lockout bool }{
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"secretsmanager:*","Resource":"*"}]}`: {},
	`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`:                                      {lockout: true},
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"*","Resource":"*"}]}`:                         {public: true},
	`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}]}`:             {wrong: true},
	`{"Statement":[]}`: {malformed: true},
	`{"Statement":`:    {malformed: true},
	`"text"`:           {malformed: true},
}

func (m *model) putPolicy(at place, in secretlife.PutResourcePolicyInput) (*secret, *fault) {
	var c checks
	c.length("resourcePolicy", in.ResourcePolicy, 1, 20480)
	c.id(in.SecretID)
	p := policies[in.ResourcePolicy]
	if p != nil && (p.malformed || p.wrong) {
		c.refuse(&fault{code: codePolicy})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return nil, f
	}
	if p.public && in.BlockPublicPolicy {
		return nil, &fault{code: codePublic}
	}
	s.policy = in.ResourcePolicy
	m.edited(s, "PutResourcePolicy", "")
	return s, nil
}

func (m *model) getPolicy(at place, id string) (*secret, *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	return m.use(at, id, true)
}

func (m *model) deletePolicy(at place, id string) (*secret, *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, id, false)
	if f == nil && s.policy != "" {
		s.policy = ""
		m.edited(s, "DeleteResourcePolicy", "")
	}
	return s, f
}

func (m *model) describe(at place, id string) (*secret, *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, f
	}
	return m.find(at, id)
}
