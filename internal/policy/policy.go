// Package policy reads resource policies: documents of the IAM policy language that
// are attached to secrets. It evaluates none.
//
// Sources: "IAM JSON policy elements" in the IAM user guide; the texts are from
// "Managing a resource-based policy for a secret" in the Secrets Manager user guide
// of 2021.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Document is a policy document. The zero Document has no statements.
type Document struct{ statements []statement }

type statement struct {
	Sid                     string
	Effect                  string
	Principal, NotPrincipal *principals
	Action, NotAction       texts
	Resource, NotResource   texts
	Condition               map[string]map[string]texts
}

// Parse reads a document and returns what is wrong with its statements, each fault
// once: it can be attached if there are no faults. It returns false for a text that is
// not a policy document at all, which is Syntax.
func Parse(document string) (d Document, faults []Fault, ok bool) {
	var doc struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if !decodeStrictly([]byte(document), &doc) {
		return Document{}, nil, false
	}
	list := bytes.TrimSpace(doc.Statement)
	if len(list) > 0 && list[0] == '{' { // one statement needs no list
		list = slices.Concat([]byte{'['}, list, []byte{']'})
	}
	var some []json.RawMessage
	if json.Unmarshal(list, &some) != nil || len(some) == 0 {
		return Document{}, nil, false
	}
	if !decodeStrictly(list, &d.statements) {
		return Document{}, []Fault{Syntax}, true
	}
	return d, d.faults(doc.Version), true
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

func (d Document) faults(version string) []Fault {
	var out []Fault
	note := func(wrong bool, f Fault) {
		if wrong && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	note(version != "" && version != "2012-10-17" && version != "2008-10-17", Syntax)
	for _, s := range d.statements {
		note(!s.complete(), Syntax)
	}
	for _, s := range d.statements {
		for _, p := range []*principals{s.Principal, s.NotPrincipal} {
			note(!p.supported(), Principal)
			note(!p.servicesExist(), ServicePrincipal)
		}
	}
	return out
}

// Warnings returns what a document that can be attached does too much: it allows
// everybody, or denies everybody to change the policy again.
func (d Document) Warnings() []Fault {
	var out []Fault
	if d.Public() {
		out = append(out, BroadAccess)
	}
	if d.locksOut() {
		out = append(out, Lockout)
	}
	return out
}

// complete reports whether a statement has all that a statement of a resource
// policy needs, once.
func (s statement) complete() bool {
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

var errSyntax = errors.New("syntax error")

type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(s))
	case '[', '{', 'n':
		return errSyntax
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
		return errSyntax
	}
	return nil
}

// "AWS JSON policy elements: Principal" in the IAM user guide: an account, a
// user, a role or a session, without wildcards; or the unique id of a role or a user,
// which takes the place of its ARN once it is deleted ("IAM identifiers").
var (
	awsPrincipal = regexp.MustCompile(`^(\*|[0-9]{12}|A(RO|ID)A[A-Z0-9]{12,124}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:` +
		`(root|(user|role|assumed-role|federated-user)/[\w+=,.@/-]+))$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
)

func (p *principals) supported() bool {
	return p == nil || !slices.ContainsFunc(p.AWS, func(s string) bool { return !awsPrincipal.MatchString(s) })
}

func (p *principals) servicesExist() bool {
	return p == nil || !slices.ContainsFunc(p.Service, func(s string) bool { return !servicePrincipal.MatchString(s) })
}

// Fault is something wrong with a document.
type Fault uint8

// The faults.
const (
	Syntax Fault = iota
	Principal
	ServicePrincipal
	BroadAccess
	Lockout
)

var faults = [...]struct{ check, text string }{
	Syntax:           {"SYNTAX", "This resource policy contains a syntax error."},
	Principal:        {"PRINCIPAL", "This resource policy contains an unsupported principal."},
	ServicePrincipal: {"SERVICE_PRINCIPAL", "This resource policy contains an invalid service principal."},
	BroadAccess: {"BROAD_ACCESS", "This resource policy grants broad access to your secret. " +
		"Secrets Manager does not allow creating and applying such policies in the console."},
	Lockout: {"LOCKOUT", "Your requested changes will not allow you to manage this secret in the future."},
}

// Check returns the name of the check that finds the fault. AWS's names are not known.
func (f Fault) Check() string { return faults[f].check }

// Text returns AWS's text about the fault.
func (f Fault) Text() string { return faults[f].text }

// Public reports whether a statement allows everybody.
func (d Document) Public() bool {
	return slices.ContainsFunc(d.statements, func(s statement) bool {
		return s.Effect == "Allow" && s.everybody() && !s.narrowed()
	})
}

// locksOut reports whether a statement denies everybody to change the policy.
func (d Document) locksOut() bool {
	return slices.ContainsFunc(d.statements, func(s statement) bool {
		return s.Effect == "Deny" && s.everybody() && len(s.Condition) == 0 &&
			slices.ContainsFunc(s.Action, func(a string) bool {
				return a == "*" || strings.EqualFold(a, "secretsmanager:*") ||
					strings.EqualFold(a, "secretsmanager:PutResourcePolicy")
			})
	})
}

// everybody: Allow with NotPrincipal lets in all but a few.
func (s statement) everybody() bool {
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

// anything reports whether a value of a condition stands for many.
func anything(v string) bool { return strings.ContainsAny(v, "*?") || v == "0.0.0.0/0" || v == "::/0" }

// narrowed reports whether a condition lets in fixed values only.
func (s statement) narrowed() bool {
	for operator, keys := range s.Condition {
		switch operator {
		case "StringEquals", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
		default:
			continue // others may let everybody else in
		}
		for key, values := range keys {
			fixed := len(values) > 0 && !slices.ContainsFunc(values, anything)
			if fixed && slices.Contains(narrowing, strings.ToLower(key)) {
				return true
			}
		}
	}
	return false
}
