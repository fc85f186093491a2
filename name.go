package secretlife

import (
	"cmp"
	"strings"
)

// maxNameLength is the longest name CreateSecret takes, in bytes (API model:
// NameType, 1 to 512).
const maxNameLength = 512

// Name is a secret's name: 1 to 512 ASCII letters, digits or any of
// "/_+=.@-!". It is made by [ParseName] only; its zero value is not a name.
// Names compare with ==.
type Name struct{ s string }

// ParseName makes a Name. The error is a [*ValidationError] with AWS's text.
func ParseName(s string) (Name, error) {
	if err := checkName(s); err != nil {
		return Name{}, err
	}
	return Name{s}, nil
}

// String returns the name as it was given.
func (n Name) String() string { return n.s }

// owningService is the AWS service that names such as "rds!db-1234" are of, "" for
// others.
func (n Name) owningService() string {
	service, _, owned := strings.Cut(n.s, "!")
	if !owned || strings.ContainsAny(service, "/_+=.@") {
		return ""
	}
	return service
}

// IsZero reports whether n is the zero Name.
func (n Name) IsZero() bool { return n.s == "" }

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseName does, and
// takes an empty text for the zero Name.
func (n *Name) UnmarshalText(text []byte) error { return unmarshalText(n, text, ParseName) }

func checkName(s string) error {
	switch {
	case s == "":
		return violation("name", s, minLength(1))
	case len(s) > maxNameLength:
		return violation("name", s, maxLength(maxNameLength))
	case !inNameAlphabet(s):
		return errInvalidName()
	}
	return nil
}

// inNameAlphabet follows AWS's own error text, which lists "!" beside the
// documented "/_+=.@-": service-owned names such as "rds!db-…" use it.
func inNameAlphabet(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("-/_+=.@!", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Account is an AWS account id: twelve digits. It is made by [ParseAccount]
// only; its zero value is not an account.
type Account struct{ s string }

// ParseAccount makes an Account of twelve digits; anything else is a
// [*ValidationError].
func ParseAccount(s string) (Account, error) {
	if !isAccount(s) {
		return Account{}, violation("account", s, "Member must satisfy regular expression pattern: [0-9]{12}")
	}
	return Account{s}, nil
}

// String returns the twelve digits.
func (a Account) String() string { return a.s }

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseAccount does, and
// takes an empty text for the zero Account.
func (a *Account) UnmarshalText(text []byte) error { return unmarshalText(a, text, ParseAccount) }

func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Region is an AWS Region such as "us-east-1". It is made by [ParseRegion]
// only; its zero value is not a Region.
type Region struct{ s string }

// regionPattern is the pattern of the API model's RegionType.
const regionPattern = `^([a-z]+-)+\d+$`

// ParseRegion makes a Region: 1 to 128 characters that match
// ^([a-z]+-)+\d+$, which is the pattern of the API model. Anything else is a
// [*ValidationError]. Whether the Region exists is not checked: Regions are
// added every year.
func ParseRegion(s string) (Region, error) {
	switch {
	case s == "":
		return Region{}, violation("region", s, minLength(1))
	case len(s) > 128:
		return Region{}, violation("region", s, maxLength(128))
	case !isRegion(s):
		return Region{}, violation("region", s, mustMatch(regionPattern))
	}
	return Region{s}, nil
}

// String returns the Region's code.
func (r Region) String() string { return r.s }

// IsZero reports whether r is the zero Region.
func (r Region) IsZero() bool { return r.s == "" }

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (r Region) MarshalText() ([]byte, error) { return []byte(r.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseRegion does, and
// takes an empty text for the zero Region.
func (r *Region) UnmarshalText(text []byte) error { return unmarshalText(r, text, ParseRegion) }

func isRegion(s string) bool {
	last := strings.LastIndexByte(s, '-')
	if last < 1 || last == len(s)-1 {
		return false
	}
	for i := last + 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	for i := range last {
		letter := s[i] >= 'a' && s[i] <= 'z'
		if !letter && (s[i] != '-' || i == 0 || s[i+1] == '-') {
			return false
		}
	}
	return true
}

// partition is the AWS partition a Region belongs to, for its ARNs.
func (r Region) partition() string {
	switch {
	case strings.HasPrefix(r.s, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(r.s, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(r.s, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(r.s, "us-isob-"):
		return "aws-iso-b"
	}
	return "aws"
}

// Key is where a secret lives: a name is unique within an account and Region.
// Keys compare with == and are ordered by [Key.Compare].
type Key struct {
	Account Account
	Region  Region
	Name    Name
}

// Compare orders keys by account, then Region, then name, byte by byte. The
// result is negative, zero or positive, as in strings.Compare.
func (k Key) Compare(o Key) int {
	if c := strings.Compare(k.Account.s, o.Account.s); c != 0 {
		return c
	}
	if c := strings.Compare(k.Region.s, o.Region.s); c != 0 {
		return c
	}
	return strings.Compare(k.Name.s, o.Name.s)
}

// IsZero reports whether k is the zero Key.
func (k Key) IsZero() bool { return k == Key{} }

// String returns account, Region and name with "/" between them, "" for the zero Key.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return k.Account.s + "/" + k.Region.s + "/" + k.Name.s
}

// ParseKey parses what [Key.String] returns. The error is a [*ValidationError].
func ParseKey(s string) (Key, error) {
	account, rest, _ := strings.Cut(s, "/")
	region, name, _ := strings.Cut(rest, "/")
	a, inAccount := ParseAccount(account)
	r, inRegion := ParseRegion(region)
	n, inName := ParseName(name)
	if err := cmp.Or(inAccount, inRegion, inName); err != nil {
		return Key{}, err
	}
	return Key{a, r, n}, nil
}

// ARN returns the ARN of a secret at the key, with the six random letters and digits that
// AWS appends. The error is a [*ValidationError].
func (k Key) ARN(random string) (ARN, error) {
	return ParseARN("arn:" + k.Region.partition() + ":secretsmanager:" + k.Region.s + ":" + k.Account.s +
		":secret:" + k.Name.s + "-" + random)
}

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseKey does, and
// takes an empty text for the zero Key.
func (k *Key) UnmarshalText(text []byte) error { return unmarshalText(k, text, ParseKey) }

// suffixLength is the number of random characters AWS appends to the name in
// an ARN, so that a secret created again under the same name has another ARN.
const suffixLength = 6

// suffix is those characters.
type suffix [suffixLength]byte

const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// ARN is the full ARN of one secret:
// arn:<partition>:secretsmanager:<region>:<account>:secret:<name>-<6 characters>.
// It is made by [ParseARN] or by [Secret.ARN]; its zero value is not an ARN. ARNs
// compare with ==.
type ARN struct {
	partition string
	account   Account
	region    Region
	name      Name
	suffix    suffix
}

// ParseARN parses a full ARN. The error is a [*ValidationError].
func ParseARN(s string) (ARN, error) {
	id, err := ParseSecretID(s)
	if err != nil {
		return ARN{}, err
	}
	if id.form != fullARN {
		return ARN{}, errInvalidName()
	}
	return ARN{id.partition, id.account, id.region, id.name, id.suffix}, nil
}

// Account returns the account that owns the secret.
func (a ARN) Account() Account { return a.account }

// Region returns the secret's Region.
func (a ARN) Region() Region { return a.region }

// Name returns the secret's name, without the random characters.
func (a ARN) Name() Name { return a.name }

// Key returns where the secret lives.
func (a ARN) Key() Key { return Key{a.account, a.region, a.name} }

// MarshalText implements [encoding.TextMarshaler]: it returns what String does.
func (a ARN) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: it parses as ParseARN does, and
// takes an empty text for the zero ARN.
func (a *ARN) UnmarshalText(text []byte) error { return unmarshalText(a, text, ParseARN) }

// IsZero reports whether a is the zero ARN.
func (a ARN) IsZero() bool { return a.name.s == "" }

// String returns the ARN as AWS writes it, "" for the zero ARN.
func (a ARN) String() string {
	if a.IsZero() {
		return ""
	}
	return "arn:" + a.partition + ":secretsmanager:" + a.region.s + ":" + a.account.s +
		":secret:" + a.name.s + "-" + string(a.suffix[:])
}

type idForm uint8

const (
	plainName idForm = iota + 1
	partialARN
	fullARN
)

// SecretID is how a caller names a secret: by its name, its full ARN, or a
// partial ARN (the ARN without the hyphen and six characters). It is parsed
// once, by [ParseSecretID]; its zero value names nothing.
//
// An ARN whose last part ends in a hyphen and six alphanumerics is a full ARN
// and nothing else, as the Secrets Manager user guide warns: a partial ARN of
// a secret called "db-abc123" does not find it.
type SecretID struct {
	raw       string
	form      idForm
	partition string
	account   Account
	region    Region
	name      Name
	suffix    suffix
}

// maxSecretIDLength is the API model's limit for SecretIdType, in bytes.
const maxSecretIDLength = 2048

// ParseSecretID parses a name, a full ARN or a partial ARN. The error is a
// [*ValidationError]: over-long or empty input in the words of the AWS
// framework, anything else that can't name a secret in AWS's recorded words
// for an invalid name. It never reads more than its argument and never
// allocates for a plain name.
func ParseSecretID(s string) (SecretID, error) {
	switch {
	case s == "":
		return SecretID{}, violation("secretId", s, minLength(1))
	case len(s) > maxSecretIDLength:
		return SecretID{}, violation("secretId", s, maxLength(maxSecretIDLength))
	case strings.HasPrefix(s, "arn:"):
		return parseARN(s)
	case len(s) > maxNameLength || !inNameAlphabet(s):
		return SecretID{}, errInvalidName()
	}
	return SecretID{raw: s, form: plainName, name: Name{s}}, nil
}

func parseARN(s string) (SecretID, error) {
	// arn:partition:secretsmanager:region:account:secret:resource
	parts := strings.SplitN(s, ":", 7)
	if len(parts) != 7 || parts[2] != "secretsmanager" || parts[5] != "secret" ||
		!strings.HasPrefix(parts[1], "aws") || !isRegion(parts[3]) || !isAccount(parts[4]) {
		return SecretID{}, errInvalidName()
	}
	id := SecretID{
		raw:       s,
		form:      partialARN,
		partition: parts[1],
		region:    Region{parts[3]},
		account:   Account{parts[4]},
	}
	resource := parts[6]
	if cut, ok := suffixStart(resource); ok {
		id.form = fullARN
		copy(id.suffix[:], resource[cut+1:])
		resource = resource[:cut]
	}
	if len(resource) > maxNameLength || !inNameAlphabet(resource) {
		return SecretID{}, errInvalidName()
	}
	id.name = Name{resource}
	return id, nil
}

// suffixStart finds the hyphen before the six random characters.
func suffixStart(resource string) (int, bool) {
	cut := len(resource) - suffixLength - 1
	if cut < 1 || resource[cut] != '-' {
		return 0, false
	}
	for i := cut + 1; i < len(resource); i++ {
		if !isAlphanumeric(resource[i]) {
			return 0, false
		}
	}
	return cut, true
}

// String returns the id as the caller gave it.
func (id SecretID) String() string { return id.raw }

// Name returns the name the id points at, without ARN and suffix.
func (id SecretID) Name() Name { return id.name }
