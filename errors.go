package secretlife

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/internal/validation"
)

// Error is what every refused operation returns: an AWS exception. Use
// errors.As with it or with one of the concrete types, and errors.Is with one
// of the reasons (ErrScheduledForDeletion and its like). Only types of this package
// implement it.
//
// Where several parameters are wrong, the operation's error has a method
// Unwrap() []error, which returns one Error for each; errors.As finds the first, which
// is what AWS reports.
type Error interface {
	error
	// ClientFault reports whether the caller can do something about it: true for all
	// but [*InternalServiceError].
	ClientFault() bool
	// ErrorCode returns the name of the exception, such as
	// "ResourceNotFoundException".
	ErrorCode() string
	// ErrorMessage returns the text AWS sends.
	ErrorMessage() string
	// Details returns what the error is about.
	Details() ErrorDetails

	sealed()
}

// ErrorDetails is what the exceptions have in common. Members that don't apply are
// zero.
type ErrorDetails struct {
	// Message is the text AWS sends, byte for byte where AWS's is known.
	Message string
	// Reason is the finer cause; errors.Is finds it.
	Reason Reason
	// ARN is the full ARN of the secret in question.
	ARN string
	// DeletionDate is when the secret in question is to be deleted, in UTC.
	DeletionDate time.Time
	// Regions are the replica Regions in the way.
	Regions []string
	// Holds are the names of the holds in the way.
	Holds []string
}

// ErrorMessage returns the text AWS sends.
func (f *ErrorDetails) ErrorMessage() string { return f.Message }

// ClientFault returns true.
func (f *ErrorDetails) ClientFault() bool { return true }

func (f *ErrorDetails) sealed() {}

// Details returns what the error is about.
func (f *ErrorDetails) Details() ErrorDetails { return *f }

// Unwrap returns the reason.
func (f *ErrorDetails) Unwrap() error {
	if f.Reason == 0 {
		return nil
	}
	return f.Reason
}

// The exceptions of the API model.
type (
	// ResourceNotFoundError is ResourceNotFoundException: no such secret, or no
	// such version.
	ResourceNotFoundError struct{ ErrorDetails }
	// ResourceExistsError is ResourceExistsException: the name or the
	// ClientRequestToken is taken.
	ResourceExistsError struct{ ErrorDetails }
	// InvalidParameterError is InvalidParameterException: a parameter is wrong,
	// or wrong for this secret.
	InvalidParameterError struct{ ErrorDetails }
	// InvalidRequestError is InvalidRequestException: the secret's present
	// state does not allow the operation.
	InvalidRequestError struct{ ErrorDetails }
	// LimitExceededError is LimitExceededException: a quota.
	LimitExceededError struct{ ErrorDetails }
	// MalformedPolicyDocumentError is MalformedPolicyDocumentException.
	MalformedPolicyDocumentError struct{ ErrorDetails }
	// PublicPolicyError is PublicPolicyException: BlockPublicPolicy refuses the
	// policy.
	PublicPolicyError struct{ ErrorDetails }
	// InvalidNextTokenError is InvalidNextTokenException: not a token of this list.
	InvalidNextTokenError struct{ ErrorDetails }
	// AccessDeniedError is AccessDeniedException, which the API model does not
	// declare: another account's secret without a policy.
	AccessDeniedError struct{ ErrorDetails }
	// ThrottlingError is ThrottlingException, which the API model does not
	// declare: more calls than [Emulate.Quotas] allow.
	ThrottlingError struct{ ErrorDetails }
	// KMSFailureError is DecryptionFailure where a value was to be read, and
	// EncryptionFailure where one was to be written: KMS refuses the secret's key. See
	// [Emulate].CheckKMSKey.
	KMSFailureError struct {
		ErrorDetails
		Decryption bool
	}
	// InternalServiceError is InternalServiceError: the store failed, or
	// changed again and again under the operation. Cause is what happened; it
	// is not sent to clients.
	InternalServiceError struct {
		ErrorDetails
		Cause error
	}
)

// ErrorCode returns "ResourceNotFoundException".
func (*ResourceNotFoundError) ErrorCode() string { return "ResourceNotFoundException" }

// ErrorCode returns "ResourceExistsException".
func (*ResourceExistsError) ErrorCode() string { return "ResourceExistsException" }

// ErrorCode returns "InvalidParameterException".
func (*InvalidParameterError) ErrorCode() string { return "InvalidParameterException" }

// ErrorCode returns "InvalidRequestException".
func (*InvalidRequestError) ErrorCode() string { return "InvalidRequestException" }

// ErrorCode returns "LimitExceededException".
func (*LimitExceededError) ErrorCode() string { return "LimitExceededException" }

// ErrorCode returns "MalformedPolicyDocumentException".
func (*MalformedPolicyDocumentError) ErrorCode() string { return "MalformedPolicyDocumentException" }

// ErrorCode returns "PublicPolicyException".
func (*PublicPolicyError) ErrorCode() string { return "PublicPolicyException" }

// ErrorCode returns "InvalidNextTokenException".
func (*InvalidNextTokenError) ErrorCode() string { return "InvalidNextTokenException" }

// ErrorCode returns "DecryptionFailure" or "EncryptionFailure".
func (e *KMSFailureError) ErrorCode() string {
	if e.Decryption {
		return "DecryptionFailure"
	}
	return "EncryptionFailure"
}

// ErrorCode returns "AccessDeniedException".
func (*AccessDeniedError) ErrorCode() string { return "AccessDeniedException" }

// ErrorCode returns "ThrottlingException".
func (*ThrottlingError) ErrorCode() string { return "ThrottlingException" }

// ErrorCode returns "InternalServiceError".
func (*InternalServiceError) ErrorCode() string { return "InternalServiceError" }

func (e *ResourceNotFoundError) Error() string        { return errorText(e) }
func (e *ResourceExistsError) Error() string          { return errorText(e) }
func (e *InvalidParameterError) Error() string        { return errorText(e) }
func (e *InvalidRequestError) Error() string          { return errorText(e) }
func (e *LimitExceededError) Error() string           { return errorText(e) }
func (e *MalformedPolicyDocumentError) Error() string { return errorText(e) }
func (e *PublicPolicyError) Error() string            { return errorText(e) }
func (e *InvalidNextTokenError) Error() string        { return errorText(e) }
func (e *AccessDeniedError) Error() string            { return errorText(e) }
func (e *ThrottlingError) Error() string              { return errorText(e) }
func (e *KMSFailureError) Error() string              { return errorText(e) }

// Error tells the cause too, for the service's own logs.
func (e *InternalServiceError) Error() string {
	if e.Cause == nil {
		return errorText(e)
	}
	return errorText(e) + " (" + e.Cause.Error() + ")"
}

// ClientFault returns false.
func (*InternalServiceError) ClientFault() bool { return false }

// Unwrap returns the cause and the reason.
func (e *InternalServiceError) Unwrap() []error { return []error{e.Reason, e.Cause} }

func errorText(e Error) string { return e.ErrorCode() + ": " + e.ErrorMessage() }

// brokenConstraint is one member of a request that breaks a constraint of the API model.
type brokenConstraint struct {
	member     string
	value      string // as AWS prints it, unless the member is sensitive
	constraint string // in AWS's words
	sensitive  bool
}

func (b brokenConstraint) text() string {
	if b.sensitive {
		return validation.SensitiveText(b.member, b.constraint)
	}
	return validation.Text(b.member, b.value, b.constraint)
}

// ValidationError is ValidationException, which AWS returns before the service
// looks at a request: its Message has either all constraints of the API model that are
// broken, or the text for an invalid name.
type ValidationError struct {
	ErrorDetails
	// Members are the paths of the members that break a constraint, as AWS writes them, such
	// as "secretId" or "tags.1.member.key", in the order of the Message. It is empty for an
	// invalid name.
	Members []string

	broken []brokenConstraint
}

// ErrorCode returns "ValidationException".
func (*ValidationError) ErrorCode() string { return "ValidationException" }

func (e *ValidationError) Error() string { return errorText(e) }

// join adds the violations of another error; AWS counts them in one message.
func (e *ValidationError) join(o *ValidationError) *ValidationError {
	return violations(append(append([]brokenConstraint{}, e.broken...), o.broken...)...)
}

func violations(broken ...brokenConstraint) *ValidationError {
	texts, members := make([]string, len(broken)), make([]string, len(broken))
	for i, b := range broken {
		texts[i], members[i] = b.text(), b.member
	}
	return &ValidationError{
		ErrorDetails{Message: validation.Message(texts), Reason: ErrInvalidParameter}, members, broken,
	}
}

// violation is the error for a value, of any type that a member has, that breaks a
// constraint.
func violation(member string, value any, constraint string) *ValidationError {
	return violations(brokenConstraint{member: member, value: validation.Print(value), constraint: constraint})
}

func sensitiveViolation(member, constraint string) *ValidationError {
	return violations(brokenConstraint{member: member, constraint: constraint, sensitive: true})
}

func minLength(n int) string {
	return fmt.Sprintf("Member must have length greater than or equal to %d", n)
}

func maxLength(n int) string {
	return fmt.Sprintf("Member must have length less than or equal to %d", n)
}

// mustBeText is for callers in Go: what comes over the wire is text.
const mustBeText = "Member must be valid UTF-8"

func mustMatch(pattern string) string {
	return "Member must satisfy regular expression pattern: " + pattern
}

// asError finds the AWS exception in an error; of several, the first, which is
// the one AWS reports.
func asError(err error) (Error, bool) {
	var e Error
	ok := errors.As(err, &e)
	return e, ok
}

func errNotFound() error {
	return &ResourceNotFoundError{ErrorDetails{Message: textNotFound, Reason: ErrSecretNotFound}}
}

func errInvalidName() *ValidationError {
	return &ValidationError{ErrorDetails: ErrorDetails{Message: textName, Reason: ErrInvalidName}}
}

func badParameter(text string, r Reason) error {
	return &InvalidParameterError{ErrorDetails{Message: text, Reason: r}}
}

func badRequest(text string, r Reason) error {
	return &InvalidRequestError{ErrorDetails{Message: text, Reason: r}}
}

func errLimit(text string) error {
	return &LimitExceededError{ErrorDetails{Message: text, Reason: ErrLimitExceeded}}
}

func internal(cause error) error {
	return &InternalServiceError{ErrorDetails{Message: textInternal, Reason: ErrInternal}, cause}
}

// The texts of AWS. docs/errors.md says of each how it is known.
const (
	textNotFound     = "Secrets Manager can't find the specified secret."
	textMarked       = "You can't perform this operation on the secret because it was marked for deletion."
	textNameReserved = "You can't create this secret because a secret with this name is already scheduled for deletion."
	textNoToken      = "You must provide a ClientRequestToken value. We recommend a UUID-type value."
	textName         = "Invalid name. Must be a valid name containing alphanumeric characters, " +
		"or any of the following: -/_+=.@!"
	textReplica   = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
	textAcrossKMS = "You can't access a secret from a different AWS account " +
		"if you encrypt the secret with the default KMS service key."
	// No text of AWS is known for these.
	textNotReplica = "Operation not permitted on a secret that is not a replica."
	textNoValue    = "You must provide either SecretString or SecretBinary."
	textNextToken  = "Invalid NextToken."
	textInternal   = "An error occurred on the server side."
)

// keyUse is what a KMS key is used for.
type keyUse uint8

const (
	keyNamed    keyUse = iota // a request names it
	keyEncrypts               // a value is written
	keyDecrypts               // a value is read
)

// Texts of AWS about KMS keys: docs/errors.md says how each is known.
const (
	textInvalidKey  = "The operation failed because of an invalid KMS key: "
	textCantEncrypt = "Secrets Manager can't encrypt the secret value: "
	textCantDecrypt = "Secrets Manager can't decrypt the secret value: "
	textKMSDenied   = "Access to KMS is not allowed"
)

// kmsARN returns the ARN of a KmsKeyId, and its Region.
func kmsARN(id string, caller Account, in Region) (arn, region string) {
	if parts := strings.SplitN(id, ":", 6); parts[0] == "arn" && len(parts) == 6 {
		return id, parts[3]
	}
	if !strings.HasPrefix(id, "alias/") {
		id = "key/" + id
	}
	return fmt.Sprintf("arn:%s:kms:%s:%s:%s", in.partition(), in, caller, id), in.s
}

// keyRefusal returns the exception for a key that KMS refuses, nil for another error.
func keyRefusal(arn string, use keyUse, why error) error {
	if errors.Is(why, ErrKMSAccessDenied) {
		return &AccessDeniedError{ErrorDetails{Message: textKMSDenied, Reason: ErrKMSAccessDenied}}
	}
	var reason Reason
	var text, code string
	switch {
	case errors.Is(why, ErrKMSKeyNotFound) && strings.Contains(arn, ":alias/"):
		reason, text, code = ErrKMSKeyNotFound, "Alias "+arn+" is not found.", "NotFoundException"
	case errors.Is(why, ErrKMSKeyNotFound):
		reason, text, code = ErrKMSKeyNotFound, "Key '"+arn+"' does not exist", "NotFoundException"
	case errors.Is(why, ErrKMSKeyDisabled):
		reason, text, code = ErrKMSKeyDisabled, arn+" is disabled.", "DisabledException"
	case errors.Is(why, ErrKMSKeyPendingDeletion):
		reason, text, code = ErrKMSKeyPendingDeletion, arn+" is pending deletion.", "KMSInvalidStateException"
	default:
		return nil
	}
	if use == keyNamed {
		return badParameter(textInvalidKey+text, reason)
	}
	begin := textCantEncrypt
	if use == keyDecrypts {
		begin = textCantDecrypt
	}
	return &KMSFailureError{ErrorDetails: ErrorDetails{
		Message: begin + text + " (Service: AWSKMS; Status Code: 400; Error Code: " + code + ")", Reason: reason,
	}, Decryption: use == keyDecrypts}
}
