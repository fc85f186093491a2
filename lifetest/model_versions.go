package lifetest

import (
	"slices"

	"github.com/secretlife-go/secretlife"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"

	mostStages = 20
)

// promote makes a version current. With drop, a version that was current and
// pending at once loses AWSPENDING, as when a new version comes.
func (s *secret) promote(id string, drop bool) {
	was, had := s.labels[current]
	if drop && had && s.labels[pending] == was {
		delete(s.labels, pending)
	}
	if had && was != id {
		s.labels[previous] = was
	}
	s.labels[current] = id
}

func (m *model) put(at place, in secretlife.PutSecretValueInput, token string) (*secret, *fault) {
	var c checks
	c.value(in.Value)
	c.stages(in.VersionStages)
	c.id(in.SecretID)
	c.token("clientRequestToken", in.ClientRequestToken)
	if in.Value.IsZero() {
		c.refuse(&fault{code: codeRequest})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.useForWriting(at, in.SecretID)
	if f != nil {
		return nil, f
	}
	v := s.version(token)
	if v != nil && !v.empty() {
		return s, sameContent(s, v, in.Value)
	}
	next := cloneLabels(s.labels)
	s.labels, next = next, s.labels // edit a copy, for a refusal must undo it
	_, has := s.labels[current]
	promotes := len(in.VersionStages) == 0 || slices.Contains(in.VersionStages, current) || !has
	if promotes {
		s.promote(token, true)
	}
	for _, l := range in.VersionStages {
		if l != current {
			s.labels[string(l)] = token
		}
	}
	if len(s.labels) > mostStages {
		s.labels = next
		return nil, &fault{code: codeLimit}
	}
	m.write(s, "PutSecretValue", token, in.Value, promotes)
	return s, nil
}

// write gives a version its value: a new one, or one that a rotation reserved.
func (m *model) write(s *secret, event, token string, value secretlife.Value, promoted bool) {
	if v := s.version(token); v != nil {
		v.value = value
	} else {
		s.versions = append(s.versions, version{token, m.now, never, value, s.kms})
	}
	abandoned := promoted && s.overtaken(token, m.now)
	m.edited(s, event, token)
	if abandoned {
		m.happened("RotationAbandoned", s, "")
	}
}

func cloneLabels(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels))
	for l, v := range labels {
		out[l] = v
	}
	return out
}

// useForWriting is use for the operations that write a value. Whether another
// account learns of the default key or of the mark first, nobody knows.
func (m *model) useForWriting(at place, id string) (*secret, *fault) {
	s, f := m.find(at, id)
	if f != nil {
		return nil, f
	}
	_, f = m.use(at, id, false)
	if foreignKey(at, s) {
		if f != nil {
			return nil, &fault{}
		}
		return nil, &fault{codeRequest, textAcrossKMS}
	}
	return s, f
}

func (m *model) update(at place, in secretlife.UpdateSecretInput, token string) (*secret, *fault) {
	var c checks
	for _, x := range []struct {
		member string
		text   *string
		most   int
	}{{"description", in.Description, 2048}, {"kmsKeyId", in.KmsKeyID, 2048}, {"type", in.Type, 256}} {
		if x.text != nil {
			c.length(x.member, *x.text, 0, x.most)
		}
	}
	c.value(in.Value)
	c.id(in.SecretID)
	c.token("clientRequestToken", in.ClientRequestToken)
	if f := c.fault(); f != nil {
		return nil, f
	}
	if !in.Value.IsZero() {
		s, f := m.useForWriting(at, in.SecretID)
		if f != nil {
			return nil, f
		}
		if v := s.version(token); v != nil && !v.empty() {
			return s, sameContent(s, v, in.Value)
		}
		if s.wouldOverflow() {
			return nil, &fault{code: codeLimit}
		}
		s.describeAs(in)
		s.promote(token, true)
		m.write(s, "UpdateSecret", token, in.Value, true)
		return s, nil
	}
	onlyKey := in.KmsKeyID != nil && in.Description == nil && in.Type == nil
	s, f := m.use(at, in.SecretID, onlyKey)
	if f != nil {
		return nil, f
	}
	s.describeAs(in)
	m.edited(s, "UpdateSecret", "")
	return s, nil
}

// wouldOverflow reports whether a promotion would need a label too many: the
// one it can add is AWSPREVIOUS.
func (s *secret) wouldOverflow() bool {
	try := secret{labels: cloneLabels(s.labels)}
	try.promote("?", true)
	return len(try.labels) > mostStages
}

func (s *secret) describeAs(in secretlife.UpdateSecretInput) {
	if in.Description != nil {
		s.description = *in.Description
	}
	if in.KmsKeyID != nil {
		// UpdateSecret, "KmsKeyId": existing versions with these labels change their
		// key, too.
		s.kms = defaultKey(*in.KmsKeyID)
		for _, label := range []string{current, pending, previous} {
			if v := s.version(s.labels[label]); v != nil {
				v.kms = s.kms
			}
		}
	}
	if in.Type != nil {
		s.kind = *in.Type
	}
}

func (m *model) get(at place, in secretlife.GetSecretValueInput) (*secret, *version, *fault) {
	var c checks
	c.id(in.SecretID)
	c.token("versionId", in.VersionID)
	c.length("versionStage", string(in.VersionStage), 0, 256)
	if f := c.fault(); f != nil {
		return nil, nil, f
	}
	s, f := m.use(at, in.SecretID, true)
	if f != nil {
		return nil, nil, f
	}
	id, f := s.choose(in.VersionID, string(in.VersionStage))
	if f != nil {
		return nil, nil, f
	}
	if foreignKey(at, s) {
		return nil, nil, &fault{codeRequest, textAcrossKMS}
	}
	v := s.version(id)
	if today := m.now - mod(m.now, day); v.accessed < today {
		v.accessed, s.accessed = today, max(s.accessed, today)
		m.happened("GetSecretValue", s, "")
	}
	return s, v, nil
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

func (s *secret) choose(id, label string) (string, *fault) {
	if id == "" {
		if label == "" {
			label = current
		}
		if at, ok := s.labels[label]; ok && !s.version(at).empty() {
			return at, nil
		}
		return "", refuse(codeNotFound, textNoStage, label)
	}
	if v := s.version(id); v == nil || v.empty() {
		return "", refuse(codeNotFound, textNoVersion, id)
	}
	if label != "" && s.labels[label] != id {
		return "", &fault{codeRequest, textMismatch}
	}
	return id, nil
}

func (m *model) moveStage(at place, in secretlife.UpdateSecretVersionStageInput) (*secret, *fault) {
	label, from, to := string(in.VersionStage), in.RemoveFromVersionID, in.MoveToVersionID
	var c checks
	c.length("versionStage", label, 1, 256)
	c.token("removeFromVersionId", from)
	c.token("moveToVersionId", to)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return nil, f
	}
	holder, held := s.labels[label]
	switch {
	case from == "" && to == "":
		return nil, &fault{code: codeParameter}
	case to != "" && (s.version(to) == nil || label == current && s.version(to).empty()):
		return nil, refuse(codeNotFound, textNoVersion, to)
	case held && holder == to && (from == "" || from == holder):
		return s, nil
	case held && from == "":
		return nil, refuse(codeParameter, textHeld, label, holder)
	case from != "" && from != holder, to == "" && label == current:
		return nil, &fault{code: codeParameter}
	case !held && len(s.labels) >= mostStages:
		return nil, &fault{code: codeLimit}
	case label == current && s.labels[previous] == "" && len(s.labels) >= mostStages:
		return nil, &fault{code: codeLimit}
	}
	switch {
	case to == "":
		delete(s.labels, label)
	case label == current:
		s.promote(to, false)
	default:
		s.labels[label] = to
	}
	m.edited(s, "UpdateSecretVersionStage", "")
	return s, nil
}

func (m *model) listVersions(at place, in secretlife.ListSecretVersionIdsInput) (*secret, *fault) {
	var c checks
	c.page(in.MaxResults)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, in.SecretID)
	if f == nil && in.NextToken != "" { // only ever a bad one
		return nil, &fault{code: codeToken}
	}
	return s, f
}

func (c *checks) page(most int) {
	if most < 0 || most > 100 {
		c.violations = append(c.violations, "")
	}
}
