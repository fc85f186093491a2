package lifetest

import (
	"slices"

	"github.com/secretlife-go/secretlife"
)

const (
	textNoLambda  = "No Lambda rotation function ARN is associated with this secret."
	textRotating  = "A previous rotation isn't complete. That rotation will be reattempted."
	textDenied    = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."
	textBothRules = "You cannot specify both rotation frequency and schedule expression together."
)

// rotation is how a secret of the model is rotated.
type rotation struct {
	enabled  bool
	function string
	role     string
	metadata []secretlife.ExternalSecretRotationMetadataItem
	rules    secretlife.RotationRules
	last     int64
	opens    int64 // the next window; never where there is none
	closes   int64
	run      *turn // nil where none has begun
}

// turn is one rotation from its beginning to its success, over all tries.
type turn struct {
	version string
	test    bool
	tries   int
	due     int64 // of the next try; never where the next window is awaited
}

func (r *rotation) clone() *rotation {
	if r == nil {
		return nil
	}
	c := *r
	if r.run != nil {
		run := *r.run
		c.run = &run
	}
	return &c
}

// plan finds the next window after an instant.
func (r *rotation) plan(after int64) {
	r.opens, r.closes = never, never
	if c, ok := understand(r.rules); ok {
		r.opens, r.closes = c.window(after)
	}
}

// running reports whether a rotation has begun and not ended. One whose version
// has neither AWSPENDING nor AWSCURRENT is over.
func (s *secret) running() bool {
	if s.rotation == nil || s.rotation.run == nil {
		return false
	}
	v := s.rotation.run.version
	return s.labels[pending] == v || s.labels[current] == v
}

// occupied reports whether AWSPENDING is on another version than AWSCURRENT.
func (s *secret) occupied() bool {
	v, has := s.labels[pending]
	return has && v != s.labels[current]
}

// full reports whether there is no label left for AWSPENDING.
func (s *secret) full() bool {
	_, has := s.labels[pending]
	return !has && len(s.labels) >= mostStages
}

// reserve makes the version of a rotation, which has no value yet.
func (s *secret) reserve(id string, now int64) {
	s.versions = append(s.versions, version{id: id, created: now, accessed: never, kms: s.kms})
	s.labels[pending] = id
}

// rotate is RotateSecret.
func (m *model) rotate(at place, in secretlife.RotateSecretInput, token string) (*secret, *fault) {
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
	again := s.version(token) != nil
	var next *rotation
	if !again {
		if next, f = s.rotationAfter(m.now, in); f != nil {
			return nil, f
		}
	}
	switch {
	case again && !m.denied:
		return s, nil
	case !again && (s.occupied() || s.running()):
		return nil, &fault{codeRequest, textRotating}
	case !again && s.full():
		return nil, &fault{code: codeLimit}
	case m.denied:
		return nil, &fault{codeDenied, textDenied}
	}
	next.run = &turn{version: token, test: in.RotateImmediately != nil && !*in.RotateImmediately, due: m.now}
	s.rotation = next
	s.reserve(token, m.now)
	m.edited(s, "RotateSecret", token)
	return s, nil
}

// rotationAfter is how a secret is to be rotated after a request.
func (s *secret) rotationAfter(now int64, in secretlife.RotateSecretInput) (*rotation, *fault) {
	r := &rotation{last: never}
	if s.rotation != nil {
		r = s.rotation.clone()
	}
	if in.RotationLambdaARN != "" {
		r.function = in.RotationLambdaARN
	}
	if in.ExternalSecretRotationRoleARN != "" {
		r.role = in.ExternalSecretRotationRoleARN
	}
	if in.ExternalSecretRotationMetadata != nil {
		r.metadata = slices.Clone(in.ExternalSecretRotationMetadata)
	}
	if r.function == "" && r.role == "" {
		return nil, &fault{codeRequest, textNoLambda}
	}
	if in.RotationRules != nil {
		r.rules = *in.RotationRules
		if c, ok := understand(r.rules); !ok || c.tooLong(now) {
			return nil, &fault{code: codeParameter}
		}
	}
	r.enabled = true
	r.plan(now)
	return r, nil
}

// cancelRotation is CancelRotateSecret. It answers the version that keeps
// AWSPENDING.
func (m *model) cancelRotation(at place, id string) (s *secret, left string, f *fault) {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return nil, "", f
	}
	if s, f = m.use(at, id, false); f != nil {
		return nil, "", f
	}
	r := s.rotation
	if r == nil {
		return nil, "", &fault{codeRequest, textNoLambda}
	}
	if s.running() {
		left = r.run.version
	}
	if r.enabled || left != "" {
		r.enabled, r.run, r.opens, r.closes = false, nil, never, never
		m.edited(s, "CancelRotateSecret", "")
	}
	return s, left, nil
}

// overtaken takes notice of a version that somebody made current: unless it is
// the rotation's own, that ends the rotation, and counts as one where windows go
// by the time since the last. It reports whether AWSPENDING was taken away.
func (s *secret) overtaken(by string, now int64) (abandoned bool) {
	r := s.rotation
	if r == nil || r.run != nil && r.run.version == by {
		return false
	}
	if r.run != nil && s.labels[pending] == r.run.version {
		delete(s.labels, pending)
		abandoned = true
	}
	r.run = nil
	if c, _ := understand(r.rules); r.enabled && (c.days > 0 || c.hours > 0) {
		r.plan(now)
	}
	return abandoned
}

// rotationDetails is what answers say of it.
func (s *secret) rotationDetails() (out secretlife.RotationDetails) {
	r := s.rotation
	if r == nil {
		return out
	}
	out.RotationEnabled, out.RotationLambdaARN = &r.enabled, r.function
	out.ExternalSecretRotationRoleARN, out.ExternalSecretRotationMetadata = r.role, r.metadata
	if r.rules != (secretlife.RotationRules{}) {
		rules := r.rules
		out.RotationRules = &rules
	}
	if r.enabled {
		out.LastRotatedDate, out.NextRotationDate = optional(r.last), optional(r.closes)
	}
	return out
}

// rotationState is all there is of it.
func (s *secret) rotationState() *secretlife.RotationState {
	r := s.rotation
	if r == nil {
		return nil
	}
	return &secretlife.RotationState{
		Enabled: r.enabled, Lambda: r.function, Role: r.role, Metadata: r.metadata, Rules: r.rules,
		Last: millis(r.last), Opens: millis(r.opens), Closes: millis(r.closes), Run: r.runState(),
	}
}

func (r *rotation) runState() *secretlife.RotationRunState {
	if r.run == nil {
		return nil
	}
	return &secretlife.RotationRunState{Version: r.run.version, Test: r.run.test, Tries: r.run.tries, Due: millis(r.run.due)}
}
