package secretlife

import (
	"encoding/json"
	"time"
)

// PutPolicy decides PutResourcePolicy. The document must be a JSON object with
// at least one statement; its statements are kept, not evaluated. With
// blockPublic a policy that allows everybody is refused.
func (s Secret) PutPolicy(now time.Time, document string, blockPublic bool) (Change, error) {
	if _, err := s.admit(OpPutResourcePolicy, now); err != nil {
		return Change{}, err
	}
	if err := checkPublic(document, blockPublic); err != nil {
		return Change{}, err
	}
	now = instant(now)
	d := s.edit(now)
	d.attributes().policy = document
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

type policyDocument struct {
	Statement statements
}

type policyStatement struct {
	Effect    string
	Principal any
	Condition map[string]any
}

// statements is one statement or a list: the policy language takes both.
type statements []policyStatement

func (s *statements) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]policyStatement)(s))
	}
	*s = make(statements, 1)
	return json.Unmarshal(data, &(*s)[0])
}

func checkPolicy(document string) error {
	var doc policyDocument
	if err := json.Unmarshal([]byte(document), &doc); err != nil || len(doc.Statement) == 0 {
		return errMalformed()
	}
	return nil
}

func errMalformed() error {
	return &MalformedPolicyDocumentError{Fault{Message: textMalformed, Reason: ErrMalformedPolicy}}
}

func checkPublic(document string, blockPublic bool) error {
	if !blockPublic {
		return nil
	}
	var doc policyDocument
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return errMalformed()
	}
	for _, s := range doc.Statement {
		if s.Effect == "Allow" && len(s.Condition) == 0 && everybody(s.Principal) {
			return &PublicPolicyError{Fault{Message: textPublicPolicy, Reason: ErrPublicPolicy}}
		}
	}
	return nil
}

// everybody reports whether a principal is "*", {"AWS": "*"} or has "*" in its
// list.
func everybody(principal any) bool {
	switch p := principal.(type) {
	case string:
		return p == "*"
	case []any:
		for _, x := range p {
			if everybody(x) {
				return true
			}
		}
	case map[string]any:
		for _, x := range p {
			if everybody(x) {
				return true
			}
		}
	}
	return false
}
