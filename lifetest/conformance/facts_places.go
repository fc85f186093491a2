package conformance

import "strings"

var replicationFacts = []Fact{
	{Name: "Replication/create-in-progress",
		Says: "CreateSecret with Regions answers their status; the replica comes later.", Known: Documented,
		Source: apiReference + ", CreateSecret", needs: []need{needsRegions},
		check: func(p *probe) {
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			got := p.ok("CreateSecret", obj{"Name": p.name("a"), "SecretString": "value", "ClientRequestToken": token(1),
				"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}})
			status := got["ReplicationStatus"].([]any)[0].(obj)
			p.equal(p.OtherRegion, status["Region"], "Region")
			p.inSync("a")
		}},
	{Name: "Replication/in-sync", Says: "A replica has the value, and its ARN is the primary's with another Region.",
		Known: Documented, Source: userGuide + ", Replicate secrets", needs: []need{needsRegions},
		check: func(p *probe) {
			arn := p.replicate("a")
			got := p.okBy(p.abroad(), "GetSecretValue", p.id("a"))
			p.equal("value", got["SecretString"], "value")
			p.equal(strings.Replace(arn, p.Region, p.OtherRegion, 1), got["ARN"], "ARN")
		}},
	{Name: "Replication/primary-region", Says: "PrimaryRegion is shown on primary and replica, and on no other secret.",
		Known: Reported, Source: "rebuy-de/aws-nuke #1127", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.equal(p.Region, p.describe("a")["PrimaryRegion"], "PrimaryRegion of the primary")
			p.equal(p.Region, p.okBy(p.abroad(), "DescribeSecret", p.id("a"))["PrimaryRegion"], "PrimaryRegion of the replica")
			p.create("b")
			_, has := p.describe("b")["PrimaryRegion"]
			p.must(!has, "PrimaryRegion is there")
		}},
	{Name: "Replication/changes-follow", Says: "New values, tags and descriptions reach the replica.", Known: Documented,
		Source: userGuide + ", Replicate secrets", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.put("a", 2)
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
			p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}}))
			p.inSync("a")
			p.equal("value 2", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
			d := p.okBy(p.abroad(), "DescribeSecret", p.id("a"))
			p.equal("d", d["Description"], "Description")
			p.equal([]any{obj{"Key": "k", "Value": "v"}}, d["Tags"], "Tags")
		}},
	{Name: "Replication/replica-refuses-writes", Says: "A replica is written through its primary only.", Known: Reported,
		Source: "lgallard/terraform-aws-secrets-manager #188; " + userGuide + ", Replicate secrets",
		needs:  []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			for operation, more := range map[string]obj{
				"PutSecretValue": {"SecretString": "v", "ClientRequestToken": token(2)}, "UpdateSecret": {"Description": "d"},
				"TagResource": {"Tags": []obj{{"Key": "k", "Value": "v"}}}, "UntagResource": {"TagKeys": []string{"k"}},
				"PutResourcePolicy": {"ResourcePolicy": somePolicy}, "DeleteResourcePolicy": nil,
				"UpdateSecretVersionStage": move("mine", 0, 1), "CancelRotateSecret": nil,
				"ReplicateSecretToRegions":     {"AddReplicaRegions": []obj{{"Region": "eu-west-3"}}},
				"RemoveRegionsFromReplication": {"RemoveReplicaRegions": []string{p.Region}},
			} {
				p.refusedBy(p.abroad(), operation, p.id("a", more), parameter, textReplica)
			}
		}},
	{Name: "Replication/replica-reads", Says: "A replica is read like any secret.", Known: Documented,
		Source: userGuide + ", Replicate secrets", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			for _, operation := range []string{"DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "GetResourcePolicy"} {
				p.okBy(p.abroad(), operation, p.id("a"))
			}
		}},
	{Name: "Replication/name-taken",
		Says: "Where the Region has a secret of that name, replication has failed, with the reason.", Known: Documented,
		Source: apiReference + ", ReplicationStatusType", needs: []need{needsRegions},
		check: func(p *probe) {
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs",
				"ClientRequestToken": token(1)})
			p.create("a")
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.inSync("a")
			status := p.describe("a")["ReplicationStatus"].([]any)[0].(obj)
			p.equal("Failed", status["Status"], "Status")
			p.must(p.text(status, "StatusMessage") != "", "there is no StatusMessage")
			p.equal("theirs", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "the other secret's value")
			p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
			p.equal("theirs", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "the other secret's value")
		}},
	{Name: "Replication/force-overwrite",
		Says: "ForceOverwriteReplicaSecret puts the replica in the place of the secret there.", Known: Documented,
		Source: apiReference + ", ReplicateSecretToRegions", needs: []need{needsRegions},
		check: func(p *probe) {
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs",
				"ClientRequestToken": token(1)})
			p.create("a")
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}},
				"ForceOverwriteReplicaSecret": true}))
			p.inSync("a")
			p.equal("value", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
		}},
	{Name: "Replication/remove",
		Says:  "RemoveRegionsFromReplication deletes the replica at once, and then the primary can be deleted.",
		Known: Documented, Source: apiReference + ", RemoveRegionsFromReplication", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			got := p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
			p.members(got, "ARN", "ReplicationStatus")
			p.refusedBy(p.abroad(), "DescribeSecret", p.id("a"), notFound, textNotFound)
			p.ok("DeleteSecret", p.id("a"))
		}},
	{Name: "Replication/promote",
		Says: "StopReplicationToReplica makes a replica a secret of its own, which the primary forgets.", Known: Documented,
		Source: apiReference + ", StopReplicationToReplica", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.members(p.okBy(p.abroad(), "StopReplicationToReplica", p.id("a")), "ARN")
			p.okBy(p.abroad(), "PutSecretValue", p.id("a", obj{"SecretString": "own", "ClientRequestToken": token(2)}))
			_, has := p.describe("a")["ReplicationStatus"]
			p.must(!has, "the primary still shows a replica")
			p.equal("value", p.value("a"), "the primary's value")
			p.okBy(p.abroad(), "DeleteSecret", p.id("a"))
			p.ok("DeleteSecret", p.id("a"))
		}},
	{Name: "Replication/promote-no-replica", Says: "StopReplicationToReplica on a secret that is no replica is refused.",
		Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("StopReplicationToReplica", p.id("a"), parameter, "")
		}},
	{Name: "Replication/own-region", Says: "A secret is not replicated to its own Region.", Known: Inferred,
		Source: "moto",
		check: func(p *probe) {
			p.create("a")
			p.refused("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.Region}}}),
				parameter, "")
		}},
	{Name: "Replication/key-of-a-replica", Says: "The key of a replica may be changed there.", Known: Documented,
		Source: userGuide + ", Replicate secrets", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.okBy(p.abroad(), "UpdateSecret", p.id("a", obj{"KmsKeyId": "alias/aws/secretsmanager"}))
		}},
}

// idFacts are about names and ARNs.
func idFacts() []Fact {
	facts := []Fact{
		{Name: "SecretId/name-ARN-partial-ARN", Says: "A secret is found by name, ARN, and ARN without the six characters.",
			Known: Recorded, Source: "LocalStack test_create_and_update_secret",
			check: func(p *probe) {
				arn := p.create("a")
				for _, id := range []string{p.name("a"), arn, arn[:len(arn)-7]} {
					p.equal(arn, p.ok("DescribeSecret", obj{"SecretId": id})["ARN"], "ARN")
				}
			}},
		{Name: "SecretId/name-with-suffix-is-a-name",
			Says: "The name with the six characters, without the rest of the ARN, is another name.", Known: Inferred,
			Source: noSource,
			check: func(p *probe) {
				arn := p.create("a")
				p.refused("DescribeSecret", obj{"SecretId": p.name("a") + arn[len(arn)-7:]}, notFound, textNotFound)
			}},
		{Name: "SecretId/name-like-an-arn",
			Says: "An ARN whose name ends in a hyphen and six characters is taken as complete.", Known: Documented,
			Source: userGuide + ", Troubleshooting",
			check: func(p *probe) {
				arn := p.create("a-abc123")
				p.refused("DescribeSecret", obj{"SecretId": arn[:len(arn)-7]}, notFound, textNotFound)
				p.equal(arn, p.ok("DescribeSecret", obj{"SecretId": arn})["ARN"], "ARN")
			}},
		{Name: "SecretId/case", Says: "Names are told apart by case.", Known: Inferred, Source: noSource,
			check: func(p *probe) {
				p.create("a")
				p.refused("DescribeSecret", p.id("A"), notFound, textNotFound)
			}},
		{Name: "SecretId/prefix-is-no-match", Says: "The beginning of a name finds nothing.", Known: Inferred,
			Source: noSource,
			check: func(p *probe) {
				arn := p.create("abc")
				p.refused("DescribeSecret", p.id("ab"), notFound, textNotFound)
				p.refused("DescribeSecret", obj{"SecretId": strings.Split(arn, p.name("abc"))[0] + p.name("ab")}, notFound,
					textNotFound)
			}},
		{Name: "SecretId/other-account-by-name", Says: "Another account's secret is not found by its name.",
			Known: Documented, Source: userGuide + ", Access from another account", needs: []need{needsAccounts},
			check: func(p *probe) {
				p.create("a")
				p.refusedBy(p.other(), "DescribeSecret", p.id("a"), notFound, textNotFound)
			}},
		{Name: "SecretId/other-account-default-key", Says: "Another account's value is refused under the default key.",
			Known: Verified, Source: "LocalStack test_cross_account_access", needs: []need{needsAccounts},
			check: func(p *probe) {
				arn := p.create("a")
				p.ok("PutResourcePolicy",
					p.id("a", obj{"ResourcePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",` +
						`"Action":"secretsmanager:*","Resource":"*"}]}`}))
				p.refusedBy(p.other(), "GetSecretValue", obj{"SecretId": arn}, request, textAcrossKMS)
				p.okBy(p.other(), "DescribeSecret", obj{"SecretId": arn})
			}},
		{Name: "SecretId/other-account-without-policy",
			Says: "Without a policy another account is denied, whether or not the secret exists.", Known: Reported,
			Source: "nitrictech/nitric #343", needs: []need{needsAccounts},
			check: func(p *probe) {
				arn := p.create("a")
				p.refusedBy(p.other(), "DescribeSecret", obj{"SecretId": arn}, denied, "")
				p.refusedBy(p.other(), "DescribeSecret", obj{"SecretId": arn[:len(arn)-6] + "ZZZZZZ"}, denied, "")
			}},
	}
	for word, name := range map[string]string{"space": "a b", "asterisk": "a*b", "question-mark": "a?b",
		"backslash": `a\b`, "colon": "a:b", "hash": "a#b"} {
		facts = append(facts, Fact{Name: "SecretId/alphabet-" + word,
			Says:  "A name with a " + word + " is refused before any look-up, by operations that read and that write.",
			Known: Recorded, Source: "LocalStack test_invalid_secret_name",
			check: func(p *probe) {
				id := obj{"SecretId": name, "ClientRequestToken": token(1), "SecretString": "v",
					"Tags": []obj{{"Key": "k", "Value": "v"}}, "TagKeys": []string{"k"}, "ResourcePolicy": somePolicy}
				for _, operation := range []string{"DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "PutSecretValue",
					"TagResource", "UntagResource", "UpdateSecret", "ValidateResourcePolicy", "DeleteSecret"} {
					p.refused(operation, id, validation, textName)
				}
			}})
	}
	for word, name := range map[string]string{"leading-slash": "/lead", "trailing-hyphen": "trail-",
		"whole-alphabet": "Valid/_+=.@-Name-a1b2c3-", "like-a-suffix": "ends-a1b2"} {
		facts = append(facts, Fact{Name: "Name/" + word, Says: "The name " + name + " is valid.", Known: Recorded,
			Source: "LocalStack test_create_and_update_secret",
			check: func(p *probe) {
				arn := p.create(name)
				p.equal(arn, p.ok("DescribeSecret", obj{"SecretId": arn[:len(arn)-7]})["ARN"], "ARN of the partial ARN")
			}})
	}
	return facts
}
