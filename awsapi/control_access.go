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
	// RightRead allows GET clock, GET events, GET failures, GET pauses, GET snapshots and the
	// reasons in GET ready.
	RightRead Rights = 1 << iota
	// RightAdvance allows POST clock/advance and POST clock/set.
	RightAdvance
	// RightTrust allows POST clock/confirm and POST clock/withdraw.
	RightTrust
	// RightReset allows POST reset, POST snapshots, POST snapshots/restore and DELETE snapshots.
	RightReset
	// RightFail allows POST and DELETE of failures and of pauses, and POST step.
	RightFail

	// AllRights allows every control call.
	AllRights = RightRead | RightAdvance | RightTrust | RightReset | RightFail
)

var rightNames = map[string]Rights{
	"read": RightRead, "advance": RightAdvance, "trust": RightTrust, "reset": RightReset,
	"fail": RightFail, "all": AllRights,
}

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

// rights returns the rights of a request, or why it has none.
func (c ControlAccess) rights(r *http.Request, verified bool) (Rights, *refusal) {
	switch {
	case c.mode == bearers:
		return c.bearerRights(r.Header["Authorization"])
	case c.mode == nobody || c.mode == byCredentials && verified:
		return 0, notHere
	case headOf(r.Header).forwarded:
		return 0, notForProxies
	}
	return AllRights, nil
}

// bearerRights returns the rights of the token in the Authorization headers.
func (c ControlAccess) bearerRights(headers []string) (Rights, *refusal) {
	if len(headers) != 1 {
		return 0, noToken
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return 0, noToken
	}
	if rights := c.tokens().rights(token); rights != 0 {
		return rights, nil
	}
	return 0, badToken
}

// ControlTokens are the tokens that allow control calls, each with its rights.
// The zero value has none. They can't be read out of it: it keeps their digests.
type ControlTokens struct{ list []controlToken }

type controlToken struct {
	digest [sha256.Size]byte
	rights Rights
}

// rights returns the rights of a token. How long that takes does not depend on
// how much of the token is right.
func (t ControlTokens) rights(token string) Rights {
	digest := sha256.Sum256([]byte(token))
	var rights Rights
	for _, known := range t.list {
		equal := subtle.ConstantTimeCompare(digest[:], known.digest[:])
		rights |= Rights(equal) * known.rights
	}
	return rights
}

// shortestToken is the least number of characters of a token, so that it can't be
// guessed.
const shortestToken = 20

// ParseControlTokens reads tokens, one a line: the token, a space, and its rights,
// separated by commas. The rights are read, advance, trust, reset, fail, and all. Empty
// lines and lines that begin with # are skipped. Errors name the line and contain
// nothing of it.
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
	if len(fields) != 2 {
		return controlToken{}, errors.New("it must be a token, a space, and its rights, separated by commas")
	}
	if len(fields[0]) < shortestToken || strings.ContainsFunc(fields[0], notOfTokens) {
		return controlToken{}, fmt.Errorf("a token must have at least %d characters, of letters, digits and -._~+/=",
			shortestToken)
	}
	out := controlToken{digest: sha256.Sum256([]byte(fields[0]))}
	for name := range strings.SplitSeq(fields[1], ",") {
		right, ok := rightNames[name]
		if !ok {
			return controlToken{}, errors.New("the rights are read, advance, trust, reset, fail and all")
		}
		out.rights |= right
	}
	return out, nil
}

// notOfTokens reports whether a character can't be in a bearer token (RFC 6750).
func notOfTokens(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("-._~+/=", c):
		return false
	}
	return true
}
