package secretlife

import (
	"strings"
)

// suffixLength is the number of random characters AWS appends to the name in
// an ARN, so that a secret created again under the same name has another ARN.
const suffixLength = 6

// suffix is those characters.
type suffix [suffixLength]byte

const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// ARN is the full ARN of one secret:
// arn:<partition>:secretsmanager:<region>:<account>:secret:<name>-<6 characters>.
// It is made by [ParseARN] or by [Secret.ARN]; its zero value is no ARN. ARNs
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
		return ARN{}, errInvalidName(s)
	}
	return ARN{id.partition, id.account, id.region, id.name, id.suffix}, nil
}

// Account returns the account that owns the secret.
func (a ARN) Account() Account { return a.account }

// Region returns the secret's Region.
func (a ARN) Region() Region { return a.region }

// Name returns the secret's name, without the random characters.
func (a ARN) Name() Name { return a.name }

// IsZero reports whether a is no ARN.
func (a ARN) IsZero() bool { return a.name.s == "" }

// String returns the ARN as AWS writes it, "" for the zero ARN.
func (a ARN) String() string {
	if a.IsZero() {
		return ""
	}
	return "arn:" + a.partition + ":secretsmanager:" + a.region.s + ":" + a.account.s + ":secret:" + a.name.s + "-" + string(a.suffix[:])
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
		return SecretID{}, errInvalidName(s)
	}
	return SecretID{raw: s, form: plainName, name: Name{s}}, nil
}

func parseARN(s string) (SecretID, error) {
	// arn:partition:secretsmanager:region:account:secret:resource
	parts := strings.SplitN(s, ":", 7)
	if len(parts) != 7 || parts[2] != "secretsmanager" || parts[5] != "secret" ||
		!strings.HasPrefix(parts[1], "aws") || !isRegion(parts[3]) || !isAccount(parts[4]) {
		return SecretID{}, errInvalidName(s)
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
		return SecretID{}, errInvalidName(s)
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

// keyFor is where to look for the secret when a caller in account and region
// names it by id.
func (id SecretID) keyFor(in scope) (Key, bool) {
	if id.form == plainName {
		return in.key(id.name), true
	}
	// A secret of another Region is not there, whatever the ARN says.
	if id.region != in.region || id.partition != in.region.partition() {
		return Key{}, false
	}
	return Key{id.account, id.region, id.name}, true
}

// matches reports whether the secret found at the id's key is the one meant: a
// full ARN names one incarnation only.
func (id SecretID) matches(s Secret) bool {
	return id.form != fullARN || id.suffix == s.data().id.suffix
}

// foreign reports whether the id names another account's secret.
func (id SecretID) foreign(in scope) bool {
	return id.form != plainName && id.account != in.account
}
