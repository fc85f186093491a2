package secretlife

import (
	"strings"
	"unique"
)

// maxNameLength is the longest name CreateSecret takes, in bytes (API model:
// NameType, 1 to 512).
const maxNameLength = 512

// Name is a secret's name: 1 to 512 ASCII letters, digits or any of
// "/_+=.@-!". It is made by [ParseName] only; its zero value is no name.
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

// IsZero reports whether n is no name.
func (n Name) IsZero() bool { return n.s == "" }

func checkName(s string) error {
	switch {
	case s == "":
		return violation("name", s, minLength(1))
	case len(s) > maxNameLength:
		return violation("name", s, maxLength(maxNameLength))
	case !inNameAlphabet(s):
		return errInvalidName(s)
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
// only; its zero value is no account.
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
// only; its zero value is no Region.
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

// IsZero reports whether r is no Region.
func (r Region) IsZero() bool { return r.s == "" }

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

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k == Key{} }

// scope is the account and Region of a key. It is shared among all the secrets
// in it, so that a million secrets hold one copy.
type scope struct {
	account Account
	region  Region
}

func (s scope) key(n Name) Key { return Key{s.account, s.region, n} }

type scopeHandle = unique.Handle[scope]

func scopeOf(a Account, r Region) scopeHandle {
	return unique.Make(scope{Account{strings.Clone(a.s)}, Region{strings.Clone(r.s)}})
}
