package conformance

import "regexp"

var arnShape = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$`)

var createFacts = []Fact{
	{Name: "CreateSecret/members", Says: "CreateSecret answers ARN, Name and VersionId, and nothing else.",
		Known: Recorded, Source: "LocalStack test_create_and_update_secret",
		check: func(p *probe) {
			p.members(p.ok("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(1)}),
				"ARN", "Name", "VersionId")
		}},
	{Name: "CreateSecret/version-is-the-token", Says: "The version's id is the ClientRequestToken.", Known: Verified,
		Source: "moto test_create_secret_with_client_request_token",
		check: func(p *probe) {
			got := p.ok("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(1)})
			p.equal(token(1), got["VersionId"], "VersionId")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "CreateSecret/arn-shape", Says: "An ARN ends in a hyphen and six letters or digits.", Known: Documented,
		Source: apiReference + ", CreateSecret",
		check: func(p *probe) {
			arn := p.create("a")
			p.must(arnShape.MatchString(arn), "ARN %s", arn)
		}},
	{Name: "CreateSecret/without-value-has-no-version",
		Says: "Without a value there is no VersionId in the answer, and DescribeSecret shows no versions.", Known: Recorded,
		Source: "LocalStack test_create_secret_version_from_empty_secret",
		check: func(p *probe) {
			p.members(p.ok("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1)}), "ARN", "Name")
			_, has := p.describe("a")["VersionIdsToStages"]
			p.must(!has, "VersionIdsToStages is there")
		}},
	{Name: "CreateSecret/empty-description", Says: "An empty Description is not shown.", Known: Recorded,
		Source: "LocalStack test_create_secret_version_from_empty_secret",
		check: func(p *probe) {
			p.create("a", obj{"Description": ""})
			p.members(p.describe("a"), "ARN", "CreatedDate", "LastChangedDate", "Name", "VersionIdsToStages")
		}},
	{Name: "CreateSecret/name-exists", Says: "A name that is taken is refused.", Known: Recorded,
		Source: "LocalStack test_secret_exists_snapshots",
		check: func(p *probe) {
			p.create("a")
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)}, exists,
				"The operation failed because the secret "+p.name("a")+" already exists.")
		}},
	{Name: "CreateSecret/no-token", Says: "Without a ClientRequestToken it is refused.", Known: Recorded,
		Source: "LocalStack test_no_client_request_token",
		check: func(p *probe) {
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v"}, request, textNoToken)
		}},
	{Name: "CreateSecret/malformed-name", Says: "A name with other characters is refused.", Known: Recorded,
		Source: "LocalStack test_invalid_secret_name",
		check: func(p *probe) {
			p.refused("CreateSecret", obj{"Name": "Inv Name", "SecretString": "v", "ClientRequestToken": token(1)},
				validation, textName)
		}},
	{Name: "CreateSecret/name-length", Says: "A name has up to 512 characters.", Known: Documented,
		Source: apiReference + ", CreateSecret",
		check: func(p *probe) {
			long := p.name("") + string(make512())
			p.ok("CreateSecret", obj{"Name": long[:512], "ClientRequestToken": token(1)})
			p.refused("CreateSecret", obj{"Name": long[:513], "ClientRequestToken": token(1)}, validation, "")
		}},
	{Name: "CreateSecret/token-length", Says: "A ClientRequestToken has 32 to 64 characters.", Known: Documented,
		Source: apiReference + ", CreateSecret",
		check: func(p *probe) {
			p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": "short"}, validation, "")
			p.refused("CreateSecret", obj{"Name": p.name("a"), "ClientRequestToken": token(1) + token(2)}, validation, "")
		}},
	{Name: "CreateSecret/value-size", Says: "A SecretString has up to 65,536 bytes.", Known: Documented,
		Source: apiReference + ", CreateSecret",
		check: func(p *probe) {
			most := make([]byte, 65537)
			for i := range most {
				most[i] = 'v'
			}
			p.ok("CreateSecret", obj{"Name": p.name("a"), "SecretString": string(most[1:]), "ClientRequestToken": token(1)})
			p.refused("CreateSecret", obj{"Name": p.name("b"), "SecretString": string(most), "ClientRequestToken": token(1)},
				validation, "")
		}},
	{Name: "CreateSecret/both-values", Says: "SecretString and SecretBinary together are refused.", Known: Documented,
		Source: apiReference + ", CreateSecret",
		check: func(p *probe) {
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "SecretBinary": "AQI=",
				"ClientRequestToken": token(1)}, parameter, "")
		}},
	{Name: "CreateSecret/binary", Says: "SecretBinary comes back as base64.", Known: Recorded,
		Source: "LocalStack test_get_secret_value",
		check: func(p *probe) {
			p.ok("CreateSecret", obj{"Name": p.name("a"), "SecretBinary": "AAEC/w==", "ClientRequestToken": token(1)})
			got := p.ok("GetSecretValue", p.id("a"))
			p.equal("AAEC/w==", got["SecretBinary"], "SecretBinary")
			p.members(got, "ARN", "CreatedDate", "Name", "SecretBinary", "VersionId", "VersionStages")
		}},
	{Name: "DescribeSecret/plain-members",
		Says: "A plain secret shows ARN, CreatedDate, LastChangedDate, Name and VersionIdsToStages.", Known: Recorded,
		Source: "LocalStack test_create_and_update_secret",
		check: func(p *probe) {
			p.create("a")
			p.members(p.describe("a"), "ARN", "CreatedDate", "LastChangedDate", "Name", "VersionIdsToStages")
		}},
	{Name: "DescribeSecret/default-key-absent", Says: "KmsKeyId is absent under the default key.", Known: Documented,
		Source: apiReference + ", DescribeSecret",
		check: func(p *probe) {
			p.create("a")
			_, has := p.describe("a")["KmsKeyId"]
			p.must(!has, "KmsKeyId is there")
		}},
	{Name: "DescribeSecret/labelled-versions-only", Says: "VersionIdsToStages has no version without labels.",
		Known: Documented, Source: apiReference + ", DescribeSecret",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "DescribeSecret/unknown", Says: "An unknown secret is not found.", Known: Recorded,
		Source: "LocalStack cloudformation test_cfn_handle_secretsmanager_secret",
		check:  func(p *probe) { p.refused("DescribeSecret", p.id("a"), notFound, textNotFound) }},
	{Name: "UpdateSecret/description-only", Says: "Without a new value there is no VersionId in the answer.",
		Known: Recorded, Source: "LocalStack test_update_secret_description",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("UpdateSecret", p.id("a", obj{"Description": "d", "ClientRequestToken": token(2)})), "ARN", "Name")
			p.equal("d", p.describe("a")["Description"], "Description")
		}},
	{Name: "UpdateSecret/nothing-but-id", Says: "With no more than a SecretId it succeeds, without VersionId.",
		Known: Recorded, Source: "LocalStack test_update_secret_description",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("UpdateSecret", p.id("a")), "ARN", "Name")
		}},
	{Name: "UpdateSecret/last-changed-increases",
		Says: "LastChangedDate increases with every UpdateSecret, the same value included.", Known: Verified,
		Source: "LocalStack test_last_updated_date",
		check: func(p *probe) {
			p.create("a")
			last := p.seconds(p.describe("a"), "LastChangedDate")
			for n := range 3 {
				p.ok("UpdateSecret", p.id("a", obj{"SecretString": "same", "ClientRequestToken": token(2 + n)}))
				next := p.seconds(p.describe("a"), "LastChangedDate")
				p.must(next > last, "LastChangedDate %f after %f", next, last)
				last = next
			}
		}},
	{Name: "GetSecretValue/members",
		Says: "GetSecretValue answers ARN, CreatedDate, Name, SecretString, VersionId and VersionStages.", Known: Recorded,
		Source: "LocalStack test_get_secret_value",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("GetSecretValue", p.id("a")), "ARN", "CreatedDate", "Name", "SecretString", "VersionId",
				"VersionStages")
		}},
	{Name: "GetSecretValue/last-accessed-is-a-day",
		Says: "LastAccessedDate is absent before the first reading, and then a midnight in UTC.", Known: Verified,
		Source: "LocalStack test_last_accessed_date",
		check: func(p *probe) {
			p.create("a")
			_, has := p.describe("a")["LastAccessedDate"]
			p.must(!has, "LastAccessedDate is there")
			p.value("a")
			first := p.seconds(p.describe("a"), "LastAccessedDate")
			p.must(int64(first)%86400 == 0, "LastAccessedDate %f is no midnight", first)
			p.value("a")
			p.equal(first, p.seconds(p.describe("a"), "LastAccessedDate"), "LastAccessedDate of a second reading")
		}},
}

func make512() []byte {
	b := make([]byte, 513)
	for i := range b {
		b[i] = 'n'
	}
	return b
}
