package conformance

var versionFacts = []Fact{
	{Name: "GetSecretValue/no-value", Says: "A secret without value has none for AWSCURRENT.", Known: Recorded, Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			p.refused("GetSecretValue", p.id("a"), notFound, textNoStage+"AWSCURRENT")
		}},
	{Name: "GetSecretValue/label-not-attached", Says: "A label that is on no version is not found.", Known: Recorded, Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionStage": "AWSPREVIOUS"}), notFound, textNoStage+"AWSPREVIOUS")
		}},
	{Name: "GetSecretValue/unknown-version", Says: "A version that is not there is not found.", Known: Recorded, Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(9)}), notFound, textNoVersion+token(9))
		}},
	{Name: "GetSecretValue/version-and-label-differ", Says: "A version and a label that is on another are refused.", Known: Recorded, Source: "LocalStack test_get_secret_value_errors",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(1), "VersionStage": "AWSCURRENT"}), request, textMismatch)
			p.equal("value 2", p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2), "VersionStage": "AWSCURRENT"}))["SecretString"], "value")
		}},
	{Name: "GetSecretValue/deprecated-version", Says: "A version without labels is read by its id.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))
			p.equal("value", got["SecretString"], "value")
			_, has := got["VersionStages"]
			p.must(!has, "VersionStages is there")
		}},
	{Name: "PutSecretValue/promotes", Says: "A new version is AWSCURRENT, the one before AWSPREVIOUS, the one before that neither.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_return_type",
		check: func(p *probe) {
			p.create("a")
			got := p.put("a", 2)
			p.members(got, "ARN", "Name", "VersionId", "VersionStages")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
			p.put("a", 3)
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecret/promotes", Says: "UpdateSecret with a value moves the labels the same way.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_previous",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)})), "ARN", "Name", "VersionId")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/current-and-pending", Says: "A version that is AWSCURRENT and AWSPENDING keeps only AWSPREVIOUS when a new one comes.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_current_pending",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "AWSPENDING"}})
			p.ok("UpdateSecret", p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(3)}))
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/first-version", Says: "The first version of a secret is AWSCURRENT.", Known: Recorded, Source: "LocalStack test_create_secret_version_from_empty_secret",
		check: func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			p.put("a", 2)
			p.equal(map[string][]string{token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/own-labels", Says: "With VersionStages a version has these, and AWSCURRENT stays where it is.", Known: Recorded, Source: "LocalStack test_non_versioning_version_stages_no_replacement",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSPENDING", "mine"}})
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSPENDING", "mine"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/labels-move", Says: "A label that another version had moves to the new one.", Known: Recorded, Source: "LocalStack test_non_versioning_version_stages_replacement",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine", "other"}})
			p.put("a", 3, obj{"VersionStages": []string{"mine"}})
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"other"}, token(3): {"mine"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/own-labels-stay-when-demoted", Says: "Own labels stay on a version that is demoted.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_custom_stages_1",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "AWSSOMETHING", "mine"}})
			p.put("a", 3)
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS", "AWSSOMETHING", "mine"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "PutSecretValue/no-value", Says: "PutSecretValue without a value is refused.", Known: Inferred, Source: "emulators",
		check: func(p *probe) {
			p.create("a")
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2)}), request, "")
		}},
	{Name: "PutSecretValue/twenty-labels", Says: "All versions together have up to 20 labels.", Known: Documented, Source: userGuide + ", quotas",
		check: func(p *probe) {
			p.create("a")
			var labels []string
			for i := range 20 {
				labels = append(labels, "l"+string(rune('a'+i)))
			}
			p.put("a", 2, obj{"VersionStages": labels[:19]})
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(3), "SecretString": "v", "VersionStages": labels[19:]}), "LimitExceededException", "")
		}},
	{Name: "ListSecretVersionIds/deprecated", Says: "A version without labels is listed with IncludeDeprecated only, and then without VersionStages.", Known: Recorded, Source: "LocalStack test_deprecated_secret_version_stage",
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
	{Name: "ListSecretVersionIds/default-key", Says: "The default key is shown as DefaultEncryptionKey.", Known: Recorded, Source: "LocalStack test_deprecated_secret_version_stage",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("ListSecretVersionIds", p.id("a"))
			p.members(got, "ARN", "Name", "Versions")
			p.equal([]any{"DefaultEncryptionKey"}, got["Versions"].([]any)[0].(obj)["KmsKeyIds"], "KmsKeyIds")
		}},
	{Name: "ListSecretVersionIds/last-accessed", Says: "A version shows LastAccessedDate once it was read.", Known: Documented, Source: apiReference + ", ListSecretVersionIds",
		check: func(p *probe) {
			p.create("a")
			entry := func() obj { return p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)[0].(obj) }
			_, has := entry()["LastAccessedDate"]
			p.must(!has, "LastAccessedDate is there")
			p.value("a")
			p.seconds(entry(), "LastAccessedDate")
		}},
	{Name: "ListSecretVersionIds/pages", Says: "Versions are listed in pages.", Known: Documented, Source: apiReference + ", ListSecretVersionIds",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			first := p.ok("ListSecretVersionIds", p.id("a", obj{"MaxResults": 1}))
			p.equal(1, len(first["Versions"].([]any)), "versions")
			second := p.ok("ListSecretVersionIds", p.id("a", obj{"MaxResults": 1, "NextToken": p.text(first, "NextToken")}))
			p.must(first["Versions"].([]any)[0].(obj)["VersionId"] != second["Versions"].([]any)[0].(obj)["VersionId"], "the same version again")
			p.refused("ListSecretVersionIds", p.id("a", obj{"NextToken": "none of yours"}), nextToken, "")
		}},
}

func move(label string, from, to int) obj {
	in := obj{"VersionStage": label}
	if from > 0 {
		in["RemoveFromVersionId"] = token(from)
	}
	if to > 0 {
		in["MoveToVersionId"] = token(to)
	}
	return in
}

var stageFacts = []Fact{
	{Name: "UpdateSecretVersionStage/moves-current", Says: "Moving AWSCURRENT leaves AWSPENDING on its target, and puts AWSPREVIOUS on the version it leaves.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_current_pending_cycle",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSPENDING"}})
			p.members(p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 2))), "ARN", "Name")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT", "AWSPENDING"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/removes", Says: "RemoveFromVersionId alone takes a label off, and no other.", Known: Recorded, Source: "LocalStack test_update_secret_version_stages_custom_stages_3",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine", "other"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"other"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/without-holder", Says: "AWSCURRENT moves only when the version that has it is named.", Known: Verified, Source: "moto test_update_secret_version_stage_dont_specify_current_stage",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 1)), parameter,
				"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "+token(2)+", so you must explicitly reference that version in RemoveFromVersionId.")
		}},
	{Name: "UpdateSecretVersionStage/wrong-holder", Says: "A version that does not have the label is refused as the one to take it from.", Known: Documented, Source: apiReference + ", UpdateSecretVersionStage",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 1)), parameter, "")
		}},
	{Name: "UpdateSecretVersionStage/attaches", Says: "A label that is nowhere is attached.", Known: Documented, Source: "AWS CLI examples, update-secret-version-stage",
		check: func(p *probe) {
			p.create("a")
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/same-holder", Says: "Moving a label to where it is changes nothing.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 1)))
		}},
	{Name: "UpdateSecretVersionStage/unknown-version", Says: "A version that is not there is not found.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 9)), notFound, "")
		}},
	{Name: "UpdateSecretVersionStage/current-can-t-go", Says: "AWSCURRENT is not taken off without another version to go to.", Known: Inferred, Source: userGuide + ": a secret always has a version with AWSCURRENT",
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 0)), parameter, "")
		}},
	{Name: "UpdateSecretVersionStage/neither", Says: "Neither version is refused.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 0)), parameter, "")
		}},
}

func used(n int, arn string) string {
	return "You can't use ClientRequestToken " + token(n) + " because that value is already in use for a version of secret " + arn + "."
}

var idempotencyFacts = []Fact{
	{Name: "Idempotency/create-same", Says: "CreateSecret with the same token and content succeeds with the same answer.", Known: Verified, Source: "moto test_create_duplicate_secret_with_same_token",
		check: func(p *probe) {
			in := obj{"Name": p.name("a"), "SecretString": "value", "ClientRequestToken": token(1)}
			p.equal(p.ok("CreateSecret", in), p.ok("CreateSecret", in), "the second answer")
		}},
	{Name: "Idempotency/create-other", Says: "CreateSecret with the same token and other content is refused.", Known: Verified, Source: "moto test_create_duplicate_secret_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "other", "ClientRequestToken": token(1)}, exists, used(1, arn))
		}},
	{Name: "Idempotency/put-same", Says: "PutSecretValue with the same token and content succeeds, and shows the labels as they are.", Known: Verified, Source: "moto test_put_secret_value_with_same_token",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.equal([]any{"AWSCURRENT"}, p.put("a", 2)["VersionStages"], "VersionStages")
			p.equal(2, len(p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any)), "versions")
		}},
	{Name: "Idempotency/put-other", Says: "PutSecretValue with the same token and other content is refused.", Known: Verified, Source: "moto test_put_secret_value_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.put("a", 2)
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2), "SecretString": "other"}), exists, used(2, arn))
		}},
	{Name: "Idempotency/update-same", Says: "UpdateSecret with the same token and content succeeds.", Known: Verified, Source: "moto test_update_same_secret_value_with_same_token",
		check: func(p *probe) {
			p.create("a")
			in := p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)})
			p.ok("UpdateSecret", in)
			p.equal(token(2), p.ok("UpdateSecret", in)["VersionId"], "VersionId")
		}},
	{Name: "Idempotency/update-other", Says: "UpdateSecret with the same token and other content is refused.", Known: Verified, Source: "moto test_update_different_secret_value_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.refused("UpdateSecret", p.id("a", obj{"SecretString": "other", "ClientRequestToken": token(1)}), exists, used(1, arn))
		}},
	{Name: "Order/no-token-before-look-up-UpdateSecret", Says: "UpdateSecret without token is refused before the secret is looked up.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("UpdateSecret", p.id("nobody", obj{"SecretString": "v"}), request, textNoToken)
		}},
	{Name: "Order/no-token-before-look-up-PutSecretValue", Says: "PutSecretValue without token is refused before the secret is looked up.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("PutSecretValue", p.id("nobody", obj{"SecretString": "v"}), request, textNoToken)
		}},
	{Name: "Order/no-token-before-look-up-RotateSecret", Says: "RotateSecret without token is refused as a parameter before the secret is looked up; unknown members do no harm.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("RotateSecret", p.id("nobody", obj{"SecretString": "v", "Description": "d"}), parameter, textNoToken)
		}},
}

var tagFacts = []Fact{
	{Name: "Tags/never", Says: "Tags is absent on a secret that never had one.", Known: Recorded, Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a")
			_, has := p.describe("a")["Tags"]
			p.must(!has, "Tags is there")
		}},
	{Name: "Tags/all-removed", Says: "Tags is an empty list once all were removed.", Known: Recorded, Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}})
			p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))
			p.equal([]any{}, p.describe("a")["Tags"], "Tags")
		}},
	{Name: "Tags/set-and-overwritten", Says: "A tag is set, and set anew under the same key.", Known: Documented, Source: apiReference + ", TagResource",
		check: func(p *probe) {
			p.create("a")
			for _, v := range []string{"one", "two"} {
				p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": v}}}))
			}
			p.equal([]any{obj{"Key": "k", "Value": "two"}}, p.describe("a")["Tags"], "Tags")
		}},
	{Name: "Tags/unknown-key", Says: "Removing a tag that is not there succeeds.", Known: Documented, Source: apiReference + ", UntagResource",
		check: func(p *probe) {
			p.create("a")
			p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))
		}},
	{Name: "Tags/answer-has-no-members", Says: "TagResource and UntagResource answer nothing.", Known: Recorded, Source: "LocalStack test_secret_tags",
		check: func(p *probe) {
			p.create("a")
			p.equal(0, len(p.ok("TagResource", p.id("a", obj{"Tags": []obj{{"Key": "k", "Value": "v"}}}))), "members")
			p.equal(0, len(p.ok("UntagResource", p.id("a", obj{"TagKeys": []string{"k"}}))), "members")
		}},
}
