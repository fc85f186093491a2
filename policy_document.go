package secretlife

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Policy is a resource policy that can be attached to a secret. It is made by
// [ParsePolicy] only.
type Policy struct {
	document   string
	statements []policyStatement
}

// ParsePolicy makes a Policy of a JSON document of the IAM policy language: with
// at least one statement, each with an Effect, a Principal, an Action and a
// Resource. The error is a [*MalformedPolicyDocumentError] with AWS's text.
//
// Sources: "IAM JSON policy elements" in the IAM user guide; the texts are from
// "Managing a resource-based policy for a secret" in the Secrets Manager user
// guide of 2021.
func ParsePolicy(document string) (Policy, error) {
	p, faults, err := readPolicy(document)
	if err == nil && len(faults) > 0 {
		err = errMalformed(faults[0])
	}
	if err != nil {
		return Policy{}, err
	}
	return p, nil
}

// String returns the document as it was written.
func (p Policy) String() string { return p.document }

func errMalformed(text string) error {
	return &MalformedPolicyDocumentError{Fault{Message: text, Reason: ErrMalformedPolicy}}
}

type policyStatement struct {
	Sid                     string
	Effect                  string
	Principal, NotPrincipal *principals
	Action, NotAction       texts
	Resource, NotResource   texts
	Condition               map[string]map[string]texts
}

// readPolicy reads a document and tells, in AWS's words, what is wrong with its
// statements, each thing once. What is no policy document at all is an error.
func readPolicy(document string) (Policy, []string, error) {
	var doc struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if !decodeStrictly([]byte(document), &doc) {
		return Policy{}, nil, errMalformed(textPolicySyntax)
	}
	p := Policy{document: document}
	list := bytes.TrimSpace(doc.Statement)
	if len(list) > 0 && list[0] == '{' { // one statement needs no list
		list = slices.Concat([]byte{'['}, list, []byte{']'})
	}
	var some []json.RawMessage
	if json.Unmarshal(list, &some) != nil || len(some) == 0 {
		return Policy{}, nil, errMalformed(textPolicySyntax)
	}
	if !decodeStrictly(list, &p.statements) {
		return Policy{document: document}, []string{textPolicySyntax}, nil
	}
	return p, p.faults(doc.Version), nil
}

// decodeStrictly decodes one JSON value that has no members but those of v.
func decodeStrictly(data []byte, v any) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}

func (p Policy) faults(version string) []string {
	var out []string
	note := func(wrong bool, text string) {
		if wrong && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	note(version != "" && version != "2012-10-17" && version != "2008-10-17", textPolicySyntax)
	for _, s := range p.statements {
		note(!s.complete(), textPolicySyntax)
	}
	for _, s := range p.statements {
		for _, who := range []*principals{s.Principal, s.NotPrincipal} {
			note(!who.supported(), textPolicyPrincipal)
			note(!who.servicesExist(), textPolicyService)
		}
	}
	return out
}

// complete reports whether a statement has all that a statement of a resource
// policy needs, once.
func (s policyStatement) complete() bool {
	if s.Effect != "Allow" && s.Effect != "Deny" {
		return false
	}
	for _, action := range append(slices.Clone(s.Action), s.NotAction...) {
		if action != "*" && !strings.HasPrefix(strings.ToLower(action), "secretsmanager:") {
			return false
		}
	}
	return (s.Principal == nil) != (s.NotPrincipal == nil) &&
		(s.Action == nil) != (s.NotAction == nil) &&
		(s.Resource == nil) != (s.NotResource == nil)
}

// texts is a string or a list of strings. In conditions numbers and booleans
// stand for their texts.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	if data[0] == '[' { // encoding/json gives no value without a byte
		var several []scalar
		err := json.Unmarshal(data, &several)
		*t = texts{}
		for _, s := range several {
			*t = append(*t, string(s))
		}
		return err
	}
	var one scalar
	err := json.Unmarshal(data, &one)
	*t = texts{string(one)}
	return err
}

type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(s))
	case '[', '{', 'n':
		return errMalformed(textPolicySyntax)
	}
	*s = scalar(data)
	return nil
}

// principals is who a statement is about: everybody, or lists by kind.
type principals struct {
	AWS, Service, Federated, CanonicalUser texts
}

func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		p.AWS = texts{"*"}
		return nil
	}
	type plain principals
	if !decodeStrictly(data, (*plain)(p)) || len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.CanonicalUser) == 0 {
		return errMalformed(textPolicySyntax)
	}
	return nil
}

// "AWS JSON policy elements: Principal" in the IAM user guide: an account, a
// user, a role or a session, without wildcards.
var (
	awsPrincipal     = regexp.MustCompile(`^(\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:(root|(user|role|assumed-role|federated-user)/[\w+=,.@/-]+))$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
)

func (p *principals) supported() bool {
	return p == nil || !slices.ContainsFunc(p.AWS, func(s string) bool { return !awsPrincipal.MatchString(s) })
}

func (p *principals) servicesExist() bool {
	return p == nil || !slices.ContainsFunc(p.Service, func(s string) bool { return !servicePrincipal.MatchString(s) })
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
