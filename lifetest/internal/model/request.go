package model

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/secretlife-go/secretlife"
)

// Fault is the exception that an operation must return. If AWS's text is not known,
// Text is "", and any text is right.
type Fault struct{ Code, Text string }

// The texts of AWS, byte for byte.
const (
	textNotFound = "Secrets Manager can't find the specified secret."
	textMarked   = "You can't perform this operation on the secret because it was marked for deletion."
	textReserved = "You can't create this secret because a secret with this name is already scheduled for deletion."
	textName     = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: " +
		"-/_+=.@!"
	textWindow    = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
	textBoth      = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
	textOnReplica = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textMismatch  = "You provided a VersionStage that is not associated to the provided VersionId."
	textAcrossKMS = "You can't access a secret from a different AWS account if you encrypt the secret with the " +
		"default KMS service key."
	textExistsThen = "The operation failed because the secret %s already exists."
	textTokenUsed  = "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s."
	textNoStage    = "Secrets Manager can't find the specified secret value for staging label: %s"
	textNoVersion  = "Secrets Manager can't find the specified secret value for VersionId: %s"
	textHasReplica = "You can't delete secret %s that still has replica regions [%s]."
	textHeld       = "The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to " +
		"version %s, so you must explicitly reference that version in RemoveFromVersionId."
)

// The default key, and the texts of StatusMessage.
const (
	aliasOfDefaultKey = "alias/aws/secretsmanager"
	textSynced        = "Replication succeeded"
	textNameTaken     = "Replication failed: Secret name %s already exists in region %s."
	textKeptThere     = "Replication failed: Secret name %s in region %s can't lose a value because %s."
	textOtherReplica  = "Replication failed: Secret name %s is currently replicated to %s with a different arn"
)

// The exceptions.
const (
	CodeNotFound   = "ResourceNotFoundException"
	CodeExists     = "ResourceExistsException"
	CodeParameter  = "InvalidParameterException"
	CodeRequest    = "InvalidRequestException"
	codeLimit      = "LimitExceededException"
	codeValidation = "ValidationException"
	codeDenied     = "AccessDeniedException"
	codeToken      = "InvalidNextTokenException"
	codePolicy     = "MalformedPolicyDocumentException"
	codePublic     = "PublicPolicyException"
	CodeInternal   = "InternalServiceError"
)

func refuse(code, format string, args ...any) *Fault {
	return &Fault{code, fmt.Sprintf(format, args...)}
}

func notFound() *Fault { return &Fault{CodeNotFound, textNotFound} }

// checks collects what is wrong with a request before any secret is read. Violations of
// the API model come first, in one exception, and then the others in order.
type checks struct {
	violations []string
	others     []*Fault
}

func (c *checks) violation(member, value, constraint string) {
	text := fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint)
	if len(value) > 200 {
		text = "" // how much of a long value the text repeats is not specified
	}
	c.violations = append(c.violations, text)
}

func (c *checks) refuse(f *Fault) { c.others = append(c.others, f) }

func (c *checks) length(member, value string, least, most int) {
	switch n := utf8.RuneCountInString(value); {
	case n < least:
		c.violation(member, value, fmt.Sprintf("Member must have length greater than or equal to %d", least))
	case n > most:
		c.violation(member, value, fmt.Sprintf("Member must have length less than or equal to %d", most))
	}
}

func (c *checks) token(member, value string) {
	if value != "" {
		c.length(member, value, 32, 64)
	}
}

// value checks a secret's value. The texts do not show it.
func (c *checks) value(v secretlife.Value) {
	member := "secretString"
	if v.IsBinary() {
		member = "secretBinary"
	}
	text := "Value at '" + member + "' failed to satisfy constraint: Member must have length "
	switch {
	case v.IsZero():
	case v.Len() == 0:
		c.violations = append(c.violations, text+"greater than or equal to 1")
	case v.Len() > 65536:
		c.violations = append(c.violations, text+"less than or equal to 65536")
	}
}

func (c *checks) stages(labels []secretlife.Stage) {
	if len(labels) > 20 {
		c.violations = append(c.violations, "")
	}
	for i, l := range labels {
		c.length(fmt.Sprintf("versionStages.%d.member", i+1), string(l), 1, 256)
	}
}

func (c *checks) tags(tags []secretlife.Tag) {
	for i, t := range tags {
		c.length(fmt.Sprintf("tags.%d.member.key", i+1), t.Key, 1, 128)
		c.length(fmt.Sprintf("tags.%d.member.value", i+1), t.Value, 0, 256)
	}
}

// systemTags refuses tags that only AWS services set.
func (c *checks) systemTags(tags []secretlife.Tag) {
	for _, t := range tags {
		if strings.HasPrefix(t.Key, "aws:") {
			c.refuse(refuse(CodeParameter, "You can't modify system tags. Tag key: '%s'.", t.Key))
		}
	}
}

func (c *checks) id(id string) {
	switch {
	case id == "" || len(id) > 2048:
		c.length("secretId", id, 1, 2048)
	default:
		if _, ok := ParseID(id); !ok {
			c.refuse(&Fault{codeValidation, textName})
		}
	}
}

func (c *checks) name(name string) {
	switch {
	case name == "" || len(name) > 512:
		c.length("name", name, 1, 512)
	case !isName(name):
		c.refuse(&Fault{codeValidation, textName})
	}
}

// fault returns the exception that AWS returns, or nil.
func (c *checks) fault() *Fault {
	switch len(c.violations) {
	case 0:
		if len(c.others) > 0 {
			return c.others[0]
		}
		return nil
	case 1:
		if c.violations[0] != "" {
			return &Fault{codeValidation, "1 validation error detected: " + c.violations[0]}
		}
	}
	return &Fault{codeValidation, ""}
}

// consistsOf reports whether a text consists of these characters. It replaces a regular
// expression because every step calls it.
func consistsOf(text, of string) bool {
	for i := range len(text) {
		if strings.IndexByte(of, text[i]) < 0 {
			return false
		}
	}
	return true
}

const (
	digits        = "0123456789"
	alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits
)

func isName(text string) bool {
	return len(text) >= 1 && len(text) <= 512 && consistsOf(text, alphanumerics+"/_+=.@!-")
}

// ParsedID is a parsed secret ID. Account is "" for a name, and Suffix for a partial
// ARN. An ARN that ends in a hyphen and six alphanumerics is always a full ARN.
type ParsedID struct {
	Key
	partition string
	Suffix    string
}

// arn is the ARN that the ID is.
func (p ParsedID) arn() string {
	resource := p.Name
	if p.Suffix != "" {
		resource += "-" + p.Suffix
	}
	return strings.Join([]string{"arn", p.partition, "secretsmanager", p.Region, p.Account, "secret", resource}, ":")
}

// ParseID parses a name or an ARN, and reports whether it is well-formed.
func ParseID(id string) (ParsedID, bool) {
	if !strings.HasPrefix(id, "arn:") {
		return ParsedID{Key: Key{Name: id}}, isName(id)
	}
	part := strings.SplitN(id, ":", 7)
	if len(part) < 7 || !strings.HasPrefix(part[1], "aws") || part[2] != "secretsmanager" || part[5] != "secret" ||
		!regionShape.MatchString(part[3]) || len(part[4]) != 12 || !consistsOf(part[4], digits) {
		return ParsedID{}, false
	}
	p := ParsedID{partition: part[1], Key: Key{Place{part[4], part[3]}, part[6]}}
	if i := len(p.Name) - 7; i > 0 && p.Name[i] == '-' && consistsOf(p.Name[i+1:], alphanumerics) {
		p.Name, p.Suffix = p.Name[:i], p.Name[i+1:]
	}
	return p, isName(p.Name)
}

// find returns the secret that an id means to a caller.
func (m *Model) find(at Place, id string) (*Secret, *Fault) {
	p, _ := ParseID(id)
	if p.Account == "" {
		p.Place = at
	} else if p.Region != at.Region || p.partition != "aws" {
		return nil, notFound()
	}
	s := m.Secrets[p.Key]
	if s != nil && p.Suffix != "" && p.Suffix != s.Suffix {
		s = nil
	}
	switch {
	case p.Account != at.Account && (s == nil || s.Policy == ""):
		return nil, &Fault{Code: codeDenied}
	case s == nil:
		return nil, notFound()
	}
	return s, nil
}

// use is find for operations that are refused on a secret scheduled for deletion and,
// unless onReplica is set, on a replica.
func (m *Model) use(at Place, id string, onReplica bool) (*Secret, *Fault) {
	s, f := m.find(at, id)
	switch {
	case f != nil:
		return nil, f
	case s.Scheduled:
		return nil, &Fault{CodeRequest, textMarked}
	case s.Primary != "" && !onReplica:
		return nil, &Fault{CodeParameter, textOnReplica}
	}
	return s, nil
}

// foreignKey reports whether a caller of another account would need the default key,
// which it can't use.
func foreignKey(at Place, s *Secret) bool {
	return s.Account != at.Account && (s.kms == "" || s.kms == aliasOfDefaultKey)
}
