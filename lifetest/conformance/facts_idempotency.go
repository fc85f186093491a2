package conformance

var idempotencyFacts = []Fact{
	{Name: "Idempotency/create-same", Says: "CreateSecret with the same token and content succeeds with the same answer.",
		Known: Verified, Source: "moto test_create_duplicate_secret_with_same_token",
		check: func(p *probe) {
			in := obj{"Name": p.name("a"), "SecretString": "value", "ClientRequestToken": token(1)}
			p.equal(p.ok("CreateSecret", in), p.ok("CreateSecret", in), "the second answer")
		}},
	{Name: "Idempotency/create-other", Says: "CreateSecret with the same token and other content is refused.",
		Known: Verified, Source: "moto test_create_duplicate_secret_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "other", "ClientRequestToken": token(1)}, exists,
				used(1, arn))
		}},
	{Name: "Idempotency/put-same",
		Says: "PutSecretValue with the same token and content succeeds, and shows the labels as they are.", Known: Verified,
		Source: "moto test_put_secret_value_with_same_token",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.equal([]any{"AWSCURRENT"}, p.put("a", 2)["VersionStages"], "VersionStages")
			p.equal(2, len(p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any)),
				"versions")
		}},
	{Name: "Idempotency/put-other", Says: "PutSecretValue with the same token and other content is refused.",
		Known: Verified, Source: "moto test_put_secret_value_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.put("a", 2)
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2), "SecretString": "other"}), exists,
				used(2, arn))
		}},
	{Name: "Idempotency/update-same", Says: "UpdateSecret with the same token and content succeeds.", Known: Verified,
		Source: "moto test_update_same_secret_value_with_same_token",
		check: func(p *probe) {
			p.create("a")
			in := p.id("a", obj{"SecretString": "new", "ClientRequestToken": token(2)})
			p.ok("UpdateSecret", in)
			p.equal(token(2), p.ok("UpdateSecret", in)["VersionId"], "VersionId")
		}},
	{Name: "Idempotency/update-other", Says: "UpdateSecret with the same token and other content is refused.",
		Known: Verified, Source: "moto test_update_different_secret_value_with_same_token",
		check: func(p *probe) {
			arn := p.create("a")
			p.refused("UpdateSecret", p.id("a", obj{"SecretString": "other", "ClientRequestToken": token(1)}), exists,
				used(1, arn))
		}},
	{Name: "Order/no-token-before-look-up-UpdateSecret",
		Says: "UpdateSecret without token is refused before the secret is looked up.", Known: Recorded,
		Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("UpdateSecret", p.id("nobody", obj{"SecretString": "v"}), request, textNoToken)
		}},
	{Name: "Order/no-token-before-look-up-PutSecretValue",
		Says: "PutSecretValue without token is refused before the secret is looked up.", Known: Recorded,
		Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("PutSecretValue", p.id("nobody", obj{"SecretString": "v"}), request, textNoToken)
		}},
	{Name: "Order/no-token-before-look-up-RotateSecret",
		Says: "RotateSecret without token is refused as a parameter before the secret is looked up; unknown members do " +
			"no harm.", Known: Recorded, Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("RotateSecret", p.id("nobody", obj{"SecretString": "v", "Description": "d"}), parameter, textNoToken)
		}},
}

func used(n int, arn string) string {
	return "You can't use ClientRequestToken " + token(n) +
		" because that value is already in use for a version of secret " + arn + "."
}
