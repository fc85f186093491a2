package awsapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/awsapi/internal/sigv4"
	"github.com/secretlife-go/secretlife/internal/pack"
)

// Options are what [New] can be told. Their zero values are good defaults.
type Options struct {
	// Purger does the background work of Settle and of the control call that
	// advances the clock. Without one there is neither.
	Purger *secretlife.Purger
	// Settle does the work that is due at the present instant after every
	// operation, before its answer is sent; it needs a Purger. With a virtual clock this makes the
	// background finish by itself: a secret deleted by force is gone with the
	// call, unless there is a purge delay, and a replica is in sync at the next.
	Settle bool
	// Virtual says that the clock may be advanced by a control call.
	Virtual bool
	// Reset empties the store, or does what else a Reset says; without it the control call is
	// refused.
	Reset func(context.Context, Reset) error
	// Snapshots keeps states of the store and the clock; without it these control calls are
	// refused.
	Snapshots Snapshots
	// Isolated says that this API is for one account alone, whose store and clock no other
	// account has: see [ByAccount]. Control calls can then be about the account.
	Isolated bool
	// AllowReset allows the control calls that reset, take snapshots, or have calls fail with a
	// real clock too.
	AllowReset bool
	// Failures are the calls that fail; by default those of this API alone.
	Failures *Failures
	// Account and Region are those of requests that don't say; by default those
	// of the Manager, which are 123456789012 and us-east-1 by default.
	Account string
	Region  string
	// Credentials finds the credential of an access key. If it is set, every
	// operation must be signed with one (Signature Version 4, in the Authorization
	// header), within five minutes. Calls on secrets of another account are then
	// refused whatever the secret's resource policy says, because policies are not
	// evaluated. If it is nil, requests are taken for what their Authorization
	// headers say, and signatures are not verified.
	// It must be safe for concurrent use.
	Credentials func(accessKeyID string) (Credential, bool)
	// AllowReplay allows the same signed request to change something more than
	// once. Without it, the signatures of requests that change something are
	// remembered for as long as they are valid, by this API and in memory, and a
	// second request with one is refused. Calls of SDKs, and their attempts at a
	// call, have ids by which they are told apart; a client that sends the same
	// bytes again needs this option.
	AllowReplay bool
	// Control says who may make the control calls of ServeHTTP and RoundTrip: by
	// default every client if Credentials is nil, and nobody if it is set.
	Control ControlAccess
	// Trail has the records of refused calls and reads, which the control call for events
	// shows if it is asked to. Its Observer must be the Manager's, or part of it. The API
	// itself adds the calls that it refuses for their members. Without it the control call
	// shows saved events only.
	Trail *secretlife.Trail
	// Ledger is the access ledger that its control call shows. Its Observer must be the
	// Manager's, or part of it. Without it the control call is refused.
	Ledger *access.Ledger
	// Served, if set, receives every request for an operation after it was carried out, refused,
	// or made to fail, before its response is sent. Requests that are refused before their body
	// is read as JSON, such as those with a wrong signature, are not among them. It is called
	// concurrently, and must not block.
	Served func(ctx context.Context, r Request)
	// Hosts are the names and addresses that the Host header of a request to
	// ServeHTTP may have, beside localhost and loopback addresses. This keeps out web
	// pages whose owner makes a name of theirs lead to this address (DNS rebinding).
	// An unspecified address, such as "0.0.0.0", stands for all addresses, which no
	// page can make lead elsewhere.
	Hosts []string
	// LocalOnly refuses requests to ServeHTTP that this machine did not send itself:
	// those from other addresses than loopback ones, and those that a proxy passed
	// on, as its headers say (Forwarded, X-Forwarded-*, X-Real-IP, Via).
	LocalOnly bool
	// Wall is the time that signatures are checked against, by default the
	// machine's: never the virtual clock, which clients know nothing of.
	Wall func() time.Time
	// MaxBody is the largest request body in bytes; by default 1 MiB, which holds
	// the largest value in any notation.
	MaxBody int64
	// MaxMemory is how many bytes all requests together may take at once: their
	// heads and bodies, the JSON that is read from these, and what is on its way to
	// clients. By default, it is 64 MiB, and it is at least 1 MiB and eight times
	// MaxBody. Requests for which there is no room get a ThrottlingException with
	// status 503, so SDKs try again. The last quarter is for requests that take less
	// than 64 KiB each.
	MaxMemory int64
	// Timeout is how long an operation, a control call, or a page of events may
	// take; by default 30 seconds. The control call that advances the clock takes as
	// long as the work does, or as its request says.
	Timeout time.Duration
	// ReadTimeout is how long a client may take to send the body of a request, and
	// WriteTimeout how long it may take to receive each part of the answer; by
	// default 30 seconds. How long it may take for the head is the http.Server's.
	ReadTimeout, WriteTimeout time.Duration
	// Logger receives what is not told to clients: internal errors. By default
	// nothing is logged.
	Logger *slog.Logger
}

// API serves the Secrets Manager API. It is safe for concurrent use and keeps no
// goroutine.
type API struct {
	m      *secretlife.Manager
	o      Options
	memory *memory
	// exchanges has those whose memory can be used again.
	exchanges sync.Pool
	lost      unreported
	pauses    pauses

	verifier sigv4.Verifier
	replays  *sigv4.Replays
	failures *failures
	health   *health
}

var (
	_ http.Handler      = (*API)(nil)
	_ http.RoundTripper = (*API)(nil)
)

const (
	defaultMaxBody   = 1 << 20
	defaultMaxMemory = 64 << 20
	leastMaxMemory   = 1 << 20
	defaultTimeout   = 30 * time.Second
	// maxHeaders is how many header fields a request may have; SDKs send a dozen.
	maxHeaders = 100
)

// New makes an API over a Manager. Each edit changes the options in turn. The error says
// which option is wrong.
func New(m *secretlife.Manager, edits ...func(*Options)) (*API, error) {
	if m == nil {
		return nil, errors.New("awsapi: New needs a Manager")
	}
	var o Options
	for _, edit := range edits {
		edit(&o)
	}
	if o.Account == "" {
		o.Account = m.Account().String()
	}
	if o.Region == "" {
		o.Region = m.Region().String()
	}
	if _, err := m.In(o.Account, o.Region); err != nil {
		return nil, fmt.Errorf("awsapi: Options.Account and Options.Region: %w", err)
	}
	if o.Settle && o.Purger == nil {
		return nil, errors.New("awsapi: Options.Settle needs Options.Purger")
	}
	if o.Failures == nil {
		o.Failures = new(Failures)
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.MaxMemory <= 0 {
		o.MaxMemory = defaultMaxMemory
	}
	for _, d := range []*time.Duration{&o.Timeout, &o.ReadTimeout, &o.WriteTimeout} {
		if *d <= 0 {
			*d = defaultTimeout
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &API{
		m:        m.RequireTokens(),
		o:        o,
		memory:   &memory{limit: max(o.MaxMemory, 8*o.MaxBody, leastMaxMemory)},
		verifier: o.verifier(),
		replays:  sigv4.NewReplays(o.Wall),
		failures: newFailures(),
		health:   newHealth(),
	}, nil
}

// ServeHTTP responds to an operation of the API or a control call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil { // not from a server
		r = r.WithContext(r.Context())
		r.Body = http.NoBody
	}
	w = timedWriter{w, a.o.WriteTimeout}
	h := headOf(r)
	if a.admits(w, r, h) && a.serve(w, r, h) != nil {
		panic(http.ErrAbortHandler) // which closes the connection
	}
}

// admits reports whether a request came in a way that is served, and responds to it
// if not.
func (a *API) admits(w http.ResponseWriter, r *http.Request, h head) bool {
	switch {
	case !a.knows(r.Host):
		discard(w, r)
		http.Error(w, "this server does not go by the name in the Host header; Options.Hosts, or serve --allow-host, "+
			"allows it", http.StatusMisdirectedRequest)
	case a.o.LocalOnly && !fromHere(r, h):
		discard(w, r)
		http.Error(w, "this server serves its own machine only, and no proxies", http.StatusForbidden)
	default:
		return true
	}
	return false
}

// serve responds to an operation of the API or a control call. It returns why there is no
// response, where a failure asks for none.
func (a *API) serve(w http.ResponseWriter, r *http.Request, in head) error {
	if isControl(r.URL.Path) {
		a.control(w, r, a.o.Control)
		return nil
	}
	x := a.exchange()
	defer a.done(r, x)
	err := a.operate(w, r, in, x)
	status, body := http.StatusOK, x.encoder.out
	if err != nil {
		if none := unansweredBy(err); none != nil {
			return none
		}
		discard(w, r)
		tellReason(w, err)
		status, body = a.fault(r.Context(), r, err)
	}
	retryAfter(w, status)
	x.share.add(int64(len(body)))
	values := []string{requestID(), strconv.Itoa(len(body))}
	h := w.Header()
	h["Content-Type"], h["X-Amzn-Requestid"], h["Content-Length"] = contentTypes, values[:1:1], values[1:]
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}

// retryAfter tells clients when to try again what there was no room for.
func retryAfter(w http.ResponseWriter, status int) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
}

const contentType = "application/x-amz-json-1.1"

// contentTypes is a header's value, which nobody changes.
var contentTypes = []string{contentType}

// operate carries out the operation a request asks for.
func (a *API) operate(w http.ResponseWriter, r *http.Request, h head, x *exchange) error {
	if err := x.share.takeHead(h); err != nil {
		return err
	}
	op, err := operationOf(r, h)
	if err != nil {
		if errors.Is(err, errMethod) {
			w.Header().Set("Allow", http.MethodPost)
		}
		return err
	}
	who, err := a.identify(r.Context(), w, r, x)
	if err != nil {
		return err
	}
	if !op.ReadOnly() && !a.o.AllowReplay {
		if err := a.useUp(r.Context(), r, who); err != nil {
			return err
		}
	}
	m, err := a.manager(who)
	if err != nil {
		return err
	}
	if err := x.parse(); err != nil {
		return err
	}
	x.call.Operation, x.call.Caller = op, callerOf(r, h, who)
	return a.respond(w, r, m, x)
}

// respond carries out a call and writes the body of the response, unless a failure says
// otherwise.
func (a *API) respond(w http.ResponseWriter, r *http.Request, m *secretlife.Manager, x *exchange) error {
	if a.o.Served != nil {
		x.call.Time = m.Clock().Now()
	}
	effect, err := a.fail(r, w, m, x)
	if err == nil {
		err = a.carryOut(r.Context(), m, x)
	}
	if effect.IsAnswerLost() {
		err = errCut
	}
	a.served(r.Context(), m, x, effect, err)
	return err
}

// carryOut has the Manager carry out a call, and does what is due then.
func (a *API) carryOut(ctx context.Context, m *secretlife.Manager, x *exchange) error {
	timed := withTimeout(ctx, a.o.Timeout)
	defer timed.stop()
	err := operations[x.call.Operation](secretlife.WithCaller(timed, x.call.Caller), m, x)
	a.settle(timed)
	if err != nil {
		a.recordUnread(m, x, err)
	}
	return err
}

// settle does what is due at this instant. What fails is tried again later, and
// is no concern of the caller's.
func (a *API) settle(ctx context.Context) {
	if !a.o.Settle {
		return
	}
	if _, err := a.o.Purger.RunDue(ctx); err != nil {
		a.o.Logger.WarnContext(ctx, "background work failed", "error", err)
	}
}

// operationOf finds the operation of a request, or what is wrong with its head.
func operationOf(r *http.Request, h head) (secretlife.Operation, error) {
	if h.fields > maxHeaders {
		return 0, errHeaders
	}
	if r.URL.Path != "/" && r.URL.Path != "" {
		return 0, errPath
	}
	if r.Method != http.MethodPost {
		return 0, errMethod
	}
	if t := r.Header["Content-Type"]; len(t) > 0 && t[0] != "" && t[0] != contentType {
		media, _, err := mime.ParseMediaType(t[0])
		if err != nil || media != contentType && media != "application/x-amz-json-1.0" && media != "application/json" {
			return 0, errContentType
		}
	}
	targets := r.Header["X-Amz-Target"]
	if len(targets) != 1 || targets[0] == "" {
		return 0, errNoTarget
	}
	name, ok := strings.CutPrefix(targets[0], "secretsmanager.")
	if !ok {
		return 0, errUnknownOperation
	}
	op, ok := secretlife.ParseOperation(name)
	if !ok {
		return 0, errUnknownOperation
	}
	return op, nil
}

// requestID is a random UUID.
func requestID() string {
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	return pack.RandomUUID(b)
}
