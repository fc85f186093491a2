package conformance

import (
	"fmt"
)

var batchFacts = []Fact{
	{Name: "BatchGetSecretValue/values",
		Says: "Values come with ARN, CreatedDate, Name, SecretString, VersionId and VersionStages.", Known: Documented,
		Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})
			values := got["SecretValues"].([]any)
			p.equal(1, len(values), "values")
			p.members(values[0].(obj), "ARN", "CreatedDate", "Name", "SecretString", "VersionId", "VersionStages")
		}},
	{Name: "BatchGetSecretValue/missing",
		Says: "A secret that is missing is an entry of Errors, and the others are returned.", Known: Reported,
		Source: "getmoto/moto PR 7592",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("nobody"), p.name("a")}})
			p.equal([]any{obj{"SecretId": p.name("nobody"), "ErrorCode": notFound, "Message": textNotFound}},
				got["Errors"], "Errors")
			p.equal(1, len(got["SecretValues"].([]any)), "values")
		}},
	{Name: "BatchGetSecretValue/scheduled", Says: "A scheduled secret is an entry of Errors.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			p.scheduled("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})
			p.equal([]any{obj{"SecretId": p.name("a"), "ErrorCode": request, "Message": textMarked}}, got["Errors"], "Errors")
		}},
	{Name: "BatchGetSecretValue/filters", Says: "Filters find secrets; scheduled ones never match.", Known: Documented,
		Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.create("a")
			p.scheduled("b")
			got := p.ok("BatchGetSecretValue", obj{"Filters": p.mine()})
			p.equal(1, len(got["SecretValues"].([]any)), "values")
		}},
	{Name: "BatchGetSecretValue/neither-or-both", Says: "One of SecretIdList and Filters is needed, and not both.",
		Known: Documented, Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.refused("BatchGetSecretValue", obj{}, parameter, "")
			p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "Filters": p.mine()}, parameter, "")
		}},
	{Name: "BatchGetSecretValue/twenty", Says: "SecretIdList has up to 20 entries.", Known: Documented,
		Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			ids := make([]string, 21)
			for i := range ids {
				ids[i] = p.name(string(rune('a' + i)))
			}
			p.ok("BatchGetSecretValue", obj{"SecretIdList": ids[:20]})
			p.refused("BatchGetSecretValue", obj{"SecretIdList": ids}, validation, "")
		}},
	fact("BatchGetSecretValue/all-fail", "If no secret can be read, the status is still 200.", Documented, batching,
		func(p *probe) {
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("x"), p.name("y")}})
			p.equal(2, len(got["Errors"].([]any)), "errors")
			p.equal(0, len(got["SecretValues"].([]any)), "values")
		}),
	fact("BatchGetSecretValue/id-as-given", "An error has the SecretId as it was given.", Documented,
		apiReference+", APIErrorType", func(p *probe) {
			arn := p.scheduled("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{arn[:len(arn)-7], p.name("a")}})["Errors"].([]any)
			p.equal([]any{arn[:len(arn)-7], p.name("a")}, []any{got[0].(obj)["SecretId"], got[1].(obj)["SecretId"]}, "SecretIds")
		}),
	fact("BatchGetSecretValue/current-only", "Values are those with AWSCURRENT.", Documented, batching, func(p *probe) {
		p.create("a")
		p.put("a", 2)
		p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
		got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})["SecretValues"].([]any)
		p.equal("value 2", got[0].(obj)["SecretString"], "value")
		p.equal(token(2), got[0].(obj)["VersionId"], "VersionId")
	}),
	fact("BatchGetSecretValue/binary", "A binary value comes as SecretBinary in base64.", Documented, batching,
		func(p *probe) {
			p.create("a", obj{"SecretString": nil, "SecretBinary": "AAEC/w=="})
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})["SecretValues"].([]any)[0].(obj)
			p.equal("AAEC/w==", got["SecretBinary"], "SecretBinary")
			p.members(got, "ARN", "CreatedDate", "Name", "SecretBinary", "VersionId", "VersionStages")
		}),
	fact("BatchGetSecretValue/pages", "With Filters values come in pages of MaxResults.", Documented, batching,
		func(p *probe) {
			for i := range 3 {
				p.create(fmt.Sprint(i))
			}
			in, seen := obj{"Filters": p.mine(), "MaxResults": 2}, 0
			for {
				page := p.ok("BatchGetSecretValue", in)
				n := len(page["SecretValues"].([]any))
				p.must(n <= 2, "%d values on a page", n)
				seen += n
				next, more := page["NextToken"]
				if !more {
					break
				}
				in = with(in, obj{"NextToken": next})
			}
			p.equal(3, seen, "values")
		}),
	fact("BatchGetSecretValue/bad-token", "A malformed NextToken is refused.", Documented, batching, func(p *probe) {
		p.refused("BatchGetSecretValue", obj{"Filters": p.mine(), "NextToken": "none of yours"}, nextToken, "")
	}),
	fact("BatchGetSecretValue/max-results-with-list", "MaxResults goes with Filters only.", Documented, batching,
		func(p *probe) {
			p.create("a")
			p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "MaxResults": 5}, parameter, "")
		}),
	fact("BatchGetSecretValue/texts", "The texts say what may be given with what.", Inferred, "moto", func(p *probe) {
		const either = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
		p.refused("BatchGetSecretValue", obj{}, parameter, either)
		p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "Filters": p.mine()}, parameter, either)
		p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "MaxResults": 5}, parameter,
			"'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}),
	fact("BatchGetSecretValue/malformed-id", "A malformed id is an entry of Errors.", Inferred, noSource, func(p *probe) {
		got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{"a b"}})
		p.equal([]any{obj{"SecretId": "a b", "ErrorCode": validation, "Message": textName}}, got["Errors"], "Errors")
	}),
	fact("BatchGetSecretValue/without-value", "A secret without a value is an entry of Errors, with Filters too.",
		Inferred, noSource, func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			for _, in := range []obj{{"SecretIdList": []string{p.name("a")}}, {"Filters": p.mine()}} {
				got := p.ok("BatchGetSecretValue", in)["Errors"].([]any)
				p.equal(notFound, got[0].(obj)["ErrorCode"], "ErrorCode")
				p.equal(textNoStage+"AWSCURRENT", got[0].(obj)["Message"], "Message")
			}
		}),
	fact("BatchGetSecretValue/scheduled-by-filters",
		"Filters don't find a scheduled secret, so that it is no entry of Errors either.", Inferred, "ListSecrets",
		func(p *probe) {
			p.scheduled("a")
			got := p.ok("BatchGetSecretValue", obj{"Filters": p.mine()})
			errors, _ := got["Errors"].([]any)
			p.equal(0, len(errors), "errors")
			p.equal(0, len(got["SecretValues"].([]any)), "values")
		}),
}
