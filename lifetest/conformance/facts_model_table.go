package conformance

import "strings"

// Operations that share a member.
const (
	onSecrets = "CancelRotateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue " +
		"ListSecretVersionIds" +
		" PutResourcePolicy PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret " +
		"RotateSecret StopReplicationToReplica" +
		" TagResource UntagResource UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy"
	onTokens    = "CreateSecret PutSecretValue RotateSecret UpdateSecret"
	onValues    = "CreateSecret PutSecretValue UpdateSecret"
	onTags      = "CreateSecret TagResource"
	onReplicas  = "CreateSecret ReplicateSecretToRegions"
	onFilters   = "BatchGetSecretValue ListSecrets"
	onPolicies  = "PutResourcePolicy ValidateResourcePolicy"
	onVersions  = "GetSecretValue"
	onStages    = "GetSecretValue UpdateSecretVersionStage"
	onPages     = "BatchGetSecretValue ListSecretVersionIds ListSecrets"
	onRotations = "RotateSecret"
)

// The API model's patterns.
const (
	filterPattern     = `^\!?[a-zA-Z0-9 :_@\/\+\=\.\-]*$`
	regionPattern     = `^([a-z]+-)+\d+$`
	durationPattern   = `[0-9h]+`
	expressionPattern = `[0-9A-Za-z\(\)#\?\*\-\/, ]+`
)

// constraints are those of the API model.
func constraints() []constraint {
	out := append(simpleConstraints(), filterConstraints()...)
	return append(out, rotationConstraints()...)
}

func simpleConstraints() []constraint {
	tag := func(key, value string) obj { return obj{"Tags": []obj{{"Key": key, "Value": value}}} }
	replica := func(region, key string) obj {
		return obj{"AddReplicaRegions": []obj{{"Region": region, "KmsKeyId": key}}}
	}
	ofReplica := func(region string) obj { return replica(region, "k") }
	removed := func(region string) obj { return obj{"RemoveReplicaRegions": []string{region}} }
	regions := []string{"eu-west-3", "us-gov-east-1", "ap-southeast-12"}
	noRegions := []string{"eu west 3", "EU-WEST-3", "euwest3", "eu-west-", "eu-west-3a"}
	return []constraint{
		length(onSecrets, "SecretId", 1, 2048),
		length("CreateSecret", "Name", 1, 512),
		length(onTokens, "ClientRequestToken", 32, 64),
		length("CreateSecret UpdateSecret", "Description", 0, 2048),
		length("CreateSecret UpdateSecret", "KmsKeyId", 0, 2048),
		most(length(onValues, "SecretString", 1, 65536)),
		sizeOfBinary(),
		length(onVersions, "VersionId", 32, 64),
		length(onStages, "VersionStage", 1, 256),
		length("UpdateSecretVersionStage", "MoveToVersionId", 32, 64),
		length("UpdateSecretVersionStage", "RemoveFromVersionId", 32, 64),
		sized("PutSecretValue", "versionStages", 1, 20, func(n int) obj {
			return obj{"VersionStages": listOf(n, func(i int) any { return letters(i + 1) })}
		}),
		inside("PutSecretValue", "versionStages.1.member", 1, 256,
			func(s string) obj { return obj{"VersionStages": []string{s}} }),
		inside(onTags, "tags.1.member.key", 1, 128, func(s string) obj { return tag(s, "v") }),
		inside(onTags, "tags.1.member.value", 0, 256, func(s string) obj { return tag("k", s) }),
		inside("UntagResource", "tagKeys.1.member", 1, 128, func(s string) obj { return obj{"TagKeys": []string{s}} }),
		sized(onReplicas, "addReplicaRegions", 1, 0, func(n int) obj { return obj{"AddReplicaRegions": listOf(n, nil)} }),
		sized("RemoveRegionsFromReplication", "removeReplicaRegions", 1, 0,
			func(n int) obj { return obj{"RemoveReplicaRegions": listOf(n, nil)} }),
		regionLength(onReplicas, "addReplicaRegions.1.member.region", ofReplica),
		regionLength("RemoveRegionsFromReplication", "removeReplicaRegions.1.member", removed),
		pattern(onReplicas, "addReplicaRegions.1.member.region", regionPattern, ofReplica, regions, noRegions),
		pattern("RemoveRegionsFromReplication", "removeReplicaRegions.1.member", regionPattern, removed, regions, noRegions),
		inside(onReplicas, "addReplicaRegions.1.member.kmsKeyId", 0, 2048,
			func(s string) obj { return replica("eu-west-3", s) }),
		length(onPolicies, "ResourcePolicy", 1, 20480),
		upTo("GetRandomPassword", "passwordLength", 4096,
			func(n int) obj { return obj{"PasswordLength": n, "RequireEachIncludedType": false} }),
		length("GetRandomPassword", "ExcludeCharacters", 0, 4096),
		upTo("ListSecretVersionIds ListSecrets", "maxResults", 100, func(n int) obj { return obj{"MaxResults": n} }),
		upTo("BatchGetSecretValue", "maxResults", 20, func(n int) obj {
			return obj{"MaxResults": n, "Filters": filter("name", "none")}
		}),
		length(onPages, "NextToken", 1, 4096),
		sized("BatchGetSecretValue", "secretIdList", 1, 20, func(n int) obj {
			return obj{"SecretIdList": listOf(n, func(i int) any { return letters(i + 1) })}
		}),
		inside("BatchGetSecretValue", "secretIdList.1.member", 1, 2048,
			func(s string) obj { return obj{"SecretIdList": []string{s}} }),
	}
}

// most keeps the upper bound of a constraint: whether a SecretString may be
// empty differs between editions of the API model.
func most(c constraint) constraint {
	c.says = strings.Replace(c.says, " 1 to ", " up to ", 1)
	c.bad = c.bad[:1]
	return c
}

func sizeOfBinary() constraint {
	bytes := func(n int) obj {
		return obj{"SecretBinary": strings.Repeat("AAAA", n/3) + []string{"", "AA==", "AAA="}[n%3], "SecretString": nil}
	}
	return constraint{
		operations: onValues, name: "secretBinary-length", says: "secretBinary has up to 65536 bytes",
		good: []obj{bytes(65536)},
		bad:  []bad{{bytes(65537), "secretBinary", atMost(65536)}},
	}
}

// regionLength is about a Region of so many characters that it has its shape.
func regionLength(operations, path string, in func(string) obj) constraint {
	name := strings.NewReplacer(".1.member", "", ".", "-").Replace(path)
	return constraint{
		operations: operations, name: name + "-length", says: path + " has 1 to 128 characters",
		good: []obj{in(letters(126) + "-1")},
		bad:  []bad{{in(letters(127) + "-1"), path, atMost(128)}, {in(""), path, atLeast(1)}},
	}
}

func filterConstraints() []constraint {
	in := func(key string, values any) obj { return obj{"Filters": []obj{{"Key": key, "Values": values}}} }
	value := func(s string) obj { return in("name", []string{s}) }
	return []constraint{
		sized(onFilters, "filters", 0, 10, func(n int) obj {
			return obj{"Filters": listOf(n, func(int) any { return filter("name", "n")[0] })}
		}),
		oneOf(onFilters, "filters.1.member.key", func(s string) obj { return in(s, []string{"n"}) },
			"description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"),
		sized(onFilters, "filters.1.member.values", 0, 10,
			func(n int) obj { return in("name", listOf(n, func(int) any { return "n" })) }),
		inside(onFilters, "filters.1.member.values.1.member", 0, 512, value),
		pattern(onFilters, "filters.1.member.values.1.member", filterPattern, value, []string{"a Z 0 :_@/+=.-", "!a", "!",
			""}, []string{"a!", "a*", "ü", "a,b", "a\nb"}),
		oneOf("ListSecrets", "sortBy", func(s string) obj { return obj{"SortBy": s} }, "created-date", "last-accessed-date",
			"last-changed-date", "name"),
		oneOf("ListSecrets", "sortOrder", func(s string) obj { return obj{"SortOrder": s} }, "asc", "desc"),
	}
}

func rotationConstraints() []constraint {
	rules := func(member string) func(string) obj {
		return func(s string) obj {
			r := obj{member: s}
			if member != "ScheduleExpression" {
				r["AutomaticallyAfterDays"] = 3
			}
			return obj{"RotationRules": r}
		}
	}
	const rule = "rotationRules."
	return []constraint{
		length(onRotations, "RotationLambdaARN", 0, 2048),
		upTo(onRotations, rule+"automaticallyAfterDays", 1000,
			func(n int) obj { return obj{"RotationRules": obj{"AutomaticallyAfterDays": n}} }),
		{
			operations: onRotations, name: "rotationRules-duration-length", says: rule + "duration has 2 to 3 characters",
			good: []obj{rules("Duration")("3h"), rules("Duration")("12h")},
			bad: []bad{{rules("Duration")("h"), rule + "duration", atLeast(2)}, {rules("Duration")("120h"), rule + "duration",
				atMost(3)}},
		},
		pattern(onRotations, rule+"duration", durationPattern, rules("Duration"), []string{"3h", "24h"},
			[]string{"3d", "3 h"}),
		inside(onRotations, rule+"scheduleExpression", 1, 256, rules("ScheduleExpression")),
		pattern(onRotations, rule+"scheduleExpression", expressionPattern, rules("ScheduleExpression"),
			[]string{"rate(10 days)", "cron(0 8 1,15 * ? *)"}, []string{"rate(10;days)", "räte(1 day)"}),
	}
}
