package secretlife

import (
	"context"
	"slices"
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

// The texts about policies: "Managing a resource-based policy for a secret" in
// the Secrets Manager user guide of 2021.
const (
	textPolicySyntax    = "This resource policy contains a syntax error."
	textPolicyPrincipal = "This resource policy contains an unsupported principal."
	textPolicyService   = "This resource policy contains an invalid service principal."
	textPolicyBroad     = "This resource policy grants broad access to your secret. Secrets Manager does not allow creating and applying such policies in the console."
	textPolicyLockout   = "Your requested changes will not allow you to manage this secret in the future."
	textPublicPolicy    = "You can't attach a resource-based policy that allows broad access to the secret."
)

// policyChecks are the checks' names. AWS's are not known.
var policyChecks = map[string]string{
	textPolicySyntax:    "SYNTAX",
	textPolicyPrincipal: "PRINCIPAL",
	textPolicyService:   "SERVICE_PRINCIPAL",
	textPolicyBroad:     "BROAD_ACCESS",
	textPolicyLockout:   "LOCKOUT",
}

// ValidateResourcePolicy tells what is wrong with a policy, without attaching
// it: what PutResourcePolicy would refuse, statements that allow everybody, and
// statements that deny everybody to change the policy again. With a SecretID
// the secret must be there, and not be scheduled for deletion.
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
	policy, texts, err := readPolicy(in.ResourcePolicy)
	if in.ResourcePolicy != "" {
		p.add(err)
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
	if policy.isPublic() {
		texts = append(texts, textPolicyBroad)
	}
	if policy.locksOut() {
		texts = append(texts, textPolicyLockout)
	}
	for _, text := range texts {
		out.ValidationErrors = append(out.ValidationErrors, ValidationErrorsEntry{policyChecks[text], text})
	}
	out.PolicyValidationPassed = len(texts) == 0
	return out, nil
}

// isPublic reports whether a statement allows everybody.
func (p Policy) isPublic() bool {
	return slices.ContainsFunc(p.statements, func(s policyStatement) bool {
		return s.Effect == "Allow" && s.everybody() && !s.narrowed()
	})
}

// locksOut reports whether a statement denies everybody to change the policy.
func (p Policy) locksOut() bool {
	return slices.ContainsFunc(p.statements, func(s policyStatement) bool {
		return s.Effect == "Deny" && s.everybody() && len(s.Condition) == 0 &&
			slices.ContainsFunc(s.Action, func(a string) bool {
				return a == "*" || strings.EqualFold(a, "secretsmanager:*") || strings.EqualFold(a, "secretsmanager:PutResourcePolicy")
			})
	})
}

// everybody: Allow with NotPrincipal lets in all but a few.
func (s policyStatement) everybody() bool {
	if s.Principal == nil {
		return s.NotPrincipal != nil && s.Effect == "Allow"
	}
	return slices.Contains(s.Principal.AWS, "*")
}

// narrowing are the condition keys that name who or where from. The first four
// are documented for Secrets Manager; the others are S3's, which is said to
// decide in the same way ("The meaning of public", S3 user guide).
var narrowing = []string{
	"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount",
	"aws:sourceip", "aws:userid", "aws:principalarn", "aws:principalaccount", "aws:principalorgid",
}

// narrowed reports whether a condition lets in fixed values only.
func (s policyStatement) narrowed() bool {
	for operator, keys := range s.Condition {
		switch operator {
		case "StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
		default:
			continue // others may let everybody else in
		}
		for key, values := range keys {
			fixed := len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") || v == "0.0.0.0/0" || v == "::/0" })
			if fixed && slices.Contains(narrowing, strings.ToLower(key)) {
				return true
			}
		}
	}
	return false
}
