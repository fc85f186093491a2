package secretlife_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func passwordOf(t *testing.T, m *secretlife.Manager, in secretlife.GetRandomPasswordInput) string {
	t.Helper()
	out, err := m.GetRandomPassword(ctx, in)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", out, out, out), out.Reveal())
	return out.Reveal()
}

func TestGetRandomPassword(t *testing.T) {
	t.Run("kinds of characters", func(t *testing.T) {
		w := newWorld(t)
		no := false
		const lower, upper, digits, marks = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789",
			"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
		for _, c := range []struct {
			in    secretlife.GetRandomPasswordInput
			kinds []string
		}{
			{secretlife.GetRandomPasswordInput{}, []string{lower, upper, digits, marks}},
			{secretlife.GetRandomPasswordInput{IncludeSpace: true, PasswordLength: 500}, []string{lower, upper, digits,
				marks, " "}},
			{secretlife.GetRandomPasswordInput{ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true,
				ExcludePunctuation: true, IncludeSpace: true, PasswordLength: 3}, []string{" "}},
			{secretlife.GetRandomPasswordInput{ExcludeLowercase: true, ExcludePunctuation: true, PasswordLength: 2},
				[]string{upper, digits}},
			{secretlife.GetRandomPasswordInput{ExcludeCharacters: digits + "abc", PasswordLength: 400,
				RequireEachIncludedType: &no}, []string{lower[3:], upper, marks}},
		} {
			for range 50 {
				got := passwordOf(t, w.Manager, c.in)
				length := int(c.in.PasswordLength)
				if length == 0 {
					length = 32
				}
				require.Len(t, got, length)
				require.Empty(t, strings.Trim(got, strings.Join(c.kinds, "")), "other characters")
				for _, kind := range c.kinds {
					require.True(t, strings.ContainsAny(got, kind), "%q has none of %q", got, kind)
				}
			}
		}
		in := secretlife.GetRandomPasswordInput{IncludeSpace: true, PasswordLength: 4}
		require.NotContains(t, passwordOf(t, w.Manager, in), " ", "a space is never required")
		one := passwordOf(t, w.Manager, secretlife.GetRandomPasswordInput{PasswordLength: 1, RequireEachIncludedType: &no})
		require.Len(t, one, 1)
		require.Len(t, passwordOf(t, w.Manager, secretlife.GetRandomPasswordInput{PasswordLength: 4096}), 4096)
		require.Empty(t, w.events())
	})

	t.Run("repeatable from a seed", func(t *testing.T) {
		a, b := newWorld(t), newWorld(t)
		first := passwordOf(t, a.Manager, secretlife.GetRandomPasswordInput{})
		require.Equal(t, first, passwordOf(t, b.Manager, secretlife.GetRandomPasswordInput{}))
		require.NotEqual(t, first, passwordOf(t, a.Manager, secretlife.GetRandomPasswordInput{}))
	})

	// Of many characters drawn from ten, none is rare.
	t.Run("characters are even", func(t *testing.T) {
		w := newWorld(t)
		counts := map[rune]int{}
		for range 10 {
			for _, c := range passwordOf(t, w.Manager, secretlife.GetRandomPasswordInput{PasswordLength: 4000,
				ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true}) {
				counts[c]++
			}
		}
		require.Len(t, counts, 10)
		for c, n := range counts {
			require.InDelta(t, 4000, n, 400, "%q", c)
		}
	})

	// Of all numbers of 64 bits the last few would make the first characters more likely than the
	// others, and are drawn again.
	t.Run("modulo bias", func(t *testing.T) {
		digits := secretlife.GetRandomPasswordInput{PasswordLength: 1, ExcludeLowercase: true, ExcludeUppercase: true,
			ExcludePunctuation: true}
		for last, want := range map[uint64]string{
			math.MaxUint64 - 6: "9", // 18446744073709551609 is the last of the last ten
			math.MaxUint64 - 5: "3",
			math.MaxUint64:     "3",
		} {
			w := newWorld(t, func(o *secretlife.Options) {
				o.Random = bytes.NewReader(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, last), 3))
			})
			require.Equal(t, want, passwordOf(t, w.Manager, digits), "%d", last)
		}
	})

	t.Run("refused", func(t *testing.T) {
		w := newWorld(t)
		for _, c := range []struct {
			in         secretlife.GetRandomPasswordInput
			code, text string
		}{
			{secretlife.GetRandomPasswordInput{PasswordLength: -1}, "ValidationException",
				"1 validation error detected: Value '-1' at 'passwordLength' failed to satisfy constraint: Member must have " +
					"value greater than or equal to 1"},
			{secretlife.GetRandomPasswordInput{PasswordLength: 4097}, "ValidationException",
				"1 validation error detected: Value '4097' at 'passwordLength' failed to satisfy constraint: Member must have " +
					"value less than or equal to 4096"},
			{secretlife.GetRandomPasswordInput{PasswordLength: 3}, "InvalidParameterException",
				"Password length is too short based on the required types."},
			{secretlife.GetRandomPasswordInput{ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true,
				ExcludePunctuation: true}, "InvalidParameterException", "All characters have been excluded from selection"},
			{secretlife.GetRandomPasswordInput{IncludeSpace: true, PasswordLength: 3}, "InvalidParameterException",
				"Password length is too short based on the required types."},
			{secretlife.GetRandomPasswordInput{ExcludeCharacters: "0123456789"}, "InvalidParameterException",
				"All characters of the desired type have been excluded"},
		} {
			_, err := w.GetRandomPassword(ctx, c.in)
			requireError(t, err, c.code, c.text)
		}
	})
}

func TestValidateResourcePolicy(t *testing.T) {
	w := newWorld(t)
	w.create("s")
	validate := func(id, document string) (secretlife.ValidateResourcePolicyOutput, error) {
		in := secretlife.ValidateResourcePolicyInput{ResourcePolicy: document}
		if id != "" {
			in.SecretID = &id
		}
		return w.ValidateResourcePolicy(ctx, in)
	}
	const good = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`
	for _, id := range []string{"", "s"} {
		out, err := validate(id, good)
		require.NoError(t, err)
		require.Equal(t, secretlife.ValidateResourcePolicyOutput{PolicyValidationPassed: true}, out)
	}
	const (
		syntax    = "This resource policy contains a syntax error."
		principal = "This resource policy contains an unsupported principal."
		service   = "This resource policy contains an invalid service principal."
		broad     = "This resource policy grants broad access to your secret. Secrets Manager does not allow creating " +
			"and applying such policies in the console."
		lockout = "Your requested changes will not allow you to manage this secret in the future."
	)
	for document, want := range map[string][]string{
		`{"Statement":{"Effect":"Maybe","Principal":"*","Action":"*","Resource":"*"}}`: {syntax},
		`{"Statement":[{},{"Colour":"red"}]}`:                                          {syntax},
		`{"Statement":[{},{}]}`:                                                        {syntax},
		strings.Replace(good, `"AWS":"arn:aws:iam::123456789012:root"`, `"AWS":"me","Service":"mine"`,
			1): {principal, service},
		strings.Replace(good, `{"AWS":"arn:aws:iam::123456789012:root"}`, `"*"`, 1):                  {broad},
		`{"Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*"}}`: {lockout},
	} {
		out, err := validate("", document)
		require.NoError(t, err)
		require.False(t, out.PolicyValidationPassed)
		var got []string
		for _, e := range out.ValidationErrors {
			got = append(got, e.ErrorMessage)
		}
		require.Equal(t, want, got)
	}
	for _, action := range []string{"*", "secretsmanager:PutResourcePolicy", "SecretsManager:*"} {
		out, err := validate("", `{"Statement":{"Effect":"Deny","Principal":"*","Action":["secretsmanager:GetSecretValue","`+
			action+`"],"Resource":"*"}}`)
		require.NoError(t, err)
		require.Len(t, out.ValidationErrors, 1, action)
	}
	out, err := validate("",
		`{"Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}}`)
	require.NoError(t, err)
	require.True(t, out.PolicyValidationPassed, "nobody can read it, and it can be managed")
	out, err = validate("", `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"*",`+
		`"Resource":"*"}}`)
	require.NoError(t, err)
	require.True(t, out.PolicyValidationPassed, "somebody can manage it")
	_, err = validate("", "no policy")
	require.ErrorIs(t, err, secretlife.ErrMalformedPolicy)
	_, err = validate("nobody", good)
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	_, err = validate("a b", good)
	require.ErrorIs(t, err, secretlife.ErrInvalidName)
	w.delete("s", 7)
	_, err = validate("s", good)
	require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
}

// FuzzParsePolicy: what ValidateResourcePolicy passes can be attached, and what
// it does not pass can't, but for what it only warns of.
func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{
		somePolicy, `{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"s","Effect":"Deny","NotPrincipal":"*",` +
			`"NotAction":["*"],"NotResource":"a"}}`,
		`{"Statement":[{"Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"x":[1,2.5]}}}]}`,
		`{"Statement":[[]]}`, "{", "null", "",
		`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*","me"],"Service":"x","Federated":[],` +
			`"CanonicalUser":null},"Action":"*","Resource":"*"}]}`,
	} {
		f.Add(s)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, document string) {
		policy, err := secretlife.ParsePolicy(document)
		if err == nil {
			require.JSONEq(t, document, policy.String())
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

func TestTagResource(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	tag := func(tags ...secretlife.Tag) error {
		return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: tags})
	}
	require.NoError(t, tag())
	require.Nil(t, w.load("a").Tags(), "it still never had one")
	require.NoError(t, tag(secretlife.Tag{Key: "k", Value: "1"}, secretlife.Tag{Key: "l"}))
	require.NoError(t, tag(secretlife.Tag{Key: "k", Value: "2"}))
	require.Equal(t, []secretlife.Tag{{Key: "k", Value: "2"}, {Key: "l"}}, w.load("a").Tags())
	require.NoError(t, w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "a", TagKeys: []string{"k", "l",
		"unknown"}}))
	require.Equal(t, []secretlife.Tag{}, w.load("a").Tags())
	var many []secretlife.Tag
	for i := range 51 {
		many = append(many, secretlife.Tag{Key: fmt.Sprint(i)})
	}
	require.ErrorIs(t, tag(many...), secretlife.ErrLimitExceeded)
	require.NoError(t, tag(many[:50]...))
	_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Tags: many})
	require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
}

// TestSystemTags checks that tags of AWS services can't be given or taken away, don't count
// towards the limit, and that the tags of a secret that a service owns stay as they are.
func TestSystemTags(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	system, text := []secretlife.Tag{{Key: "k"}, {Key: "aws:x"}}, "You can't modify system tags. Tag key: 'aws:x'."
	requireError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: system}),
		"InvalidParameterException", text)
	requireError(t, w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "a", TagKeys: []string{"aws:x"}}),
		"InvalidParameterException", text)
	_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Tags: system})
	requireError(t, err, "InvalidParameterException", text)
	require.Nil(t, w.load("a").Tags())

	var many []secretlife.Tag
	for i := range 50 {
		many = append(many, secretlife.Tag{Key: fmt.Sprint(i)})
	}
	w.create("events!connection/x", func(in *secretlife.CreateSecretInput) { in.Tags = many })
	owner := secretlife.Tag{Key: "aws:secretsmanager:owningService", Value: "events"}
	require.Equal(t, append(many, owner), w.load("events!connection/x").Tags())
	err = w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "events!connection/x", Tags: many[:1]})
	require.ErrorIs(t, err, secretlife.ErrOwnedByService)
	err = w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "events!connection/x", TagKeys: []string{"0"}})
	require.ErrorIs(t, err, secretlife.ErrOwnedByService)
}

func TestResourcePolicy(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	put := func(doc string, block bool) error {
		_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: doc,
			BlockPublicPolicy: block})
		return err
	}
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Action":"secretsmanager:GetSecretValue","Resource":"*",` + rest + `}]}`
	}
	const root = "arn:aws:iam::123456789012:root"
	for _, bad := range []string{
		"{", "[]", "{}", `"x"`, `{"Statement":[]}`, `{"Statement":3}`, `{"Statement":[3]}`, `{"Statement":{}}`,
		somePolicy + "x",
		strings.Replace(somePolicy, `{`, `{"Version":"2019-10-19",`, 1),
		strings.Replace(somePolicy, `"Resource":"*"`, `"Resource":"*","Colour":"red"`, 1),
		strings.Replace(somePolicy, `,"Resource":"*"`, ``, 1),
		strings.Replace(somePolicy, `secretsmanager:*`, `s3:*`, 1),
		statement(`"Effect":"AllowSomething","Principal":"*"`), statement(`"Effect":"Allow"`),
		statement(`"Effect":"Allow","Principal":{}`), statement(`"Effect":"Allow","Principal":"x"`),
		statement(`"Effect":"Allow","Principal":{"Azure":"x"}`),
		statement(`"Effect":"Allow","Principal":"*","NotPrincipal":"*"`),
		statement(`"Effect":"Allow","Principal":"*","NotResource":"*"`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"a":{"b":"c"}}}`),
	} {
		require.ErrorIs(t, put(bad, false), secretlife.ErrMalformedPolicy, bad)
		requireError(t, put(bad, false), "MalformedPolicyDocumentException", "This resource policy contains a syntax error.")
	}
	for _, who := range []string{"someone", "12345", "AIDA", "AGPAACKCEVSQ6C2EXAMPLE", "arn:aws:iam::123456789012:role/*",
		"arn:aws:s3:::bucket"} {
		requireError(t, put(statement(`"Effect":"Allow","Principal":{"AWS":["`+root+`","`+who+`"]}`), false),
			"MalformedPolicyDocumentException", "This resource policy contains an unsupported principal.")
	}
	requireError(t, put(statement(`"Effect":"Allow","Principal":{"Service":["lambda"]}`), false),
		"MalformedPolicyDocumentException", "This resource policy contains an invalid service principal.")
	for _, public := range []string{
		statement(`"Effect":"Allow","Principal":"*"`),
		statement(`"Effect":"Allow","Principal":{"AWS":"*"}`),
		statement(`"Effect":"Allow","Principal":{"AWS":["` + root + `","*"]}`),
		statement(`"Effect":"Allow","NotPrincipal":{"AWS":"` + root + `"}`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"a":"b"}}`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:SourceAccount":"*"}}`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceAccount":[]}}`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}`),
	} {
		require.ErrorIs(t, put(public, true), secretlife.ErrPublicPolicy, public)
		require.NoError(t, put(public, false), public)
	}
	for _, private := range []string{
		somePolicy,
		statement(`"Effect":"Deny","Principal":"*"`),
		statement(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:sourceVpce":"vpce-1"},` +
			`"Bool":{"aws:SecureTransport":true}}`),
		statement(`"Effect":"Allow","Principal":{"AWS":["` + root + `"],"Service":"lambda.amazonaws.com"}`),
		statement(`"Effect":"Allow","Principal":{"AWS":["` + root + `"],"Federated":"cognito-identity.amazonaws.com"}`),
		statement(`"Effect":"Allow","Principal":{"AWS":["` + root +
			`"],"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`),
		strings.NewReplacer("[{", "{", "}]", "}").Replace(somePolicy),
		statement(`"Effect":"Allow","Principal":{"AWS":["AIDAACKCEVSQ6C2EXAMPLE","AROADBQP57FF2AEXAMPLE"]}`),
	} {
		require.NoError(t, put(private, true), private)
		out, err := w.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.JSONEq(t, private, out.ResourcePolicy)
		require.Contains(t, out.ResourcePolicy, "\n    \"Effect\" : ", "it is printed anew")
	}
	for range 2 { // without a policy it changes nothing
		_, err := w.DeleteResourcePolicy(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
	}
	require.Empty(t, w.load("a").ResourcePolicy())
}
