package secretlife

import "time"

// PutPolicy decides PutResourcePolicy. The policy is kept as it was written; it
// is not evaluated. With blockPublic one that allows everybody is refused.
func (s Secret) PutPolicy(now time.Time, policy Policy, blockPublic bool) (Change, error) {
	if _, err := s.admit(OpPutResourcePolicy, now); err != nil {
		return Change{}, err
	}
	if blockPublic && policy.isPublic() {
		return Change{}, &PublicPolicyError{Fault{Message: textPublicPolicy, Reason: ErrPublicPolicy}}
	}
	now = instant(now)
	d := s.edit(now)
	d.attributes().policy = policy.document
	return s.changed(OpPutResourcePolicy, d, now), nil
}

// DeletePolicy decides DeleteResourcePolicy. Without a policy it succeeds and
// changes nothing.
func (s Secret) DeletePolicy(now time.Time) (Change, error) {
	if _, err := s.admit(OpDeleteResourcePolicy, now); err != nil {
		return Change{}, err
	}
	if s.ResourcePolicy() == "" {
		return Change{}, nil
	}
	now = instant(now)
	d := s.edit(now)
	d.attributes().policy = ""
	return s.changed(OpDeleteResourcePolicy, d, now), nil
}
