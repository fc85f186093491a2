package conformance

import (
	"strings"
	"time"
)

var eventFacts = []Fact{
	{Name: "Events/DeleteSecret", Says: "The record of DeleteSecret has the request in lower camel case, and name, aRN and a date as text in the response.", Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
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
	{Name: "Events/value-never", Says: "No record has a value.", Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
		check: func(p *probe) {
			p.create("a", obj{"SecretString": "hunter2-canary"})
			p.put("a", 2, obj{"SecretString": "hunter2-canary-2"})
			p.value("a")
			for _, e := range p.events("a") {
				p.must(!strings.Contains(encode(e), "hunter2-canary"), "%v has the value", e["eventName"])
			}
		}},
	{Name: "Events/version-deletes", Says: "Deleting, restoring and purging tell of each version: Start, Cancel and End of SecretVersionDelete.", Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents, needsTime},
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
	{Name: "Events/api-call-shape", Says: "Records of calls are AwsApiCall events of secretsmanager.amazonaws.com.", Known: Documented, Source: userGuide + ", Log events (CloudTrail)", needs: []need{needsEvents},
		check: func(p *probe) {
			p.create("a")
			e := p.event("a", "CreateSecret")
			p.equal("AwsApiCall", e["eventType"], "eventType")
			p.equal("secretsmanager.amazonaws.com", e["eventSource"], "eventSource")
			p.equal(nil, e["responseElements"], "responseElements")
		}},
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
