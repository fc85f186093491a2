package secretlife_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// FuzzParsePolicy: what ValidateResourcePolicy passes can be attached, and what
// it does not pass can't, but for what it only warns of.
func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{
		somePolicy, `{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"s","Effect":"Deny","NotPrincipal":"*","NotAction":["*"],"NotResource":"a"}}`,
		`{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"x":[1,2.5]}}}]}`, `{"Statement":[[]]}`, "{", "null", "",
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*","me"],"Service":"x","Federated":[],"CanonicalUser":null},"Action":"*","Resource":"*"}]}`,
	} {
		f.Add(s)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, document string) {
		policy, err := secretlife.ParsePolicy(document)
		if err == nil {
			require.Equal(t, document, policy.String())
		} else {
			require.ErrorIs(t, err, secretlife.ErrMalformedPolicy)
		}
		out, invalid := w.ValidateResourcePolicy(ctx, secretlife.ValidateResourcePolicyInput{ResourcePolicy: document})
		if invalid != nil {
			require.True(t, err != nil || len(document) > 20480, "%q", document)
			return
		}
		require.Equal(t, out.PolicyValidationPassed, len(out.ValidationErrors) == 0)
		refused := false
		for _, e := range out.ValidationErrors {
			refused = refused || e.CheckName == "SYNTAX" || e.CheckName == "PRINCIPAL" || e.CheckName == "SERVICE_PRINCIPAL"
		}
		require.Equal(t, refused, err != nil, "%q", document)
	})
}
