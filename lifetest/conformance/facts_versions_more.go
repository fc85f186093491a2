package conformance

import (
	"fmt"
	"strings"
	"time"
)

const customStages = "LocalStack test_update_secret_version_stages_custom_stages_"

var labelFacts = []Fact{
	fact("PutSecretValue/first-version-own-labels", "The first version of a secret is AWSCURRENT with labels of its own, too.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a", obj{"SecretString": nil})
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.equal(map[string][]string{token(2): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
	}),
	fact("PutSecretValue/current-among-own-labels", "With AWSCURRENT among VersionStages a version is promoted, and has the others too.", Recorded, customStages+"2", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
		p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
	}),
	fact("PutSecretValue/own-label-keeps-a-version-listed", "A version that loses AWSPREVIOUS keeps a label of its own, and stays listed.", Recorded, customStages+"2", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
		p.put("a", 3)
		p.put("a", 4)
		p.equal(map[string][]string{token(2): {"mine"}, token(3): {"AWSPREVIOUS"}, token(4): {"AWSCURRENT"}}, p.stages("a"), "labels")
	}),
	fact("PutSecretValue/AWS-in-own-labels", "A label that begins with AWS is one like any other.", Recorded, customStages+"1", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"AWSSOMETHING"}})
		p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSSOMETHING"}}, p.stages("a"), "labels")
	}),
	fact("PutSecretValue/both-values", "PutSecretValue and UpdateSecret refuse SecretString and SecretBinary together.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a")
		for _, operation := range []string{"PutSecretValue", "UpdateSecret"} {
			p.refused(operation, p.id("a", obj{"SecretString": "v", "SecretBinary": "AQI=", "ClientRequestToken": token(2)}), parameter, "")
		}
	}),
	fact("PutSecretValue/no-value-text", "The text asks for one of SecretString and SecretBinary.", Inferred, "emulators", func(p *probe) {
		p.create("a")
		p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2)}), request, "You must provide either SecretString or SecretBinary.")
	}),
	fact("UpdateSecretVersionStage/previous-moves-along", "AWSPREVIOUS moves along when AWSCURRENT is moved.", Recorded, "LocalStack test_update_secret_version_stages_current_pending_cycle", func(p *probe) {
		p.create("a")
		p.put("a", 2)
		p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
		p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 2, 3)))
		p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT", "AWSPENDING"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecretVersionStage/removes-and-leaves-AWSPREVIOUS", "Taking a label off leaves AWSPREVIOUS where it is.", Recorded, customStages+"3", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
		p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
		p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecretVersionStage/last-label", "A version whose last label goes is deprecated.", Documented, apiReference+", UpdateSecretVersionStage", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
		p.equal(1, len(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)), "versions with labels")
		p.equal(2, len(p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any)), "versions")
	}),
	fact("UpdateSecretVersionStage/twenty-labels", "A label too many is refused here, too.", Documented, userGuide+", quotas", func(p *probe) {
		p.create("a")
		for i := range 19 {
			p.ok("UpdateSecretVersionStage", p.id("a", move(fmt.Sprint("l", i), 0, 1)))
		}
		p.refused("UpdateSecretVersionStage", p.id("a", move("l19", 0, 1)), limitExceeded, "")
	}),
	fact("UpdateSecretVersionStage/moves-own-label", "A label of one's own moves from the version that is named to another.", Documented, apiReference+", UpdateSecretVersionStage", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 1)))
		p.equal(map[string][]string{token(1): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecretVersionStage/own-label-without-holder", "A label of one's own moves only when the version that has it is named.", Documented, apiReference+", UpdateSecretVersionStage", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)), parameter, "")
	}),
	fact("UpdateSecretVersionStage/own-label-without-holder-text", "The text names that label.", Inferred, "that for AWSCURRENT", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)), parameter,
			"The parameter RemoveFromVersionId can't be empty. Staging label mine is currently attached to version "+token(2)+", so you must explicitly reference that version in RemoveFromVersionId.")
	}),
	fact("UpdateSecretVersionStage/wrong-holder-of-own-label", "A label of one's own is not taken from a version that does not have it.", Documented, apiReference+", UpdateSecretVersionStage", func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 1, 0)), parameter, "")
		p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"mine"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecretVersionStage/same-holder-alone", "Moving a label to the version that has it changes nothing, with no version to take it from, too.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"mine"}})
		p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 2)))
		p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 1)))
		p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"mine"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecretVersionStage/unknown-version-text", "The text for a version that is not there names it.", Inferred, "GetSecretValue", func(p *probe) {
		p.create("a")
		p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 9)), notFound, textNoVersion+token(9))
	}),
	fact("GetSecretValue/by-label", "A value is read by a label, and AWSCURRENT is the default.", Documented, apiReference+", GetSecretValue", func(p *probe) {
		p.create("a")
		p.put("a", 2)
		p.put("a", 3, obj{"VersionStages": []string{"mine"}})
		for label, want := range map[string]string{"AWSCURRENT": "value 2", "AWSPREVIOUS": "value", "mine": "value 3"} {
			p.equal(want, p.ok("GetSecretValue", p.id("a", obj{"VersionStage": label}))["SecretString"], label)
		}
		p.equal("value 2", p.value("a"), "value without a label")
	}),
	fact("GetSecretValue/by-version", "A value is read by its version, with the version's labels.", Documented, apiReference+", GetSecretValue", func(p *probe) {
		p.create("a")
		p.put("a", 2)
		got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))
		p.equal("value", got["SecretString"], "value")
		p.equal([]any{"AWSPREVIOUS"}, got["VersionStages"], "VersionStages")
	}),
	fact("VersionStages/order", "Labels are in alphabetical order, versions in that of their creation.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.put("a", 2, obj{"VersionStages": []string{"b", "AWSPENDING", "a"}})
		p.equal([]any{"AWSPENDING", "a", "b"}, p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2)}))["VersionStages"], "VersionStages")
		list := p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)
		p.equal([]any{token(1), token(2)}, []any{list[0].(obj)["VersionId"], list[1].(obj)["VersionId"]}, "versions")
	}),
}

var valueFacts = []Fact{
	fact("Value/empty", "An empty SecretString or SecretBinary is refused by the framework.", Inferred, "present API model; earlier ones allow it", func(p *probe) {
		for _, member := range []string{"SecretString", "SecretBinary"} {
			p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), member: ""}, validation, "")
		}
	}),
	fact("Value/not-base64", "A SecretBinary that is not base64 is refused by the framework.", Inferred, noSource, func(p *probe) {
		p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), "SecretBinary": "?"}, serialization, "")
	}),
	fact("Value/with-RotationToken", "PutSecretValue takes a RotationToken.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a")
		p.ok("PutSecretValue", p.id("a", obj{"SecretString": "v", "ClientRequestToken": token(2), "RotationToken": token(9)}))
	}),
	fact("Value/size-is-in-bytes", "The 65,536 of a SecretString are bytes, not characters.", Documented, userGuide+", quotas", func(p *probe) {
		p.ok("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), "SecretString": strings.Repeat("é", 32768)})
		p.refused("CreateSecret", obj{"Name": p.name("b"), "ClientRequestToken": token(1), "SecretString": strings.Repeat("é", 32769)}, validation, "")
	}),
	fact("Value/characters", "A SecretString comes back as it was given.", Documented, apiReference+", GetSecretValue", func(p *probe) {
		text := "\"\\/\b\f\n\r\t<&>é\u2028😀\u0000 "
		p.ok("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1), "SecretString": text})
		p.equal(text, p.value("a"), "value")
	}),
	fact("Value/not-told", "A refusal of a value does not repeat it.", Inferred, "the members are sensitive in the API model", func(p *probe) {
		p.create("a")
		canary := "canary-" + letters(65536)
		for _, in := range []obj{{"SecretString": canary}, {"SecretString": "canary-", "SecretBinary": "AQI="}} {
			a := p.call("PutSecretValue", p.id("a", in, obj{"ClientRequestToken": token(2)}))
			p.must(a.status == 400 && !strings.Contains(a.raw, "canary-"), "%.100s", a.raw)
		}
	}),
	fact("KmsKeyId/shown", "A key of one's own is shown, with versions that were encrypted under it.", Documented, apiReference+", DescribeSecret", func(p *probe) {
		p.create("a", obj{"KmsKeyId": "alias/mine"})
		p.equal("alias/mine", p.describe("a")["KmsKeyId"], "KmsKeyId")
		versions := p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)
		p.equal([]any{"alias/mine"}, versions[0].(obj)["KmsKeyIds"], "KmsKeyIds")
	}),
	fact("KmsKeyId/default-by-name", "The default key by its name is the default key.", Documented, apiReference+", DescribeSecret", func(p *probe) {
		p.create("a", obj{"KmsKeyId": "alias/aws/secretsmanager"})
		_, has := p.describe("a")["KmsKeyId"]
		p.must(!has, "KmsKeyId is there")
	}),
	fact("KmsKeyId/of-versions", "When the key changes, versions without AWSCURRENT, AWSPENDING and AWSPREVIOUS keep theirs.", Documented, apiReference+", UpdateSecret", func(p *probe) {
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
	fact("ListSecretVersionIds/entry", "A version shows VersionId, VersionStages, CreatedDate and KmsKeyIds.", Recorded, "LocalStack test_deprecated_secret_version_stage", func(p *probe) {
		p.create("a")
		p.members(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)[0].(obj), "CreatedDate", "KmsKeyIds", "VersionId", "VersionStages")
	}),
	fact("Versions/aged", "Versions without labels go when there are more than 100, and they are more than 24 hours old.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a")
		for n := 2; n <= 105; n++ {
			p.put("a", n)
		}
		count := func() int { return p.versions("a") }
		p.equal(105, count(), "versions on the first day")
		p.advance(25 * time.Hour)
		p.put("a", 200)
		p.equal(100, count(), "versions on the second day")
		p.equal("value 104", p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(104)}))["SecretString"], "a version that is left")
		p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(2)}), notFound, textNoVersion+token(2))
	}, needsTime),
	fact("Versions/a-hundred-stay", "A hundred versions stay, however old they are.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a")
		for n := 2; n <= 100; n++ {
			p.put("a", n)
		}
		p.advance(1000 * 24 * time.Hour)
		p.equal(100, p.versions("a"), "versions")
	}, needsTime),
	fact("Versions/aged-with-label", "A version with a label stays, however many there are.", Documented, apiReference+", PutSecretValue", func(p *probe) {
		p.create("a")
		p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)))
		for n := 2; n <= 105; n++ {
			p.put("a", n)
		}
		p.advance(25 * time.Hour)
		p.equal("value", p.ok("GetSecretValue", p.id("a", obj{"VersionStage": "mine"}))["SecretString"], "value")
	}, needsTime),
}

// versions counts the versions of a secret, without labels too.
func (p *probe) versions(short string) int {
	n := 0
	in := p.id(short, obj{"IncludeDeprecated": true})
	for {
		page := p.ok("ListSecretVersionIds", in)
		n += len(page["Versions"].([]any))
		next, more := page["NextToken"]
		if !more {
			return n
		}
		in = with(in, obj{"NextToken": next})
	}
}

var secretFacts = []Fact{
	fact("DescribeSecret/all-members", "DescribeSecret shows Description, KmsKeyId, Type, Tags, LastAccessedDate and DeletedDate where they are set.", Documented, apiReference+", DescribeSecret", func(p *probe) {
		p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine", "Type": "t", "Tags": []obj{{"Key": "k", "Value": "v"}}})
		p.value("a")
		p.ok("DeleteSecret", p.id("a"))
		d := p.describe("a")
		p.members(d, "ARN", "CreatedDate", "DeletedDate", "Description", "KmsKeyId", "LastAccessedDate", "LastChangedDate", "Name", "Tags", "Type", "VersionIdsToStages")
		p.equal("d", d["Description"], "Description")
		p.equal("t", d["Type"], "Type")
		p.equal([]any{obj{"Key": "k", "Value": "v"}}, d["Tags"], "Tags")
	}),
	fact("UpdateSecret/type", "UpdateSecret changes the type.", Documented, apiReference+", UpdateSecret", func(p *probe) {
		p.create("a", obj{"Type": "t"})
		p.ok("UpdateSecret", p.id("a", obj{"Type": "u"}))
		p.equal("u", p.describe("a")["Type"], "Type")
	}),
	fact("UpdateSecret/keeps-the-rest", "UpdateSecret leaves alone what it is not told.", Documented, apiReference+", UpdateSecret", func(p *probe) {
		p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine"})
		p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)}))
		p.equal("d", p.describe("a")["Description"], "Description")
		p.equal("alias/mine", p.describe("a")["KmsKeyId"], "KmsKeyId")
	}),
	fact("UpdateSecret/token-without-value", "A ClientRequestToken without a value is ignored.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.members(p.ok("UpdateSecret", p.id("a", obj{"Description": "d", "ClientRequestToken": token(1)})), "ARN", "Name")
		p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
	}),
	fact("UpdateSecret/description-without-token", "A Description alone needs no ClientRequestToken.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
	}),
	fact("CreateSecret/again-without-value", "CreateSecret without a value is refused the second time, with the same token too.", Inferred, noSource, func(p *probe) {
		in := obj{"Name": p.name("a"), "ClientRequestToken": token(1)}
		p.ok("CreateSecret", in)
		p.refused("CreateSecret", in, exists, "")
	}),
	fact("CreateSecret/long-name-comes-back", "A name of 512 characters is answered whole.", Documented, apiReference+", CreateSecret; the model's 256 for answers is a slip", func(p *probe) {
		long := (p.name("") + letters(512))[:512]
		got := p.ok("CreateSecret", obj{"Name": long, "ClientRequestToken": token(1)})
		p.equal(long, got["Name"], "Name")
		p.equal(long, p.ok("DescribeSecret", obj{"SecretId": long})["Name"], "Name")
		p.equal(long, p.ok("DescribeSecret", obj{"SecretId": got["ARN"]})["Name"], "Name")
	}),
	fact("CreateSecret/exclamation-mark", "A name may have an exclamation mark.", Inferred, "AWS's text for malformed names lists it", func(p *probe) {
		arn := p.create("rds!db-1")
		p.equal(arn, p.describe("rds!db-1")["ARN"], "ARN")
	}),
	fact("Owned/OwningService", "A secret with a name such as rds!db-1 shows what is before the exclamation mark as OwningService, and the filter finds it.", Inferred, userGuide+", Secrets managed by other services", func(p *probe) {
		name := "rds!" + strings.ReplaceAll(p.name("a"), "/", "-")
		p.ok("CreateSecret", obj{"Name": name, "ClientRequestToken": token(1), "Tags": []obj{{"Key": "k", "Value": p.name("a")}}})
		p.equal("rds", p.ok("DescribeSecret", obj{"SecretId": name})["OwningService"], "OwningService")
		for value, n := range map[string]int{"rd": 1, "RDS": 0, "ds": 0} {
			list := p.ok("ListSecrets", obj{"Filters": append(filter("tag-value", p.name("a")), filter("owning-service", value)...)})["SecretList"].([]any)
			p.equal(n, len(list), "secrets for "+value)
		}
	}),
	fact("CreateSecret/arn-parts", "An ARN has the Region, twelve digits of the account, and the name.", Documented, apiReference+", CreateSecret", func(p *probe) {
		parts := strings.SplitN(p.create("a"), ":", 7)
		p.equal("secretsmanager", parts[2], "service")
		p.equal(p.Region, parts[3], "Region")
		p.must(strings.HasPrefix(parts[6], p.name("a")+"-"), "name and suffix %s", parts[6])
	}),
	fact("Tags/created", "Tags given to CreateSecret are there.", Recorded, "LocalStack test_secret_tags", func(p *probe) {
		p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}, {"Key": "empty", "Value": ""}}})
		p.equal(2, len(p.describe("a")["Tags"].([]any)), "tags")
	}),
	fact("Tags/fifty", "A secret has up to 50 tags.", Inferred, userGuide+", quotas", func(p *probe) {
		p.create("a", obj{"Tags": listOf(50, func(i int) any { return obj{"Key": fmt.Sprint(i), "Value": "v"} })})
		p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "0", "Value": "w"}}}))
		p.refused("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "50", "Value": "v"}}}), limitExceeded, "")
	}),
	fact("Constraint/in-characters", "Lengths count characters, whatever they have of bytes.", Inferred, noSource, func(p *probe) {
		p.create("a", obj{"Description": strings.Repeat("é", 2048), "Tags": []obj{{"Key": strings.Repeat("é", 128), "Value": strings.Repeat("é", 256)}}})
		p.ok("UpdateSecretVersionStage", p.id("a", move(strings.Repeat("é", 256), 0, 1)))
	}),
}
