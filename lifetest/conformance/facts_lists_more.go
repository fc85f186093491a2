package conformance

import (
	"fmt"
	"slices"
	"strings"
)

const (
	listing        = apiReference + ", ListSecrets"
	batching       = apiReference + ", BatchGetSecretValue"
	motoAllFilters = "moto test_with_all_filter"
)

// entry is what ListSecrets shows of this check's only secret.
func (p *probe) entry(in obj) obj {
	list := p.ok("ListSecrets", with(obj{"Filters": p.mine()}, in))["SecretList"].([]any)
	p.equal(1, len(list), "secrets")
	return list[0].(obj)
}

var moreListFacts = []Fact{
	fact("ListSecrets/both-with-planned-deletion", "IncludePlannedDeletion lists active and scheduled secrets, and only these have DeletedDate.", Documented, listing, func(p *probe) {
		p.create("a")
		_, has := p.entry(obj{"IncludePlannedDeletion": true})["DeletedDate"]
		p.must(!has, "an active secret has DeletedDate")
		p.ok("DeleteSecret", p.id("a"))
		p.seconds(p.entry(obj{"IncludePlannedDeletion": true}), "DeletedDate")
		p.ok("RestoreSecret", p.id("a"))
		_, has = p.entry(nil)["DeletedDate"]
		p.must(!has, "a restored secret has DeletedDate")
	}),
	fact("ListSecrets/entry-all-members", "An entry shows Description, KmsKeyId, LastAccessedDate, Tags and Type where they are set.", Documented, apiReference+", SecretListEntry", func(p *probe) {
		p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine", "Type": "t", "Tags": []obj{{"Key": "k", "Value": "v"}}})
		p.value("a")
		e := p.entry(nil)
		p.members(e, "ARN", "CreatedDate", "Description", "KmsKeyId", "LastAccessedDate", "LastChangedDate", "Name", "SecretVersionsToStages", "Tags", "Type")
		p.equal(obj{token(1): []any{"AWSCURRENT"}}, e["SecretVersionsToStages"], "SecretVersionsToStages")
	}),
	fact("ListSecrets/entry-of-rotated", "An entry shows how the secret is rotated.", Documented, apiReference+", SecretListEntry", func(p *probe) {
		p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
		e := p.entry(nil)
		p.equal(true, e["RotationEnabled"], "RotationEnabled")
		p.equal(p.Function, e["RotationLambdaARN"], "RotationLambdaARN")
		p.seconds(e, "LastRotatedDate")
		p.seconds(e, "NextRotationDate")
		_, has := e["RotationRules"]
		p.must(has, "there is no RotationRules")
	}, needsFunction),
	fact("ListSecrets/sort-by-created", "SortBy created-date is the default order.", Documented, listing, func(p *probe) {
		for _, s := range []string{"b", "a"} {
			p.create(s)
			p.tick()
		}
		p.equal([]string{"b", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "created-date"}), "order")
		p.equal([]string{"b", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "created-date", "SortOrder": "asc"}), "order")
		p.equal([]string{"a", "b"}, p.listed(obj{"Filters": p.mine(), "SortBy": "created-date", "SortOrder": "desc"}), "order")
	}),
	fact("ListSecrets/never-accessed-first", "By last-accessed-date, secrets that were never read come first.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.value("a")
		p.create("b")
		p.equal([]string{"b", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "last-accessed-date"}), "order")
	}),
	fact("ListSecrets/page-size", "A page has MaxResults secrets at most.", Documented, listing, func(p *probe) {
		for _, s := range []string{"a", "b", "c"} {
			p.create(s)
		}
		page := p.ok("ListSecrets", obj{"Filters": p.mine(), "MaxResults": 2})
		p.must(len(page["SecretList"].([]any)) <= 2, "%d secrets", len(page["SecretList"].([]any)))
		p.text(page, "NextToken")
	}),
	fact("ListSecrets/no-token-at-the-end", "The last page has no NextToken.", Documented, listing, func(p *probe) {
		p.create("a")
		page := p.ok("ListSecrets", obj{"Filters": p.mine()})
		_, has := page["NextToken"]
		p.must(!has, "NextToken is there")
	}),
	fact("ListSecrets/fresh", "A change shows at once in ListSecrets.", Inferred, "AWS takes up to five minutes", func(p *probe) {
		p.create("a")
		p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
		p.equal("d", p.entry(nil)["Description"], "Description")
	}),
	fact("ListSecrets/filter-not-a-name", "A name filter with an exclamation mark lists the names that don't begin so.", Verified, "LocalStack test_list_secrets_filtering", func(p *probe) {
		p.create("a")
		p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(filter("name", "!/")...)}), "listed")
		p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("name", "!"+p.name("a"))...)}), "listed")
	}),
	fact("ListSecrets/filter-same-key-twice", "Of two filters with the same key both must match.", Verified, "moto test_with_duplicate_filter_keys", func(p *probe) {
		p.create("a", obj{"Description": "one two"})
		p.create("b", obj{"Description": "one"})
		p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(append(filter("description", "one"), filter("description", "two")...)...)}), "listed")
	}),
	fact("ListSecrets/filter-two-keys", "Of filters with different keys all must match.", Documented, listing, func(p *probe) {
		p.create("a", obj{"Description": "one", "Tags": []obj{{"Key": "k", "Value": "v"}}})
		p.create("b", obj{"Description": "one"})
		p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(append(filter("description", "one"), filter("tag-key", "k")...)...)}), "listed")
	}),
	fact("ListSecrets/filter-two-values", "Of the values of a filter one must match.", Inferred, listing, func(p *probe) {
		p.create("a", obj{"Description": "one"})
		p.create("b", obj{"Description": "two"})
		p.create("c", obj{"Description": "three"})
		got := p.listed(obj{"Filters": p.mine(filter("description", "one", "two")...)})
		slices.Sort(got)
		p.equal([]string{"a", "b"}, got, "listed")
	}),
	fact("ListSecrets/filter-primary-region", "A primary-region filter is a prefix of the PrimaryRegion, told apart by case.", Documented, listing, func(p *probe) {
		p.replicate("a")
		p.create("b")
		p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(filter("primary-region", p.Region[:3])...)}), "listed")
		p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("primary-region", strings.ToUpper(p.Region))...)}), "listed")
	}, needsRegions),
	fact("ListSecrets/filter-owning-service", "An owning-service filter leaves out secrets that no service owns.", Documented, listing, func(p *probe) {
		p.create("a")
		p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("owning-service", "rds")...)}), "listed")
	}),
	fact("ListSecrets/filter-unknown-key-text", "The text names the value, the path and the keys there are.", Inferred, "moto", func(p *probe) {
		a := p.call("ListSecrets", obj{"Filters": filter("invalid", "x")})
		p.must(strings.HasPrefix(a.message(), "1 validation error detected: Value 'invalid' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: ["), "%q", a.message())
		for _, key := range []string{"all", "name", "tag-key", "description", "tag-value", "primary-region", "owning-service"} {
			p.must(strings.Contains(a.message(), key), "%q does not tell %s", a.message(), key)
		}
	}),
	fact("ListSecrets/filter-unknown-key-order", "The keys are told in one order: all, name, tag-key, description, tag-value, and those that came later.", Inferred, "moto, for the first five", func(p *probe) {
		text := p.call("ListSecrets", obj{"Filters": filter("invalid", "x")}).message()
		p.must(strings.HasSuffix(text, "[all, name, tag-key, description, tag-value, primary-region, owning-service]"), "%q", text)
	}),
	filterFact("all-special", "A filter for all finds nothing for punctuation alone, nor in the middle of a word, and splits capitals before the last of them.", motoAllFilters+"_special_characters",
		func(p *probe) {
			p.create("prod/AppBeta/x", obj{"Description": "One+Two"})
			p.create("b", obj{"Description": "MyTreasure COMPANYthings"})
		}, "all", map[string][]string{"+": nil, "sure": nil, "Treasure": {"b"}, "COMPANY": {"b"}, "Ythings": {"b"}, "two": {"prod/AppBeta/x"}, "beta": {"prod/AppBeta/x"}}),
	filterFact("all-attributes", "A filter for all looks at the name, the description, and keys and values of tags.", motoAllFilters,
		func(p *probe) {
			p.create("word")
			p.create("b", obj{"Description": "a Word"})
			p.create("c", obj{"Tags": []obj{{"Key": "word", "Value": "x"}}})
			p.create("d", obj{"Tags": []obj{{"Key": "x", "Value": "wordy"}}})
			p.create("e")
		}, "all", map[string][]string{"word": {"b", "c", "d", "word"}, "wordy": {"d"}, "WORD": {"b", "c", "d", "word"}}),
}

var moreBatchFacts = []Fact{
	fact("BatchGetSecretValue/all-fail", "Where nothing can be read the status is 200 all the same.", Documented, batching, func(p *probe) {
		got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("x"), p.name("y")}})
		p.equal(2, len(got["Errors"].([]any)), "errors")
		p.equal(0, len(got["SecretValues"].([]any)), "values")
	}),
	fact("BatchGetSecretValue/id-as-given", "An error has the SecretId as it was given.", Documented, apiReference+", APIErrorType", func(p *probe) {
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
	fact("BatchGetSecretValue/binary", "A binary value comes as SecretBinary in base64.", Documented, batching, func(p *probe) {
		p.create("a", obj{"SecretString": nil, "SecretBinary": "AAEC/w=="})
		got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}})["SecretValues"].([]any)[0].(obj)
		p.equal("AAEC/w==", got["SecretBinary"], "SecretBinary")
		p.members(got, "ARN", "CreatedDate", "Name", "SecretBinary", "VersionId", "VersionStages")
	}),
	fact("BatchGetSecretValue/pages", "With Filters values come in pages of MaxResults.", Documented, batching, func(p *probe) {
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
	fact("BatchGetSecretValue/bad-token", "A NextToken that is none is refused.", Documented, batching, func(p *probe) {
		p.refused("BatchGetSecretValue", obj{"Filters": p.mine(), "NextToken": "none of yours"}, nextToken, "")
	}),
	fact("BatchGetSecretValue/max-results-with-list", "MaxResults goes with Filters only.", Documented, batching, func(p *probe) {
		p.create("a")
		p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "MaxResults": 5}, parameter, "")
	}),
	fact("BatchGetSecretValue/texts", "The texts say what may be given with what.", Inferred, "moto", func(p *probe) {
		const either = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
		p.refused("BatchGetSecretValue", obj{}, parameter, either)
		p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "Filters": p.mine()}, parameter, either)
		p.refused("BatchGetSecretValue", obj{"SecretIdList": []string{p.name("a")}, "MaxResults": 5}, parameter, "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}),
	fact("BatchGetSecretValue/malformed-id", "A malformed id is an entry of Errors.", Inferred, noSource, func(p *probe) {
		got := p.ok("BatchGetSecretValue", obj{"SecretIdList": []string{"a b"}})
		p.equal([]any{obj{"SecretId": "a b", "ErrorCode": validation, "Message": textName}}, got["Errors"], "Errors")
	}),
	fact("BatchGetSecretValue/without-value", "A secret without a value is an entry of Errors, with Filters too.", Inferred, noSource, func(p *probe) {
		p.create("a", obj{"SecretString": nil})
		for _, in := range []obj{{"SecretIdList": []string{p.name("a")}}, {"Filters": p.mine()}} {
			got := p.ok("BatchGetSecretValue", in)["Errors"].([]any)
			p.equal(notFound, got[0].(obj)["ErrorCode"], "ErrorCode")
			p.equal(textNoStage+"AWSCURRENT", got[0].(obj)["Message"], "Message")
		}
	}),
	fact("BatchGetSecretValue/scheduled-by-filters", "Filters don't find a scheduled secret, so that it is no entry of Errors either.", Inferred, "ListSecrets", func(p *probe) {
		p.scheduled("a")
		got := p.ok("BatchGetSecretValue", obj{"Filters": p.mine()})
		errors, _ := got["Errors"].([]any)
		p.equal(0, len(errors), "errors")
		p.equal(0, len(got["SecretValues"].([]any)), "values")
	}),
}
