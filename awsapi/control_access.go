package awsapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Rights are what a caller of control calls may do.
type Rights uint8

// The rights.
const (
	// RightRead allows GET access, GET clock, GET events, GET failures, GET holds, GET pauses,
	// GET protection, GET snapshots and the reasons in GET ready.
	RightRead Rights = 1 << iota
	// RightAdvance allows POST clock/advance and POST clock/set.
	RightAdvance
	// RightTrust allows POST clock/confirm and POST clock/withdraw.
	RightTrust
	// RightReset allows POST reset, POST snapshots, POST snapshots/restore and DELETE snapshots.
	RightReset
	// RightFail allows POST and DELETE of failures and of pauses, and POST step.
	RightFail
	// RightHold allows POST and DELETE of holds, and POST protection.
	RightHold

	// AllRights allows every control call.
	AllRights = RightRead | RightAdvance | RightTrust | RightReset | RightFail | RightHold
)

var rightNames = map[string]Rights{
	"read": RightRead, "advance": RightAdvance, "trust": RightTrust, "reset": RightReset,
	"fail": RightFail, "hold": RightHold, "all": AllRights,
}

const textRights = "the rights are read, advance, trust, reset, fail, hold and all"

// has reports whether all of some rights are among these.
func (r Rights) has(some Rights) bool { return r&some == some }

// ControlAccess says who may make control calls. The zero value is
// [ControlForAll] if [Options].Credentials is nil, and [ControlForNobody] if it is
// set.
type ControlAccess struct {
	mode   accessMode
	tokens func() ControlTokens
}

type accessMode uint8

const (
	byCredentials accessMode = iota
	everyone
	nobody
	bearers
)

// ControlForAll allows every control call to every client that reaches the
// handler, but to none through a proxy. It is for handlers that only trusted
// clients reach, such as that of a Unix socket.
func ControlForAll() ControlAccess { return ControlAccess{mode: everyone} }

// ControlForNobody refuses all control calls but health and ready.
func ControlForNobody() ControlAccess { return ControlAccess{mode: nobody} }

// ControlForTokens allows control calls to clients that send a token with the
// right for them, as Authorization: Bearer TOKEN. tokens is called for each call,
// so that tokens can be replaced; it must be safe for concurrent use.
func ControlForTokens(tokens func() ControlTokens) ControlAccess {
	return ControlAccess{bearers, tokens}
}

// refusal is why a control call was refused.
type refusal struct {
	status int
	// challenge is the WWW-Authenticate header, if there is one.
	challenge string
	text      string
}

var (
	notHere = &refusal{
		status: http.StatusForbidden,
		text:   "control calls are not served at this address",
	}
	notForProxies = &refusal{
		status: http.StatusForbidden,
		text:   "control calls that a proxy passes on need a token, and none is set up",
	}
	noToken = &refusal{
		status:    http.StatusUnauthorized,
		challenge: `Bearer realm="secretlife control"`,
		text:      "this control call needs a token: Authorization: Bearer TOKEN",
	}
	badToken = &refusal{
		status:    http.StatusUnauthorized,
		challenge: `Bearer realm="secretlife control", error="invalid_token"`,
		text:      "the control token is not valid",
	}
	noRight = &refusal{
		status:    http.StatusForbidden,
		challenge: `Bearer realm="secretlife control", error="insufficient_scope"`,
		text:      "the control token does not have the right for this call",
	}
)

// controlCaller is who makes a control call.
type controlCaller struct {
	rights Rights
	// token names the token that was sent, "" where none is needed.
	token string
}

// caller returns who makes a request, or why it is refused.
func (c ControlAccess) caller(r *http.Request, verified bool) (controlCaller, *refusal) {
	switch {
	case c.mode == bearers:
		return c.bearer(r.Header["Authorization"])
	case c.mode == nobody || c.mode == byCredentials && verified:
		return controlCaller{}, notHere
	case headOf(r).forwarded:
		return controlCaller{}, notForProxies
	}
	return controlCaller{rights: AllRights}, nil
}

// bearer returns who sends the token in the Authorization headers.
func (c ControlAccess) bearer(headers []string) (controlCaller, *refusal) {
	if len(headers) != 1 {
		return controlCaller{}, noToken
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return controlCaller{}, noToken
	}
	if who := c.tokens().caller(token); who.rights != 0 {
		return who, nil
	}
	return controlCaller{}, badToken
}

// ControlTokens are the tokens that allow control calls, each with its rights.
// The zero value has none. They can't be read out of it: it keeps their digests.
type ControlTokens struct{ list []controlToken }

type controlToken struct {
	digest [sha256.Size]byte
	controlCaller
}

// caller returns who has a token. How long that takes does not depend on how much of the token
// is right.
func (t ControlTokens) caller(token string) (who controlCaller) {
	digest := sha256.Sum256([]byte(token))
	for _, known := range t.list {
		if subtle.ConstantTimeCompare(digest[:], known.digest[:]) == 1 {
			who = known.controlCaller
		}
	}
	return who
}

// shortestToken is the least number of characters of a token, so that it can't be
// guessed.
const shortestToken = 20

// longestTokenName is the largest number of characters of the name of a token.
const longestTokenName = 64

// ParseControlTokens reads tokens, one a line: the token, its rights, separated by commas, and
// the name of its owner if it is to have one, with spaces between them. The rights are read,
// advance, trust, reset, fail, hold, and all. Empty lines and lines that begin with # are skipped.
// Errors name the line and contain nothing of it.
//
// The name is what records of control calls say of the caller. Tokens of one name are one
// principal for holds; a token without a name goes by the begin of its SHA-256.
func ParseControlTokens(text string) (ControlTokens, error) {
	var out ControlTokens
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		token, err := parseControlToken(line)
		if err == nil && slices.ContainsFunc(out.list, func(t controlToken) bool { return t.digest == token.digest }) {
			err = errors.New("the token is there already")
		}
		if err != nil {
			return ControlTokens{}, fmt.Errorf("line %d: %w", n, err)
		}
		out.list = append(out.list, token)
	}
	if len(out.list) == 0 {
		return ControlTokens{}, errors.New("there is no token")
	}
	return out, nil
}

func parseControlToken(line string) (controlToken, error) {
	fields := strings.Fields(line)
	if len(fields) != 2 && len(fields) != 3 {
		return controlToken{}, errors.New("it must be a token, its rights, separated by commas, and a name if it is to " +
			"have one, with spaces between them")
	}
	if len(fields[0]) < shortestToken || strings.ContainsFunc(fields[0], notOfTokens) {
		return controlToken{}, fmt.Errorf("a token must have at least %d characters, of letters, digits and -._~+/=",
			shortestToken)
	}
	out := controlToken{digest: sha256.Sum256([]byte(fields[0]))}
	out.token = fmt.Sprintf("sha256:%x", out.digest[:6])
	if len(fields) == 3 {
		if out.token = fields[2]; len(out.token) > longestTokenName || strings.ContainsFunc(out.token, notOfNames) {
			return controlToken{}, fmt.Errorf("a name must have at most %d characters, of letters, digits and -._@",
				longestTokenName)
		}
	}
	for name := range strings.SplitSeq(fields[1], ",") {
		right, ok := rightNames[name]
		if !ok {
			return controlToken{}, errors.New(textRights)
		}
		out.rights |= right
	}
	return out, nil
}

// notOfNames reports whether a character can't be in the name of a token.
func notOfNames(c rune) bool { return c != '@' && (notOfTokens(c) || strings.ContainsRune("~+/=", c)) }

// notOfTokens reports whether a character can't be in a bearer token (RFC 6750).
func notOfTokens(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("-._~+/=", c):
		return false
	}
	return true
}
