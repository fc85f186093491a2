package conformance

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

var wireFacts = []Fact{
	{Name: "Wire/error-body", Says: "A declared exception has __type, without namespace, and Message.", Known: Recorded,
		Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			a := p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v"})
			p.members(a.body, "Message", "__type")
			p.equal("InvalidRequestException", a.body["__type"], "__type")
		}},
	{Name: "Wire/client-errors-are-400", Says: "A secret that is not found is answered with status 400, not 404.",
		Known: Recorded, Source: "LocalStack snapshots",
		check: func(p *probe) { p.equal(400, p.call("DescribeSecret", p.id("nobody")).status, "status") }},
	{Name: "Wire/validation-member", Says: "A ValidationException has its text in message.", Known: Inferred,
		Source: noSource,
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
			p.equal("application/x-amz-json-1.1", p.call("ListSecrets", obj{"MaxResults": 1}).header.Get("Content-Type"),
				"Content-Type")
		}},
	{Name: "Wire/unknown-members", Says: "Unknown members of a request are ignored.", Known: Recorded,
		Source: "LocalStack test_no_client_request_token",
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
			p.refused("DescribeSecret", obj{}, validation,
				"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null")
		}},
	{Name: "Wire/several-violations", Says: "Several violations are told at once.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			a := p.call("UpdateSecretVersionStage", obj{})
			p.equal(validation, a.code(), "exception")
			p.must(strings.HasPrefix(a.message(), "2 validation errors detected: "), "%s", a.message())
		}},
	{Name: "Wire/no-JSON", Says: "What is no JSON is refused by the framework.", Known: Inferred, Source: noSource,
		check: func(p *probe) { p.refused("DescribeSecret", `{"SecretId":`, "SerializationException", "") }},
	{Name: "Wire/wrong-type", Says: "A member of a wrong type is refused by the framework.", Known: Inferred,
		Source: noSource,
		check:  func(p *probe) { p.refused("DescribeSecret", obj{"SecretId": 7}, "SerializationException", "") }},
	{Name: "Wire/unknown-operation", Says: "An operation that does not exist is unknown.", Known: Inferred,
		Source: noSource,
		check:  func(p *probe) { p.refused("DropSecret", obj{}, "UnknownOperationException", "") }},
	{Name: "Wire/content-type-with-charset", Says: "Parameters of the content type do no harm.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			a, err := p.send(p.ctx, p.home(), "ListSecrets", `{"MaxResults":1}`,
				func(r *http.Request) { r.Header.Set("Content-Type", "application/x-amz-json-1.1; charset=utf-8") })
			p.must(err == nil && a.status == http.StatusOK, "%v %s", err, a.raw)
		}},
	fact("Wire/target-prefix", "The target begins with secretsmanager in lower case; another service's is unknown.",
		Inferred, "API model, targetPrefix", func(p *probe) {
			for _, target := range []string{"dynamodb.ListSecrets", "ListSecrets", "secretsmanager"} {
				a := p.sent("ListSecrets", "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", target) })
				p.must(a.status >= 400 && a.status < 500, "%s: %d %s", target, a.status, a.raw)
			}
		}),
	fact("Wire/post-only", "Operations are POST requests.", Documented, "API model, protocol json 1.1", func(p *probe) {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			a := p.sent("ListSecrets", "{}", func(r *http.Request) { r.Method = method })
			p.must(a.status >= 400 && a.status < 500, "%s: %d %s", method, a.status, a.raw)
		}
	}),
	fact("Wire/empty-body", "An empty body is a request without members.", Inferred, noSource, func(p *probe) {
		p.text(p.sent("GetRandomPassword", "", nil).body, "RandomPassword")
	}),
	fact("Wire/null-is-missing", "A member that is null is one that is missing.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.equal(30.0, days(p.seconds(p.describe("a"), "CreatedDate"),
			p.seconds(p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": nil, "ForceDeleteWithoutRecovery": nil})),
				"DeletionDate")), "days")
	}),
	fact("Wire/request-id-is-a-UUID", "x-amzn-RequestId is a UUID, of every call another.", Inferred, noSource,
		func(p *probe) {
			first, second := p.call("ListSecrets", obj{"MaxResults": 1}).header.Get("X-Amzn-Requestid"),
				p.call("DescribeSecret", p.id("nobody")).header.Get("X-Amzn-Requestid")
			p.must(uuidShape.MatchString(first) && uuidShape.MatchString(second) && first != second, "%q and %q", first, second)
		}),
	fact("Wire/no-null-or-empty",
		"Unset members of an answer are absent: none is null, and none is empty but lists that are asked for.", Recorded,
		"LocalStack snapshots", func(p *probe) {
			p.create("a", obj{"Description": "", "Tags": []obj{}})
			for operation, in := range map[string]obj{"DescribeSecret": p.id("a"), "GetSecretValue": p.id("a"),
				"ListSecretVersionIds": p.id("a"), "ListSecrets": {"Filters": p.mine()}, "GetResourcePolicy": p.id("a")} {
				p.unset(operation, p.ok(operation, in))
			}
		}),
	fact("Wire/status-of-exceptions",
		"ResourceExistsException, InvalidRequestException and InvalidParameterException have status 400.", Recorded,
		"LocalStack snapshots", func(p *probe) {
			p.create("a")
			for want, a := range map[string]answer{
				exists:    p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)}),
				request:   p.call("CreateSecret", obj{"Name": p.name("b"), "SecretString": "v"}),
				parameter: p.call("RotateSecret", p.id("a")),
			} {
				p.equal(want, a.code(), "exception")
				p.equal(400, a.status, "status")
			}
		}),
	fact("Wire/status-of-validation", "ValidationException has status 400.", Recorded,
		"LocalStack test_invalid_secret_name", func(p *probe) {
			a := p.call("DescribeSecret", obj{"SecretId": "a b"})
			p.equal(validation, a.code(), "exception")
			p.equal(400, a.status, "status")
		}),
	fact("Wire/serialization-member", "A SerializationException has its text in message, too.", Inferred, noSource,
		func(p *probe) {
			p.members(p.call("DescribeSecret", obj{"SecretId": 7}).body, "__type", "message")
		}),
	fact("Wire/error-content-type", "Errors are application/x-amz-json-1.1, too.", Inferred, noSource, func(p *probe) {
		p.equal("application/x-amz-json-1.1", p.call("DescribeSecret", p.id("nobody")).header.Get("Content-Type"),
			"Content-Type")
	}),
	fact("Wire/dates", "Dates are numbers of seconds with up to three digits after the point, LastAccessedDate "+
		"without any.", Documented, "API reference, examples", func(p *probe) {
		p.create("a")
		p.value("a")
		d := p.describe("a")
		for _, member := range []string{"CreatedDate", "LastChangedDate", "LastAccessedDate"} {
			p.seconds(d, member)
			_, fraction, _ := strings.Cut(string(d[member].(json.Number)), ".")
			p.must(len(fraction) <= 3 && (member != "LastAccessedDate" || strings.Trim(fraction, "0") == ""), "%s %v",
				member, d[member])
		}
	}),
	fact("Wire/date-of-a-version", "GetSecretValue shows when the version was made.", Documented,
		apiReference+", GetSecretValue", func(p *probe) {
			p.create("a")
			first := p.seconds(p.ok("GetSecretValue", p.id("a")), "CreatedDate")
			p.tick()
			p.put("a", 2)
			p.must(p.seconds(p.ok("GetSecretValue", p.id("a")), "CreatedDate") > first, "the second version is not younger")
		}),
}

var uuidShape = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// sent makes a call whose head is edited.
func (p *probe) sent(operation, body string, edit func(*http.Request)) answer {
	a, err := p.send(p.ctx, p.home(), operation, body, edit)
	p.must(err == nil, "%s: %v", operation, err)
	return a
}

// unset checks that a response has no member without a value.
func (p *probe) unset(where string, v any) {
	p.must(v != nil && v != "", "%s is %v", where, v)
	switch v := v.(type) {
	case obj:
		p.must(len(v) > 0, "%s is empty", where)
		for member, inner := range v {
			p.unset(where+"."+member, inner)
		}
	case []any:
		p.must(len(v) > 0, "%s is empty", where)
		for _, inner := range v {
			p.unset(where, inner)
		}
	}
}
