package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/policy"
)

// recorded is a policy as Cloud Custodian's test_secretsmanager_remove_matched recorded it,
// with other accounts and names.
const recorded = `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Sid" : "SpecificAllow",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:user/Paul"
    },
    "Action" : "secretsmanager:GetSecretValue",
    "Resource" : "*"
  }, {
    "Sid" : "CrossAccount",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::444455556666:user/Paula"
    },
    "Action" : "secretsmanager:GetSecretValue",
    "Resource" : "*"
  } ]
}`

func TestPrint(t *testing.T) {
	require.Equal(t, recorded, policy.Print(recorded))
	for _, c := range []struct{ document, want string }{
		{`{}`, `{ }`},
		{`{"a":[],"b":{}}`, "{\n  \"a\" : [ ],\n  \"b\" : { }\n}"},
		{`{"z":["1",2,true,null],"a":1.50}`, "{\n  \"z\" : [ \"1\", 2, true, null ],\n  \"a\" : 1.50\n}"},
		{`{"a":[["b"],[{"c":"<&>\u00e9\n"}]]}`, "{\n  \"a\" : [ [ \"b\" ], [ {\n    \"c\" : \"<&>é\\n\"\n  } ] ]\n}"},
		{`no JSON`, `no JSON`},
		{`{"a":`, `{"a":`},
	} {
		require.Equal(t, c.want, policy.Print(c.document))
	}
}

// FuzzPrint checks that a document means the same after it was printed, and that printing
// it again changes nothing.
func FuzzPrint(f *testing.F) {
	f.Add(recorded)
	f.Add(`{"a":[1,{"b":[]}],"c":{}}`)
	f.Fuzz(func(t *testing.T, document string) {
		var want, got any
		if json.Unmarshal([]byte(document), &want) != nil {
			return
		}
		printed := policy.Print(document)
		require.NoError(t, json.Unmarshal([]byte(printed), &got))
		require.Equal(t, want, got)
		require.Equal(t, printed, policy.Print(printed))
	})
}
