package secretlife

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// ValidateResourcePolicyInput is the request of
// [Manager.ValidateResourcePolicy].
type ValidateResourcePolicyInput struct {
	// SecretID is the secret the policy is for: its name, ARN or partial ARN; nil
	// for none.
	SecretID *string
	// ResourcePolicy is a policy document of 1 to 20,480 characters.
	ResourcePolicy string
}

// ValidateResourcePolicyOutput is the answer of
// [Manager.ValidateResourcePolicy].
type ValidateResourcePolicyOutput struct {
	PolicyValidationPassed bool
	ValidationErrors       []ValidationErrorsEntry
}

// ValidationErrorsEntry is one thing wrong with a policy.
type ValidationErrorsEntry struct {
	CheckName    string
	ErrorMessage string
}

// The checks. AWS's names are not known.
const (
	checkSyntax = "SYNTAX"
	checkAccess = "BROAD_ACCESS"
)

// ValidateResourcePolicy tells what is wrong with a policy, without attaching
// it: statements that lack what a statement of a resource policy needs, and
// statements that allow everybody without a condition. With a SecretID the
// secret must be there, and not be scheduled for deletion.
//
// Errors: [*MalformedPolicyDocumentError] for what is no JSON policy;
// [*InvalidRequestError] for a scheduled secret; [*ResourceNotFoundError];
// [*ValidationError].
//
// Source: ValidateResourcePolicy in the AWS Secrets Manager API reference.
func (m *Manager) ValidateResourcePolicy(ctx context.Context, in ValidateResourcePolicyInput) (out ValidateResourcePolicyOutput, err error) {
	var about string
	if in.SecretID != nil {
		about = *in.SecretID
	}
	f, err := m.begin(ctx, OpValidateResourcePolicy, about)
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.length("resourcePolicy", in.ResourcePolicy, 1, maxPolicyLength)
	var id SecretID
	if in.SecretID != nil {
		id = p.secretID(about)
	}
	if in.ResourcePolicy != "" {
		p.add(checkPolicy(in.ResourcePolicy))
	}
	if err := p.err(); err != nil {
		return out, err
	}
	if in.SecretID != nil {
		s, err := f.load(id)
		if err != nil {
			return out, err
		}
		if _, err := s.admit(f.op, f.now); err != nil {
			return out, err
		}
	}
	out.ValidationErrors = findings(in.ResourcePolicy)
	out.PolicyValidationPassed = len(out.ValidationErrors) == 0
	return out, nil
}

// findings are what is wrong with a policy that could be read.
func findings(document string) []ValidationErrorsEntry {
	var doc struct{ Statement oneOrMore }
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return []ValidationErrorsEntry{{checkSyntax, textMalformed}}
	}
	var out []ValidationErrorsEntry
	for i, s := range doc.Statement {
		for _, text := range s.lacks() {
			out = append(out, ValidationErrorsEntry{checkSyntax, fmt.Sprintf("Statement %d: %s", i+1, text)})
		}
	}
	if len(out) == 0 && checkPublic(document, true) != nil {
		out = append(out, ValidationErrorsEntry{checkAccess, textPublicPolicy})
	}
	return out
}

// oneOrMore is one statement or a list of them, member by member.
type oneOrMore []statement

type statement map[string]json.RawMessage

func (s *oneOrMore) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]statement)(s))
	}
	*s = make(oneOrMore, 1)
	return json.Unmarshal(data, &(*s)[0])
}

// lacks tells what a statement of a resource policy needs and does not have
// ("IAM JSON policy elements" in the IAM user guide).
func (s statement) lacks() []string {
	var out []string
	var effect string
	if json.Unmarshal(s["Effect"], &effect) != nil || effect != "Allow" && effect != "Deny" {
		out = append(out, `Effect must be "Allow" or "Deny".`)
	}
	for _, pair := range [][2]string{{"Principal", "NotPrincipal"}, {"Action", "NotAction"}, {"Resource", "NotResource"}} {
		_, has := s[pair[0]]
		_, hasNot := s[pair[1]]
		if has == hasNot {
			out = append(out, fmt.Sprintf("There must be one of %s and %s.", pair[0], pair[1]))
		}
	}
	for _, member := range []string{"Action", "NotAction"} {
		for _, action := range texts(s[member]) {
			if action != "*" && !strings.HasPrefix(strings.ToLower(action), "secretsmanager:") {
				out = append(out, fmt.Sprintf("%s %q is not one of Secrets Manager.", member, action))
			}
		}
	}
	return out
}

// texts is a string or a list of strings; nothing where it is neither.
func texts(data json.RawMessage) []string {
	var one string
	if json.Unmarshal(data, &one) == nil {
		return []string{one}
	}
	var several []string
	_ = json.Unmarshal(data, &several) // then there are none
	return several
}
