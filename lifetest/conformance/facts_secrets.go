package conformance

import (
	"fmt"
	"strings"
)

var secretFacts = []Fact{
	fact("DescribeSecret/all-members",
		"DescribeSecret shows Description, KmsKeyId, Type, Tags, LastAccessedDate and DeletedDate where they are set.",
		Documented, apiReference+", DescribeSecret", func(p *probe) {
			p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine", "Type": "t",
				"Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.value("a")
			p.ok("DeleteSecret", p.id("a"))
			d := p.describe("a")
			p.members(d, "ARN", "CreatedDate", "DeletedDate", "Description", "KmsKeyId", "LastAccessedDate", "LastChangedDate",
				"Name", "Tags", "Type", "VersionIdsToStages")
			p.equal("d", d["Description"], "Description")
			p.equal("t", d["Type"], "Type")
			p.equal([]any{obj{"Key": "k", "Value": "v"}}, d["Tags"], "Tags")
		}),
	fact("UpdateSecret/type", "UpdateSecret changes the type.", Documented, apiReference+", UpdateSecret", func(p *probe) {
		p.create("a", obj{"Type": "t"})
		p.ok("UpdateSecret", p.id("a", obj{"Type": "u"}))
		p.equal("u", p.describe("a")["Type"], "Type")
	}),
	fact("UpdateSecret/keeps-the-rest", "UpdateSecret leaves alone what it is not told.", Documented,
		apiReference+", UpdateSecret", func(p *probe) {
			p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine"})
			p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)}))
			p.equal("d", p.describe("a")["Description"], "Description")
			p.equal("alias/mine", p.describe("a")["KmsKeyId"], "KmsKeyId")
		}),
	fact("UpdateSecret/token-without-value", "A ClientRequestToken without a value is ignored.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.members(p.ok("UpdateSecret", p.id("a", obj{"Description": "d", "ClientRequestToken": token(1)})), "ARN", "Name")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}),
	fact("UpdateSecret/description-without-token", "A Description alone needs no ClientRequestToken.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
		}),
	fact("CreateSecret/again-without-value",
		"CreateSecret without a value is refused the second time, with the same token too.", Inferred, noSource,
		func(p *probe) {
			in := obj{"Name": p.name("a"), "ClientRequestToken": token(1)}
			p.ok("CreateSecret", in)
			p.refused("CreateSecret", in, exists, "")
		}),
	fact("CreateSecret/long-name-comes-back", "A name of 512 characters is answered whole.", Documented,
		apiReference+", CreateSecret; the model's 256 for answers is a slip", func(p *probe) {
			long := (p.name("") + letters(512))[:512]
			got := p.ok("CreateSecret", obj{"Name": long, "ClientRequestToken": token(1)})
			p.equal(long, got["Name"], "Name")
			p.equal(long, p.ok("DescribeSecret", obj{"SecretId": long})["Name"], "Name")
			p.equal(long, p.ok("DescribeSecret", obj{"SecretId": got["ARN"]})["Name"], "Name")
		}),
	fact("CreateSecret/exclamation-mark", "A name may have an exclamation mark.", Inferred,
		"AWS's text for malformed names lists it", func(p *probe) {
			arn := p.create("rds!db-1")
			p.equal(arn, p.describe("rds!db-1")["ARN"], "ARN")
		}),
	fact("Owned/OwningService",
		"A secret with a name such as rds!db-1 shows what is before the exclamation mark as OwningService, and the "+
			"filter finds it.", Inferred, userGuide+", Secrets managed by other services", func(p *probe) {
			name := "rds!" + strings.ReplaceAll(p.name("a"), "/", "-")
			p.ok("CreateSecret", obj{"Name": name, "ClientRequestToken": token(1),
				"Tags": []obj{{"Key": "k", "Value": p.name("a")}}})
			p.equal("rds", p.ok("DescribeSecret", obj{"SecretId": name})["OwningService"], "OwningService")
			for value, n := range map[string]int{"rd": 1, "RDS": 0, "ds": 0} {
				list := p.ok("ListSecrets", obj{"Filters": append(filter("tag-value", p.name("a")),
					filter("owning-service", value)...)})["SecretList"].([]any)
				p.equal(n, len(list), "secrets for "+value)
			}
		}),
	fact("CreateSecret/arn-parts", "An ARN has the Region, twelve digits of the account, and the name.", Documented,
		apiReference+", CreateSecret", func(p *probe) {
			parts := strings.SplitN(p.create("a"), ":", 7)
			p.equal("secretsmanager", parts[2], "service")
			p.equal(p.Region, parts[3], "Region")
			p.must(strings.HasPrefix(parts[6], p.name("a")+"-"), "name and suffix %s", parts[6])
		}),
	fact("Tags/created", "Tags given to CreateSecret are there.", Recorded, "LocalStack test_secret_tags", func(p *probe) {
		p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}, {"Key": "empty", "Value": ""}}})
		p.equal(2, len(p.describe("a")["Tags"].([]any)), "tags")
	}),
	fact("Tags/system", "TagResource refuses keys that begin with aws:.", Reported, "cloud-custodian #9093",
		func(p *probe) {
			p.create("a")
			p.refused("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"},
				{"Key": "aws:cloudformation:stack-name", "Value": "v"}}}), parameter,
				"You can't modify system tags. Tag key: 'aws:cloudformation:stack-name'.")
			_, has := p.describe("a")["Tags"]
			p.must(!has, "Tags is there")
		}),
	fact("Tags/system-elsewhere", "So do UntagResource and CreateSecret, with the same text.", Inferred,
		"cloud-custodian #9093, for TagResource", func(p *probe) {
			p.create("a")
			const text = "You can't modify system tags. Tag key: 'aws:x'."
			p.refused("UntagResource", p.id("a", obj{"TagKeys": []string{"aws:x"}}), parameter, text)
			p.refused("CreateSecret", obj{"Name": p.name("b"), "ClientRequestToken": token(1),
				"Tags": []obj{{"Key": "aws:x", "Value": "v"}}}, parameter, text)
		}),
	fact("Owned/tag", "A secret of an AWS service has the tag aws:secretsmanager:owningService.", Recorded,
		custodian+"test_secrets_manager_kms_filter", func(p *probe) {
			name := p.owned()
			want := []any{obj{"Key": "aws:secretsmanager:owningService", "Value": "events"}}
			d := p.ok("DescribeSecret", obj{"SecretId": name})
			p.equal("events", d["OwningService"], "OwningService")
			p.equal(want, d["Tags"], "Tags")
			list := p.ok("ListSecrets", obj{"Filters": filter("all", p.name("a"))})["SecretList"].([]any)
			p.equal(1, len(list), "secrets of the list")
			p.equal(want, list[0].(obj)["Tags"], "Tags of the list")
		}),
	fact("Owned/tagging", "The tags of a secret of an AWS service can't be changed.", Reported,
		"floci-io/floci #2378, for TagResource; API reference, UntagResource", func(p *probe) {
			name := p.owned()
			p.refused("TagResource", obj{"SecretId": name, "Tags": []obj{{"Key": "k", "Value": "v"}}}, request, "")
			p.refused("UntagResource", obj{"SecretId": name, "TagKeys": []string{"k"}}, request, "")
		}),
	fact("Owned/rotation", "RotateSecret with rules only is accepted for a secret of an AWS service, and rotation is on.",
		Reported, "floci-io/floci #2378", func(p *probe) {
			name := p.owned()
			p.ok("RotateSecret", obj{"SecretId": name, "ClientRequestToken": token(2),
				"RotationRules": obj{"AutomaticallyAfterDays": 7}})
			d := p.ok("DescribeSecret", obj{"SecretId": name})
			p.equal(true, d["RotationEnabled"], "RotationEnabled")
			_, has := d["RotationLambdaARN"]
			p.must(!has, "RotationLambdaARN is there")
			p.seconds(d, "NextRotationDate")
		}),
	fact("Tags/fifty", "A secret has up to 50 tags.", Inferred, userGuide+", quotas", func(p *probe) {
		p.create("a", obj{"Tags": listOf(50, func(i int) any { return obj{"Key": fmt.Sprint(i), "Value": "v"} })})
		p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "0", "Value": "w"}}}))
		p.refused("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "50", "Value": "v"}}}), limitExceeded, "")
	}),
	fact("Constraint/in-characters", "Lengths count characters, whatever they have of bytes.", Documented,
		"Smithy specification, length trait",
		func(p *probe) {
			p.create("a", obj{"Description": strings.Repeat("é", 2048),
				"Tags": []obj{{"Key": strings.Repeat("é", 128), "Value": strings.Repeat("é", 256)}}})
			p.ok("UpdateSecretVersionStage", p.id("a", move(strings.Repeat("é", 256), 0, 1)))
		}),
}

// owned makes a secret of the service EventBridge, which only that service can on AWS.
func (p *probe) owned() string {
	name := "events!connection/" + p.name("a")
	p.ok("CreateSecret", obj{"Name": name, "SecretString": "v", "ClientRequestToken": token(1)})
	return name
}

var tagFacts = []Fact{
	{Name: "Tags/never", Says: "Tags is absent on a secret that never had one.", Known: Recorded,
		Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a")
			_, has := p.describe("a")["Tags"]
			p.must(!has, "Tags is there")
		}},
	{Name: "Tags/all-removed", Says: "Tags is an empty list once all were removed.", Known: Recorded,
		Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))
			p.equal([]any{}, p.describe("a")["Tags"], "Tags")
		}},
	{Name: "Tags/set-and-overwritten", Says: "A tag is set, and set anew under the same key.", Known: Documented,
		Source: apiReference + ", TagResource",
		check: func(p *probe) {
			p.create("a")
			for _, v := range []string{"one", "two"} {
				p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": v}}}))
			}
			p.equal([]any{obj{"Key": "k", "Value": "two"}}, p.describe("a")["Tags"], "Tags")
		}},
	{Name: "Tags/unknown-key", Says: "Removing a tag that is not there succeeds.", Known: Documented,
		Source: apiReference + ", UntagResource",
		check: func(p *probe) {
			p.create("a")
			p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))
		}},
	{Name: "Tags/empty-body", Says: "The body of what TagResource and UntagResource respond with is empty.",
		Known: Reported, Source: "hashicorp/terraform-provider-aws #43073",
		check: func(p *probe) {
			p.create("a")
			for operation, in := range map[string]obj{"TagResource": {"Tags": []obj{{"Key": "k", "Value": "v"}}},
				"UntagResource": {"TagKeys": []string{"k"}}} {
				a := p.call(operation, p.id("a", in))
				p.equal(200, a.status, "status of "+operation)
				p.equal("", a.raw, "body of "+operation)
				p.equal("0", a.header.Get("Content-Length"), "Content-Length")
			}
		}},
	{Name: "Tags/answer-has-no-members", Says: "TagResource and UntagResource answer nothing.", Known: Recorded,
		Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a")
			p.equal(0, len(p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}}))), "members")
			p.equal(0, len(p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))), "members")
		}},
}
