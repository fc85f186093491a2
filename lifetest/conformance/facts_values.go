package conformance

import (
	"strings"
	"time"
)

var valueFacts = []Fact{
	fact("Value/empty", "An empty SecretString or SecretBinary is refused by the framework.", Inferred,
		"present API model; earlier ones allow it", func(p *probe) {
			for _, member := range []string{"SecretString", "SecretBinary"} {
				p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), member: ""}, validation, "")
			}
		}),
	fact("Value/not-base64", "A SecretBinary that is not base64 is refused by the framework.", Inferred, noSource,
		func(p *probe) {
			p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), "SecretBinary": "?"},
				serialization, "")
		}),
	fact("Value/with-RotationToken", "PutSecretValue takes a RotationToken.", Documented, apiReference+", PutSecretValue",
		func(p *probe) {
			p.create("a")
			p.ok("PutSecretValue", p.id("a", obj{"SecretString": "v", "ClientRequestToken": token(2),
				"RotationToken": token(9)}))
		}),
	fact("Value/size-is-in-bytes", "The 65,536 of a SecretString are bytes, not characters.", Documented,
		userGuide+", quotas", func(p *probe) {
			p.ok("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1),
				"SecretString": strings.Repeat("é", 32768)})
			p.refused("CreateSecret", obj{"Name": p.name("b"), "ClientRequestToken": token(1),
				"SecretString": strings.Repeat("é", 32769)}, validation, "")
		}),
	fact("Value/characters", "A SecretString comes back as it was given.", Documented, apiReference+", GetSecretValue",
		func(p *probe) {
			text := "\"\\/\b\f\n\r\t<&>é\u2028😀\u0000 "
			p.ok("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), "SecretString": text})
			p.equal(text, p.value("a"), "value")
		}),
	fact("Value/not-told", "A refusal of a value does not repeat it.", Inferred,
		"the members are sensitive in the API model", func(p *probe) {
			p.create("a")
			canary := "canary-" + letters(65536)
			for _, in := range []obj{{"SecretString": canary}, {"SecretString": "canary-", "SecretBinary": "AQI="}} {
				a := p.call("PutSecretValue", p.id("a", in, obj{"ClientRequestToken": token(2)}))
				p.must(a.status == 400 && !strings.Contains(a.raw, "canary-"), "%.100s", a.raw)
			}
		}),
	fact("KmsKeyId/shown", "A key of one's own is shown, with versions that were encrypted under it.", Documented,
		apiReference+", DescribeSecret", func(p *probe) {
			p.create("a", obj{"KmsKeyId": "alias/mine"})
			p.equal("alias/mine", p.describe("a")["KmsKeyId"], "KmsKeyId")
			versions := p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)
			p.equal([]any{"alias/mine"}, versions[0].(obj)["KmsKeyIds"], "KmsKeyIds")
		}),
	fact("KmsKeyId/default-by-name", "The default key is shown if it was given by its name.", Recorded,
		custodian+"test_secrets_manager_set_encryption_key; a probe of July 2026 by cdkd", func(p *probe) {
			p.create("a", obj{"KmsKeyId": defaultKey})
			p.equal(defaultKey, p.describe("a")["KmsKeyId"], "KmsKeyId")
			p.equal(defaultKey, p.entry(nil)["KmsKeyId"], "KmsKeyId of the list")
		}),
	fact("KmsKeyId/removed", "UpdateSecret with an empty KmsKeyId takes the key away: none is shown.", Reported,
		"a probe of July 2026 by cdkd", func(p *probe) {
			p.create("a", obj{"KmsKeyId": defaultKey})
			p.ok("UpdateSecret", p.id("a", obj{"KmsKeyId": ""}))
			_, has := p.describe("a")["KmsKeyId"]
			p.must(!has, "KmsKeyId is there")
		}),
	fact("KmsKeyId/of-versions",
		"When the key changes, versions without AWSCURRENT, AWSPENDING and AWSPREVIOUS keep theirs.", Documented,
		apiReference+", UpdateSecret", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			p.ok("UpdateSecret", p.id("a", obj{"KmsKeyId": "alias/mine"}))
			keys := obj{}
			for _, v := range p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any) {
				keys[p.text(v.(obj), "VersionId")] = v.(obj)["KmsKeyIds"]
			}
			mine := []any{"alias/mine"}
			p.equal(obj{token(1): []any{"DefaultEncryptionKey"}, token(2): mine, token(3): mine}, keys, "KmsKeyIds")
		}),
	fact("KmsKeyId/updated", "UpdateSecret changes the key.", Documented, apiReference+", UpdateSecret", func(p *probe) {
		p.create("a")
		p.ok("UpdateSecret", p.id("a", obj{"KmsKeyId": "alias/mine"}))
		p.equal("alias/mine", p.describe("a")["KmsKeyId"], "KmsKeyId")
	}),
	fact("ListSecretVersionIds/entry", "A version shows VersionId, VersionStages, CreatedDate and KmsKeyIds.", Recorded,
		"LocalStack test_deprecated_secret_version_stage", func(p *probe) {
			p.create("a")
			p.members(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)[0].(obj), "CreatedDate", "KmsKeyIds",
				"VersionId", "VersionStages")
		}),
	fact("Versions/aged", "Versions without labels go when there are more than 100, and they are more than 24 hours old.",
		Documented, apiReference+", PutSecretValue", func(p *probe) {
			p.create("a")
			for n := 2; n <= 105; n++ {
				p.put("a", n)
			}
			count := func() int { return p.versions("a") }
			p.equal(105, count(), "versions on the first day")
			p.advance(25 * time.Hour)
			p.put("a", 200)
			p.advance(24 * time.Hour) // how soon they go is not promised
			p.equal(100, count(), "versions on the third day")
			p.equal("value 104", p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(104)}))["SecretString"],
				"a version that is left")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(2)}), notFound, textNoVersion+token(2))
		}, needsTime),
	fact("Versions/a-hundred-stay", "A hundred versions stay, however old they are.", Documented,
		apiReference+", PutSecretValue", func(p *probe) {
			p.create("a")
			for n := 2; n <= 100; n++ {
				p.put("a", n)
			}
			p.advance(1000 * 24 * time.Hour)
			p.equal(100, p.versions("a"), "versions")
		}, needsTime),
	fact("Versions/aged-with-label", "A version with a label stays, however many there are.", Documented,
		apiReference+", PutSecretValue", func(p *probe) {
			p.create("a")
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)))
			for n := 2; n <= 105; n++ {
				p.put("a", n)
			}
			p.advance(25 * time.Hour)
			p.equal("value", p.ok("GetSecretValue", p.id("a", obj{"VersionStage": "mine"}))["SecretString"], "value")
		}, needsTime),
}
