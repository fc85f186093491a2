package conformance

import (
	"slices"
	"strings"
)

// listed are the names of this check's secrets that ListSecrets lists, over
// all pages, without the check's prefix.
func (p *probe) listed(in obj) []string {
	var out []string
	for {
		page := p.ok("ListSecrets", in)
		list, ok := page["SecretList"].([]any)
		p.must(ok, "SecretList is %v", page["SecretList"])
		for _, s := range list {
			if short, mine := strings.CutPrefix(p.text(s.(obj), "Name"), p.prefix); mine {
				out = append(out, short)
			}
		}
		next, more := page["NextToken"].(string)
		if !more {
			return out
		}
		next2 := obj{"NextToken": next}
		for k, v := range in {
			if k != "NextToken" {
				next2[k] = v
			}
		}
		in = next2
	}
}

func filter(key string, values ...string) []obj { return []obj{{"Key": key, "Values": values}} }

// mine narrows a list to this check's secrets.
func (p *probe) mine(more ...obj) []obj { return append(filter("name", p.prefix), more...) }

func filterFact(name, says, source string, make func(*probe), key string, cases map[string][]string) Fact {
	return Fact{Name: "ListSecrets/filter-" + name, Says: says, Known: Verified, Source: source, check: func(p *probe) {
		make(p)
		for value, want := range cases {
			got := p.listed(obj{"Filters": p.mine(filter(key, value)...)})
			slices.Sort(got)
			if !slices.Equal(want, got) {
				p.failf("%s %q lists %v, not %v", key, value, got, want)
			}
		}
	}}
}

var listFacts = []Fact{
	{Name: "ListSecrets/hides-scheduled", Says: "Scheduled secrets are listed with IncludePlannedDeletion only, with DeletedDate.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			p.create("a")
			p.scheduled("b")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine()}), "listed")
			p.equal([]string{"a", "b"}, p.listed(obj{"Filters": p.mine(), "IncludePlannedDeletion": true}), "listed")
			for _, s := range p.ok("ListSecrets", obj{"Filters": filter("name", p.name("b")), "IncludePlannedDeletion": true})["SecretList"].([]any) {
				p.seconds(s.(obj), "DeletedDate")
			}
		}},
	{Name: "ListSecrets/entry", Says: "An entry has SecretVersionsToStages, and no VersionIdsToStages.", Known: Documented, Source: apiReference + ", SecretListEntry",
		check: func(p *probe) {
			p.create("a")
			list := p.ok("ListSecrets", obj{"Filters": p.mine()})["SecretList"].([]any)
			p.equal(1, len(list), "secrets")
			p.members(list[0].(obj), "ARN", "CreatedDate", "LastChangedDate", "Name", "SecretVersionsToStages")
		}},
	{Name: "ListSecrets/empty", Says: "SecretList of no secrets is an empty list.", Known: Recorded, Source: "LocalStack stepfunctions test_aws_sdk_task_service",
		check: func(p *probe) {
			p.equal(obj{"SecretList": []any{}}, p.ok("ListSecrets", obj{"Filters": p.mine()}), "answer")
		}},
	{Name: "ListSecrets/order-of-creation", Says: "Secrets are listed by creation, the oldest first.", Known: Verified, Source: "moto test_list_secrets",
		check: func(p *probe) {
			for _, s := range []string{"c", "a", "b"} {
				p.create(s)
				p.tick()
			}
			p.equal([]string{"c", "a", "b"}, p.listed(obj{"Filters": p.mine()}), "order")
			p.equal([]string{"b", "a", "c"}, p.listed(obj{"Filters": p.mine(), "SortOrder": "desc"}), "order")
		}},
	{Name: "ListSecrets/sort-by-name", Says: "SortBy name lists by name.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"c", "a", "b"} {
				p.create(s)
			}
			p.equal([]string{"a", "b", "c"}, p.listed(obj{"Filters": p.mine(), "SortBy": "name"}), "order")
			p.equal([]string{"c", "b", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "name", "SortOrder": "desc"}), "order")
		}},
	{Name: "ListSecrets/sort-by-last-changed", Says: "SortBy last-changed-date lists by the last change.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"a", "b", "c"} {
				p.create(s)
				p.tick()
			}
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
			p.equal([]string{"b", "c", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "last-changed-date"}), "order")
		}},
	{Name: "ListSecrets/sort-by-last-accessed", Says: "SortBy last-accessed-date is accepted.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			p.create("a")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "last-accessed-date"}), "listed")
		}},
	{Name: "ListSecrets/pages", Says: "Lists come in pages of up to MaxResults.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"a", "b", "c"} {
				p.create(s)
				p.tick()
			}
			p.equal([]string{"a", "b", "c"}, p.listed(obj{"Filters": p.mine(), "MaxResults": 1}), "all pages")
		}},
	{Name: "ListSecrets/bad-token", Says: "A NextToken that is none is refused.", Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) { p.refused("ListSecrets", obj{"NextToken": "none of yours"}, nextToken, "") }},
	{Name: "ListSecrets/max-results", Says: "MaxResults is 1 to 100.", Known: Documented, Source: "API model",
		check: func(p *probe) {
			p.refused("ListSecrets", obj{"MaxResults": 0}, validation, "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1")
			p.refused("ListSecrets", obj{"MaxResults": 101}, validation, "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100")
		}},
	{Name: "ListSecrets/filter-unknown-key", Says: "A filter with an unknown key is refused by the framework.", Known: Documented, Source: "API model",
		check: func(p *probe) { p.refused("ListSecrets", obj{"Filters": filter("invalid", "x")}, validation, "") }},
	{Name: "ListSecrets/filter-name-prefix", Says: "A name filter is a prefix, told apart by case; a space is a space; ! turns it round.", Known: Verified, Source: "LocalStack test_list_secrets_filtering",
		check: func(p *probe) {
			for _, s := range []string{"testing1/one", "testing1/two", "testing2/one"} {
				p.create(s)
				p.tick()
			}
			list := func(filters ...obj) []string { return p.listed(obj{"Filters": filters}) }
			p.equal([]string{"testing1/one", "testing1/two"}, list(filter("name", p.name("testing1"))...), "testing1")
			p.equal([]string(nil), list(filter("name", p.name("Testing1"))...), "Testing1")
			p.equal([]string(nil), list(p.mine(filter("name", "testing1")...)...), "testing1 in the middle")
			p.equal([]string(nil), list(filter("name", p.name("testing1 one"))...), "testing1 one")
			p.equal([]string{"testing2/one"}, list(p.mine(filter("name", "!"+p.name("testing1"))...)...), "not testing1")
			p.equal([]string{"testing1/one", "testing2/one"}, list(filter("name", p.name("testing1/one"), p.name("testing2"))...), "two values")
			p.equal([]string{"testing1/one"}, list(append(filter("name", p.name("testing1")), filter("name", p.name("testing1/o"))...)...), "two filters of one key")
		}},
	filterFact("description", "Each word of a description filter is a prefix of a word there, in any order and case.", "LocalStack test_list_secrets_filtering",
		func(p *probe) {
			for i, d := range []string{"a secret", "an secret", "asecret", "thesecret"} {
				p.create(string(rune('1'+i)), obj{"Description": d})
			}
		}, "description", map[string][]string{
			"a": {"1", "2", "3"}, "!a": {"4"}, "a secret": {"1", "2"}, "secret a": {"1", "2"}, "SECRET": {"1", "2"}, "!c": {"1", "2", "3", "4"},
		}),
	filterFact("tag-key", "A tag-key filter is a prefix, told apart by case.", apiReference+", ListSecrets",
		func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "Team", "Value": "x"}}})
			p.create("b", obj{"Tags": []obj{{"Key": "stage", "Value": "Team"}}})
		}, "tag-key", map[string][]string{"Te": {"a"}, "te": nil, "eam": nil, "stage": {"b"}}),
	filterFact("tag-value", "A tag-value filter is a prefix, told apart by case.", apiReference+", ListSecrets",
		func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "Blue"}}})
			p.create("b", obj{"Tags": []obj{{"Key": "Blue", "Value": "green"}}})
		}, "tag-value", map[string][]string{"Bl": {"a"}, "bl": nil, "lue": nil, "gre": {"b"}}),
	filterFact("all-words", "A filter for all finds words of names, descriptions and tags, in any case, split at punctuation and where the case changes.", "moto test_with_all_filter_special_characters",
		func(p *probe) {
			p.create("prod/AppBeta/x")
			p.create("b", obj{"Description": "one COMPANYthings"})
			p.create("c", obj{"Tags": []obj{{"Key": "owner", "Value": "Secretary"}}})
		}, "all", map[string][]string{
			"AppBeta": {"prod/AppBeta/x"}, "Beta": {"prod/AppBeta/x"}, "prod": {"prod/AppBeta/x"}, "Ythings": {"b"}, "owner": {"c"}, "SECRETARY": {"c"}, "retary": nil, "things": nil,
		}),
}

// tick makes sure that the next secret is made a moment later.
func (p *probe) tick() {
	if p.Control != "" {
		p.advance(2_000_000)
		return
	}
	p.pause()
}

var batchFacts = []Fact{
	{Name: "BatchGetSecretValue/values", Says: "Values come with ARN, CreatedDate, Name, SecretString, VersionId and VersionStages.", Known: Documented, Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})
			values := got["SecretValues"].([]any)
			p.equal(1, len(values), "values")
			p.members(values[0].(obj), "ARN", "CreatedDate", "Name", "SecretString", "VersionId", "VersionStages")
		}},
	{Name: "BatchGetSecretValue/missing", Says: "A secret that is missing is an entry of Errors, and the others come all the same.", Known: Reported, Source: "getmoto/moto PR 7592",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("nobody"), p.name("a")}})
			p.equal([]any{obj{"SecretId": p.name("nobody"), "ErrorCode": notFound, "Message": textNotFound}}, got["Errors"], "Errors")
			p.equal(1, len(got["SecretValues"].([]any)), "values")
		}},
	{Name: "BatchGetSecretValue/scheduled", Says: "A scheduled secret is an entry of Errors.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.scheduled("a")
			got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})
			p.equal([]any{obj{"SecretId": p.name("a"), "ErrorCode": request, "Message": textMarked}}, got["Errors"], "Errors")
		}},
	{Name: "BatchGetSecretValue/filters", Says: "Filters find secrets; scheduled ones never match.", Known: Documented, Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.create("a")
			p.scheduled("b")
			got := p.ok("BatchGetSecretValue", obj{"Filters": p.mine()})
			p.equal(1, len(got["SecretValues"].([]any)), "values")
		}},
	{Name: "BatchGetSecretValue/neither-or-both", Says: "One of SecretIdList and Filters is needed, and not both.", Known: Documented, Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			p.refused("BatchGetSecretValue", obj{}, parameter, "")
			p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "Filters": p.mine()}, parameter, "")
		}},
	{Name: "BatchGetSecretValue/twenty", Says: "SecretIdList has up to 20 entries.", Known: Documented, Source: apiReference + ", BatchGetSecretValue",
		check: func(p *probe) {
			ids := make([]string, 21)
			for i := range ids {
				ids[i] = p.name(string(rune('a' + i)))
			}
			p.ok("BatchGetSecretValue", obj{"SecretIdList": ids[:20]})
			p.refused("BatchGetSecretValue", obj{"SecretIdList": ids}, validation, "")
		}},
}
