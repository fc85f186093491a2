package model

import (
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

const (
	textNoLambda = "No Lambda rotation function ARN is associated with this secret."
	textRotating = "A previous rotation isn't complete. That rotation will be reattempted."
	textDenied   = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy " +
		"grants access to the principal secretsmanager.amazonaws.com."
	textBothRules = "You cannot specify both rotation frequency and schedule expression together."
)

// rotation is the configuration and state of a secret's rotation.
type rotation struct {
	enabled  bool
	Function string
	Role     string
	Metadata []secretlife.Tag
	rules    secretlife.RotationRules
	last     int64
	opens    int64 // of the next window; Never without a schedule
	closes   int64
	Run      *rotationRun // nil if none is running
}

// rotationRun is one rotation over all its tries.
type rotationRun struct {
	Version string
	test    bool
	tries   int
	due     int64 // of the next try; Never until the next window
}

func (r *rotation) clone() *rotation {
	if r == nil {
		return nil
	}
	c := *r
	if r.Run != nil {
		run := *r.Run
		c.Run = &run
	}
	return &c
}

// managed reports whether the owner of the secret, an AWS service, rotates it.
func (r *rotation) managed() bool { return r.Function == "" && r.Role == "" }

// plan sets the next window after an instant.
func (r *rotation) plan(after int64) {
	r.opens, r.closes = Never, Never
	if c, ok := parseRules(r.rules); ok {
		r.opens, r.closes = c.window(after)
	}
}

// Running reports whether a rotation is running. It ends when its version has neither
// AWSPENDING nor AWSCURRENT.
func (s *Secret) Running() bool {
	if s.Rotation == nil || s.Rotation.Run == nil {
		return false
	}
	v := s.Rotation.Run.Version
	return s.Labels[Pending] == v || s.Labels[Current] == v
}

// occupied reports whether AWSPENDING is on another version than AWSCURRENT.
func (s *Secret) occupied() bool {
	v, has := s.Labels[Pending]
	return has && v != s.Labels[Current]
}

// full reports whether the limit of labels leaves no room for AWSPENDING.
func (s *Secret) full() bool {
	_, has := s.Labels[Pending]
	return !has && len(s.Labels) >= mostStages
}

// reserve makes the version of a rotation, which has no value yet.
func (s *Secret) reserve(id string, now int64) {
	s.Versions = append(s.Versions, Version{ID: id, Created: now, accessed: Never, kms: s.kms})
	s.Labels[Pending] = id
}

// Rotate is RotateSecret.
func (m *Model) Rotate(at Place, in secretlife.RotateSecretInput, token string) (*Secret, *Fault) {
	var c checks
	c.rules(in.RotationRules)
	c.id(in.SecretID)
	c.token("clientRequestToken", in.ClientRequestToken)
	if f := c.fault(); f != nil {
		return nil, f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return nil, f
	}
	again := s.Version(token) != nil
	var next *rotation
	if !again {
		if next, f = s.rotationAfter(m.Now, in); f != nil {
			return nil, f
		}
	}
	switch {
	case again && !m.RotationDenied:
		return s, nil
	case !again && (s.occupied() || s.Running()):
		return nil, &Fault{CodeRequest, textRotating}
	case !again && !next.managed() && s.full():
		return nil, &Fault{Code: codeLimit}
	case next != nil && next.managed():
		s.Rotation = next
		m.edited(s, "RotateSecret", "")
		return s, nil
	case m.RotationDenied, m.FunctionsAsked && next.Function == UncallableFunction:
		return nil, &Fault{codeDenied, textDenied}
	}
	next.Run = &rotationRun{Version: token, test: in.RotateImmediately != nil && !*in.RotateImmediately, due: m.Now}
	s.Rotation = next
	s.reserve(token, m.Now)
	m.edited(s, "RotateSecret", token)
	return s, nil
}

// rotationAfter returns the rotation after a request.
func (s *Secret) rotationAfter(now int64, in secretlife.RotateSecretInput) (*rotation, *Fault) {
	r := &rotation{last: Never}
	if s.Rotation != nil {
		r = s.Rotation.clone()
	}
	if in.RotationLambdaARN != "" {
		r.Function = in.RotationLambdaARN
	}
	if in.ExternalSecretRotationRoleARN != "" {
		r.Role = in.ExternalSecretRotationRoleARN
	}
	if in.ExternalSecretRotationMetadata != nil {
		r.Metadata = slices.Clone(in.ExternalSecretRotationMetadata)
	}
	if r.managed() && owner(s.Name) == "" {
		return nil, &Fault{CodeRequest, textNoLambda}
	}
	if in.RotationRules != nil {
		r.rules = *in.RotationRules
		if c, ok := parseRules(r.rules); !ok || c.tooLong(now) {
			return nil, &Fault{Code: CodeParameter}
		}
	}
	r.enabled = true
	r.plan(now)
	return r, nil
}

// CancelRotation is CancelRotateSecret. It also returns the version that keeps
// AWSPENDING.
func (m *Model) CancelRotation(at Place, id string) (s *Secret, left string, f *Fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, "", f
	}
	if s, f = m.use(at, id, false); f != nil {
		return nil, "", f
	}
	r := s.Rotation
	if r == nil {
		return nil, "", &Fault{CodeRequest, textNoLambda}
	}
	if s.Running() {
		left = r.Run.Version
	}
	if r.enabled || left != "" {
		r.enabled, r.Run, r.opens, r.closes = false, nil, Never, Never
		m.edited(s, "CancelRotateSecret", "")
	}
	return s, left, nil
}

// overtaken handles a new current version. If it is not the rotation's own, it ends the
// rotation, and counts as a rotation if windows depend on the last one. It reports
// whether AWSPENDING was removed.
func (s *Secret) overtaken(by string, now int64) (abandoned bool) {
	r := s.Rotation
	if r == nil || r.Run != nil && r.Run.Version == by {
		return false
	}
	if r.Run != nil && s.Labels[Pending] == r.Run.Version {
		delete(s.Labels, Pending)
		abandoned = true
	}
	r.Run = nil
	if c, _ := parseRules(r.rules); r.enabled && (c.days > 0 || c.hours > 0) {
		r.plan(now)
	}
	return abandoned
}

// rotationDetails returns what outputs show of the rotation.
func (s *Secret) rotationDetails() (out secretlife.RotationDetails) {
	r := s.Rotation
	if r == nil {
		return out
	}
	enabled := r.enabled && !s.Scheduled // off while a deletion is scheduled
	out.RotationEnabled, out.RotationLambdaARN = &enabled, r.Function
	out.ExternalSecretRotationRoleARN, out.ExternalSecretRotationMetadata = r.Role, r.Metadata
	if r.rules != (secretlife.RotationRules{}) {
		rules := r.rules
		out.RotationRules = &rules
	}
	if enabled {
		out.LastRotatedDate, out.NextRotationDate = optional(r.last), optional(r.closes)
	}
	return out
}

// rotationState returns the rotation as a store shows it.
func (s *Secret) rotationState() *plain.RotationState {
	r := s.Rotation
	if r == nil {
		return nil
	}
	return &plain.RotationState{
		Enabled: r.enabled, Lambda: r.Function, Role: r.Role, Metadata: r.Metadata, Rules: r.rules,
		Last: millis(r.last), Opens: millis(r.opens), Closes: millis(r.closes), Run: r.RunState(),
	}
}

// RunState returns the run as a store shows it, or nil.
func (r *rotation) RunState() *plain.RotationRunState {
	if r.Run == nil {
		return nil
	}
	return &plain.RotationRunState{
		Version: r.Run.Version,
		Test:    r.Run.test,
		Tries:   r.Run.tries,
		Due:     millis(r.Run.due),
	}
}
