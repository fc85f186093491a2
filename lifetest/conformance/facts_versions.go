package conformance

var versionFacts = []Fact{
	{Name: "GetSecretValue/no-value", Says: "A secret without value has none for AWSCURRENT.", Known: Recorded,
		Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			p.refused("GetSecretValue", p.id("a"), notFound, textNoStage+"AWSCURRENT")
		}},
	{Name: "GetSecretValue/label-not-attached", Says: "A label that is on no version is not found.", Known: Recorded,
		Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionStage": "AWSPREVIOUS"}), notFound, textNoStage+"AWSPREVIOUS")
		}},
	{Name: "GetSecretValue/unknown-version", Says: "A version that is not there is not found.", Known: Recorded,
		Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(9)}), notFound, textNoVersion+token(9))
		}},
	{Name: "GetSecretValue/version-and-label-differ", Says: "A version and a label that is on another are refused.",
		Known: Recorded, Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(1), "VersionStage": "AWSCURRENT"}), request,
				textMismatch)
			p.equal("value 2", p.ok("GetSecretValue",
				p.id("a", obj{"VersionId": token(2), "VersionStage": "AWSCURRENT"}))["SecretString"], "value")
		}},
	{Name: "GetSecretValue/deprecated-version", Says: "A version without labels is read by its id.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))
			p.equal("value", got["SecretString"], "value")
			_, has := got["VersionStages"]
			p.must(!has, "VersionStages is there")
		}},
	{Name: "PutSecretValue/promotes",
		Says: "A new version is AWSCURRENT, the one before AWSPREVIOUS, the one before that neither.", Known: Recorded,
		Source: "LocalStack test_update_secret_version_stages_return_type",
		check: func(p *probe) {
			p.create("a")
			got := p.put("a", 2)
			p.members(got, "ARN", "Name", "VersionId", "VersionStages")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
			p.put("a", 3)
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecret/promotes", Says: "UpdateSecret with a value moves the labels the same way.", Known: Recorded,
		Source: "LocalStack test_update_secret_version_stages_previous",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)})), "ARN",
				"Name", "VersionId")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/current-and-pending",
		Says: "A version that is AWSCURRENT and AWSPENDING keeps only AWSPREVIOUS when a new one comes.", Known: Recorded,
		Source: "LocalStack test_update_secret_version_stages_current_pending",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "AWSPENDING"}})
			p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(3)}))
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/first-version", Says: "The first version of a secret is AWSCURRENT.", Known: Recorded,
		Source: "LocalStack test_create_secret_version_from_empty_secret",
		check: func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			p.put("a", 2)
			p.equal(map[string][]string{token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/own-labels", Says: "With VersionStages a version has these, and AWSCURRENT stays where it is.",
		Known: Recorded, Source: "LocalStack test_non_versioning_version_stages_no_replacement",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSPENDING", "mine"}})
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSPENDING", "mine"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/labels-move", Says: "A label that another version had moves to the new one.", Known: Recorded,
		Source: "LocalStack test_non_versioning_version_stages_replacement",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine", "other"}})
			p.put("a", 3, obj{"VersionStages": []string{"mine"}})
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"other"}, token(3): {"mine"}},
				p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/own-labels-stay-when-demoted", Says: "Own labels stay on a version that is demoted.",
		Known: Recorded, Source: "LocalStack test_update_secret_version_stages_custom_stages_1",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "AWSSOMETHING", "mine"}})
			p.put("a", 3)
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS", "AWSSOMETHING", "mine"}, token(3): {"AWSCURRENT"}},
				p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/no-value", Says: "PutSecretValue without a value is refused.", Known: Inferred,
		Source: "emulators",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2)}), request, "")
		}},
	{Name: "PutSecretValue/twenty-labels", Says: "All versions together have up to 20 labels.", Known: Documented,
		Source: userGuide + ", quotas",
		check: func(p *probe) {
			p.create("a")
			var labels []string
			for i := range 20 {
				labels = append(labels, "l"+string(rune('a'+i)))
			}
			p.put("a", 2, obj{"VersionStages": labels[:19]})
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(3), "SecretString": "v",
				"VersionStages": labels[19:]}), "LimitExceededException", "")
		}},
	{Name: "ListSecretVersionIds/deprecated",
		Says:  "A version without labels is listed with IncludeDeprecated only, and then without VersionStages.",
		Known: Recorded, Source: "LocalStack test_deprecated_secret_version_stage",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			p.equal(2, len(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)), "versions")
			all := p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any)
			p.equal(3, len(all), "versions")
			for _, v := range all {
				if v.(obj)["VersionId"] == token(1) {
					p.members(v.(obj), "CreatedDate", "KmsKeyIds", "VersionId")
				}
			}
		}},
	{Name: "ListSecretVersionIds/default-key", Says: "The default key is shown as DefaultEncryptionKey.", Known: Recorded,
		Source: "LocalStack test_deprecated_secret_version_stage",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("ListSecretVersionIds", p.id("a"))
			p.members(got, "ARN", "Name", "Versions")
			p.equal([]any{"DefaultEncryptionKey"}, got["Versions"].([]any)[0].(obj)["KmsKeyIds"], "KmsKeyIds")
		}},
	{Name: "ListSecretVersionIds/last-accessed", Says: "A version shows LastAccessedDate once it was read.",
		Known: Documented, Source: apiReference + ", ListSecretVersionIds",
		check: func(p *probe) {
			p.create("a")
			entry := func() obj { return p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)[0].(obj) }
			_, has := entry()["LastAccessedDate"]
			p.must(!has, "LastAccessedDate is there")
			p.value("a")
			p.seconds(entry(), "LastAccessedDate")
		}},
	{Name: "ListSecretVersionIds/pages", Says: "Versions are listed in pages.", Known: Documented,
		Source: apiReference + ", ListSecretVersionIds",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			first := p.ok("ListSecretVersionIds", p.id("a", obj{"MaxResults": 1}))
			p.equal(1, len(first["Versions"].([]any)), "versions")
			second := p.ok("ListSecretVersionIds", p.id("a", obj{"MaxResults": 1, "NextToken": p.text(first, "NextToken")}))
			p.must(first["Versions"].([]any)[0].(obj)["VersionId"] != second["Versions"].([]any)[0].(obj)["VersionId"],
				"the same version again")
			p.refused("ListSecretVersionIds", p.id("a", obj{"NextToken": "none of yours"}), nextToken, "")
		}},
}

const customStages = "LocalStack test_update_secret_version_stages_custom_stages_"

// versions counts the versions of a secret, without labels too.
func (p *probe) versions(short string) int {
	n := 0
	in := p.id(short, obj{"IncludeDeprecated": true})
	for {
		page := p.ok("ListSecretVersionIds", in)
		n += len(page["Versions"].([]any))
		next, more := page["NextToken"]
		if !more {
			return n
		}
		in = with(in, obj{"NextToken": next})
	}
}
