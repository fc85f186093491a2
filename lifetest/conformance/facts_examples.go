package conformance

import (
	"strings"
)

// example is a fact about one example of AWS's.
func example(name, says, where string, check func(*probe), needs ...need) Fact {
	operation, _, _ := strings.Cut(name, "-")
	return fact("Example/"+name, says, Documented, where+", "+operation, check, needs...)
}

// exampleFacts play AWS's own examples: each request, and what of the response does not
// depend on the example's account. Most examples stand in several places.
var exampleFacts = []Fact{
	example("CreateSecret", "A secret with a description and a ClientRequestToken, which is its VersionId.",
		inReference+", "+inModel, func(p *probe) {
			p.plays("CreateSecret", obj{"Name": p.name("MyTestDatabaseSecret"), "SecretString": davidsSecret,
				"Description": "My test database secret created with the CLI", "ClientRequestToken": exampleVersion1},
				p.toldVersion("MyTestDatabaseSecret", exampleVersion1))
		}),
	example("CreateSecret-JSON", "A secret whose value is JSON in several lines.", inCLI, func(p *probe) {
		value := "{\n  \"engine\": \"mysql\",\n  \"password\": \"i29wwX!%9wFV\",\n  \"port\": \"3306\"\n}\n"
		p.plays("CreateSecret", obj{"Name": p.name("MyTestSecret"), "SecretString": value, "ClientRequestToken": token(1)},
			p.toldVersion("MyTestSecret", token(1)))
		p.plays("GetSecretValue", p.id("MyTestSecret"), obj{"SecretString": value})
	}),
	example("GetSecretValue", "The value with AWSCURRENT, with its version and date.", inReference+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestSecret", 1)
			p.plays("GetSecretValue", p.id("MyTestSecret"), only{"ARN": p.isARN(p.Region, "MyTestSecret"),
				"Name": p.name("MyTestSecret"), "VersionId": exampleVersion1, "SecretString": davidsSecret,
				"VersionStages": []any{"AWSCURRENT"}, "CreatedDate": isDate})
		}),
	example("GetSecretValue-previous", "The value with AWSPREVIOUS.", inCLI+", "+inModel, func(p *probe) {
		p.stored("MyTestSecret", 2)
		p.plays("GetSecretValue", p.id("MyTestSecret", obj{"VersionStage": "AWSPREVIOUS"}),
			only{"ARN": p.isARN(p.Region, "MyTestSecret"), "Name": p.name("MyTestSecret"), "VersionId": exampleVersion1,
				"SecretString": davidsSecret, "VersionStages": []any{"AWSPREVIOUS"}, "CreatedDate": isDate})
	}),
	example("BatchGetSecretValue-list", "Three secrets by their names, and an empty list of Errors.",
		inReference+", "+inCLI, func(p *probe) {
			p.plays("BatchGetSecretValue", obj{"SecretIdList": p.three()}, p.threeValues())
		}),
	example("BatchGetSecretValue-filter", "Three secrets by the beginning of their names, and an empty list of Errors.",
		inCLI, func(p *probe) {
			p.three()
			p.plays("BatchGetSecretValue", obj{"Filters": filter("name", p.name("MySecret"))}, p.threeValues())
		}),
	example("PutSecretValue", "A new version gets AWSCURRENT and no other label.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("PutSecretValue",
				p.id("MyTestDatabaseSecret", obj{"SecretString": davidsSecret, "ClientRequestToken": exampleVersion2}),
				only{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "Name": p.name("MyTestDatabaseSecret"),
					"VersionId": exampleVersion2, "VersionStages": []any{"AWSCURRENT"}})
		}),
	example("UpdateSecret-description", "A new description: no VersionId, with a ClientRequestToken too.",
		inReference+", "+inModel+", "+inCLI, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("UpdateSecret", p.id("MyTestDatabaseSecret", obj{"ClientRequestToken": exampleVersion2,
				"Description": "This is a new description for the secret."}), p.told("MyTestDatabaseSecret"))
			p.plays("DescribeSecret", p.id("MyTestDatabaseSecret"),
				obj{"Description": "This is a new description for the secret.",
					"VersionIdsToStages": only{exampleVersion1: []any{"AWSCURRENT"}}})
		}),
	example("UpdateSecret-key", "A new KMS key: no VersionId.", inReference+", "+inModel+", "+inCLI, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1)
		p.plays("UpdateSecret", p.id("MyTestDatabaseSecret", obj{"KmsKeyId": p.exampleKey()}),
			p.told("MyTestDatabaseSecret"))
		p.plays("DescribeSecret", p.id("MyTestDatabaseSecret"), obj{"KmsKeyId": p.exampleKey()})
	}),
	example("UpdateSecret-value", "A new value: the ClientRequestToken is its VersionId.",
		inReference+", "+inModel+", "+inCLI, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("UpdateSecret", p.id("MyTestDatabaseSecret", obj{"SecretString": "{<JSON STRING WITH CREDENTIALS>}",
				"ClientRequestToken": exampleVersion2}), p.toldVersion("MyTestDatabaseSecret", exampleVersion2))
		}),
	example("DeleteSecret", "A window of seven days: ARN, Name and DeletionDate.", inReference+", "+inModel+", "+inCLI,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			p.plays("DeleteSecret", p.id("MyTestDatabaseSecret", obj{"RecoveryWindowInDays": 7}),
				only{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "Name": p.name("MyTestDatabaseSecret"),
					"DeletionDate": isDate})
		}),
	example("DeleteSecret-by-force", "Without a window there is a DeletionDate, too.", inCLI, func(p *probe) {
		p.stored("MyTestSecret", 1)
		p.plays("DeleteSecret", p.id("MyTestSecret", force), only{"ARN": p.isARN(p.Region, "MyTestSecret"),
			"Name": p.name("MyTestSecret"), "DeletionDate": isDate})
	}),
	example("RestoreSecret", "A restored secret: ARN and Name.", inReference+", "+inModel+", "+inCLI, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1)
		p.ok("DeleteSecret", p.id("MyTestDatabaseSecret", obj{"RecoveryWindowInDays": 7}))
		p.plays("RestoreSecret", p.id("MyTestDatabaseSecret"), p.told("MyTestDatabaseSecret"))
	}),
	example("TagResource", "Two tags: no output.", inReference+", "+inModel+", "+inCLI, func(p *probe) {
		p.stored("MyExampleSecret", 1)
		p.plays("TagResource", p.id("MyExampleSecret", obj{"Tags": exampleTags}), only{})
		p.plays("DescribeSecret", p.id("MyExampleSecret"), obj{"Tags": has(exampleTags...)})
	}),
	example("UntagResource", "Two tags go: no output.", inReference+", "+inModel+", "+inCLI, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1, obj{"Tags": exampleTags})
		p.plays("UntagResource", p.id("MyTestDatabaseSecret", obj{"TagKeys": []string{"FirstTag", "SecondTag"}}), only{})
		p.plays("DescribeSecret", p.id("MyTestDatabaseSecret"), obj{"Tags": []any{}})
	}),
	example("ListSecretVersionIds", "With IncludeDeprecated a version without labels is listed, without VersionStages.",
		inReference+", "+inModel, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 2)
			p.ok("PutSecretValue", p.id("MyTestDatabaseSecret", obj{"SecretString": "3",
				"ClientRequestToken": "EXAMPLE3-90ab-cdef-fedc-ba987SECRET3"}))
			got := p.ok("ListSecretVersionIds", p.id("MyTestDatabaseSecret", obj{"IncludeDeprecated": true}))
			p.like(obj{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "Name": p.name("MyTestDatabaseSecret")}, got,
				"response")
			stages := map[string]any{exampleVersion1: nil, exampleVersion2: []any{"AWSPREVIOUS"},
				"EXAMPLE3-90ab-cdef-fedc-ba987SECRET3": []any{"AWSCURRENT"}}
			versions, _ := got["Versions"].([]any)
			p.equal(len(stages), len(versions), "versions")
			for _, v := range versions {
				p.like(obj{"VersionId": isText, "CreatedDate": isDate}, v, "version")
				p.equal(stages[v.(obj)["VersionId"].(string)], v.(obj)["VersionStages"], "VersionStages")
			}
		}),
	example("ListSecrets", "Entries have ARN, Name and LastChangedDate; what is deleted is not there.",
		inReference+", "+inModel+", "+inCLI, func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1)
			for _, entry := range p.secretList(nil) {
				p.like(obj{"ARN": isText, "Name": isText, "LastChangedDate": isDate}, entry, "entry")
			}
		}),
	example("ListSecrets-versions", "An entry has Description and SecretVersionsToStages.", inReference+", "+inModel,
		func(p *probe) {
			p.stored("MyTestDatabaseSecret", 1, obj{"Description": "My test database secret"})
			p.like([]any{obj{"ARN": p.isARN(p.Region, "MyTestDatabaseSecret"), "Name": p.name("MyTestDatabaseSecret"),
				"Description": "My test database secret", "LastChangedDate": isDate,
				"SecretVersionsToStages": only{exampleVersion1: []any{"AWSCURRENT"}}}}, p.secretList(p.mine()), "SecretList")
		}),
	example("ListSecrets-tag", "Secrets with the tag costcenter 12345.", inReference, func(p *probe) {
		p.stored("MyTestDatabaseSecret", 1, obj{"Tags": []obj{{"Key": "costcenter", "Value": "12345"}}})
		p.stored("AnotherDatabaseSecret", 1, obj{"Tags": []obj{{"Key": "costcenter", "Value": "54321"}}})
		filters := append(append([]obj{}, filter("tag-key", "costcenter")...), filter("tag-value", "12345")...)
		p.like([]any{obj{"Name": p.name("MyTestDatabaseSecret")}}, p.secretList(append(filters, p.mine()...)), "SecretList")
	}),
	example("GetRandomPassword", "Twenty characters.", inReference, func(p *probe) {
		p.fourKinds(obj{"PasswordLength": 20}, "")
	}),
	example("GetRandomPassword-each-type", "Twenty characters, at least one of each kind.", inCLI, func(p *probe) {
		p.fourKinds(obj{"PasswordLength": 20, "RequireEachIncludedType": true}, "")
	}),
	example("GetRandomPassword-space", "Twenty characters, at least one of each kind, and maybe a space.", inModel,
		func(p *probe) {
			p.fourKinds(obj{"PasswordLength": 20, "RequireEachIncludedType": true, "IncludeSpace": true}, " ")
		}),
}

var exampleTags = []obj{{"Key": "FirstTag", "Value": "SomeValue"}, {"Key": "SecondTag", "Value": "AnotherValue"}}

func (p *probe) exampleKey() string {
	return "arn:aws:kms:" + p.Region + ":123456789012:key/EXAMPLE2-90ab-cdef-fedc-ba987EXAMPLE"
}

// three makes three secrets and returns their names.
func (p *probe) three() []string {
	var names []string
	for _, short := range []string{"MySecret1", "MySecret2", "MySecret3"} {
		p.stored(short, 1)
		names = append(names, p.name(short))
	}
	return names
}

func (p *probe) threeValues() only {
	var values []any
	for _, short := range []string{"MySecret1", "MySecret2", "MySecret3"} {
		values = append(values, only{"ARN": p.isARN(p.Region, short), "Name": p.name(short),
			"VersionId": exampleVersion1, "SecretString": davidsSecret, "VersionStages": []any{"AWSCURRENT"},
			"CreatedDate": isDate})
	}
	return only{"SecretValues": values, "Errors": []any{}}
}

// secretList returns the first page of a list.
func (p *probe) secretList(filters []obj) []any {
	in := obj{}
	if filters != nil {
		in["Filters"] = filters
	}
	list, ok := p.ok("ListSecrets", in)["SecretList"].([]any)
	p.must(ok, "there is no SecretList")
	return list
}

// fourKinds draws a password and checks that it has characters of each kind: more are allowed beside the usual ones.
func (p *probe) fourKinds(in obj, more string) {
	got := p.ok("GetRandomPassword", in)
	p.members(got, "RandomPassword")
	text := p.text(got, "RandomPassword")
	p.equal(in["PasswordLength"], len(text), "length")
	kinds := []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789",
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
	p.equal("", strings.Trim(text, strings.Join(kinds, "")+more), "other characters")
	for _, kind := range kinds {
		p.must(strings.ContainsAny(text, kind), "none of %s in a password", kind)
	}
}
