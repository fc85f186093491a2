package awsfake

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/secretlife-go/secretlife"
)

// SDKError returns an error of the library as the SDK's clients return it, for a mock that
// is made over a [secretlife.Manager]: one of the types of the SDK where it has one for the
// exception, and a [smithy.APIError] in any case. Other errors, and nil, are returned as
// they are.
func SDKError(err error) error {
	var e secretlife.Error
	if !errors.As(err, &e) {
		return err
	}
	return sdkError(e.ErrorCode(), e.ErrorMessage())
}

// sdkError is an exception as the SDK's clients return it.
func sdkError(code, message string) error {
	text := aws.String(message)
	switch code {
	case "ResourceNotFoundException":
		return &types.ResourceNotFoundException{Message: text}
	case "ResourceExistsException":
		return &types.ResourceExistsException{Message: text}
	case "InvalidRequestException":
		return &types.InvalidRequestException{Message: text}
	case "InvalidParameterException":
		return &types.InvalidParameterException{Message: text}
	case "InvalidNextTokenException":
		return &types.InvalidNextTokenException{Message: text}
	case "LimitExceededException":
		return &types.LimitExceededException{Message: text}
	case "MalformedPolicyDocumentException":
		return &types.MalformedPolicyDocumentException{Message: text}
	case "PublicPolicyException":
		return &types.PublicPolicyException{Message: text}
	case "DecryptionFailure":
		return &types.DecryptionFailure{Message: text}
	case "EncryptionFailure":
		return &types.EncryptionFailure{Message: text}
	case "PreconditionNotMetException":
		return &types.PreconditionNotMetException{Message: text}
	case "InternalServiceError":
		return &types.InternalServiceError{Message: text}
	}
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}
