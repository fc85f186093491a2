package conformance

// AWS's texts, byte for byte.
const (
	textNotFound = "Secrets Manager can't find the specified secret."
	textMarked   = "You can't perform this operation on the secret because it was marked for deletion."
	textReserved = "You can't create this secret because a secret with this name is already scheduled for deletion."
	textNoToken  = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
	textName     = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: " +
		"-/_+=.@!"
	textWindow    = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
	textBoth      = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
	textReplica   = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textMismatch  = "You provided a VersionStage that is not associated to the provided VersionId."
	textNoLambda  = "No Lambda rotation function ARN is associated with this secret."
	textRotating  = "A previous rotation isn't complete. That rotation will be reattempted."
	textAcrossKMS = "You can't access a secret from a different AWS account if you encrypt the secret with the " +
		"default KMS service key."
	textNoStage   = "Secrets Manager can't find the specified secret value for staging label: "
	textNoVersion = "Secrets Manager can't find the specified secret value for VersionId: "
)

// AWS's exceptions.
const (
	notFound   = "ResourceNotFoundException"
	exists     = "ResourceExistsException"
	request    = "InvalidRequestException"
	parameter  = "InvalidParameterException"
	validation = "ValidationException"
	denied     = "AccessDeniedException"
	nextToken  = "InvalidNextTokenException"
	policy     = "MalformedPolicyDocumentException"

	serialization = "SerializationException"
	limitExceeded = "LimitExceededException"
	throttled     = "ThrottlingException"
)

// defaultKey is the name of the key that is used where none is given.
const defaultKey = "alias/aws/secretsmanager"

// Sources that several facts share.
const (
	apiReference = "API reference"
	userGuide    = "user guide"
	noSource     = "–"
	custodian    = "Cloud Custodian's recording "
	cliExample   = "AWS CLI examples, "
	cdkd         = "go-to-k/cdkd #3086"
)
