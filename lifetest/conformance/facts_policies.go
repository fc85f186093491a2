package conformance

import (
	"encoding/json"
	"strings"
)

var policyFacts = []Fact{
	{Name: "Policy/none", Says: "GetResourcePolicy on a secret without policy answers ARN and Name only.",
		Known: Documented, Source: apiReference + ", GetResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
	{Name: "Policy/printed-anew", Says: "GetResourcePolicy shows the policy printed anew, whatever its form was: " +
		"indented by two spaces, with spaces round colons and within the brackets of lists.", Known: Recorded,
		Source: custodian + "test_secretsmanager_remove_matched",
		check: func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.equal(somePolicyPrinted, p.ok("GetResourcePolicy", p.id("a"))["ResourcePolicy"], "ResourcePolicy")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicyPrinted}))
			p.equal(somePolicyPrinted, p.ok("GetResourcePolicy", p.id("a"))["ResourcePolicy"], "ResourcePolicy")
		}},
	fact("Policy/unique-ids", "A policy may name a user or a role by the unique id that takes its ARN's place when it is "+
		"deleted.", Documented, "IAM user guide, IAM identifiers", func(p *probe) {
		p.create("a")
		text := policyWith(anAccount, `{"AWS":["AIDACKCEVSQ6C2EXAMPLE","AROADBQP57FF2AEXAMPLE"]}`)
		p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": text}))
		p.samePolicy(text, p.ok("GetResourcePolicy", p.id("a")))
	}),
	{Name: "Policy/put-get-delete", Says: "A policy is kept, and can be taken away.", Known: Documented,
		Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy})), "ARN", "Name")
			p.samePolicy(somePolicy, p.ok("GetResourcePolicy", p.id("a")))
			p.members(p.ok("DeleteResourcePolicy", p.id("a")), "ARN", "Name")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
	{Name: "Policy/malformed", Says: "What is no policy is refused.", Known: Documented,
		Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": "no policy"}), policy, "")
		}},
	{Name: "Policy/length", Says: "A policy has up to 20,480 characters.", Known: Documented, Source: "API model",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy + strings.Repeat(" ", 20480)}),
				validation, "")
		}},
	{Name: "Policy/public", Says: "BlockPublicPolicy refuses a policy for everybody.", Known: Documented,
		Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy",
				p.id("a", obj{"BlockPublicPolicy": true, "ResourcePolicy": strings.Replace(somePolicy,
					`{"AWS":"arn:aws:iam::123456789012:root"}`, `"*"`, 1)}), "PublicPolicyException", "")
		}},
	{Name: "Policy/validate", Says: "ValidateResourcePolicy passes a good policy.", Known: Documented,
		Source: apiReference + ", ValidateResourcePolicy",
		check: func(p *probe) {
			p.equal(true, p.ok("ValidateResourcePolicy", obj{"ResourcePolicy": somePolicy})["PolicyValidationPassed"],
				"PolicyValidationPassed")
		}},
	{Name: "Policy/validate-no-errors", Says: "ValidationErrors is an empty list where nothing is wrong.",
		Known: Documented, Source: cliExample + "validate-resource-policy",
		check: func(p *probe) {
			p.equal(obj{"PolicyValidationPassed": true, "ValidationErrors": []any{}},
				p.ok("ValidateResourcePolicy", obj{"ResourcePolicy": somePolicy}), "response")
		}},
	{Name: "Policy/gone-after-purge", Says: "A new secret of the name has no policy of the old.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}))
			p.gone()
			p.create("a")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
	fact("GetRandomPassword/too-short", "A password that is too short for one character of each kind is refused.",
		Reported, cdkd, func(p *probe) {
			p.refused("GetRandomPassword", obj{"PasswordLength": 3}, parameter,
				"Password length is too short based on the required types.")
			text, _ := p.password(obj{"PasswordLength": 3, "RequireEachIncludedType": false})
			p.equal(3, len(text), "length")
		}),
	fact("GetRandomPassword/each-kind",
		"RequireEachIncludedType is the default: every kind that is not excluded is there.", Documented,
		apiReference+", GetRandomPassword", func(p *probe) {
			for range 20 {
				_, kinds := p.password(obj{"PasswordLength": 4})
				p.equal(map[string]int{"lower": 1, "upper": 1, "digit": 1, "punctuation": 1}, kinds, "kinds")
			}
		}),
	fact("GetRandomPassword/space-is-not-required",
		"A space is never required: a password of four characters has one of each other kind.", Reported, cdkd,
		func(p *probe) {
			for range 20 {
				_, kinds := p.password(obj{"PasswordLength": 4, "IncludeSpace": true})
				p.equal(0, kinds["space"], "spaces")
			}
			text, _ := p.password(obj{"PasswordLength": 3, "IncludeSpace": true, "ExcludeNumbers": true,
				"ExcludePunctuation": true, "ExcludeUppercase": true, "ExcludeLowercase": true})
			p.equal("   ", text, "password of spaces only")
		}),
	fact("GetRandomPassword/kind-excluded",
		"A kind of which ExcludeCharacters has every character is refused, unless RequireEachIncludedType is false.",
		Reported, cdkd, func(p *probe) {
			in := obj{"ExcludeCharacters": "0123456789"}
			a := p.call("GetRandomPassword", in)
			p.equal(parameter, a.code(), "exception")
			p.must(strings.HasPrefix(a.message(), "All characters of the desired type have been excluded"), "%q", a.message())
			_, kinds := p.password(with(in, obj{"PasswordLength": 500, "RequireEachIncludedType": false}))
			p.equal(0, kinds["digit"], "digits")
		}),
	fact("GetRandomPassword/everything-excluded-text", "The text where nothing is left to choose from.", Reported, cdkd,
		func(p *probe) {
			for _, in := range []obj{{}, {"RequireEachIncludedType": false}} {
				a := p.call("GetRandomPassword", with(in, obj{"ExcludeNumbers": true, "ExcludePunctuation": true,
					"ExcludeUppercase": true, "ExcludeLowercase": true}))
				p.must(strings.HasPrefix(a.message(), "All characters have been excluded from selection"), "%q", a.message())
			}
		}),
	fact("GetRandomPassword/random", "No password is like the one before.", Documented,
		apiReference+", GetRandomPassword", func(p *probe) {
			first, _ := p.password(obj{})
			second, _ := p.password(obj{})
			p.must(first != second, "the same password twice")
		}),
	fact("Policy/replaced", "A policy takes the place of the one before.", Documented, apiReference+", PutResourcePolicy",
		func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": openPolicy}))
			p.samePolicy(openPolicy, p.ok("GetResourcePolicy", p.id("a")))
		}),
	fact("Policy/public-without-block", "A policy for everybody is attached where BlockPublicPolicy is not asked for.",
		Documented, apiReference+", PutResourcePolicy", func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": openPolicy}))
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": openPolicy, "BlockPublicPolicy": false}))
		}),
	fact("Policy/nothing-to-delete", "DeleteResourcePolicy on a secret without policy succeeds.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.members(p.ok("DeleteResourcePolicy", p.id("a")), "ARN", "Name")
		}),
	fact("Policy/survives-restore", "A policy survives scheduling and restoring.", Inferred,
		userGuide+", Restore a secret", func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.ok("DeleteSecret", p.id("a"))
			p.ok("RestoreSecret", p.id("a"))
			p.samePolicy(somePolicy, p.ok("GetResourcePolicy", p.id("a")))
		}),
	fact("Policy/syntax", "A policy lacks nothing that a statement needs, has nothing else, and is of a version there "+
		"is; its actions are those of Secrets Manager.", Documented, policyGuide, func(p *probe) {
		p.create("a")
		for _, text := range []string{
			`{}`, `[]`, `{"Statement":[]}`, `{"Statement":`, `{"Statement":{"Effect":"Perhaps"}}`,
			policyWith(`"Version":"2012-10-17"`, `"Version":"2020-01-01"`),
			policyWith(`"Effect":"Allow",`, ``), policyWith(`,"Resource":"*"`, ``),
			policyWith(`"Effect"`, `"Unknown":1,"Effect"`), policyWith("secretsmanager:", "s3:"),
		} {
			p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": text}), policy,
				"This resource policy contains a syntax error.")
		}
		p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
	}),
	fact("Policy/principals", "A policy's principals have the form of some, and services among them exist.", Documented,
		policyGuide, func(p *probe) {
			p.create("a")
			for principal, text := range map[string]string{
				`{"AWS":"nobody"}`:                         "This resource policy contains an unsupported principal.",
				`{"Service":"secretsmanager.example.com"}`: "This resource policy contains an invalid service principal.",
			} {
				p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": policyWith(anAccount, principal)}), policy, text)
			}
		}),
	fact("Policy/narrowed", "BlockPublicPolicy lets everybody be allowed under a condition on fixed accounts, VPCs or "+
		"sources.", Documented, apiReference+", PutResourcePolicy", func(p *probe) {
		p.create("a")
		narrow := strings.Replace(openPolicy, `"Resource":"*"`,
			`"Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`, 1)
		p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": narrow, "BlockPublicPolicy": true}))
		wide := strings.Replace(narrow, `"aws:SourceAccount":"123456789012"`, `"aws:username":"somebody"`, 1)
		p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": wide, "BlockPublicPolicy": true}),
			"PublicPolicyException", "")
	}),
	fact("Policy/findings", "ValidateResourcePolicy tells of what PutResourcePolicy would refuse in statements, of "+
		"everybody being allowed, and of everybody being kept from changing the policy.", Inferred,
		apiReference+", ValidateResourcePolicy", func(p *probe) {
			for _, text := range []string{`{"Statement":{}}`, policyWith("secretsmanager:", "s3:"), openPolicy,
				strings.Replace(openPolicy, "Allow", "Deny", 1)} {
				got := p.ok("ValidateResourcePolicy", obj{"ResourcePolicy": text})
				p.equal(false, got["PolicyValidationPassed"], "PolicyValidationPassed of "+text)
				entry := got["ValidationErrors"].([]any)[0].(obj)
				p.members(entry, "CheckName", "ErrorMessage")
			}
		}),
	fact("Policy/validate-malformed", "ValidateResourcePolicy refuses what is no policy.", Documented,
		apiReference+", ValidateResourcePolicy", func(p *probe) {
			p.refused("ValidateResourcePolicy", obj{"ResourcePolicy": "no policy"}, policy, "")
		}),
}

// samePolicy checks that a response has a policy, whatever its form.
func (p *probe) samePolicy(want string, response obj) {
	var wanted, got any
	text := p.text(response, "ResourcePolicy")
	p.must(json.Unmarshal([]byte(text), &got) == nil && json.Unmarshal([]byte(want), &wanted) == nil,
		"ResourcePolicy is %q", text)
	p.equal(wanted, got, "ResourcePolicy")
}

// password asks for one, and answers how many characters are of each kind.
func (p *probe) password(in obj) (text string, kinds map[string]int) {
	text = p.text(p.ok("GetRandomPassword", in), "RandomPassword")
	kinds = map[string]int{}
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z':
			kinds["lower"]++
		case c >= 'A' && c <= 'Z':
			kinds["upper"]++
		case c >= '0' && c <= '9':
			kinds["digit"]++
		case c == ' ':
			kinds["space"]++
		default:
			kinds["punctuation"]++
		}
	}
	return text, kinds
}

var passwordFacts = []Fact{
	{Name: "GetRandomPassword/default", Says: "A password has 32 characters, at least one of each kind, and no space.",
		Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			text, kinds := p.password(obj{})
			p.equal(32, len(text), "length")
			for _, kind := range []string{"lower", "upper", "digit", "punctuation"} {
				p.must(kinds[kind] > 0, "no %s", kind)
			}
			p.equal(0, kinds["space"], "spaces")
		}},
	{Name: "GetRandomPassword/length", Says: "PasswordLength is the length.", Known: Documented,
		Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			text, _ := p.password(obj{"PasswordLength": 4096})
			p.equal(4096, len(text), "length")
			p.refused("GetRandomPassword", obj{"PasswordLength": 4097}, validation, "")
			p.refused("GetRandomPassword", obj{"PasswordLength": 0}, validation, "")
		}},
	{Name: "GetRandomPassword/exclusions", Says: "What is excluded does not come.", Known: Documented,
		Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			_, kinds := p.password(obj{"PasswordLength": 500, "ExcludeNumbers": true, "ExcludePunctuation": true,
				"ExcludeUppercase": true})
			p.equal(map[string]int{"lower": 500}, kinds, "kinds")
			text, _ := p.password(obj{"PasswordLength": 500, "ExcludeCharacters": "abcABC123"})
			p.must(!strings.ContainsAny(text, "abcABC123"), "excluded characters are there")
		}},
	{Name: "GetRandomPassword/space", Says: "IncludeSpace allows spaces.", Known: Documented,
		Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			_, kinds := p.password(obj{"PasswordLength": 2000, "IncludeSpace": true})
			p.must(kinds["space"] > 0, "no space among 2,000 characters")
		}},
	{Name: "GetRandomPassword/everything-excluded", Says: "Nothing to choose from is refused.", Known: Documented,
		Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			p.refused("GetRandomPassword", obj{"ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true,
				"ExcludeLowercase": true}, parameter, "")
		}},
}

const (
	policyGuide = userGuide + " of 2021, Managing a resource-based policy"
	anAccount   = `{"AWS":"arn:aws:iam::123456789012:root"}`
)

// policyWith is somePolicy with a part in the place of another.
func policyWith(old, part string) string { return strings.Replace(somePolicy, old, part, 1) }
