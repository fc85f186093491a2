package model

import (
	"slices"

	"github.com/secretlife-go/secretlife"
)

// The staging labels of AWS.
const (
	Current  = "AWSCURRENT"
	Previous = "AWSPREVIOUS"
	Pending  = "AWSPENDING"

	mostStages = 20
)

// promote makes a version current. With drop, a version that was both current and
// pending loses AWSPENDING, as it does when a new version is written.
func (s *Secret) promote(id string, drop bool) {
	was, had := s.Labels[Current]
	if drop && had && s.Labels[Pending] == was {
		delete(s.Labels, Pending)
	}
	if had && was != id {
		s.Labels[Previous] = was
	}
	s.Labels[Current] = id
}

// Put is PutSecretValue. token is the version, also where the request has none.
func (m *Model) Put(at Place, in secretlife.PutSecretValueInput, token string) (*Secret, *Fault) {
	var c checks
	c.value(in.Value)
	c.stages(in.VersionStages)
	c.id(in.SecretID)
	c.token("clientRequestToken", in.ClientRequestToken)
	if in.Value.IsZero() {
		c.refuse(&Fault{Code: CodeRequest})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.useForWriting(at, in.SecretID)
	if f != nil {
		return nil, f
	}
	v := s.Version(token)
	if v != nil && !v.Empty() {
		return s, sameContent(s, v, in.Value)
	}
	next := cloneLabels(s.Labels)
	s.Labels, next = next, s.Labels // edit a copy, because a refusal must undo it
	_, has := s.Labels[Current]
	promotes := len(in.VersionStages) == 0 || slices.Contains(in.VersionStages, Current) || !has
	if promotes {
		s.promote(token, true)
	}
	for _, l := range in.VersionStages {
		if l != Current {
			s.Labels[string(l)] = token
		}
	}
	if len(s.Labels) > mostStages {
		s.Labels = next
		return nil, &Fault{Code: codeLimit}
	}
	m.write(s, "PutSecretValue", token, in.Value, promotes)
	return s, nil
}

// write gives a new or reserved version its value.
func (m *Model) write(s *Secret, event, token string, value secretlife.Value, promoted bool) {
	if v := s.Version(token); v != nil {
		v.Value = value
	} else {
		s.Versions = append(s.Versions, Version{token, m.Now, Never, value, s.kms})
	}
	abandoned := promoted && s.overtaken(token, m.Now)
	m.edited(s, event, token)
	if abandoned {
		m.record("RotationAbandoned", s, "")
	}
}

func cloneLabels(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels))
	for l, v := range labels {
		out[l] = v
	}
	return out
}

// useForWriting is use for the operations that write a value. It is not known whether
// another account gets the exception of the default key or that of the scheduled
// deletion.
func (m *Model) useForWriting(at Place, id string) (*Secret, *Fault) {
	s, f := m.find(at, id)
	if f != nil {
		return nil, f
	}
	_, f = m.use(at, id, false)
	if foreignKey(at, s) {
		if f != nil {
			return nil, &Fault{}
		}
		return nil, &Fault{CodeRequest, textAcrossKMS}
	}
	return s, f
}

// Update is UpdateSecret. token is the new version, also where the request has none.
func (m *Model) Update(at Place, in secretlife.UpdateSecretInput, token string) (*Secret, *Fault) {
	var c checks
	for _, x := range []struct {
		member string
		text   *string
		most   int
	}{{"description", in.Description, 2048}, {"kmsKeyId", in.KMSKeyID, 2048}, {"type", in.Type, 256}} {
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
		if v := s.Version(token); v != nil && !v.Empty() {
			return s, sameContent(s, v, in.Value)
		}
		if s.wouldOverflow() {
			return nil, &Fault{Code: codeLimit}
		}
		s.describeAs(in)
		s.promote(token, true)
		m.write(s, "UpdateSecret", token, in.Value, true)
		return s, nil
	}
	onlyKey := in.KMSKeyID != nil && in.Description == nil && in.Type == nil
	s, f := m.use(at, in.SecretID, onlyKey)
	if f != nil {
		return nil, f
	}
	s.describeAs(in)
	m.edited(s, "UpdateSecret", "")
	return s, nil
}

// wouldOverflow reports whether a promotion would exceed the limit of labels, since it
// can add AWSPREVIOUS.
func (s *Secret) wouldOverflow() bool {
	try := Secret{Labels: cloneLabels(s.Labels)}
	try.promote("?", true)
	return len(try.Labels) > mostStages
}

func (s *Secret) describeAs(in secretlife.UpdateSecretInput) {
	if in.Description != nil {
		s.description = *in.Description
	}
	if in.KMSKeyID != nil {
		// UpdateSecret, "KmsKeyId": existing versions with these labels change their
		// key, too.
		s.kms = *in.KMSKeyID
		for _, label := range []string{Current, Pending, Previous} {
			if v := s.Version(s.Labels[label]); v != nil {
				v.kms = s.kms
			}
		}
	}
	if in.Type != nil {
		s.kind = *in.Type
	}
}

// Get is GetSecretValue.
func (m *Model) Get(at Place, in secretlife.GetSecretValueInput) (*Secret, *Version, *Fault) {
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
		return nil, nil, &Fault{CodeRequest, textAcrossKMS}
	}
	v := s.Version(id)
	if today := m.Now - mod(m.Now, Day); v.accessed < today {
		v.accessed, s.accessed = today, max(s.accessed, today)
		m.record("GetSecretValue", s, "")
	}
	return s, v, nil
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

func (s *Secret) choose(id, label string) (string, *Fault) {
	if id == "" {
		if label == "" {
			label = Current
		}
		if at, ok := s.Labels[label]; ok && !s.Version(at).Empty() {
			return at, nil
		}
		return "", refuse(CodeNotFound, textNoStage, label)
	}
	if v := s.Version(id); v == nil || v.Empty() {
		return "", refuse(CodeNotFound, textNoVersion, id)
	}
	if label != "" && s.Labels[label] != id {
		return "", &Fault{CodeRequest, textMismatch}
	}
	return id, nil
}

// MoveStage is UpdateSecretVersionStage.
func (m *Model) MoveStage(at Place, in secretlife.UpdateSecretVersionStageInput) (*Secret, *Fault) {
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
	holder, held := s.Labels[label]
	switch {
	case from == "" && to == "":
		return nil, &Fault{Code: CodeParameter}
	case to != "" && (s.Version(to) == nil || label == Current && s.Version(to).Empty()):
		return nil, refuse(CodeNotFound, textNoVersion, to)
	case held && holder == to && (from == "" || from == holder):
		return s, nil
	case held && from == "":
		return nil, refuse(CodeParameter, textHeld, label, holder)
	case from != "" && from != holder, to == "" && label == Current:
		return nil, &Fault{Code: CodeParameter}
	case !held && len(s.Labels) >= mostStages:
		return nil, &Fault{Code: codeLimit}
	case label == Current && s.Labels[Previous] == "" && len(s.Labels) >= mostStages:
		return nil, &Fault{Code: codeLimit}
	}
	switch {
	case to == "":
		delete(s.Labels, label)
	case label == Current:
		s.promote(to, false)
	default:
		s.Labels[label] = to
	}
	m.edited(s, "UpdateSecretVersionStage", "")
	return s, nil
}

// ListVersions is ListSecretVersionIds.
func (m *Model) ListVersions(at Place, in secretlife.ListSecretVersionIdsInput) (*Secret, *Fault) {
	var c checks
	c.page(in.MaxResults)
	c.id(in.SecretID)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.find(at, in.SecretID)
	if f == nil && in.NextToken != "" { // histories send malformed ones only
		return nil, &Fault{Code: codeToken}
	}
	return s, f
}

func (c *checks) page(most int) {
	if most < 0 || most > 100 {
		c.violations = append(c.violations, "")
	}
}
