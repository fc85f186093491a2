package conformance

// unseen is a fact that no endpoint is asked for, with the reason.
func unseen(name, says string, known Provenance, source, why string) Fact {
	return Fact{Name: name, Says: says, Known: known, Source: source, Unseen: why}
}

// Why facts are not checked.
const (
	needsPolicies = "it takes policies in the caller's account, which a check can't set up"
	needsMany     = "it takes more calls or secrets than a check can make"
	needsOutage   = "no call makes it happen"
	needsOwner    = "no call makes a secret of another service"
	isAClients    = "clients do that before they send anything"
)

const (
	quotas     = userGuide + ", quotas"
	actionList = "service authorization reference"
)

// unseenFacts say what is known beyond what a check can see.
var unseenFacts = []Fact{
	unseen("IAM/condition-RecoveryWindowInDays",
		"A policy may have conditions on secretsmanager:RecoveryWindowInDays and ForceDeleteWithoutRecovery of DeleteSecret.", Documented, actionList, needsPolicies),
	unseen("IAM/condition-keys",
		"A policy may have conditions on the secret, its tags, its name, versions, labels, keys, Regions, and how it is "+
			"rotated.", Documented, actionList, needsPolicies),
	unseen("IAM/condition-on-what-is-absent",
		"A condition on a parameter that was not sent does not match: one on the window does not allow the default of 30 "+
			"days.", Documented, "IAM user guide", needsPolicies),
	unseen("IAM/actions", "An operation needs the action of its name.", Documented, actionList, needsPolicies),
	unseen("IAM/more-actions",
		"CreateSecret needs TagResource for tags and ReplicateSecretToRegions for replicas; BatchGetSecretValue needs "+
			"GetSecretValue, and ListSecrets with filters.", Documented, actionList, needsPolicies),
	unseen("IAM/policies-are-evaluated", "A resource policy allows and denies as it says.", Documented,
		userGuide+", Authentication and access control", needsPolicies),
	unseen("Quota/secrets", "An account has up to 500,000 secrets in a Region.", Documented, quotas, needsMany),
	unseen("Quota/scheduled-secrets", "Scheduled secrets count for that.", Inferred, noSource, needsMany),
	unseen("Failure/InternalServiceError", "InternalServiceError has status 500.", Documented, "API model", needsOutage),
	unseen("Failure/EncryptionFailure",
		"CreateSecret, PutSecretValue and UpdateSecret may meet EncryptionFailure, and reading DecryptionFailure.",
		Documented, "API model", "it takes a key that is disabled"),
	unseen("Failure/PreconditionNotMetException", "CreateSecret and UpdateSecret declare PreconditionNotMetException.",
		Documented, "API model", needsOutage),
	unseen("Failure/replication",
		"Replication also fails without permission on the key, on network errors, and where the Region is not enabled.",
		Documented, userGuide+", Replicate secrets", needsOutage),
	unseen("Owned/update", "A secret that another service manages is changed by that service only: "+
		"InvalidRequestException.", Documented, userGuide+", Secrets managed by other services", needsOwner),
	unseen("Owned/delete-by-force", "Its service may forbid a deletion without recovery window.", Documented,
		userGuide+", Secrets managed by other services", needsOwner),
	unseen("Consistency/eventual", "Changes show late: lists may be five minutes behind.", Documented,
		apiReference+", ListSecrets", "a check sees it only by luck"),
	unseen("Purge/when", "When after its DeletionDate a secret is purged is not promised.", Documented,
		userGuide+", Delete a secret", "there is no time at which it must not be so"),
	unseen("Purge/cost", "A scheduled secret costs nothing.", Documented, userGuide+", Delete a secret",
		"no operation tells the cost"),
	unseen("Clients/required-members", "SDKs refuse a call without a needed member themselves, with texts of their own.",
		Inferred, "SDK sources", isAClients),
	unseen("Clients/ClientRequestToken", "SDKs and the CLI fill in a missing ClientRequestToken.", Documented,
		apiReference+", CreateSecret", isAClients),
	unseen("Clients/CloudFormation", "CloudFormation deletes a stack's secret by force.", Recorded,
		"LocalStack cloudformation test_cfn_handle_secretsmanager_secret", "it takes CloudFormation"),
}
