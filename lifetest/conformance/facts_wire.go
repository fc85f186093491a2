package conformance

import (
	"net/http"
	"strings"
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
