package conformance

import (
	"strings"
)

const (
	crossAccount = "LocalStack test_cross_account_access"
	crossKey     = "LocalStack test_cross_account_access_non_default_key"
	openPolicy   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",` +
		`"Action":"secretsmanager:*","Resource":"*"}]}`
)

// shared makes a secret "a" that its policy opens to everybody.
func (p *probe) shared(more ...obj) string {
	arn := p.create("a", more...)
	p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": openPolicy}))
	return arn
}

// accountFacts are about callers of another account, and callers without
// permissions.
var accountFacts = []Fact{
	fact("Accounts/without-the-key",
		"By its ARN and a policy, another account describes, tags, lists versions and reads the policy of a secret, "+
			"whatever its key.", Verified, crossAccount, func(p *probe) {
			id := obj{"SecretId": p.shared()}
			p.okBy(p.other(), "DescribeSecret", id)
			p.okBy(p.other(), "GetResourcePolicy", id)
			p.okBy(p.other(), "ListSecretVersionIds", id)
			p.okBy(p.other(), "TagResource", with(id, obj{"Tags": []obj{{"Key": "k", "Value": "v"}}}))
			p.equal([]any{obj{"Key": "k", "Value": "v"}}, p.describe("a")["Tags"], "Tags")
			p.okBy(p.other(), "UntagResource", with(id, obj{"TagKeys": []string{"k"}}))
		}, needsAccounts),
	fact("Accounts/values-under-default-key", "Another account neither reads nor writes values under the default key.",
		Verified, crossAccount, func(p *probe) {
			id := obj{"SecretId": p.shared()}
			p.refusedBy(p.other(), "GetSecretValue", id, request, textAcrossKMS)
			p.refusedBy(p.other(), "PutSecretValue", with(id, obj{"SecretString": "v", "ClientRequestToken": token(2)}),
				request, textAcrossKMS)
			p.refusedBy(p.other(), "UpdateSecret", with(id, obj{"SecretString": "v", "ClientRequestToken": token(2)}), request,
				textAcrossKMS)
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}, needsAccounts),
	fact("Accounts/values-under-own-key", "Under a key of one's own another account reads and writes values.", Verified,
		crossKey, func(p *probe) {
			id := obj{"SecretId": p.shared(obj{"KmsKeyId": "alias/mine"})}
			p.equal("value", p.okBy(p.other(), "GetSecretValue", id)["SecretString"], "value")
			p.okBy(p.other(), "PutSecretValue", with(id, obj{"SecretString": "new", "ClientRequestToken": token(2)}))
			p.equal("new", p.value("a"), "value")
		}, needsAccounts),
	fact("Accounts/delete-and-restore",
		"Another account schedules a deletion, with a window and force=false, and restores the secret.", Verified, crossKey,
		func(p *probe) {
			id := obj{"SecretId": p.shared()}
			p.members(p.okBy(p.other(), "DeleteSecret",
				with(id, obj{"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": false})), "ARN", "DeletionDate", "Name")
			p.seconds(p.describe("a"), "DeletedDate")
			p.members(p.okBy(p.other(), "RestoreSecret", id), "ARN", "Name")
			_, has := p.okBy(p.other(), "DescribeSecret", id)["DeletedDate"]
			p.must(!has, "DeletedDate is still there")
		}, needsAccounts),
	fact("Accounts/delete-by-force", "Another account deletes by force.", Verified, crossAccount, func(p *probe) {
		arn := p.shared()
		p.equal(arn, p.okBy(p.other(), "DeleteSecret", with(force, obj{"SecretId": arn}))["ARN"], "ARN")
		p.gone()
	}, needsAccounts),
	fact("Accounts/not-listed", "Another account's secrets are not listed, whatever their policies.", Verified,
		crossAccount, func(p *probe) {
			p.shared()
			p.equal(obj{"SecretList": []any{}}, p.okBy(p.other(), "ListSecrets", obj{"Filters": p.mine()}), "answer")
		}, needsAccounts),
	fact("Accounts/by-name-only-own", "A name is one's own account's: the same name there is another secret.", Documented,
		userGuide+", Access from another account", func(p *probe) {
			first := p.shared()
			second := p.okBy(p.other(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs",
				"ClientRequestToken": token(1)})["ARN"]
			p.must(first != second, "the same ARN")
			p.equal("theirs", p.okBy(p.other(), "GetSecretValue", p.id("a"))["SecretString"], "value")
			p.equal("value", p.value("a"), "value")
		}, needsAccounts),
	fact("Accounts/batch", "In a batch, a secret that is denied is an entry of Errors.", Documented,
		apiReference+", BatchGetSecretValue", func(p *probe) {
			arn := p.create("a")
			p.okBy(p.other(), "CreateSecret", obj{"Name": p.name("b"), "SecretString": "theirs", "ClientRequestToken": token(1)})
			got := p.okBy(p.other(), "BatchGetSecretValue", obj{"SecretIdList": []string{arn, p.name("b")}})
			p.equal(1, len(got["SecretValues"].([]any)), "values")
			entry := got["Errors"].([]any)[0].(obj)
			p.equal(denied, entry["ErrorCode"], "ErrorCode")
			p.equal(arn, entry["SecretId"], "SecretId")
		}, needsAccounts),
	fact("Accounts/scheduled", "The policy of a scheduled secret still lets others describe it.", Inferred, noSource,
		func(p *probe) {
			id := obj{"SecretId": p.shared()}
			p.ok("DeleteSecret", p.id("a"))
			p.seconds(p.okBy(p.other(), "DescribeSecret", id), "DeletedDate")
		}, needsAccounts),
	fact("Accounts/scheduled-value", "Of a value that is scheduled and under the default key, the state is told.",
		Inferred, noSource, func(p *probe) {
			id := obj{"SecretId": p.shared()}
			p.ok("DeleteSecret", p.id("a"))
			p.refusedBy(p.other(), "GetSecretValue", id, request, textMarked)
		}, needsAccounts),
	fact("Accounts/denied-text", "The text tells who may not do what, on the ARN that was given, and has no full stop.",
		Inferred, "that for identity-based policies", func(p *probe) {
			arn := p.create("a")
			text := p.byOther("DescribeSecret", arn).message()
			p.must(strings.HasPrefix(text, "User: arn:aws") && strings.HasSuffix(text,
				" is not authorized to perform: secretsmanager:DescribeSecret on resource: "+arn+
					" because no resource-based policy allows the secretsmanager:DescribeSecret action"), "%q", text)
		}, needsAccounts),
	fact("Accounts/denied-member", "An AccessDeniedException has its text in Message.", Reported,
		"tests of aws/aws-secretsmanager-agent",
		func(p *probe) {
			p.members(p.byOther("DescribeSecret", p.create("a")).body, "Message", "__type")
		}, needsAccounts),
	fact("Accounts/denied-is-400", "An AccessDeniedException has status 400, not 403.", Recorded, "LocalStack snapshots",
		func(p *probe) {
			p.equal(400, p.byOther("DescribeSecret", p.create("a")).status, "status")
		}, needsAccounts),
	fact("IAM/denied-text", "Who has no permission is told the operation, and the full ARN of a secret that is there.",
		Reported, "nitrictech/nitric #343, mongodb/awscdk-resources-mongodbatlas #207", func(p *probe) {
			p.deniedNobody("GetSecretValue", p.id("a"), " on resource: "+p.create("a"))
		}, needsNobody),
	fact("IAM/denied-text-unknown",
		"For a name that does not exist the text has the name, and does not tell that it does not.", Reported,
		"mongodb/awscdk-resources-mongodbatlas #207", func(p *probe) {
			p.deniedNobody("GetSecretValue", p.id("nobody"), " on resource: "+p.name("nobody"))
		}, needsNobody),
	fact("IAM/denied-text-list", "For ListSecrets the text has no resource.", Reported,
		"Kralizek/AWSSecretsManagerConfigurationExtensions #78", func(p *probe) {
			p.deniedNobody("ListSecrets", obj{}, "")
		}, needsNobody),
}

func (p *probe) byOther(operation, arn string) answer {
	return p.by(p.other(), operation, obj{"SecretId": arn})
}

func (p *probe) deniedNobody(operation string, in obj, resource string) {
	a := p.by(caller{p.Region, p.Nobody}, operation, in)
	p.equal(denied, a.code(), "exception")
	want := " is not authorized to perform: secretsmanager:" + operation + resource +
		" because no identity-based policy allows the secretsmanager:" + operation + " action"
	p.must(strings.HasPrefix(a.message(), "User: arn:aws") && strings.HasSuffix(a.message(), want), "%q", a.message())
}

// placeFacts are about ids that mean no secret.
var placeFacts = []Fact{
	fact("SecretId/ARN-of-another-Region", "An ARN of another Region is not found here, though the secret is there.",
		Inferred, noSource, func(p *probe) {
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(1)})
			arn := p.text(p.okBy(p.abroad(), "DescribeSecret", p.id("a")), "ARN")
			p.refused("DescribeSecret", obj{"SecretId": arn}, notFound, textNotFound)
		}, needsRegions),
	fact("SecretId/ARN-of-another-partition", "An ARN of another partition is not found.", Inferred, noSource,
		func(p *probe) {
			arn := p.create("a")
			p.refused("DescribeSecret", obj{"SecretId": strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1)}, notFound,
				textNotFound)
		}),
	fact("SecretId/other-suffix", "An ARN with other characters at its end is not found.", Inferred, noSource,
		func(p *probe) {
			arn := p.create("a")
			p.refused("DescribeSecret", obj{"SecretId": arn[:len(arn)-6] + "ZZZZZZ"}, notFound, textNotFound)
		}),
	fact("SecretId/malformed-ARN", "An ID that starts like an ARN but is malformed is refused as a malformed name.",
		Inferred, noSource, func(p *probe) {
			for _, id := range []string{"arn:", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:us-east-1:123:secret:a",
				"arn:aws:secretsmanager:us-east-1:123456789012:secret:"} {
				p.refused("DescribeSecret", obj{"SecretId": id}, validation, textName)
			}
		}),
	fact("SecretId/longer-than-a-name", "A name that is longer than any can be is refused as malformed.", Inferred,
		noSource, func(p *probe) {
			p.refused("DescribeSecret", obj{"SecretId": letters(513)}, validation, textName)
		}),
	fact("SecretId/malformed-everywhere", "Every operation refuses a malformed name before any look-up.", Inferred,
		"nine of them are recorded: LocalStack test_invalid_secret_name", func(p *probe) {
			for _, operation := range strings.Fields(onSecrets) {
				p.refused(operation, p.request(operation, obj{"SecretId": "a b"}), validation, textName)
			}
		}),
	fact("SecretId/every-form-everywhere", "Every operation takes an ARN, and one without the six characters.",
		Documented, apiReference, func(p *probe) {
			arn := p.create("a")
			for _, operation := range strings.Fields(onSecrets) {
				for _, id := range []string{arn, arn[:len(arn)-7]} {
					a := p.call(operation, p.request(operation, obj{"SecretId": id, "ForceDeleteWithoutRecovery": nil,
						"RemoveReplicaRegions": []string{thirdRegion}}))
					p.must(a.code() != validation && a.code() != notFound, "%s: %d %s", operation, a.status, a.raw)
					if operation == "DeleteSecret" {
						p.ok("RestoreSecret", p.id("a"))
					}
				}
			}
		}),
	fact("SecretId/re-created-by-old-ARN", "The ARN of a secret that is gone does not find the new one of its name.",
		Inferred, userGuide+", Troubleshooting", func(p *probe) {
			first := p.create("a")
			p.ok("DeleteSecret", p.id("a", force))
			p.gone()
			second := p.create("a")
			p.refused("GetSecretValue", obj{"SecretId": first}, notFound, textNotFound)
			p.ok("GetSecretValue", obj{"SecretId": second})
			p.ok("GetSecretValue", obj{"SecretId": second[:len(second)-7]})
		}),
}
