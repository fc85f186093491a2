package secretlife_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func TestEveryExceptionHasItsNameAndText(t *testing.T) {
	f := secretlife.Fault{Message: "text", Reason: secretlife.ErrInternal, ARN: "arn"}
	for code, e := range map[string]secretlife.Error{
		"ResourceNotFoundException":        &secretlife.ResourceNotFoundError{Fault: f},
		"ResourceExistsException":          &secretlife.ResourceExistsError{Fault: f},
		"InvalidParameterException":        &secretlife.InvalidParameterError{Fault: f},
		"InvalidRequestException":          &secretlife.InvalidRequestError{Fault: f},
		"LimitExceededException":           &secretlife.LimitExceededError{Fault: f},
		"MalformedPolicyDocumentException": &secretlife.MalformedPolicyDocumentError{Fault: f},
		"PublicPolicyException":            &secretlife.PublicPolicyError{Fault: f},
		"InvalidNextTokenException":        &secretlife.InvalidNextTokenError{Fault: f},
		"AccessDeniedException":            &secretlife.AccessDeniedError{Fault: f},
		"EncryptionFailure":                &secretlife.EncryptionError{Fault: f},
		"DecryptionFailure":                &secretlife.DecryptionError{Fault: f},
		"PreconditionNotMetException":      &secretlife.PreconditionNotMetError{Fault: f},
		"InternalServiceError":             &secretlife.InternalServiceError{Fault: f},
		"ValidationException":              &secretlife.ValidationError{Fault: f},
	} {
		require.Equal(t, code, e.ErrorCode())
		require.Equal(t, "text", e.ErrorMessage())
		require.Equal(t, code+": text", e.Error())
		require.Equal(t, "arn", e.Details().ARN)
		wrapped := fmt.Errorf("calling: %w", e)
		require.ErrorIs(t, wrapped, secretlife.ErrInternal)
		var again secretlife.Error
		require.ErrorAs(t, wrapped, &again)
	}
}

func TestInternalServiceErrorTellsItsCauseToTheServiceOnly(t *testing.T) {
	cause := errors.New("disk is gone")
	e := &secretlife.InternalServiceError{Fault: secretlife.Fault{Message: "An error occurred on the server side.", Reason: secretlife.ErrInternal}, Cause: cause}
	require.ErrorIs(t, e, cause)
	require.ErrorIs(t, e, secretlife.ErrInternal)
	require.NotContains(t, e.ErrorMessage(), "disk")
	require.Contains(t, e.Error(), "disk is gone")
}

func TestEveryReasonSaysWhatItMeans(t *testing.T) {
	seen := map[string]bool{}
	for r := secretlife.ErrSecretNotFound; r <= secretlife.ErrClockNotVirtual; r++ {
		require.NotContains(t, r.Error(), "Reason(")
		require.NotEqual(t, "secretlife: ", r.Error())
		require.False(t, seen[r.Error()])
		seen[r.Error()] = true
	}
	for _, none := range []secretlife.Reason{0, secretlife.ErrClockNotVirtual + 1} {
		require.Equal(t, fmt.Sprintf("Reason(%d)", none), none.Error())
	}
	require.NoError(t, (&secretlife.ResourceNotFoundError{}).Unwrap())
}
