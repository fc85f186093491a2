package conformance

import (
	"fmt"
	"slices"
	"strings"
)

var listFacts = []Fact{
	{Name: "ListSecrets/hides-scheduled",
		Says: "Scheduled secrets are listed with IncludePlannedDeletion only, with DeletedDate.", Known: Documented,
		Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			p.create("a")
			p.scheduled("b")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine()}), "listed")
			p.equal([]string{"a", "b"}, p.listed(obj{"Filters": p.mine(), "IncludePlannedDeletion": true}), "listed")
			for _, s := range p.ok("ListSecrets", obj{"Filters": filter("name", p.name("b")),
				"IncludePlannedDeletion": true})["SecretList"].([]any) {
				p.seconds(s.(obj), "DeletedDate")
			}
		}},
	{Name: "ListSecrets/entry", Says: "An entry has SecretVersionsToStages, and no VersionIdsToStages.",
		Known: Documented, Source: apiReference + ", SecretListEntry",
		check: func(p *probe) {
			p.create("a")
			list := p.ok("ListSecrets", obj{"Filters": p.mine()})["SecretList"].([]any)
			p.equal(1, len(list), "secrets")
			p.members(list[0].(obj), "ARN", "CreatedDate", "LastChangedDate", "Name", "SecretVersionsToStages")
		}},
	{Name: "ListSecrets/empty", Says: "SecretList of no secrets is an empty list.", Known: Recorded,
		Source: "LocalStack stepfunctions test_aws_sdk_task_service",
		check: func(p *probe) {
			p.equal(obj{"SecretList": []any{}}, p.ok("ListSecrets", obj{"Filters": p.mine()}), "answer")
		}},
	{Name: "ListSecrets/order-of-creation", Says: "Secrets are listed by creation, the oldest first.", Known: Verified,
		Source: "moto test_list_secrets",
		check: func(p *probe) {
			for _, s := range []string{"c", "a", "b"} {
				p.create(s)
				p.tick()
			}
			p.equal([]string{"c", "a", "b"}, p.listed(obj{"Filters": p.mine()}), "order")
			p.equal([]string{"b", "a", "c"}, p.listed(obj{"Filters": p.mine(), "SortOrder": "desc"}), "order")
		}},
	{Name: "ListSecrets/order-at-one-instant",
		Says: "Secrets that were created at one instant are listed in the order of creation, not by name.", Known: Verified,
		Source: "moto test_list_secrets, and Cloud Custodian's recordings",
		check: func(p *probe) {
			for _, s := range []string{"c", "a", "d", "b"} { // at one instant where the clock stands still
				p.create(s)
			}
			for _, pages := range []obj{nil, {"MaxResults": 1}, {"MaxResults": 3}} {
				p.equal([]string{"c", "a", "d", "b"}, p.listed(with(pages, obj{"Filters": p.mine()})), "order")
				p.equal([]string{"b", "d", "a", "c"},
					p.listed(with(pages, obj{"Filters": p.mine(), "SortOrder": "desc"})), "order")
			}
		}},
	{Name: "ListSecrets/sort-by-name", Says: "SortBy name lists by name.", Known: Documented,
		Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"c", "a", "b"} {
				p.create(s)
			}
			p.equal([]string{"a", "b", "c"}, p.listed(obj{"Filters": p.mine(), "SortBy": "name"}), "order")
			p.equal([]string{"c", "b", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "name", "SortOrder": "desc"}), "order")
		}},
	{Name: "ListSecrets/sort-by-last-changed", Says: "SortBy last-changed-date lists by the last change.",
		Known: Documented, Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"a", "b", "c"} {
				p.create(s)
				p.tick()
			}
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
			p.equal([]string{"b", "c", "a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "last-changed-date"}), "order")
		}},
	{Name: "ListSecrets/sort-by-last-accessed", Says: "SortBy last-accessed-date is accepted.", Known: Documented,
		Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			p.create("a")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(), "SortBy": "last-accessed-date"}), "listed")
		}},
	{Name: "ListSecrets/pages", Says: "Lists come in pages of up to MaxResults.", Known: Documented,
		Source: apiReference + ", ListSecrets",
		check: func(p *probe) {
			for _, s := range []string{"a", "b", "c"} {
				p.create(s)
				p.tick()
			}
			p.equal([]string{"a", "b", "c"}, p.listed(obj{"Filters": p.mine(), "MaxResults": 1}), "all pages")
		}},
	{Name: "ListSecrets/bad-token", Says: "A malformed NextToken is refused.", Known: Documented,
		Source: apiReference + ", ListSecrets",
		check:  func(p *probe) { p.refused("ListSecrets", obj{"NextToken": "none of yours"}, nextToken, "") }},
	{Name: "ListSecrets/max-results", Says: "MaxResults is 1 to 100.", Known: Documented, Source: "API model",
		check: func(p *probe) {
			p.refused("ListSecrets", obj{"MaxResults": 0}, validation,
				"1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value "+
					"greater than or equal to 1")
			p.refused("ListSecrets", obj{"MaxResults": 101}, validation,
				"1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value "+
					"less than or equal to 100")
		}},
	{Name: "ListSecrets/filter-unknown-key", Says: "A filter with an unknown key is refused by the framework.",
		Known: Documented, Source: "API model",
		check: func(p *probe) { p.refused("ListSecrets", obj{"Filters": filter("invalid", "x")}, validation, "") }},
	{Name: "ListSecrets/filter-name-prefix",
		Says: "A name filter is a prefix, told apart by case; a space is a space; ! turns it round.", Known: Verified,
		Source: "LocalStack test_list_secrets_filtering",
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
			p.equal([]string{"testing1/one", "testing2/one"},
				list(filter("name", p.name("testing1/one"), p.name("testing2"))...), "two values")
			p.equal([]string{"testing1/one"},
				list(append(filter("name", p.name("testing1")), filter("name", p.name("testing1/o"))...)...),
				"two filters of one key")
		}},
	filterFact("description", "Each word of a description filter is a prefix of a word there, in any order and case.",
		"LocalStack test_list_secrets_filtering",
		func(p *probe) {
			for i, d := range []string{"a secret", "an secret", "asecret", "thesecret"} {
				p.create(string(rune('1'+i)), obj{"Description": d})
			}
		}, "description", map[string][]string{
			"a": {"1", "2", "3"}, "!a": {"4"}, "a secret": {"1", "2"}, "secret a": {"1", "2"}, "SECRET": {"1", "2"},
			"!c": {"1", "2", "3", "4"},
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
	filterFact("all-words", "A filter for all finds words of names, descriptions and tags, in any case, split at "+
		"punctuation and where the case changes.", "moto test_with_all_filter_special_characters",
		func(p *probe) {
			p.create("prod/AppBeta/x")
			p.create("b", obj{"Description": "one COMPANYthings"})
			p.create("c", obj{"Tags": []obj{{"Key": "owner", "Value": "Secretary"}}})
		}, "all", map[string][]string{
			"AppBeta": {"prod/AppBeta/x"}, "Beta": {"prod/AppBeta/x"}, "prod": {"prod/AppBeta/x"}, "Ythings": {"b"},
			"owner": {"c"}, "SECRETARY": {"c"}, "retary": nil, "things": nil,
		}),
	fact("ListSecrets/both-with-planned-deletion",
		"IncludePlannedDeletion lists active and scheduled secrets, and only these have DeletedDate.", Documented, listing,
		func(p *probe) {
			p.create("a")
			_, has := p.entry(obj{"IncludePlannedDeletion": true})["DeletedDate"]
			p.must(!has, "an active secret has DeletedDate")
			p.ok("DeleteSecret", p.id("a"))
			p.seconds(p.entry(obj{"IncludePlannedDeletion": true}), "DeletedDate")
			p.ok("RestoreSecret", p.id("a"))
			_, has = p.entry(nil)["DeletedDate"]
			p.must(!has, "a restored secret has DeletedDate")
		}),
	fact("ListSecrets/entry-all-members",
		"An entry shows Description, KmsKeyId, LastAccessedDate, Tags and Type where they are set.", Documented,
		apiReference+", SecretListEntry", func(p *probe) {
			p.create("a", obj{"Description": "d", "KmsKeyId": "alias/mine", "Type": "t",
				"Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.value("a")
			e := p.entry(nil)
			p.members(e, "ARN", "CreatedDate", "Description", "KmsKeyId", "LastAccessedDate", "LastChangedDate", "Name",
				"SecretVersionsToStages", "Tags", "Type")
			p.equal(obj{token(1): []any{"AWSCURRENT"}}, e["SecretVersionsToStages"], "SecretVersionsToStages")
		}),
	fact("ListSecrets/entry-of-rotated", "An entry shows how the secret is rotated.", Documented,
		apiReference+", SecretListEntry", func(p *probe) {
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
		p.equal([]string{"a", "b"}, p.listed(obj{"Filters": p.mine(), "SortBy": "created-date", "SortOrder": "desc"}),
			"order")
	}),
	fact("ListSecrets/never-accessed-first", "By last-accessed-date, secrets that were never read come first.", Inferred,
		noSource, func(p *probe) {
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
	fact("ListSecrets/fresh", "A change shows at once in ListSecrets.", Inferred, "AWS takes up to five minutes",
		func(p *probe) {
			p.create("a")
			p.ok("UpdateSecret", p.id("a", obj{"Description": "d"}))
			p.equal("d", p.entry(nil)["Description"], "Description")
		}),
	fact("ListSecrets/filter-not-a-name", "A name filter with an exclamation mark lists the names that don't begin so.",
		Verified, "LocalStack test_list_secrets_filtering", func(p *probe) {
			p.create("a")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(filter("name", "!/")...)}), "listed")
			p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("name", "!"+p.name("a"))...)}), "listed")
		}),
	fact("ListSecrets/filter-same-key-twice", "Of two filters with the same key both must match.", Verified,
		"moto test_with_duplicate_filter_keys", func(p *probe) {
			p.create("a", obj{"Description": "one two"})
			p.create("b", obj{"Description": "one"})
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(append(filter("description", "one"),
				filter("description", "two")...)...)}), "listed")
		}),
	fact("ListSecrets/filter-two-keys", "Of filters with different keys all must match.", Documented, listing,
		func(p *probe) {
			p.create("a", obj{"Description": "one", "Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.create("b", obj{"Description": "one"})
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(append(filter("description", "one"),
				filter("tag-key", "k")...)...)}), "listed")
		}),
	fact("ListSecrets/filter-two-values", "Of the values of a filter one must match.", Inferred, listing, func(p *probe) {
		p.create("a", obj{"Description": "one"})
		p.create("b", obj{"Description": "two"})
		p.create("c", obj{"Description": "three"})
		got := p.listed(obj{"Filters": p.mine(filter("description", "one", "two")...)})
		slices.Sort(got)
		p.equal([]string{"a", "b"}, got, "listed")
	}),
	fact("ListSecrets/filter-primary-region",
		"A primary-region filter is a prefix of the PrimaryRegion, told apart by case.", Documented, listing, func(p *probe) {
			p.replicate("a")
			p.create("b")
			p.equal([]string{"a"}, p.listed(obj{"Filters": p.mine(filter("primary-region", p.Region[:3])...)}), "listed")
			p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("primary-region", strings.ToUpper(p.Region))...)}),
				"listed")
		}, needsRegions),
	fact("ListSecrets/filter-owning-service", "An owning-service filter leaves out secrets that no service owns.",
		Documented, listing, func(p *probe) {
			p.create("a")
			p.equal([]string(nil), p.listed(obj{"Filters": p.mine(filter("owning-service", "rds")...)}), "listed")
		}),
	fact("ListSecrets/incomplete-filter",
		"A filter without Key, or without Values, is refused; an empty list of Values is as good as none.", Inferred,
		"moto test_with_no_filter_key and test_with_no_filter_values, which don't run against AWS", func(p *probe) {
			for _, operation := range []string{"ListSecrets", "BatchGetSecretValue"} {
				for _, c := range []struct {
					filter obj
					text   string
				}{
					{obj{"Values": []string{"x"}}, "Invalid filter key"},
					{obj{"Key": "name"}, "Invalid filter values for key: name"},
					{obj{"Key": "name", "Values": []string{}}, "Invalid filter values for key: name"},
				} {
					p.refused(operation, obj{"Filters": []obj{c.filter}}, parameter, c.text)
				}
			}
		}),
	fact("ListSecrets/filter-values-text", "A list that is too long is printed whole, not by its length.", Reported,
		"jenkinsci/aws-secrets-manager-credentials-provider-plugin #235", func(p *probe) {
			values := listOf(11, func(i int) any { return fmt.Sprint("secret", i+1) })
			text := strings.Trim(fmt.Sprint(values), "[]")
			p.refused("ListSecrets", obj{"Filters": []obj{{"Key": "name", "Values": values}}}, validation,
				"1 validation error detected: Value '["+strings.ReplaceAll(text, " ", ", ")+"]' at 'filters.1.member.values' "+
					"failed to satisfy constraint: "+atMost(10))
		}),
	fact("ListSecrets/filter-unknown-key-text", "The text names the value, the path and the keys there are.", Inferred,
		"moto", func(p *probe) {
			a := p.call("ListSecrets", obj{"Filters": filter("invalid", "x")})
			p.must(strings.HasPrefix(a.message(),
				"1 validation error detected: Value 'invalid' at 'filters.1.member.key' failed to satisfy constraint: Member "+
					"must satisfy enum value set: ["), "%q", a.message())
			for _, key := range []string{"all", "name", "tag-key", "description", "tag-value", "primary-region",
				"owning-service"} {
				p.must(strings.Contains(a.message(), key), "%q does not tell %s", a.message(), key)
			}
		}),
	fact("ListSecrets/filter-unknown-key-order",
		"The keys are told in one order: all, name, tag-key, description, tag-value, and those that came later.", Inferred,
		"moto, for the first five", func(p *probe) {
			text := p.call("ListSecrets", obj{"Filters": filter("invalid", "x")}).message()
			p.must(strings.HasSuffix(text, "[all, name, tag-key, description, tag-value, primary-region, owning-service]"),
				"%q", text)
		}),
	filterFact("all-special",
		"A filter for all finds nothing for punctuation alone, nor in the middle of a word, and splits capitals before "+
			"the last of them.", motoAllFilters+"_special_characters",
		func(p *probe) {
			p.create("prod/AppBeta/x", obj{"Description": "One+Two"})
			p.create("b", obj{"Description": "MyTreasure COMPANYthings"})
		}, "all", map[string][]string{"+": nil, "sure": nil, "Treasure": {"b"}, "COMPAN": {"b"}, "Ythings": {"b"},
			"two": {"prod/AppBeta/x"}, "beta": {"prod/AppBeta/x"}}),
	filterFact("all-capitals",
		"A filter for all does not find the beginning of a word that ends in the middle of its terms: COMPANYthings has the "+
			"terms COMPAN and Ythings.", motoAllFilters+"_special_characters",
		func(p *probe) {
			p.create("uat/COMPANY/x")
			p.create("uat/COMPANYthings/x")
		}, "all", map[string][]string{"company": {"uat/COMPANY/x"}, "things": nil, "Ythings": {"uat/COMPANYthings/x"},
			"N": nil, "pany": nil}),
	fact("ListSecrets/filter-all-whole-word",
		"A filter for all finds a word with inner capitals as a whole, too, in any case.", Inferred,
		motoAllFilters+"_special_characters, for words with the same capitals", func(p *probe) {
			p.create("uat/COMPANYthings/x")
			p.equal([]string{"uat/COMPANYthings/x"},
				p.listed(obj{"Filters": p.mine(filter("all", "companythings")...)}), "companythings")
		}),
	filterFact("all-attributes", "A filter for all looks at the name, the description, and keys and values of tags.",
		motoAllFilters,
		func(p *probe) {
			p.create("word")
			p.create("b", obj{"Description": "a Word"})
			p.create("c", obj{"Tags": []obj{{"Key": "word", "Value": "x"}}})
			p.create("d", obj{"Tags": []obj{{"Key": "x", "Value": "wordy"}}})
			p.create("e")
		}, "all", map[string][]string{"word": {"b", "c", "d", "word"}, "wordy": {"d"}, "WORD": {"b", "c", "d", "word"}}),
}

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

const (
	listing        = apiReference + ", ListSecrets"
	batching       = apiReference + ", BatchGetSecretValue"
	motoAllFilters = "moto test_with_all_filter"
)
