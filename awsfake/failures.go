package awsfake

import "github.com/secretlife-go/secretlife/internal/failure"

// Failure says which calls fail, and how. Fields that are not set match every call, and
// Times: 0 is all of them:
//
//	awsfake.Failure{Operation: secretlife.OpPutSecretValue, Skip: 1, Times: 1, Effect: awsfake.AnswerLost()}
type Failure = failure.Rule

// Effect is how a call fails.
type Effect = failure.Effect

// Fail makes calls of clients fail as failure says, from now on, until the function that it
// returns is called. Each failure counts the calls that match it, whatever others do; of those
// that apply to a call the first decides. The test fails if the failure can't be followed.
//
// Clients make one attempt at a call, unless the Options say otherwise. What the SDK refuses
// itself, such as a request without a SecretId, is no call.
func (f *Fake) Fail(failure Failure) (end func()) {
	f.t.Helper()
	if f.following != nil { // the clock has the time that is
		failure.RealLatency += failure.Latency
		failure.Latency = 0
	}
	end, err := f.api.Load().Fail(failure)
	if err != nil {
		f.t.Fatalf("awsfake: Fail: %v", err)
	}
	return end
}

// Exception refuses a call with an AWS exception, such as "ResourceNotFoundException", which
// the SDK returns as its type. The call is not carried out.
func Exception(code, message string) Effect { return failure.Exception(code, message) }

// Throttling refuses a call with a ThrottlingException, as one too many. The call is not
// carried out.
func Throttling() Effect { return failure.Throttling() }

// Status responds with an HTTP status from 500 to 599 and no body, as a load balancer may.
// The call is not carried out.
func Status(code int) Effect { return failure.Status(code) }

// Timeout sends no response, and the call is not carried out. It fails with the context's
// error at the deadline of the caller's context; without a deadline it fails at once, with an
// error that is a timeout ([os.ErrDeadlineExceeded]).
func Timeout() Effect { return failure.Timeout() }

// Cut ends the connection before the call is carried out.
func Cut() Effect { return failure.Cut() }

// AnswerLost carries a call out, and ends the connection before the response. The client
// can't know what happened; it may repeat the call with the same ClientRequestToken, as the
// SDK's retries do.
func AnswerLost() Effect { return failure.AnswerLost() }
