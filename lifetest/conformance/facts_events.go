package conformance

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"time"
)

var eventFacts = []Fact{
	{Name: "Events/DeleteSecret",
		Says: "The record of DeleteSecret has the request in lower camel case, and name, aRN and a date as text in the " +
			"response.", Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
		check: func(p *probe) {
			arn := p.create("a")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 30}))
			e := p.event("a", "DeleteSecret")
			p.equal(obj{"secretId": p.name("a"), "recoveryWindowInDays": 30.0}, e["requestParameters"], "requestParameters")
			response := e["responseElements"].(obj)
			p.equal(arn, response["aRN"], "aRN")
			p.equal(p.name("a"), response["name"], "name")
			_, err := time.Parse("Jan 2, 2006 3:04:05 PM", response["deletionDate"].(string))
			p.must(err == nil, "deletionDate %v", response["deletionDate"])
		}},
	{Name: "Events/value-never", Says: "No record has a value.", Known: Documented,
		Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
		check: func(p *probe) {
			p.create("a", obj{"SecretString": "hunter2-canary"})
			p.put("a", 2, obj{"SecretString": "hunter2-canary-2"})
			p.value("a")
			for _, e := range p.events("a") {
				p.must(!strings.Contains(encode(e), "hunter2-canary"), "%v has the value", e["eventName"])
			}
		}},
	{Name: "Events/version-deletes",
		Says:  "Deleting, restoring and purging tell of each version: Start, Cancel and End of SecretVersionDelete.",
		Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents, needsTime},
		check: func(p *probe) {
			p.scheduled("a")
			p.event("a", "StartSecretVersionDelete")
			p.ok("RestoreSecret", p.id("a"))
			p.event("a", "CancelSecretVersionDelete")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.advance(8 * 24 * time.Hour)
			e := p.event("a", "EndSecretVersionDelete")
			p.equal("AwsServiceEvent", e["eventType"], "eventType")
		}},
	{Name: "Events/api-call-shape", Says: "Records of calls are AwsApiCall events of secretsmanager.amazonaws.com.",
		Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
		check: func(p *probe) {
			p.create("a")
			e := p.event("a", "CreateSecret")
			p.equal("AwsApiCall", e["eventType"], "eventType")
			p.equal("secretsmanager.amazonaws.com", e["eventSource"], "eventSource")
		}},
	fact("Events/every-change", "Every operation that changes a secret is recorded under its name, as no mere reading.",
		Documented, logging, func(p *probe) {
			p.create("a")
			var done []string
			for _, operation := range []string{"PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "TagResource",
				"UntagResource", "PutResourcePolicy", "DeleteResourcePolicy", "DeleteSecret", "RestoreSecret"} {
				p.ok(operation, p.request(operation, nil))
				done = append(done, operation)
			}
			for _, operation := range append(done, "CreateSecret") {
				e := p.event("a", operation)
				p.equal("AwsApiCall", e["eventType"], operation+": eventType")
				p.equal(false, e["readOnly"], operation+": readOnly")
				p.equal(p.Region, e["awsRegion"], operation+": awsRegion")
			}
		}, needsEvents),
	fact("Events/every-replication", "So are the operations on replicas.", Documented, logging, func(p *probe) {
		p.replicate("a")
		p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
		p.ok("ReplicateSecretToRegions", p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
		p.inSync("a")
		p.okBy(p.abroad(), "StopReplicationToReplica", p.id("a"))
		for _, operation := range []string{"RemoveRegionsFromReplication", "ReplicateSecretToRegions",
			"StopReplicationToReplica"} {
			p.event("a", operation)
		}
	}, needsEvents, needsRegions),
	fact("Events/every-rotation-call", "So are RotateSecret and CancelRotateSecret.", Documented, logging, func(p *probe) {
		p.rotated(nil)
		p.ok("CancelRotateSecret", p.id("a"))
		p.event("a", "RotateSecret")
		p.event("a", "CancelRotateSecret")
	}, needsEvents, needsFunction),
	fact("Events/deletion-date",
		"The date in the record of DeleteSecret is the window's days after the record's time, to the second.", Documented,
		logging+", DeleteSecret example", func(p *probe) {
			p.create("a")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 30}))
			e := p.event("a", "DeleteSecret")
			at, err := time.Parse(time.RFC3339, p.text(e, "eventTime"))
			p.must(err == nil, "eventTime %v", e["eventTime"])
			p.equal(at.Add(30*24*time.Hour).Format(trailDate), e["responseElements"].(obj)["deletionDate"], "deletionDate")
		}, needsEvents),
	fact("Events/DeleteSecret-by-force", "Parameters that were not given are absent; force is true.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.ok("DeleteSecret", p.id("a", force))
			p.equal(obj{"secretId": p.name("a"), "forceDeleteWithoutRecovery": true},
				p.event("a", "DeleteSecret")["requestParameters"], "requestParameters")
		}, needsEvents),
	fact("Events/id-as-given", "A record has the SecretId as the caller gave it, and the full ARN in the response.",
		Inferred, noSource, func(p *probe) {
			arn := p.create("a")
			p.ok("DeleteSecret", obj{"SecretId": arn[:len(arn)-7]})
			e := p.event("a", "DeleteSecret")
			p.equal(arn[:len(arn)-7], e["requestParameters"].(obj)["secretId"], "secretId")
			p.equal(arn, e["responseElements"].(obj)["aRN"], "aRN")
		}, needsEvents),
	fact("Events/RestoreSecret",
		"The record of RestoreSecret has secretId in the request, and name and aRN in the response.", Inferred,
		"that of DeleteSecret", func(p *probe) {
			arn := p.scheduled("a")
			p.ok("RestoreSecret", p.id("a"))
			e := p.event("a", "RestoreSecret")
			p.equal(obj{"secretId": p.name("a")}, e["requestParameters"], "requestParameters")
			p.equal(obj{"name": p.name("a"), "aRN": arn}, e["responseElements"], "responseElements")
		}, needsEvents),
	fact("Events/CreateSecret", "The record of CreateSecret has name, clientRequestToken, description and whether "+
		"replicas overwrite, and no value; its response is the ARN.", Reported, trailRecords, func(p *probe) {
		arn := p.create("a", obj{"Description": "d"})
		e := p.event("a", "CreateSecret")
		p.equal(obj{"name": p.name("a"), "clientRequestToken": token(1), "description": "d",
			"forceOverwriteReplicaSecret": false}, e["requestParameters"], "requestParameters")
		p.equal(obj{"arn": arn}, e["responseElements"], "responseElements")
	}, needsEvents),
	fact("Events/PutSecretValue", "The record of PutSecretValue has the ARN as its response, too.", Reported,
		trailRecords, func(p *probe) {
			arn := p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			e := p.event("a", "PutSecretValue")
			p.equal(obj{"arn": arn}, e["responseElements"], "responseElements")
		}, needsEvents),
	fact("Events/version", "Records have the version 1.11 of CloudTrail's format.", Reported, trailRecords,
		func(p *probe) {
			p.create("a")
			p.equal("1.11", p.event("a", "CreateSecret")["eventVersion"], "eventVersion")
		}, needsEvents),
	fact("Events/members", "A record has every member of the request but the value, in lower camel case inside, too.",
		Inferred, trailRecords, func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}, "KmsKeyId": "alias/k", "Type": "t"})
			p.ok("PutSecretValue", p.id("a", obj{"SecretString": "2", "ClientRequestToken": token(2),
				"VersionStages": []string{"mine"}}))
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d", "ClientRequestToken": token(3)}))
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy, "BlockPublicPolicy": true}))
			for operation, want := range map[string]obj{
				"CreateSecret":      {"tags": []any{obj{"key": "k", "value": "v"}}, "kmsKeyId": "alias/k", "type": "t"},
				"PutSecretValue":    {"secretId": p.name("a"), "versionStages": []any{"mine"}, "clientRequestToken": token(2)},
				"UpdateSecret":      {"secretId": p.name("a"), "description": "d"},
				"PutResourcePolicy": {"secretId": p.name("a"), "resourcePolicy": somePolicy, "blockPublicPolicy": true},
			} {
				p.like(want, p.event("a", operation)["requestParameters"], operation)
			}
		}, needsEvents),
	fact("Events/principal", "A record has the access key that the call was signed with, and the address it came from.",
		Documented, logging, func(p *probe) {
			p.create("a")
			e := p.event("a", "CreateSecret")
			key, err := p.Credentials.Retrieve(p.ctx)
			p.must(err == nil, "%v", err)
			p.equal(key.AccessKeyID, e["userIdentity"].(obj)["accessKeyId"], "accessKeyId")
			p.text(e["userIdentity"].(obj), "accountId")
			p.must(net.ParseIP(p.text(e, "sourceIPAddress")) != nil, "sourceIPAddress %v", e["sourceIPAddress"])
		}, needsEvents),
	fact("Events/reading", "Operations that only read are recorded, too, without a response.", Documented, logging,
		func(p *probe) {
			p.create("a")
			for _, operation := range []string{"DescribeSecret", "GetSecretValue", "GetResourcePolicy",
				"ListSecretVersionIds", "ValidateResourcePolicy"} {
				p.ok(operation, p.request(operation, nil))
				e := p.record("a", operation)
				p.equal(true, e["readOnly"], operation+": readOnly")
				p.equal(nil, e["responseElements"], operation+": responseElements")
				p.equal(nil, e["errorCode"], operation+": errorCode")
				p.equal(p.name("a"), e["requestParameters"].(obj)["secretId"], operation+": secretId")
			}
		}, needsTrail),
	fact("Events/batch-that-succeeds", "A batch leaves a record of GetSecretValue for each value that it read.",
		Documented, batching, func(p *probe) {
			p.create("a")
			p.create("b")
			p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a"), p.name("b")}})
			p.record("a", "GetSecretValue")
			p.record("b", "GetSecretValue")
		}, needsTrail),
	fact("Events/service-shape",
		"An event of the service's own has no parameters and no response, and is by secretsmanager.amazonaws.com.",
		Documented, logging+", RotationFailed example", func(p *probe) {
			arn := p.scheduled("a")
			e := p.event("a", "StartSecretVersionDelete")
			p.equal(serviceURL, e["userIdentity"].(obj)["invokedBy"], "invokedBy")
			p.must(strings.Contains(arn, ":"+p.text(e["userIdentity"].(obj), "accountId")+":"), "accountId %v",
				e["userIdentity"])
			for member, want := range map[string]any{
				"eventSource": serviceURL, "sourceIPAddress": serviceURL, "userAgent": serviceURL, "requestParameters": nil,
				"responseElements": nil,
				"readOnly":         false, "eventType": "AwsServiceEvent", "managementEvent": true, "eventCategory": "Management",
			} {
				p.equal(want, e[member], member)
			}
			p.equal(arn, e["additionalEventData"].(obj)["SecretId"], "SecretId")
			_, failed := e["errorMessage"]
			p.must(!failed, "errorMessage is there")
		}, needsEvents),
	fact("Events/version-of-service-events", "An event about a version names it as SecretVersionId.", Inferred, noSource,
		func(p *probe) {
			p.scheduled("a")
			p.equal(token(1), p.event("a", "StartSecretVersionDelete")["additionalEventData"].(obj)["SecretVersionId"],
				"SecretVersionId")
		}, needsEvents),
	fact("Events/cancel-per-version", "Restoring tells of each version once.", Documented, logging, func(p *probe) {
		p.create("a")
		p.put("a", 2)
		p.ok("DeleteSecret", p.id("a"))
		p.ok("RestoreSecret", p.id("a"))
		p.equal(2, p.named("a", "CancelSecretVersionDelete"), "events")
	}, needsEvents),
	fact("Events/no-versions", "A secret without versions has no events about them.", Documented, logging, func(p *probe) {
		p.create("a", obj{"SecretString": nil})
		p.ok("DeleteSecret", p.id("a"))
		p.ok("RestoreSecret", p.id("a"))
		p.equal(0, p.named("a", "StartSecretVersionDelete")+p.named("a", "CancelSecretVersionDelete"), "events")
	}, needsEvents),
	fact("Events/start-per-version",
		"Scheduling starts the deletion of each version, and the purge ends it: the events come in pairs.", Inferred,
		"they come in pairs in public CloudTrail data", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.equal(2, p.named("a", "StartSecretVersionDelete"), "events at DeleteSecret")
			p.equal(0, p.named("a", "EndSecretVersionDelete"), "events before the purge")
			p.advance(8 * 24 * time.Hour)
			p.equal(2, p.named("a", "EndSecretVersionDelete"), "events at the purge")
		}, needsEvents, needsTime),
	fact("Events/by-force", "A forced deletion starts and soon ends the deletion of each version.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.ok("DeleteSecret", p.id("a", force))
			p.gone()
			p.equal(1, p.named("a", "StartSecretVersionDelete"), "starts")
			p.equal(1, p.named("a", "EndSecretVersionDelete"), "ends")
		}, needsEvents),
	fact("Events/refused", "The record of a refused call has the exception and its text, and no response.", Documented,
		logging, func(p *probe) {
			p.create("a")
			p.call("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 3}))
			e := p.refusal("a", "DeleteSecret")
			p.equal(parameter, e["errorCode"], "errorCode")
			p.equal(textWindow, e["errorMessage"], "errorMessage")
			p.equal(nil, e["responseElements"], "responseElements")
		}, needsTrail),
	fact("Events/alarm", "Reading a scheduled secret leaves what the documented alarm looks for.", Documented,
		userGuide+", alarm for secrets scheduled for deletion", func(p *probe) {
			p.scheduled("a")
			p.call("GetSecretValue", p.id("a"))
			e := p.refusal("a", "GetSecretValue")
			p.must(strings.Contains(p.text(e, "errorMessage"), "secret because it was marked for deletion"), "errorMessage %v",
				e["errorMessage"])
			p.equal("AwsApiCall", e["eventType"], "eventType")
		}, needsTrail),
	fact("Events/alarm-for-reading-only", "Other operations on a scheduled secret leave records under their own names.",
		Documented, userGuide+", alarm for secrets scheduled for deletion", func(p *probe) {
			p.scheduled("a")
			p.call("PutSecretValue", p.request("PutSecretValue", nil))
			p.equal(textMarked, p.refusal("a", "PutSecretValue")["errorMessage"], "errorMessage")
			for _, e := range p.records("a") {
				p.must(e["eventName"] != "GetSecretValue", "%v", e)
			}
		}, needsTrail),
	fact("Events/batch", "A batch leaves a record of GetSecretValue for each secret.", Documented, batching,
		func(p *probe) {
			p.scheduled("a")
			p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a"), p.name("nobody")}})
			p.equal(textMarked, p.refusal("a", "GetSecretValue")["errorMessage"], "errorMessage of a")
			p.equal(textNotFound, p.refusal("nobody", "GetSecretValue")["errorMessage"], "errorMessage of nobody")
		}, needsTrail),
	fact("Events/read-only", "Records of operations that only read say so.", Inferred, noSource, func(p *probe) {
		for _, operation := range []string{"DescribeSecret", "GetSecretValue", "GetResourcePolicy", "ListSecretVersionIds",
			"ValidateResourcePolicy"} {
			p.call(operation, p.request(operation, nil))
			p.equal(true, p.refusal("a", operation)["readOnly"], operation)
		}
	}, needsTrail),
}

// event is the first record of a name about a secret.
func (p *probe) event(short, name string) obj {
	for _, e := range p.events(short) {
		if e["eventName"] == name {
			return e
		}
	}
	p.failf("there is no event %s", name)
	return nil
}

const (
	// trailRecords are pasted in public: of CreateSecret in March 2025, and of PutSecretValue in
	// October 2024.
	trailRecords = "CloudTrail records in public repositories"

	logging    = userGuide + ", Log events (CloudTrail)"
	trailDate  = "Jan 2, 2006 3:04:05 PM"
	serviceURL = "secretsmanager.amazonaws.com"
)

// records are those about a secret, refused calls and reads included, in order.
func (p *probe) records(short string) []obj {
	if p.Trail == nil {
		return p.eventsOf(short, "&include=refused,reads")
	}
	all, err := p.Trail(p.ctx)
	p.must(err == nil, "%v", err)
	var out []obj
	for _, data := range all {
		if strings.Contains(string(data), p.name(short)) {
			var e obj
			p.must(json.Unmarshal(data, &e) == nil, "record %s", data)
			out = append(out, e)
		}
	}
	return out
}

// record is the last record of a name about a secret.
func (p *probe) record(short, name string) obj {
	for _, e := range slices.Backward(p.records(short)) {
		if e["eventName"] == name {
			return e
		}
	}
	p.failf("there is no record of %s", name)
	return nil
}

// refusal is record for a call that was refused.
func (p *probe) refusal(short, operation string) obj {
	e := p.record(short, operation)
	p.text(e, "errorCode")
	return e
}

// named counts the events of a name about a secret.
func (p *probe) named(short, name string) int {
	n := 0
	for _, e := range p.events(short) {
		if e["eventName"] == name {
			n++
		}
	}
	return n
}
