package conformance

import (
	"net/http"
	"strings"
	"time"
)

var wireFacts = []Fact{
	{Name: "Wire/error-body", Says: "A declared exception has __type, without namespace, and Message.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			a := p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v"})
			p.members(a.body, "Message", "__type")
			p.equal("InvalidRequestException", a.body["__type"], "__type")
		}},
	{Name: "Wire/client-errors-are-400", Says: "A secret that is not found is answered with status 400, not 404.", Known: Recorded, Source: "LocalStack snapshots",
		check: func(p *probe) { p.equal(400, p.call("DescribeSecret", p.id("nobody")).status, "status") }},
	{Name: "Wire/validation-member", Says: "A ValidationException has its text in message.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			a := p.call("DescribeSecret", obj{"SecretId": "a b"})
			p.members(a.body, "__type", "message")
		}},
	{Name: "Wire/request-id", Says: "Every answer has an x-amzn-RequestId.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.must(p.call("DescribeSecret", p.id("nobody")).header.Get("X-Amzn-Requestid") != "", "it has none")
		}},
	{Name: "Wire/content-type", Says: "Answers are application/x-amz-json-1.1.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.equal("application/x-amz-json-1.1", p.call("ListSecrets", obj{"MaxResults": 1}).header.Get("Content-Type"), "Content-Type")
		}},
	{Name: "Wire/unknown-members", Says: "Unknown members of a request are ignored.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.create("a")
			p.ok("DescribeSecret", p.id("a", obj{"Unknown": obj{"a": []int{1}}}))
		}},
	{Name: "Wire/member-names-are-exact", Says: "Member names are told apart by case.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("DescribeSecret", obj{"secretId": p.name("a")}, validation, "")
		}},
	{Name: "Wire/missing-member", Says: "A missing member is refused as null.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.refused("DescribeSecret", obj{}, validation, "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null")
		}},
	{Name: "Wire/several-violations", Says: "Several violations are told at once.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			a := p.call("UpdateSecretVersionStage", obj{})
			p.equal(validation, a.code(), "exception")
			p.must(strings.HasPrefix(a.message(), "2 validation errors detected: "), "%s", a.message())
		}},
	{Name: "Wire/no-JSON", Says: "What is no JSON is refused by the framework.", Known: Inferred, Source: noSource,
		check: func(p *probe) { p.refused("DescribeSecret", `{"SecretId":`, "SerializationException", "") }},
	{Name: "Wire/wrong-type", Says: "A member of a wrong type is refused by the framework.", Known: Inferred, Source: noSource,
		check: func(p *probe) { p.refused("DescribeSecret", obj{"SecretId": 7}, "SerializationException", "") }},
	{Name: "Wire/unknown-operation", Says: "An operation that is none is unknown.", Known: Inferred, Source: noSource,
		check: func(p *probe) { p.refused("DropSecret", obj{}, "UnknownOperationException", "") }},
	{Name: "Wire/content-type-with-charset", Says: "Parameters of the content type do no harm.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			a, err := p.send(p.ctx, p.home(), "ListSecrets", `{"MaxResults":1}`, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-amz-json-1.1; charset=utf-8") })
			p.must(err == nil && a.status == http.StatusOK, "%v %s", err, a.raw)
		}},
}

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

// rotated makes a secret and rotates it.
func (p *probe) rotated(short string, more obj) {
	p.create(short)
	in := p.id(short, obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function}, more)
	p.members(p.ok("RotateSecret", in), "ARN", "Name", "VersionId")
	for range p.patience() {
		if p.stages(short)[token(2)] != nil && p.stages(short)[token(1)] != nil && p.stages(short)[token(1)][0] == "AWSPREVIOUS" {
			return
		}
		p.pause()
	}
	p.failf("the rotation does not end: %v", p.stages(short))
}

var rotationFacts = []Fact{
	{Name: "RotateSecret/no-function", Says: "Without a rotation function it is refused.", Known: Recorded, Source: "LocalStack test_rotate_secret_invalid_lambda_arn",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}), request, textNoLambda)
		}},
	{Name: "RotateSecret/rotates", Says: "The function's version becomes AWSCURRENT, the one before AWSPREVIOUS.", Known: Verified, Source: "moto test_rotate_secret_using_lambda", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated("a", nil)
			p.must(p.value("a") != "value", "the value is the same")
			d := p.describe("a")
			p.equal(true, d["RotationEnabled"], "RotationEnabled")
			p.equal(p.Function, d["RotationLambdaARN"], "RotationLambdaARN")
			p.seconds(d, "LastRotatedDate")
		}},
	{Name: "RotateSecret/rules", Says: "Rules are shown, with the next date.", Known: Documented, Source: apiReference + ", RotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated("a", obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			d := p.describe("a")
			days := encode(d["RotationRules"])
			p.must(strings.Contains(days, `"AutomaticallyAfterDays":30`), "RotationRules %s", days)
			p.must(p.seconds(d, "NextRotationDate") > p.seconds(d, "LastRotatedDate"), "NextRotationDate %v", d["NextRotationDate"])
		}},
	{Name: "RotateSecret/days-and-expression", Says: "Days and an expression together are refused.", Known: Reported, Source: "hashicorp/terraform-provider-aws #33329",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f", "RotationRules": obj{"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"}}),
				parameter, "You cannot specify both rotation frequency and schedule expression together.")
		}},
	{Name: "RotateSecret/in-progress", Says: "While AWSPENDING is on another version than AWSCURRENT, no other rotation begins.", Known: Reported, Source: "hashicorp/terraform-provider-aws #35023", needs: []need{needsFunction},
		check: func(p *probe) {
			p.create("a")
			p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function}), request, textRotating)
		}},
	{Name: "CancelRotateSecret/turns-off", Says: "CancelRotateSecret turns rotation off.", Known: Documented, Source: apiReference + ", CancelRotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated("a", obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			p.ok("CancelRotateSecret", p.id("a"))
			d := p.describe("a")
			p.equal(false, d["RotationEnabled"], "RotationEnabled")
			_, has := d["NextRotationDate"]
			p.must(!has, "NextRotationDate is still there")
		}},
	{Name: "RotateSecret/by-schedule", Says: "A secret is rotated by itself when its days are over.", Known: Documented, Source: userGuide + ", Rotate secrets", needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated("a", obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.advance(3 * 24 * time.Hour)
			p.must(p.value("a") != before, "the value is the same")
		}},
	{Name: "RotateSecret/not-while-scheduled", Says: "A secret that is scheduled for deletion is not rotated, and keeps its settings.", Known: Inferred, Source: noSource, needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated("a", obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.advance(3 * 24 * time.Hour)
			p.equal(true, p.describe("a")["RotationEnabled"], "RotationEnabled")
			p.ok("RestoreSecret", p.id("a"))
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2)}))
			p.equal(before, got["SecretString"], "value of before")
		}},
}

// password asks for one, and answers how many characters are of each kind.
func (p *probe) password(in obj) (text string, kinds map[string]int) {
	text = p.text(p.ok("GetRandomPassword", in), "RandomPassword")
	kinds = map[string]int{}
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z':
			kinds["lower"]++
		case c >= 'A' && c <= 'Z':
			kinds["upper"]++
		case c >= '0' && c <= '9':
			kinds["digit"]++
		case c == ' ':
			kinds["space"]++
		default:
			kinds["punctuation"]++
		}
	}
	return text, kinds
}

var passwordFacts = []Fact{
	{Name: "GetRandomPassword/default", Says: "A password has 32 characters, at least one of each kind, and no space.", Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			text, kinds := p.password(obj{})
			p.equal(32, len(text), "length")
			for _, kind := range []string{"lower", "upper", "digit", "punctuation"} {
				p.must(kinds[kind] > 0, "no %s", kind)
			}
			p.equal(0, kinds["space"], "spaces")
		}},
	{Name: "GetRandomPassword/length", Says: "PasswordLength is the length.", Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			text, _ := p.password(obj{"PasswordLength": 4096})
			p.equal(4096, len(text), "length")
			p.refused("GetRandomPassword", obj{"PasswordLength": 4097}, validation, "")
			p.refused("GetRandomPassword", obj{"PasswordLength": 0}, validation, "")
		}},
	{Name: "GetRandomPassword/exclusions", Says: "What is excluded does not come.", Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			_, kinds := p.password(obj{"PasswordLength": 500, "ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true})
			p.equal(map[string]int{"lower": 500}, kinds, "kinds")
			text, _ := p.password(obj{"PasswordLength": 500, "ExcludeCharacters": "abcABC123"})
			p.must(!strings.ContainsAny(text, "abcABC123"), "excluded characters are there")
		}},
	{Name: "GetRandomPassword/space", Says: "IncludeSpace allows spaces.", Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			_, kinds := p.password(obj{"PasswordLength": 2000, "IncludeSpace": true})
			p.must(kinds["space"] > 0, "no space among 2,000 characters")
		}},
	{Name: "GetRandomPassword/everything-excluded", Says: "Nothing to choose from is refused.", Known: Documented, Source: apiReference + ", GetRandomPassword",
		check: func(p *probe) {
			p.refused("GetRandomPassword", obj{"ExcludeNumbers": true, "ExcludePunctuation": true, "ExcludeUppercase": true, "ExcludeLowercase": true}, parameter, "")
		}},
}

var policyFacts = []Fact{
	{Name: "Policy/none", Says: "GetResourcePolicy on a secret without policy answers ARN and Name only.", Known: Documented, Source: apiReference + ", GetResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
	{Name: "Policy/put-get-delete", Says: "A policy is kept as it was given, and can be taken away.", Known: Documented, Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy})), "ARN", "Name")
			p.equal(somePolicy, p.ok("GetResourcePolicy", p.id("a"))["ResourcePolicy"], "ResourcePolicy")
			p.members(p.ok("DeleteResourcePolicy", p.id("a")), "ARN", "Name")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
	{Name: "Policy/malformed", Says: "What is no policy is refused.", Known: Documented, Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": "no policy"}), policy, "")
		}},
	{Name: "Policy/length", Says: "A policy has up to 20,480 characters.", Known: Documented, Source: "API model",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy + strings.Repeat(" ", 20480)}), validation, "")
		}},
	{Name: "Policy/public", Says: "BlockPublicPolicy refuses a policy for everybody.", Known: Documented, Source: apiReference + ", PutResourcePolicy",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutResourcePolicy", p.id("a", obj{"BlockPublicPolicy": true, "ResourcePolicy": strings.Replace(somePolicy, `{"AWS":"arn:aws:iam::123456789012:root"}`, `"*"`, 1)}), "PublicPolicyException", "")
		}},
	{Name: "Policy/validate", Says: "ValidateResourcePolicy passes a good policy.", Known: Documented, Source: apiReference + ", ValidateResourcePolicy",
		check: func(p *probe) {
			p.equal(true, p.ok("ValidateResourcePolicy", obj{"ResourcePolicy": somePolicy})["PolicyValidationPassed"], "PolicyValidationPassed")
		}},
	{Name: "Policy/gone-after-purge", Says: "A new secret of the name has no policy of the old.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.ok("PutResourcePolicy", p.id("a", obj{"ResourcePolicy": somePolicy}))
			p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}))
			p.gone("a")
			p.create("a")
			p.members(p.ok("GetResourcePolicy", p.id("a")), "ARN", "Name")
		}},
}
