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
	needsKey      = "it takes KMS keys that can't be used"
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
		Documented, "API model", needsKey),
	unseen("KMS/named", "A request that names a KMS key of another Region, or one that can't be used, is refused with "+
		"InvalidParameterException: The operation failed because of an invalid KMS key.", Reported,
		"badmintoncryer/cdk-preflight, pf-secretsmanager-kms-key", needsKey),
	unseen("KMS/writing", "A value under a key that does not exist is not written: Secrets Manager can't encrypt the "+
		"secret value, and what KMS says.", Reported, "hashicorp/terraform-provider-aws #30272", needsKey),
	unseen("KMS/reading", "A value under a disabled key is not read: DecryptionFailure, Secrets Manager can't decrypt "+
		"the secret value, and what KMS says.", Documented, "AWS GovCloud (US) user guide, root user access keys", needsKey),
	unseen("KMS/denied", "Without access to the key, reading and CreateSecret are refused with AccessDeniedException: "+
		"Access to KMS is not allowed.", Reported, "aws/aws-cdk #7677, aws-secrets-manager-rotation-lambdas #53", needsKey),
	unseen("KMS/replica", "A replica whose key can't be used fails; the call that asks for it succeeds.", Reported,
		"cloudformation-coverage-roadmap #1459", needsKey),
	unseen("KMS/another-key", "For another key, UpdateSecret must be able to read the values under the old one.",
		Documented, userGuide+", Change the encryption key for a secret", needsKey),
	unseen("Replication/removed-lingers", "A replica that was removed was still there for 40 to 90 seconds.", Reported,
		"a live probe", "AWS documents that it is gone at once"),
	unseen("GetSecretValue/after-force", "In the minute or two after a forced deletion, a value that is read is refused "+
		"as marked for deletion.", Reported, "ericmann/secrets-api", "a check sees it only by luck"),
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
