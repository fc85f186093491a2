package sigv4

import (
	"slices"
	"strings"

	"github.com/secretlife-go/secretlife"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
)

// fieldNames are the fields of the header, in the order in which a missing one
// is reported.
var fieldNames = [...]string{"Credential", "Signature", "SignedHeaders"}

// authorization is an Authorization header of Signature Version 4, taken apart.
type authorization struct {
	accessKeyID string
	day         string
	region      secretlife.Region
	signed      string   // the names of the signed headers
	headers     []string // the same in ascending order, where signatures are verified
	sum         string   // the signature, in hexadecimal
}

// parseAuthorization takes an Authorization header apart:
//
//	AWS4-HMAC-SHA256 Credential=AKID/20300101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d…
//
// It returns the access key id also with an error, where the header has one.
func parseAuthorization(header, service string) (authorization, error) {
	name, rest, _ := strings.Cut(header, " ")
	if name != algorithm {
		return authorization{}, incomplete("Unsupported AWS 'algorithm': '"+name+"'.",
			"the Authorization header is not one of Signature Version 4")
	}
	var fields [3]string // in the order of fieldNames
	var there [3]bool
	for more := true; more; {
		var field string
		field, rest, more = strings.Cut(rest, ",")
		field = strings.Trim(field, " ")
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return authorization{}, incomplete(
				"'"+field+"' not a valid key=value pair (missing equal-sign) in Authorization header.",
				"the Authorization header has a field without a value")
		}
		i := slices.Index(fieldNames[:], name)
		if i < 0 || there[i] || strings.Contains(value, "=") {
			return authorization{}, errFields
		}
		fields[i], there[i] = value, true
	}
	var missing []string
	for i, name := range fieldNames {
		if fields[i] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return authorization{}, incomplete(strings.Join(missing, " "), "the Authorization header lacks a field")
	}
	a := authorization{sum: fields[1], signed: fields[2]}
	return a, a.parseCredential(fields[0], service)
}

// parseCredential parses the access key id and the credential scope.
func (a *authorization) parseCredential(credential, service string) error {
	var scope [5]string
	rest, more := credential, true
	for i := range scope {
		if !more {
			return errCredential
		}
		scope[i], rest, more = strings.Cut(rest, "/")
	}
	if more || scope[0] == "" || len(scope[0]) > 128 {
		return errCredential
	}
	a.accessKeyID, a.day = scope[0], scope[1]
	var err error
	switch a.region, err = secretlife.ParseRegion(scope[2]); {
	case err != nil:
		return errRegion
	case scope[3] != service:
		return invalid("Credential should be scoped to correct service: '"+service+"'.",
			"the credential scope is for another service")
	case scope[4] != terminator:
		return invalid("Credential should be scoped with a valid terminator: '"+terminator+"'.",
			"the credential scope has another terminator")
	}
	return nil
}
