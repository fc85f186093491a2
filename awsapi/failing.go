package awsapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/failure"
)

// Failure makes calls fail, or take time: see [API.Fail]. Package awsfake has the effects;
// JSON has all of it.
type Failure = failure.Rule

// Failures are those that apply, with the calls that each has counted.
type Failures = failure.Plan

// Fail makes calls of operations fail from now on, as f says, until end is called. It is for
// tests of clients. A failure applies after the request is parsed and its signature checked:
// a request that is refused for these is not counted. Calls that are refused with an
// exception or a status are in the Trail of the Options; calls that never came to the service,
// by a timeout or a cut connection, are not, as AWS would have no record of them.
//
// A timeout of [API.RoundTrip] waits for the deadline of the request's context. Without a
// deadline it ends at once, with a timeout. One of [API.ServeHTTP] ends when the client has
// gone, at the latest after Timeout.
func (a *API) Fail(f Failure) (end func(), err error) {
	id, err := a.o.Failures.Add(f)
	if err != nil {
		return nil, err
	}
	return func() { a.o.Failures.Remove(id) }, nil
}

// unanswered is why a request gets no response.
type unanswered struct{ error }

var (
	errCut     = unanswered{&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	errNothing = unanswered{&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}}
)

// injectedError is the response that a failure asks for.
type injectedError struct {
	secretlife.ErrorDetails
	code   string // of the exception; "" for a response without a body
	status int
}

// ErrorCode returns the name of the exception, or the text of the status.
func (e *injectedError) ErrorCode() string {
	if e.code == "" {
		return strings.ReplaceAll(http.StatusText(e.status), " ", "")
	}
	return e.code
}

// ClientFault reports whether the status says so.
func (e *injectedError) ClientFault() bool { return e.status < http.StatusInternalServerError }

func (e *injectedError) Error() string { return strings.TrimSuffix(e.ErrorCode()+": "+e.Message, ": ") }

// body is that of the response.
func (e *injectedError) body() []byte {
	switch e.code {
	case "":
		return nil
	case "ThrottlingException", "ValidationException":
		return frameworkError(e.code, e.Message)
	}
	return exception(e.code, e.Message)
}

// fail returns how a call fails, and the error if it is not to be carried out. It lets the
// latency of the call pass.
func (a *API) fail(r *http.Request, w http.ResponseWriter, m *secretlife.Manager, x *exchange) (failure.Effect, error) {
	if a.o.Failures.Empty() {
		return failure.Effect{}, nil
	}
	d := a.o.Failures.Next(failure.Call{
		Operation: x.call.Operation, SecretIDs: secretIDs(x.call.Operation, x.in), Caller: x.call.Caller,
		Account: m.Account().String(), Region: m.Region().String(),
	})
	if err := a.pause(r.Context(), d); err != nil {
		return failure.Effect{}, err
	}
	switch {
	case d.Effect.IsCut():
		return d.Effect, errCut
	case d.Effect.IsTimeout():
		return d.Effect, a.waitInVain(r.Context(), w)
	}
	if code, message, status, ok := d.Effect.Response(); ok {
		refused := &injectedError{secretlife.ErrorDetails{Message: message}, code, status}
		a.record(m, x, refused)
		return d.Effect, refused
	}
	return d.Effect, nil
}

// pause lets the latency of a call pass: on a virtual clock by setting it, else in real time.
func (a *API) pause(ctx context.Context, d failure.Decision) error {
	wait := d.RealLatency
	if clock, ok := a.m.Clock().(secretlife.SettableClock); ok && a.o.Virtual {
		clock.Set(a.m.Clock().Now().Add(d.Latency))
	} else {
		wait += d.Latency
	}
	return sleep(ctx, wait)
}

// sleep waits, and ends before if the context does.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return unanswered{ctx.Err()}
	}
}

// waitInVain waits until the client gives up.
func (a *API) waitInVain(ctx context.Context, w http.ResponseWriter) error {
	_, inProcess := w.(*answer)
	_, limited := ctx.Deadline()
	if inProcess && !limited {
		return errNothing
	}
	if inProcess {
		<-ctx.Done()
		return unanswered{ctx.Err()}
	}
	if err := sleep(ctx, a.o.Timeout); err != nil {
		return err
	}
	return errNothing
}

// secretIDs are the ids of secrets in a request, and for CreateSecret the name.
func secretIDs(op secretlife.Operation, in value) []string {
	name := "SecretId"
	switch op {
	case secretlife.OpCreateSecret:
		name = "Name"
	case secretlife.OpBatchGetSecretValue:
		list, _ := in.get("SecretIdList")
		var ids []string
		for _, id := range list.members {
			ids = append(ids, id.value.text)
		}
		return ids
	}
	if id, ok := in.get(name); ok {
		return []string{id.text}
	}
	return nil
}

// unansweredBy returns why a request gets no response, and nil if it gets one.
func unansweredBy(err error) error {
	var u unanswered
	if errors.As(err, &u) {
		return u.error
	}
	return nil
}
