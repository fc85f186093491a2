package failure

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Effect is how a call fails. Its zero value is that it does not. Effects are comparable.
type Effect struct {
	kind          kind
	code, message string // of an exception
	status        int    // of an HTTP response
}

type kind uint8

const (
	served kind = iota
	exception
	status
	timeout
	cut
	answerLost
)

// codes are what the JSON form and String call the effects that have no parameters.
var codes = map[kind]string{timeout: "timeout", cut: "cut", answerLost: "answer-lost"}

var codePattern = regexp.MustCompile(`^[A-Z][A-Za-z]{1,99}$`)

// internalError is the one exception in the API model that is not the client's fault.
const internalError = "InternalServiceError"

// Exception returns the effect that the call is refused with an AWS exception, such as
// "ResourceNotFoundException", and is not carried out. The status of the response is 400,
// or 500 for InternalServiceError. An empty message is AWS's for ThrottlingException and
// InternalServiceError.
func Exception(code, message string) Effect {
	e := Effect{kind: exception, code: code, message: message, status: http.StatusBadRequest}
	switch {
	case code == internalError:
		e.status = http.StatusInternalServerError
		if message == "" {
			e.message = "An error occurred on the server side."
		}
	case code == "ThrottlingException" && message == "":
		e.message = "Rate exceeded"
	}
	return e
}

// Throttling returns the effect that the call is refused as one too many.
func Throttling() Effect { return Exception("ThrottlingException", "") }

// Status returns the effect that the response has an HTTP status from 500 to 599 and no
// body, as one of a load balancer's, and that the call is not carried out.
func Status(code int) Effect { return Effect{kind: status, status: code} }

// Timeout returns the effect that the call is not carried out, and that the client waits
// for a response that does not come.
func Timeout() Effect { return Effect{kind: timeout} }

// Cut returns the effect that the connection ends before the call is carried out.
func Cut() Effect { return Effect{kind: cut} }

// AnswerLost returns the effect that the call is carried out, and that the connection ends
// before the response is sent: the client can't know what happened.
func AnswerLost() Effect { return Effect{kind: answerLost} }

// IsTimeout reports whether the client waits in vain.
func (e Effect) IsTimeout() bool { return e.kind == timeout }

// IsCut reports whether the connection ends before the call is carried out.
func (e Effect) IsCut() bool { return e.kind == cut }

// IsAnswerLost reports whether the call is carried out and its response is lost.
func (e Effect) IsAnswerLost() bool { return e.kind == answerLost }

// Response returns the exception and the HTTP status that the client gets, and false for
// effects without a response. The code is empty for an effect of [Status].
func (e Effect) Response() (code, message string, httpStatus int, ok bool) {
	return e.code, e.message, e.status, e.kind == exception || e.kind == status
}

// String returns the effect in a word or two.
func (e Effect) String() string {
	switch e.kind {
	case served:
		return "served"
	case exception:
		return strings.TrimSuffix(e.code+": "+e.message, ": ")
	case status:
		return fmt.Sprint("status ", e.status)
	}
	return codes[e.kind]
}

func (e Effect) check() error {
	switch {
	case e.kind == exception && !codePattern.MatchString(e.code):
		return fmt.Errorf("%q is not the name of an exception", e.code)
	case e.kind == exception && (e.status < 400 || e.status > 599):
		return fmt.Errorf("the status of an exception must be from 400 to 599, not %d", e.status)
	case e.kind == status && (e.status < 500 || e.status > 599):
		return fmt.Errorf("a status without an exception must be from 500 to 599, not %d", e.status)
	}
	return nil
}
