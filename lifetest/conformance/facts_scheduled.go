package conformance

// scheduledFacts are what each operation does with a secret that is scheduled
// for deletion.
func scheduledFacts() []Fact {
	const rule = "its model declares InvalidRequestException"
	refusals := []struct {
		operation string
		more      obj
		known     Provenance
		source    string
		needs     []need
	}{
		{"TagResource", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}}, Recorded,
			"LocalStack test_tag_untag_resource_on_deleted_secret", nil},
		{"UntagResource", obj{"TagKeys": []string{"k"}}, Recorded, "LocalStack test_tag_untag_resource_on_deleted_secret",
			nil},
		{"GetSecretValue", nil, Documented, userGuide + ", alarm for secrets scheduled for deletion", nil},
		{"GetResourcePolicy", nil, Reported, "hashicorp/terraform-provider-aws #23998", nil},
		{"DeleteResourcePolicy", nil, Reported, "hashicorp/terraform-provider-aws, secret_policy.go", nil},
		{"UpdateSecret", obj{"SecretString": "new", "ClientRequestToken": token(2)}, Reported, "moto, from the CLI", nil},
		{"PutSecretValue", obj{"SecretString": "new", "ClientRequestToken": token(2)}, Inferred, rule, nil},
		{"UpdateSecretVersionStage", obj{"VersionStage": "L", "MoveToVersionId": token(1)}, Inferred, rule, nil},
		{"RotateSecret", obj{"ClientRequestToken": token(2),
			"RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f"}, Inferred, rule, nil},
		{"CancelRotateSecret", nil, Inferred, rule, nil},
		{"PutResourcePolicy", obj{"ResourcePolicy": somePolicy}, Inferred, rule, nil},
		{"ValidateResourcePolicy", obj{"ResourcePolicy": somePolicy}, Inferred, rule, nil},
		{"ReplicateSecretToRegions", obj{"AddReplicaRegions": []obj{{"Region": "eu-west-3"}}}, Inferred, rule, nil},
		{"RemoveRegionsFromReplication", obj{"RemoveReplicaRegions": []string{"eu-west-3"}}, Inferred, rule, nil},
		{"StopReplicationToReplica", nil, Inferred, rule, nil},
	}
	var out []Fact
	for _, r := range refusals {
		out = append(out, Fact{
			Name: "Scheduled/" + r.operation, Says: r.operation + " is refused on a secret that is scheduled for deletion.",
			Known: r.known, Source: r.source,
			check: func(p *probe) {
				p.scheduled("a")
				before := p.describe("a")
				p.refused(r.operation, p.id("a", r.more), request, textMarked)
				p.equal(before, p.describe("a"), "the secret after the refusal")
			},
		})
	}
	return append(out,
		Fact{Name: "Scheduled/DescribeSecret", Says: "DescribeSecret works on a scheduled secret, and shows DeletedDate.",
			Known: Recorded, Source: "LocalStack test_force_delete_deleted_secret",
			check: func(p *probe) {
				p.scheduled("a")
				p.members(p.describe("a"), "ARN", "CreatedDate", "DeletedDate", "LastChangedDate", "Name", "VersionIdsToStages")
			}},
		Fact{Name: "Scheduled/ListSecretVersionIds", Says: "ListSecretVersionIds works on a scheduled secret.",
			Known: Inferred, Source: "its model does not declare InvalidRequestException",
			check: func(p *probe) {
				p.scheduled("a")
				p.must(len(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)) == 1, "not one version")
			}},
		Fact{Name: "Scheduled/CreateSecret-same-token",
			Says: "CreateSecret repeated with its token is refused, too, once the secret is scheduled.", Known: Inferred,
			Source: noSource,
			check: func(p *probe) {
				p.scheduled("a")
				p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "value", "ClientRequestToken": token(1)},
					request, textReserved)
			}},
		Fact{Name: "Scheduled/GetRandomPassword", Says: "GetRandomPassword has nothing to do with any secret.",
			Known: Documented, Source: apiReference + ", GetRandomPassword",
			check: func(p *probe) { p.ok("GetRandomPassword", obj{}) }},
		Fact{Name: "Scheduled/ValidateResourcePolicy-without-id",
			Says: "ValidateResourcePolicy without a SecretId concerns no secret.", Known: Documented,
			Source: apiReference + ", ValidateResourcePolicy",
			check:  func(p *probe) { p.ok("ValidateResourcePolicy", obj{"ResourcePolicy": somePolicy}) }},
	)
}

const somePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
	`"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`

// somePolicyPrinted is somePolicy as AWS prints it.
const somePolicyPrinted = `{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789012:root"
    },
    "Action" : "secretsmanager:GetSecretValue",
    "Resource" : "*"
  } ]
}`

var restoreFacts = []Fact{
	{Name: "RestoreSecret/members", Says: "RestoreSecret answers ARN and Name, and DeletedDate is gone.", Known: Recorded,
		Source: "LocalStack test_secret_restore",
		check: func(p *probe) {
			p.scheduled("a")
			p.members(p.ok("RestoreSecret", p.id("a")), "ARN", "Name")
			_, has := p.describe("a")["DeletedDate"]
			p.must(!has, "DeletedDate is still there")
		}},
	{Name: "RestoreSecret/everything-back", Says: "Value, versions, labels, tags and policy are back as they were.",
		Known: Documented, Source: userGuide + ", Restore a secret",
		check: func(p *probe) {
			p.create("a", obj{"Description": "d", "Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			before, policy := p.describe("a"), p.ok("GetResourcePolicy", p.id("a"))
			p.ok("DeleteSecret", p.id("a"))
			p.ok("RestoreSecret", p.id("a"))
			after := p.describe("a")
			delete(before, "LastChangedDate")
			delete(after, "LastChangedDate")
			p.equal(before, after, "the secret")
			p.equal(policy, p.ok("GetResourcePolicy", p.id("a")), "the policy")
			p.equal("value 2", p.value("a"), "the value")
			p.equal("value", p.ok("GetSecretValue", p.id("a", obj{"VersionStage": "AWSPREVIOUS"}))["SecretString"],
				"the value before")
		}},
	{Name: "RestoreSecret/active", Says: "RestoreSecret on an active secret succeeds and changes nothing.",
		Known: Inferred, Source: "moto",
		check: func(p *probe) {
			p.create("a")
			before := p.describe("a")
			p.members(p.ok("RestoreSecret", p.id("a")), "ARN", "Name")
			p.equal(before, p.describe("a"), "the secret")
		}},
	{Name: "RestoreSecret/unknown", Says: "An unknown secret is not found.", Known: Documented,
		Source: apiReference + ", RestoreSecret",
		check:  func(p *probe) { p.refused("RestoreSecret", p.id("nobody"), notFound, textNotFound) }},
	{Name: "RestoreSecret/malformed-name", Says: "A malformed name is refused.", Known: Inferred, Source: "its siblings",
		check: func(p *probe) { p.refused("RestoreSecret", obj{"SecretId": "a b"}, validation, textName) }},
	{Name: "RestoreSecret/replica", Says: "A replica is not restored.", Known: Inferred, Source: noSource,
		needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.refusedBy(p.abroad(), "RestoreSecret", p.id("a"), parameter, textReplica)
		}},
	{Name: "RestoreSecret/forced", Says: "What was deleted by force is not restored.", Known: Documented,
		Source: apiReference + ", DeleteSecret",
		check: func(p *probe) {
			p.create("a")
			p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}))
			p.refused("RestoreSecret", p.id("a"), notFound, textNotFound)
		}},
	{Name: "RestoreSecret/fresh-date", Says: "A deletion after a restore has a date of its own.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			p.scheduled("a")
			p.ok("RestoreSecret", p.id("a"))
			got := p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 30}))
			p.equal(30.0, days(p.seconds(p.describe("a"), "CreatedDate"), p.seconds(got, "DeletionDate")), "days")
		}},
}
