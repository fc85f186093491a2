package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi/internal/sigv4"
)

// protocolError is a request that the protocol refuses, before any operation.
type protocolError struct {
	status int
	code   string
	text   string
}

func (e *protocolError) Error() string { return e.code + ": " + e.text }

// The texts are ours where AWS's are not known.
var (
	errPath = &protocolError{http.StatusNotFound, "UnknownOperationException",
		"The Secrets Manager API is at path /."}
	errMethod = &protocolError{http.StatusMethodNotAllowed, "UnknownOperationException",
		"The Secrets Manager API takes POST requests only."}
	errContentType = &protocolError{http.StatusUnsupportedMediaType, "UnsupportedMediaTypeException",
		"The content type must be application/x-amz-json-1.1."}
	errNoTarget = &protocolError{http.StatusBadRequest, "UnknownOperationException",
		"There must be one X-Amz-Target header: secretsmanager.<Operation>."}
	errHeaders = &protocolError{http.StatusRequestHeaderFieldsTooLarge, "RequestHeaderFieldsTooLargeException",
		fmt.Sprintf("The request must have at most %d header fields.", maxHeaders)}
	errSlow = &protocolError{http.StatusRequestTimeout, "RequestTimeoutException",
		"The request body did not arrive in time."}
	errUnread = &protocolError{http.StatusBadRequest, "SerializationException",
		"The request body could not be read."}
	errBusy = &protocolError{http.StatusServiceUnavailable, "ThrottlingException",
		"Rate exceeded: the requests at this moment take all memory that there is for them. Try again."}
	errUnknownOperation = &protocolError{http.StatusBadRequest, "UnknownOperationException",
		"The operation in X-Amz-Target is not one of Secrets Manager."}
)

// errFailures is for clients whose requests failed authentication too often.
var errFailures = &protocolError{http.StatusBadRequest, "ThrottlingException",
	"Rate exceeded: too many requests failed authentication. Try again in a minute."}

func serialization(format string, args ...any) error {
	return &protocolError{http.StatusBadRequest, "SerializationException", fmt.Sprintf(format, args...)}
}

func tooLarge(limit int64) *protocolError {
	return &protocolError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException",
		fmt.Sprintf("The request body must have at most %d bytes.", limit)}
}

// exception is the body of an error of the API model.
func exception(code, text string) []byte { return faultBody("Message", code, text) }

// frameworkError is the body of an error of AWS's framework, which spells one member otherwise.
func frameworkError(code, text string) []byte { return faultBody("message", code, text) }

func faultBody(member, code, text string) []byte {
	return encode(func(e *encoder) {
		e.text("__type", code)
		e.optional(member, text)
	})
}

// fault is the answer to an error. What went wrong inside goes to the log and
// not to the client.
func (a *API) fault(ctx context.Context, r *http.Request, err error) (int, []byte) {
	var protocol *protocolError
	if errors.As(err, &protocol) {
		return protocol.status, frameworkError(protocol.code, protocol.text)
	}
	var signature *sigv4.Error
	if errors.As(err, &signature) {
		status := http.StatusBadRequest
		if signature.Code == "InternalServiceError" {
			status = http.StatusInternalServerError
		}
		return status, frameworkError(signature.Code, signature.Message)
	}
	var asked *injectedError
	if errors.As(err, &asked) {
		return asked.status, asked.body()
	}
	var invalid *secretlife.ValidationError
	var throttled *secretlife.ThrottlingError
	var refused secretlife.Error
	switch {
	case !errors.As(err, &refused) || refused.ErrorCode() == "InternalServiceError":
		return a.internal(ctx, r, err)
	case errors.As(refused, &invalid), errors.As(refused, &throttled):
		return http.StatusBadRequest, frameworkError(refused.ErrorCode(), refused.ErrorMessage())
	}
	return http.StatusBadRequest, exception(refused.ErrorCode(), refused.ErrorMessage())
}

// tellReason has a header say that a refusal is beyond AWS: that a hold or a protection is why. Responses
// that AWS gives, too, don't have it.
func tellReason(w http.ResponseWriter, err error) {
	const header = "X-Secretlife-Reason"
	switch {
	case errors.Is(err, secretlife.ErrHeld):
		w.Header().Set(header, "held")
	case errors.Is(err, secretlife.ErrProtected):
		w.Header().Set(header, "protected")
	}
}

// internal responds with InternalServiceError to a failure of the service's own. SDKs
// then repeat the call with the same ClientRequestToken, which is safe where the
// outcome is unknown, too. A caller that has gone is logged only where the store was
// writing.
func (a *API) internal(ctx context.Context, r *http.Request, err error) (int, []byte) {
	if !errors.Is(err, context.Canceled) || errors.Is(err, secretlife.ErrOutcomeUnknown) {
		a.o.Logger.ErrorContext(ctx, "operation failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
	}
	return http.StatusInternalServerError,
		exception("InternalServiceError", textInternal)
}

// textInternal is what clients are told of what went wrong inside.
const textInternal = "An error occurred on the server side."
