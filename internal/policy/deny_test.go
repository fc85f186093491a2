package policy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDenies(t *testing.T) {
	const action = "secretsmanager:DeleteSecret"
	for _, c := range []struct {
		name, statement string
		everybody, some bool
	}{
		{"everybody", `"Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteSecret"`, true, true},
		{"every action", `"Effect":"Deny","Principal":{"AWS":"*"},"Action":["*"]`, true, true},
		{"a pattern", `"Effect":"Deny","Principal":"*","Action":"secretsmanager:?elete*"`, true, true},
		{"any case", `"Effect":"Deny","Principal":"*","Action":"SecretsManager:deletesecret"`, true, true},
		{"all other actions", `"Effect":"Deny","Principal":"*","NotAction":"secretsmanager:Get*"`, true, true},
		{"some", `"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"*"`, false, true},
		{"all but some", `"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"*"`, false, true},
		{"a condition", `"Effect":"Deny","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`,
			false, true},
		{"another action", `"Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteSecretX"`, false, false},
		{"an exception", `"Effect":"Deny","Principal":"*","NotAction":"secretsmanager:Delete*"`, false, false},
		{"an allowance", `"Effect":"Allow","Principal":"*","Action":"*"`, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _, ok := Parse(`{"Version":"2012-10-17","Statement":{` + c.statement + `,"Resource":"*"}}`)
			require.True(t, ok)
			everybody, some := d.Denies(action)
			require.Equal(t, c.everybody, everybody)
			require.Equal(t, c.some, some)
		})
	}
}
