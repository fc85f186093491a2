package conformance

import (
	"strings"
)

const replicationType = apiReference + ", ReplicationStatusType"

// status is what the primary "a" shows of its replica in the other Region.
func (p *probe) status() obj {
	list, _ := p.describe("a")["ReplicationStatus"].([]any)
	for _, s := range list {
		if s.(obj)["Region"] == p.OtherRegion {
			return s.(obj)
		}
	}
	p.failf("there is no status of %s: %v", p.OtherRegion, list)
	return nil
}

// theirs makes a secret where the replica of "a" is to be.
func (p *probe) theirs() {
	p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs", "ClientRequestToken": token(1)})
}

// nameTaken is why a replica of the secret "a" fails where another secret has its name.
func (p *probe) nameTaken() string {
	return "Replication failed: Secret name " + p.name("a") + " already exists in region " + p.OtherRegion + "."
}

// refusedReplication checks that a replica of the secret "a" fails, and with which text.
func (p *probe) refusedReplication(overwrite bool, text string) {
	p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}},
		"ForceOverwriteReplicaSecret": overwrite}))
	p.inSync("a")
	status := p.status()
	p.equal("Failed", status["Status"], "Status")
	p.equal(text, status["StatusMessage"], "StatusMessage")
	p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
}

var replicaFacts = []Fact{
	fact("Replication/asynchronous", "ReplicateSecretToRegions answers before the replica is there: InProgress.",
		Documented, apiReference+", ReplicateSecretToRegions", func(p *probe) {
			p.create("a")
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			got := p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.equal("InProgress", got["ReplicationStatus"].([]any)[0].(obj)["Status"], "Status")
			p.inSync("a")
			p.equal("InSync", p.status()["Status"], "Status")
		}, needsRegions),
	fact("Replication/failure-comes-later", "A name that is taken does not make the call fail: it shows as Failed later.",
		Reported, "aws-cloudformation/cloudformation-coverage-roadmap #1459; the text: a probe of August 2026, and moto",
		func(p *probe) {
			p.theirs()
			p.create("a")
			p.refusedReplication(false, p.nameTaken())
		}, needsRegions),
	fact("Replication/unknown-region", "A secret is not replicated to a Region that AWS does not have.", Reported,
		"aws-samples/aws-health-aware #32, for the text", func(p *probe) {
			p.create("a")
			for _, region := range []string{"us-east-9", "mars-north-1"} {
				targets := obj{"AddReplicaRegions": []obj{{"Region": region}}}
				p.refused("ReplicateSecretToRegions", p.id("a", targets), parameter, "Invalid replica region.")
				p.refused("CreateSecret", with(obj{"Name": p.name("b"), "ClientRequestToken": token(1)}, targets), parameter,
					"Invalid replica region.")
			}
		}),
	fact("Replication/status", "The status of a replica in sync has Region, KmsKeyId and a StatusMessage. The KmsKeyId "+
		"is the default key's name where none was given.", Recorded,
		custodian+"test_secrets_manager_replica_attribute; "+cliExample+"describe-secret", func(p *probe) {
			p.replicate("a")
			p.equal(obj{"Region": p.OtherRegion, "KmsKeyId": defaultKey, "Status": "InSync",
				"StatusMessage": "Replication succeeded"}, p.status(), "ReplicationStatus")
		}, needsRegions),
	fact("Replication/status-in-progress", "The KmsKeyId is in the first response, too, and no StatusMessage.",
		Documented, cliExample+"replicate-secret-to-regions", func(p *probe) {
			p.create("a")
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			got := p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.equal([]any{obj{"Region": p.OtherRegion, "KmsKeyId": defaultKey, "Status": "InProgress"}},
				got["ReplicationStatus"], "ReplicationStatus")
		}, needsRegions),
	fact("Replication/replica-described", "A replica shows the KmsKeyId of its status, CreatedDate of its own and its "+
		"primary's LastChangedDate, and no Tags if it never had one.", Recorded,
		custodian+"test_secrets_manager_replica_attribute", func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.tick()
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.inSync("a")
			primary, replica := p.describe("a"), p.okBy(p.abroad(), "DescribeSecret", p.id("a"))
			p.members(replica, "ARN", "CreatedDate", "KmsKeyId", "LastChangedDate", "Name", "PrimaryRegion",
				"VersionIdsToStages")
			p.equal(defaultKey, replica["KmsKeyId"], "KmsKeyId")
			p.equal(primary["LastChangedDate"], replica["LastChangedDate"], "LastChangedDate")
			p.must(p.seconds(replica, "CreatedDate") > p.seconds(primary, "CreatedDate"), "CreatedDate %v, the primary's %v",
				replica["CreatedDate"], primary["CreatedDate"])
		}, needsRegions),
	fact("Replication/own-key", "A replica's own key is shown in the status and there.", Documented, replicationType,
		func(p *probe) {
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.create("a", obj{"KmsKeyId": "alias/here", "AddReplicaRegions": []obj{{"Region": p.OtherRegion,
				"KmsKeyId": "alias/there"}}})
			p.inSync("a")
			p.equal("alias/there", p.status()["KmsKeyId"], "KmsKeyId of the status")
			p.equal("alias/there", p.okBy(p.abroad(), "DescribeSecret", p.id("a"))["KmsKeyId"], "KmsKeyId of the replica")
			p.equal("alias/here", p.describe("a")["KmsKeyId"], "KmsKeyId of the primary")
		}, needsRegions),
	fact("Replication/last-accessed", "A replica's status has LastAccessedDate once the replica was read.", Documented,
		replicationType, func(p *probe) {
			p.create("a")
			p.value("a")
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.inSync("a")
			_, has := p.status()["LastAccessedDate"]
			p.must(!has, "LastAccessedDate is there")
			p.okBy(p.abroad(), "GetSecretValue", p.id("a"))
			p.seconds(p.status(), "LastAccessedDate")
		}, needsRegions),
	fact("Replication/policy-follows", "The resource policy reaches the replica.", Reported,
		"lgallard/terraform-aws-secrets-manager #188", func(p *probe) {
			p.replicate("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.inSync("a")
			p.samePolicy(somePolicy, p.okBy(p.abroad(), "GetResourcePolicy", p.id("a")))
		}, needsRegions),
	fact("Replication/labels-follow", "Versions and labels reach the replica.", Documented,
		userGuide+", Replicate secrets", func(p *probe) {
			p.replicate("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
			p.inSync("a")
			p.equal(p.describe("a")["VersionIdsToStages"], p.okBy(p.abroad(), "DescribeSecret",
				p.id("a"))["VersionIdsToStages"], "VersionIdsToStages")
			p.equal("value", p.okBy(p.abroad(), "GetSecretValue",
				p.id("a", obj{"VersionStage": "AWSPREVIOUS"}))["SecretString"], "value of before")
		}, needsRegions),
	fact("Replication/everything-from-the-start",
		"A replica that is added later has the tags, description and policy of before.", Documented,
		userGuide+", Replicate secrets", func(p *probe) {
			p.create("a", obj{"Description": "d", "Type": "t", "Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.inSync("a")
			d := p.okBy(p.abroad(), "DescribeSecret", p.id("a"))
			p.equal("d", d["Description"], "Description")
			p.equal("t", d["Type"], "Type")
			p.equal([]any{obj{"Key": "k", "Value": "v"}}, d["Tags"], "Tags")
			p.samePolicy(somePolicy, p.okBy(p.abroad(), "GetResourcePolicy", p.id("a")))
		}, needsRegions),
	fact("Replication/primary-region-listed", "ListSecrets shows PrimaryRegion, and no ReplicationStatus.", Reported,
		"rebuy-de/aws-nuke #1127", func(p *probe) {
			p.replicate("a")
			for _, c := range []caller{p.home(), p.abroad()} {
				entry := p.okBy(c, "ListSecrets", obj{"Filters": p.mine()})["SecretList"].([]any)[0].(obj)
				p.equal(p.Region, entry["PrimaryRegion"], "PrimaryRegion")
				_, has := entry["ReplicationStatus"]
				p.must(!has, "ReplicationStatus is there")
			}
		}, needsRegions),
	fact("Replication/replica-is-listed", "A replica is listed and read in a batch like any secret.", Documented,
		userGuide+", Replicate secrets", func(p *probe) {
			arn := strings.Replace(p.replicate("a"), p.Region, p.OtherRegion, 1)
			list := p.okBy(p.abroad(), "ListSecrets", obj{"Filters": p.mine()})["SecretList"].([]any)
			p.equal(arn, list[0].(obj)["ARN"], "ARN")
			got := p.okBy(p.abroad(), "BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})
			p.equal("value", got["SecretValues"].([]any)[0].(obj)["SecretString"], "value")
		}, needsRegions),
	fact("Replication/replica-refuses-rotation", "A replica is not rotated.", Inferred, userGuide+", Replicate secrets",
		func(p *probe) {
			p.replicate("a")
			p.refusedBy(p.abroad(), "RotateSecret",
				p.id("a", obj{"ClientRequestToken": token(2),
					"RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f"}), parameter, textReplica)
		}, needsRegions),
	fact("Replication/replica-key-and-more", "The key of a replica is not changed along with anything else.", Inferred,
		userGuide+", Replicate secrets", func(p *probe) {
			p.replicate("a")
			for _, more := range []obj{{"Description": "d"}, {"SecretString": "v", "ClientRequestToken": token(2)}} {
				p.refusedBy(p.abroad(), "UpdateSecret", p.id("a", obj{"KmsKeyId": "alias/there"}, more), parameter, textReplica)
			}
			p.equal(defaultKey, p.okBy(p.abroad(), "DescribeSecret", p.id("a"))["KmsKeyId"], "KmsKeyId")
		}, needsRegions),
	fact("Replication/remove-one-of-two", "RemoveRegionsFromReplication returns the remaining Regions.", Documented,
		apiReference+", RemoveRegionsFromReplication", func(p *probe) {
			p.replicateTo("a", p.OtherRegion, thirdRegion)
			left := p.ok("RemoveRegionsFromReplication",
				p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))["ReplicationStatus"].([]any)
			p.equal(1, len(left), "Regions left")
			p.equal(thirdRegion, left[0].(obj)["Region"], "Region left")
			p.okBy(caller{thirdRegion, p.Credentials}, "GetSecretValue", p.id("a"))
		}, needsRegions),
	fact("Replication/removed-at-once", "A replica that is removed can't be restored: its name is free.", Documented,
		apiReference+", RemoveRegionsFromReplication", func(p *probe) {
			p.replicate("a")
			p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
			p.refusedBy(p.abroad(), "RestoreSecret", p.id("a"), notFound, textNotFound)
			p.theirs()
		}, needsRegions),
	fact("Replication/promoted-is-deleted", "A replica that was promoted is scheduled for deletion like any secret.",
		Documented, userGuide+", Promote a replica", func(p *probe) {
			p.replicate("a")
			p.okBy(p.abroad(), "StopReplicationToReplica", p.id("a"))
			p.okBy(p.abroad(), "DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.okBy(p.abroad(), "RestoreSecret", p.id("a"))
			p.equal("value", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
		}, needsRegions),
	fact("Replication/promote-in-primary-region", "StopReplicationToReplica is refused in the primary's Region.",
		Inferred, noSource, func(p *probe) {
			p.replicate("a")
			p.refused("StopReplicationToReplica", p.id("a"), parameter, "")
			p.equal("InSync", p.status()["Status"], "Status")
		}, needsRegions),
	fact("Replication/over-scheduled",
		"A secret that is scheduled for deletion is not overwritten, by force neither: the replica has failed.", Inferred,
		noSource, func(p *probe) {
			p.theirs()
			p.okBy(p.abroad(), "DeleteSecret", p.id("a"))
			p.create("a")
			p.refusedReplication(false, p.nameTaken())
			p.refusedReplication(true, p.nameTaken())
			p.okBy(p.abroad(), "RestoreSecret", p.id("a"))
			p.equal("theirs", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
		}, needsRegions),
	fact("Replication/over-primary", "A secret that has replicas is not overwritten, by force neither.", Inferred,
		noSource, func(p *probe) {
			p.made = append(p.made, made{caller{thirdRegion, p.Credentials}, p.name("a")})
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs",
				"ClientRequestToken": token(1), "AddReplicaRegions": []obj{{"Region": thirdRegion}}})
			p.create("a")
			p.refusedReplication(true, p.nameTaken())
		}, needsRegions),
	fact("Replication/over-replica", "A replica of another secret is not overwritten, by force neither.", Inferred,
		noSource, func(p *probe) {
			third := caller{thirdRegion, p.Credentials}
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.okBy(third, "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs", "ClientRequestToken": token(1),
				"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}})
			for range p.patience() {
				if p.by(p.abroad(), "DescribeSecret", p.id("a")).status == 200 {
					break
				}
				p.pause()
			}
			p.create("a")
			p.refusedReplication(true, "Replication failed: Secret name "+p.name("a")+" is currently replicated to "+
				p.OtherRegion+" with a different arn")
			p.equal("theirs", p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
		}, needsRegions),
	fact("Replication/change-in-progress",
		"While a change is on its way to a replica its status is InProgress, and InSync after.", Inferred, noSource,
		func(p *probe) {
			p.replicate("a")
			p.put("a", 2)
			status := p.status()["Status"]
			p.must(status == "InProgress" || status == "InSync", "Status %v", status)
			p.inSync("a")
			p.equal("InSync", p.status()["Status"], "Status")
		}, needsRegions),
	fact("Replication/rotation-of-primary",
		"A replica of a secret that rotates shows no rotation, and gets the new values.", Inferred,
		userGuide+", Replicate secrets", func(p *probe) {
			p.made = append(p.made, made{p.abroad(), p.name("a")})
			p.rotated(nil)
			p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
			p.inSync("a")
			d := p.okBy(p.abroad(), "DescribeSecret", p.id("a"))
			for _, member := range []string{"RotationEnabled", "RotationLambdaARN", "RotationRules"} {
				_, has := d[member]
				p.must(!has, "%s is there", member)
			}
			p.equal(p.value("a"), p.okBy(p.abroad(), "GetSecretValue", p.id("a"))["SecretString"], "value")
		}, needsRegions, needsFunction),
}
