package secretlife

import "github.com/secretlife-go/secretlife/internal/policy"

// Policy is a resource policy that can be attached to a secret. It is made by
// [ParsePolicy] only.
type Policy struct {
	document string
	parsed   policy.Document
}

const textPublicPolicy = "You can't attach a resource-based policy that allows broad access to the secret."

// ParsePolicy makes a Policy of a JSON document of the IAM policy language: with
// at least one statement, each with an Effect, a Principal, an Action and a
// Resource. The error is a [*MalformedPolicyDocumentError] with AWS's text.
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

// readPolicy reads a document that may have faults.
func readPolicy(document string) (Policy, []policy.Fault, error) {
	d, faults, ok := policy.Parse(document)
	if !ok {
		return Policy{}, nil, errMalformed(policy.Syntax)
	}
	return Policy{document, d}, faults, nil
}

// String returns the document as it was written.
func (p Policy) String() string { return p.document }

func errMalformed(f policy.Fault) error {
	return &MalformedPolicyDocumentError{Fault{Message: f.Text(), Reason: ErrMalformedPolicy}}
}
