// Package failure decides which calls of the endpoint fail in a test, and how. A [Rule] says
// it for some calls; a [Plan] counts the calls and applies the rules. Nothing here waits,
// reads a clock or draws at random: the same calls fail in the same way every time.
package failure

import (
	"errors"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Rule makes calls fail, or take time. Fields that are not set match every call: the zero
// Operation is any operation.
type Rule struct {
	// Operation is the operation that fails.
	Operation secretlife.Operation
	// SecretID is the secret whose calls fail: its name or ARN. It need not be written as
	// the call writes it, and the secret need not exist. It matches a BatchGetSecretValue
	// that has the secret in SecretIdList.
	SecretID string
	// Account and Region are those that the caller acts for and in.
	Account string
	Region  string
	// Caller is the access key ID or the principal of the caller.
	Caller string

	// Skip is how many calls that match are served before the first one fails.
	Skip int
	// Times is how many calls fail from then on; 0 is all of them.
	Times int

	// Latency is how much time passes on the service's clock before the call is carried
	// out or fails. A virtual clock is set forward; with a real clock the call waits.
	Latency time.Duration
	// RealLatency is how long the call waits in real time before it is carried out or
	// fails, whatever the service's clock is.
	RealLatency time.Duration
	// Effect is how the call fails. The zero Effect serves it, after the latency.
	Effect Effect
}

// Check returns the error of a rule that can't be followed, and nil for all others.
func (r Rule) Check() error {
	switch {
	case r.Skip < 0 || r.Times < 0:
		return errors.New("skip and times must not be below zero")
	case r.Latency < 0 || r.RealLatency < 0:
		return errors.New("a latency must not be below zero")
	case r.Effect == Effect{} && r.Latency == 0 && r.RealLatency == 0:
		return errors.New("there must be an effect or a latency")
	}
	if r.SecretID != "" {
		if _, err := nameOf(r.SecretID); err != nil {
			return err
		}
	}
	if r.Account != "" {
		if _, err := secretlife.ParseAccount(r.Account); err != nil {
			return err
		}
	}
	if r.Region != "" {
		if _, err := secretlife.ParseRegion(r.Region); err != nil {
			return err
		}
	}
	return r.Effect.check()
}

// Call is a call as rules see it.
type Call struct {
	Operation secretlife.Operation
	// SecretIDs are the ids of secrets in the request, as the client wrote them, and for
	// CreateSecret the name.
	SecretIDs       []string
	Account, Region string
	Caller          secretlife.Caller
}

// Matches reports whether the rule is about a call.
func (r Rule) Matches(c Call) bool {
	return (r.Operation == 0 || r.Operation == c.Operation) &&
		(r.Account == "" || r.Account == c.Account) &&
		(r.Region == "" || r.Region == c.Region) &&
		(r.Caller == "" || r.Caller == c.Caller.AccessKeyID || r.Caller == c.Caller.Principal) &&
		(r.SecretID == "" || anySame(r.SecretID, c.SecretIDs))
}

func anySame(id string, ids []string) bool {
	for _, other := range ids {
		if same(id, other) {
			return true
		}
	}
	return false
}

// same reports whether two ids can be of the same secret: a name and an ARN with that name
// can, and so can a partial and a full ARN.
func same(a, b string) bool {
	if a == b {
		return true
	}
	x, err := nameOf(a)
	y, other := nameOf(b)
	if err != nil || other != nil || x != y {
		return false
	}
	if strings.HasPrefix(a, "arn:") && strings.HasPrefix(b, "arn:") {
		return strings.HasPrefix(a, b+"-") || strings.HasPrefix(b, a+"-")
	}
	return true
}

// nameOf returns the name in an id: a name, an ARN, or an ARN without the suffix that the
// service adds.
func nameOf(id string) (secretlife.Name, error) {
	if !strings.HasPrefix(id, "arn:") {
		return secretlife.ParseName(id)
	}
	arn, err := secretlife.ParseARN(id)
	if err != nil {
		arn, err = secretlife.ParseARN(id + "-AbCdEf")
	}
	return arn.Name(), err
}

// due reports whether the call is one that fails, of those that match: the first has the
// number 0.
func (r Rule) due(n int) bool {
	return n >= r.Skip && (r.Times == 0 || n-r.Skip < r.Times)
}
