package conformance

import (
	"encoding/json"
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
			p.equal(nil, e["responseElements"], "responseElements")
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
	fact("Events/CreateSecret", "The record of CreateSecret has name and clientRequestToken, and no value.", Documented,
		logging+", CreateSecret example", func(p *probe) {
			p.create("a")
			e := p.event("a", "CreateSecret")
			p.equal(obj{"name": p.name("a"), "clientRequestToken": token(1)}, e["requestParameters"], "requestParameters")
			p.equal(nil, e["responseElements"], "responseElements")
		}, needsEvents),
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
			records, err := p.Trail(p.ctx)
			p.must(err == nil, "%v", err)
			for _, data := range records {
				p.must(!strings.Contains(string(data), p.name("a")) || !strings.Contains(string(data),
					`"eventName":"GetSecretValue"`), "%s", data)
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
	logging    = userGuide + ", Log events (CloudTrail)"
	trailDate  = "Jan 2, 2006 3:04:05 PM"
	serviceURL = "secretsmanager.amazonaws.com"
)

// refusal is the last record of a refused call that mentions a secret.
func (p *probe) refusal(short, operation string) obj {
	records, err := p.Trail(p.ctx)
	p.must(err == nil, "%v", err)
	for _, data := range slices.Backward(records) {
		var e obj
		p.must(json.Unmarshal(data, &e) == nil, "record %s", data)
		if e["eventName"] == operation && strings.Contains(string(data), p.name(short)) {
			return e
		}
	}
	p.failf("there is no record of %s", operation)
	return nil
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
