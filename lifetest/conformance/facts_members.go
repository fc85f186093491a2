package conformance

import (
	"slices"
	"strings"
)

// signature is what an operation takes and answers: members with their types,
// the needed ones with an exclamation mark, and those that an answer always has
// and may have.
type signature struct {
	operation, takes, answers, mayAnswer string
}

// signatures are those of the API model. The members of entries are in other
// facts.
var signatures = []signature{
	{"BatchGetSecretValue", "SecretIdList:list Filters:list MaxResults:number NextToken:text", "SecretValues",
		"Errors NextToken"},
	{"CancelRotateSecret", "SecretId:text!", "ARN Name", "VersionId"},
	{"CreateSecret", "Name:text! ClientRequestToken:text Description:text KmsKeyId:text SecretBinary:text " +
		"SecretString:text Tags:list AddReplicaRegions:list ForceOverwriteReplicaSecret:flag Type:text", "ARN Name",
		"VersionId ReplicationStatus"},
	{"DeleteResourcePolicy", "SecretId:text!", "ARN Name", ""},
	{"DeleteSecret", "SecretId:text! RecoveryWindowInDays:number ForceDeleteWithoutRecovery:flag",
		"ARN Name DeletionDate", ""},
	{"DescribeSecret", "SecretId:text!", "ARN Name CreatedDate", described},
	{"GetRandomPassword", "PasswordLength:number ExcludeCharacters:text ExcludeNumbers:flag ExcludePunctuation:flag " +
		"ExcludeUppercase:flag ExcludeLowercase:flag IncludeSpace:flag RequireEachIncludedType:flag", "RandomPassword", ""},
	{"GetResourcePolicy", "SecretId:text!", "ARN Name", "ResourcePolicy"},
	{"GetSecretValue", "SecretId:text! VersionId:text VersionStage:text", "ARN Name VersionId CreatedDate",
		"SecretBinary SecretString VersionStages"},
	{"ListSecretVersionIds", "SecretId:text! MaxResults:number NextToken:text IncludeDeprecated:flag",
		"ARN Name Versions", "NextToken"},
	{"ListSecrets", "IncludePlannedDeletion:flag MaxResults:number NextToken:text Filters:list SortOrder:text SortBy:text", "SecretList", "NextToken"},
	{"PutResourcePolicy", "SecretId:text! ResourcePolicy:text! BlockPublicPolicy:flag", "ARN Name", ""},
	{"PutSecretValue", "SecretId:text! ClientRequestToken:text SecretBinary:text SecretString:text VersionStages:list " +
		"RotationToken:text", "ARN Name VersionId VersionStages", ""},
	{"RemoveRegionsFromReplication", "SecretId:text! RemoveReplicaRegions:list!", "ARN", "ReplicationStatus"},
	{"ReplicateSecretToRegions", "SecretId:text! AddReplicaRegions:list! ForceOverwriteReplicaSecret:flag",
		"ARN ReplicationStatus", ""},
	{"RestoreSecret", "SecretId:text!", "ARN Name", ""},
	{"RotateSecret", "SecretId:text! ClientRequestToken:text RotationLambdaARN:text RotationRules:structure " +
		"RotateImmediately:flag ExternalSecretRotationMetadata:list ExternalSecretRotationRoleArn:text", "ARN Name",
		"VersionId"},
	{"StopReplicationToReplica", "SecretId:text!", "ARN", ""},
	{"TagResource", "SecretId:text! Tags:list!", "", ""},
	{"UntagResource", "SecretId:text! TagKeys:list!", "", ""},
	{"UpdateSecret", "SecretId:text! ClientRequestToken:text Description:text KmsKeyId:text SecretBinary:text " +
		"SecretString:text Type:text", "ARN Name", "VersionId"},
	{"UpdateSecretVersionStage", "SecretId:text! VersionStage:text! RemoveFromVersionId:text MoveToVersionId:text",
		"ARN Name", ""},
	{"ValidateResourcePolicy", "ResourcePolicy:text! SecretId:text", "PolicyValidationPassed", "ValidationErrors"},
}

const described = "DeletedDate Description KmsKeyId LastAccessedDate LastChangedDate LastRotatedDate " +
	"NextRotationDate OwningService PrimaryRegion" +
	" ReplicationStatus RotationEnabled RotationLambdaARN RotationRules Tags Type VersionIdsToStages " +
	"ExternalSecretRotationMetadata ExternalSecretRotationRoleArn"

// needed are the members without which an operation is refused.
func (s signature) needed() []string {
	var out []string
	for _, m := range strings.Fields(s.takes) {
		if strings.HasSuffix(m, "!") {
			name, _, _ := strings.Cut(m, ":")
			out = append(out, name)
		}
	}
	return out
}

// memberFacts are about the members of every operation.
func memberFacts() []Fact {
	var out []Fact
	for _, s := range signatures {
		op := s.operation
		out = append(out,
			Fact{Name: "Members/" + op,
				Says: op + " reads " + members(s.takes) + ": any of another type is refused by the framework.", Known: Inferred,
				Source: "API model",
				check:  func(p *probe) { p.typed(s) }},
			Fact{Name: "UnknownMembers/" + op, Says: op + " ignores members that it does not have.", Known: Inferred,
				Source: "LocalStack test_no_client_request_token, for RotateSecret",
				check: func(p *probe) {
					p.create("a")
					a := p.call(op, p.request(op, obj{"Unknown": []any{1, obj{"SecretId": nil}}, "secretId": 7}))
					p.must(a.status < 500 && a.code() != validation && a.code() != serialization, "%d %s", a.status, a.raw)
				}},
		)
		if len(s.needed()) > 0 {
			out = append(out, Fact{Name: "Required/" + op, Says: op + " without " + strings.Join(s.needed(),
				" or ") + " is refused by the framework; null is as good as missing.", Known: Documented, Source: "API model",
				check: func(p *probe) { p.lacking(s) }})
		}
		out = append(out, Fact{Name: "Answer/" + op, Says: op + " answers " + answerOf(s) + ".", Known: Documented,
			Source: apiReference + ", " + op, needs: needsOf(op),
			check: func(p *probe) {
				a := p.answerTo(op)
				may := strings.Fields(s.answers + " " + s.mayAnswer)
				for member := range a {
					p.must(slices.Contains(may, member), "member %s", member)
				}
				for _, member := range strings.Fields(s.answers) {
					_, has := a[member]
					p.must(has, "there is no %s", member)
				}
			}})
	}
	return out
}

func members(takes string) string {
	if takes == "" {
		return "nothing"
	}
	var names []string
	for _, m := range strings.Fields(takes) {
		name, _, _ := strings.Cut(m, ":")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func answerOf(s signature) string {
	switch {
	case s.answers == "":
		return "nothing"
	case s.mayAnswer == "":
		return members(s.answers)
	}
	return members(s.answers) + ", and where they are set " + members(s.mayAnswer)
}

func needsOf(operation string) []need {
	switch operation {
	case "RotateSecret", "CancelRotateSecret":
		return []need{needsFunction}
	case "StopReplicationToReplica", "RemoveRegionsFromReplication", "ReplicateSecretToRegions":
		return []need{needsRegions}
	}
	return nil
}

// typed gives each member a value of another type.
func (p *probe) typed(s signature) {
	p.create("a")
	other := map[string]any{"text": 7, "number": "7", "flag": "true", "list": obj{}, "structure": "x"}
	for _, m := range strings.Fields(s.takes) {
		name, kind, _ := strings.Cut(strings.TrimSuffix(m, "!"), ":")
		in := p.request(s.operation, obj{name: other[kind]})
		p.refused(s.operation, in, serialization, "")
	}
}

// lacking leaves each member out that must be there.
func (p *probe) lacking(s signature) {
	p.create("a")
	for _, name := range s.needed() {
		for _, in := range []obj{p.request(s.operation, nil), p.request(s.operation, obj{name: nil})} {
			if in[name] != nil {
				delete(in, name)
			}
			a := p.call(s.operation, in)
			p.must(a.status == 400 && a.code() == validation, "without %s: %d %s", name, a.status, a.raw)
			p.must(strings.Contains(a.message(), "'"+strings.ToLower(name[:1])+name[1:]+"'"), "%q does not name %s",
				a.message(), name)
		}
	}
}

// answerTo is what an operation answers when it succeeds.
func (p *probe) answerTo(operation string) obj {
	switch operation {
	case "StopReplicationToReplica":
		p.replicate("a")
		return p.okBy(p.abroad(), operation, p.id("a"))
	case "RemoveRegionsFromReplication":
		p.replicate("a")
		return p.ok(operation, p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
	case "ReplicateSecretToRegions":
		p.create("a")
		p.made = append(p.made, made{p.abroad(), p.name("a")})
		return p.ok(operation, p.id("a", obj{"AddReplicaRegions": []obj{{"Region": p.OtherRegion}}}))
	case "CancelRotateSecret":
		p.rotated(nil)
	case "RotateSecret":
		p.create("a")
		return p.ok(operation, p.request(operation, obj{"RotationLambdaARN": p.Function}))
	default:
		p.create("a")
	}
	return p.ok(operation, p.request(operation, nil))
}

// unknownFacts are that operations on a secret that is not there find none.
func unknownFacts() []Fact {
	var out []Fact
	for _, operation := range strings.Fields(onSecrets) {
		switch operation {
		case "DeleteSecret", "DescribeSecret", "RestoreSecret":
			continue // have their own, with a source each
		}
		out = append(out, Fact{Name: operation + "/unknown", Says: operation + " does not find an unknown secret.",
			Known: Documented, Source: apiReference + ", " + operation,
			check: func(p *probe) { p.refused(operation, p.request(operation, nil), notFound, textNotFound) }})
	}
	return out
}
