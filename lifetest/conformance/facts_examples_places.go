package conformance

import "math"

// exampleFactsMore are those about policies, labels, replicas and rotation.
var exampleFactsMore = []Fact{
	example("PutResourcePolicy", "A policy for an account's root, in several lines.", inModel, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1)
		p.plays("PutResourcePolicy", p.id("MyTestDatabaseSecret", obj{"ResourcePolicy": rootPolicy}),
			p.told("MyTestDatabaseSecret"))
	}),
	example("PutResourcePolicy-role", "A policy for a role is not public.", inCLI, func(p *probe) {
		p.stored("MyTestSecret", 1)
		p.plays("PutResourcePolicy", p.id("MyTestSecret", obj{"ResourcePolicy": rolePolicy, "BlockPublicPolicy": true}),
			p.told("MyTestSecret"))
	}),
	example("PutResourcePolicy-accounts", "A policy with one Statement that is not a list, for two accounts.",
		inReference, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("PutResourcePolicy", p.id("MyTestDatabaseSecret", obj{"ResourcePolicy": accountsPolicy}),
				p.told("MyTestDatabaseSecret"))
		}),
	example("GetResourcePolicy", "The policy as text, beside ARN and Name.", inModel+", "+inCLI, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1)
		p.ok("PutResourcePolicy", p.id("MyTestDatabaseSecret", obj{"ResourcePolicy": rootPolicy}))
		p.plays("GetResourcePolicy", p.id("MyTestDatabaseSecret"),
			only{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "Name": p.name("MyTestDatabaseSecret"),
				"ResourcePolicy": isText})
	}),
	example("DeleteResourcePolicy", "ARN and Name.", inModel+", "+inCLI, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1)
		p.ok("PutResourcePolicy", p.id("MyTestDatabaseSecret", obj{"ResourcePolicy": rootPolicy}))
		p.plays("DeleteResourcePolicy", p.id("MyTestDatabaseSecret"), p.told("MyTestDatabaseSecret"))
	}),
	example("ValidateResourcePolicy", "A good policy: PolicyValidationPassed, and an empty list of ValidationErrors.",
		inReference+", "+inModel, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("ValidateResourcePolicy", p.id("MyTestDatabaseSecret", obj{"ResourcePolicy": rootPolicy}), validPolicy)
		}),
	example("ValidateResourcePolicy-no-secret", "The same without a SecretId.", inCLI, func(p *probe) {
		p.plays("ValidateResourcePolicy", obj{"ResourcePolicy": rolePolicy}, validPolicy)
	}),
	example("UpdateSecretVersionStage-add", "A label is added to a version.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("UpdateSecretVersionStage", p.id("MyTestDatabaseSecret", obj{"VersionStage": "STAGINGLABEL1",
				"MoveToVersionId": exampleVersion1}), p.told("MyTestDatabaseSecret"))
		}),
	example("UpdateSecretVersionStage-remove", "A label is removed from a version.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.ok("UpdateSecretVersionStage", p.id("MyTestDatabaseSecret", obj{"VersionStage": "STAGINGLABEL1",
				"MoveToVersionId": exampleVersion1}))
			p.plays("UpdateSecretVersionStage", p.id("MyTestDatabaseSecret", obj{"VersionStage": "STAGINGLABEL1",
				"RemoveFromVersionId": exampleVersion1}), p.told("MyTestDatabaseSecret"))
			p.equal(map[string][]string{exampleVersion1: {"AWSCURRENT"}}, p.stages("MyTestDatabaseSecret"), "labels")
		}),
	example("UpdateSecretVersionStage-move", "AWSCURRENT moves to another version.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.ok("PutSecretValue", p.id("MyTestDatabaseSecret", obj{"SecretString": "2",
				"ClientRequestToken": exampleVersion2, "VersionStages": []string{"STAGINGLABEL1"}}))
			p.plays("UpdateSecretVersionStage", p.id("MyTestDatabaseSecret", obj{"VersionStage": "AWSCURRENT",
				"RemoveFromVersionId": exampleVersion1, "MoveToVersionId": exampleVersion2}), p.told("MyTestDatabaseSecret"))
		}),
	example("ReplicateSecretToRegions", "A Region is added: InProgress, under the Region's default key by its alias.",
		inReference+", "+inCLI, func(p *probe) {
			p.stored("MyTestSecret", 1)
			p.made = append(p.made, made{p.abroad(), p.name("MyTestSecret")})
			p.plays("ReplicateSecretToRegions", p.id("MyTestSecret",
				obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}, "ForceOverwriteReplicaSecret": true}),
				only{"ARN": p.isARN(p.Region, "MyTestSecret"), "ReplicationStatus": []any{
					obj{"Region": p.OtherRegion, "KmsKeyId": defaultKey, "Status": "InProgress"}}})
			p.inSync("MyTestSecret")
		}, needsRegions),
	example("RemoveRegionsFromReplication", "A Region remains, in sync, under the Region's default key by its alias.",
		inReference, func(p *probe) {
			p.replicateTo("MyTestDatabaseSecret", p.OtherRegion, thirdRegion)
			p.plays("RemoveRegionsFromReplication",
				p.id("MyTestDatabaseSecret", obj{"RemoveReplicaRegions": []string{thirdRegion}}),
				only{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "ReplicationStatus": []any{p.replicated()}})
		}, needsRegions),
	example("RemoveRegionsFromReplication-last", "The last Region goes: an empty list of ReplicationStatus.", inCLI,
		func(p *probe) {
			p.replicate("MyTestSecret")
			p.plays("RemoveRegionsFromReplication",
				p.id("MyTestSecret", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}),
				only{"ARN": p.isARN(p.Region, "MyTestSecret"), "ReplicationStatus": []any{}})
		}, needsRegions),
	example("StopReplicationToReplica", "In the replica's Region: the replica's ARN.", inCLI, func(p *probe) {
		p.replicate("MyTestSecret")
		p.playsBy(p.abroad(), "StopReplicationToReplica", p.id("MyTestSecret"),
			only{"ARN": p.isARN(p.OtherRegion, "MyTestSecret")})
	}, needsRegions),
	example("StopReplicationToReplica-primary-ARN",
		"In the replica's Region, by the ARN of the primary: the replica's ARN.", inReference, func(p *probe) {
			arn := p.replicate("MyExampleSecret")
			p.playsBy(p.abroad(), "StopReplicationToReplica", obj{"SecretId": arn},
				only{"ARN": p.isARN(p.OtherRegion, "MyExampleSecret")})
		}, needsRegions),
	example("DescribeSecret", "Description, key, tags, and versions by their labels.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestSecret", 2, obj{"Description": "My test secret", "KmsKeyId": p.exampleKey(), "Tags": exampleTags})
			p.ok("PutSecretValue", p.id("MyTestSecret", obj{"SecretString": "3", "ClientRequestToken": token(3),
				"VersionStages": []string{"AWSPENDING"}}))
			p.ok("GetSecretValue", p.id("MyTestSecret"))
			p.plays("DescribeSecret", p.id("MyTestSecret"), only{"ARN": p.isARN(p.Region, "MyTestSecret"),
				"Name": p.name("MyTestSecret"), "Description": "My test secret", "KmsKeyId": p.exampleKey(),
				"LastChangedDate": isDate, "LastAccessedDate": isDate, "CreatedDate": isDate, "Tags": has(exampleTags...),
				"VersionIdsToStages": only{exampleVersion1: []any{"AWSPREVIOUS"}, exampleVersion2: []any{"AWSCURRENT"},
					token(3): []any{"AWSPENDING"}}})
		}),
	example("DescribeSecret-replica", "PrimaryRegion, and a replica in sync: its key by its alias, and why it is so.",
		inCLI, func(p *probe) {
			p.replicate("MyTestSecret")
			p.plays("DescribeSecret", p.id("MyTestSecret"),
				obj{"PrimaryRegion": p.Region, "ReplicationStatus": []any{p.replicated()}})
		}, needsRegions),
	example("DescribeSecret-rotation", "The rules of a rotation by cron(), with days that AWS reckons; "+
		"NextRotationDate is the last second of a window of two hours from 16:00.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"ScheduleExpression": twiceAMonth, "Duration": "2h"}})
			p.plays("DescribeSecret", p.id("a"), obj{"RotationEnabled": true, "RotationLambdaARN": p.Function,
				"RotationRules":   only{"AutomaticallyAfterDays": isDays, "Duration": "2h", "ScheduleExpression": twiceAMonth},
				"LastRotatedDate": isDate})
			p.equal(17*3600+59*60+59.0, math.Mod(p.seconds(p.describe("a"), "NextRotationDate"), 86400),
				"the time of day of NextRotationDate")
		}, needsFunction),
	example("RotateSecret-cron", "A schedule by cron() and a window of two hours: the token is the new VersionId.",
		inReference+", "+inModel, func(p *probe) {
			p.rotates(obj{"RotationRules": obj{"ScheduleExpression": twiceAMonth, "Duration": "2h"},
				"RotateImmediately": true})
		}, needsFunction),
	example("RotateSecret-not-at-once", "Without an immediate rotation there is a VersionId, too.", inReference,
		func(p *probe) {
			p.rotates(obj{"RotationRules": obj{"ScheduleExpression": "cron(0 16 1 * ? *)"}, "RotateImmediately": false})
		}, needsFunction),
	example("RotateSecret-rate", "A schedule by rate().", inReference, func(p *probe) {
		p.rotates(obj{"RotationRules": obj{"ScheduleExpression": "rate(10 days)"}, "RotateImmediately": true})
	}, needsFunction),
	example("RotateSecret-days", "A schedule by days.", inCLI, func(p *probe) {
		p.rotates(obj{"RotationRules": obj{"AutomaticallyAfterDays": 10}})
	}, needsFunction),
	example("RotateSecret-now", "A secret that has a rotation function is rotated without any parameter.",
		inReference+", "+inModel+", "+inCLI, func(p *probe) {
			p.rotated(nil)
			p.plays("RotateSecret", p.id("a", obj{"ClientRequestToken": exampleVersion2}),
				p.toldVersion("a", exampleVersion2))
		}, needsFunction),
	example("CancelRotateSecret", "ARN and Name, and no VersionId where no rotation is going on.",
		inReference+", "+inModel+", "+inCLI, func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 10}})
			got := p.ok("CancelRotateSecret", p.id("a"))
			delete(got, "VersionId")
			p.like(p.told("a"), got, "response")
		}, needsFunction),
	unseen("Example/ListSecrets-inside", "The filter of names finds MyTestSecret by Test.", Documented,
		inCLI+", ListSecrets", "the API reference says that names match from their beginning, and so do tests against AWS"),
	unseen("Example/ListSecrets-owned", "A secret that RDS manages has no rotation function, and rotates every day.",
		Documented, inCLI+", ListSecrets", needsOwner),
	unseen("Example/ListSecretVersionIds-deprecated",
		"A version without labels is listed without IncludeDeprecated, too.", Documented, inCLI+", ListSecretVersionIds",
		"the API reference says that it is not"),
	unseen("Example/RemoveRegionsFromReplication-text", "RemoveReplicaRegions is text with Regions, apart by spaces.",
		Documented, inReference+", RemoveRegionsFromReplication", "the API model says that it is a list"),
}

var (
	validPolicy = only{"PolicyValidationPassed": true, "ValidationErrors": []any{}}
	isDays      = form{"a number of days", func(v any) bool { return isDate.fits(v) }}
)

// replicated is the status of a replica in the other Region that is in sync.
func (p *probe) replicated() obj {
	return obj{"Region": p.OtherRegion, "KmsKeyId": defaultKey, "Status": "InSync",
		"StatusMessage": "Replication succeeded"}
}

// rotates plays an example of RotateSecret with rules.
func (p *probe) rotates(more obj) {
	p.stored("MyTestDatabaseSecret", 1)
	in := p.id("MyTestDatabaseSecret", obj{"RotationLambdaARN": p.Function, "ClientRequestToken": exampleVersion2}, more)
	p.plays("RotateSecret", in, p.toldVersion("MyTestDatabaseSecret", exampleVersion2))
}
