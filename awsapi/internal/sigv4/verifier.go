package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Key is what the owner of an access key signs with.
type Key struct {
	SecretAccessKey string
	// SessionToken must come with the request, unless it is empty.
	SessionToken string
	// Account is the account of the key; if it is empty, the account is the
	// access key id where that has twelve digits, and the Verifier's otherwise.
	Account string
}

// Verifier says whose requests are served.
type Verifier struct {
	// Service is the service that credential scopes must have.
	Service string
	// Account and Region are those of requests that don't say.
	Account, Region string
	// Keys finds an access key. If it is nil, nothing is verified: requests are
	// taken for what they say.
	Keys func(accessKeyID string) (Key, bool)
	// Now returns the time that dates of requests are compared with.
	Now func() time.Time
}

// maxSkew is how far the date of a request may be from the time.
const maxSkew = 5 * time.Minute

const (
	timeFormat = "20060102T150405Z"
	dayFormat  = "20060102"
)

// Claim is what the head of a request says about who makes it. [Claim.Verify]
// makes an Identity of it when the body is there.
type Claim struct {
	identity Identity
	open     bool // nothing is verified
	known    bool // there is such a key
	request  *http.Request
	signed   authorization
	date     time.Time
	service  string
	secret   string
}

// AccessKeyID returns the access key id that the request names, for the log; ""
// if it names none. Anybody can name any.
func (c Claim) AccessKeyID() string { return c.identity.accessKeyID }

// Known reports whether there is a key with that id, and nothing was wrong with
// the request before the key was looked up.
func (c Claim) Known() bool { return c.known }

// AccessKeyID returns the access key id that a request to the service names, and "" if it names none.
// Nothing is verified.
func (v Verifier) AccessKeyID(r *http.Request) string {
	signed, _ := parseAuthorization(r.Header.Get("Authorization"), v.Service)
	return signed.accessKeyID
}

// Read checks the head of a request: all but the signature. The error is an
// [*Error]. The claim has the access key id also with an error.
func (v Verifier) Read(r *http.Request) (Claim, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return Claim{}, errQuery
	}
	c := Claim{request: r, service: v.Service}
	switch headers := r.Header["Authorization"]; {
	case len(headers) > 1:
		return c, errTwoHeaders
	case len(headers) == 1:
		var err error
		c.signed, err = parseAuthorization(headers[0], v.Service)
		c.identity.accessKeyID = c.signed.accessKeyID
		if err != nil {
			return c, err
		}
		c.identity.region = c.signed.region
	case v.Keys != nil:
		return c, errNoAuthentication
	default:
		var err error
		if c.identity.region, err = secretlife.ParseRegion(v.Region); err != nil {
			return c, errDefaults
		}
	}
	if v.Keys == nil {
		c.open = true
		err := v.findAccount(&c.identity, "")
		return c, err
	}
	err := v.check(&c)
	return c, err
}

// check compares the head of a signed request with the time and its key.
func (v Verifier) check(c *Claim) error {
	c.signed.headers = strings.Split(c.signed.signed, ";")
	var err error
	if c.date, err = c.signed.checkDate(c.request, v.Now()); err != nil {
		return err
	}
	if err := c.signed.checkHeaders(c.request); err != nil {
		return err
	}
	key, known := v.Keys(c.signed.accessKeyID)
	if !known {
		return errUnknownKey
	}
	c.known, c.secret = true, key.SecretAccessKey
	token := strings.Join(c.request.Header.Values("X-Amz-Security-Token"), ",")
	if subtle.ConstantTimeCompare([]byte(token), []byte(key.SessionToken)) == 0 {
		return errSessionToken
	}
	return v.findAccount(&c.identity, key.Account)
}

// findAccount finds the account of an access key that may say its own.
func (v Verifier) findAccount(i *Identity, own string) (err error) {
	if own == "" {
		if own = v.Account; len(i.accessKeyID) == 12 { // most keys are longer
			if i.account, err = secretlife.ParseAccount(i.accessKeyID); err == nil {
				return nil
			}
		}
	}
	if i.account, err = secretlife.ParseAccount(own); err != nil {
		return errDefaults
	}
	return nil
}

// Verify checks the signature of the request, which covers its body. The error
// is an [*Error].
func (c Claim) Verify(body []byte) (Identity, error) {
	switch {
	case c.open:
		return c.identity, nil
	case !c.known: // Read returned an error
		return Identity{}, errNoAuthentication
	}
	hash := sha256.Sum256(body)
	bodyHash := hex.EncodeToString(hash[:])
	said := c.request.Header.Values("X-Amz-Content-Sha256")
	if len(said) > 0 && !slices.Equal(said, []string{bodyHash}) {
		return Identity{}, mismatch("the payload is not signed, or it is another one")
	}
	canonical, ok := c.signed.canonical(c.request, bodyHash)
	if !ok {
		return Identity{}, mismatch("a signed header is missing")
	}
	sum := c.signed.sign(canonical, c.date, c.service, c.secret)
	if !hmac.Equal([]byte(c.signed.sum), []byte(hex.EncodeToString(sum[:]))) {
		return Identity{}, mismatch("the signature is wrong")
	}
	i := c.identity
	i.signature = &signature{sum, c.date, c.signed.attempt(c.request)}
	return i, nil
}

// attempt returns the headers by which an SDK tells its calls and its attempts
// at a call apart, if it does not sign them: botocore (boto3, the AWS CLI) adds
// the first two after signing, and the SDK for PHP leaves the others out.
func (a authorization) attempt(r *http.Request) string {
	for _, names := range [][2]string{{"amz-sdk-invocation-id", "amz-sdk-request"},
		{"aws-sdk-invocation-id", "aws-sdk-retry"}} {
		if id := r.Header.Get(names[0]); id != "" && !slices.Contains(a.headers, names[0]) {
			return id + "\n" + r.Header.Get(names[1])
		}
	}
	return ""
}

// checkDate finds the date of a request and compares it with the time.
func (a authorization) checkDate(r *http.Request, now time.Time) (time.Time, error) {
	date, ok := a.date(r)
	if !ok {
		return date, errNoDate
	}
	if day := date.Format(dayFormat); a.day != day {
		return date, invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '"+
			a.day+"' != '"+day+"', from '"+date.Format(timeFormat)+"'.", "the credential scope is for another day")
	}
	return date, checkAge(date, now.UTC())
}

// checkAge checks that a signature is valid at a time.
func checkAge(date, now time.Time) error {
	stamp := func(t time.Time) string { return t.Format(timeFormat) }
	earliest, latest := now.Add(-maxSkew), now.Add(maxSkew)
	switch {
	case date.Before(earliest.Truncate(time.Second)):
		return invalid("Signature expired: "+stamp(date)+" is now earlier than "+
			stamp(earliest)+" ("+stamp(now)+" - 5 min.)",
			"the signature has expired")
	case date.After(latest):
		return invalid("Signature not yet current: "+stamp(date)+" is still later than "+
			stamp(latest)+" ("+stamp(now)+" + 5 min.)",
			"the signature is not yet current")
	}
	return nil
}

// date returns the X-Amz-Date of a request, or its Date, which then must be
// signed.
func (a authorization) date(r *http.Request) (time.Time, bool) {
	switch amz := r.Header.Values("X-Amz-Date"); {
	case len(amz) == 1:
		date, err := time.Parse(timeFormat, amz[0])
		return date, err == nil && date.Format(timeFormat) == amz[0]
	case len(amz) > 1:
		return time.Time{}, false
	}
	dates := r.Header.Values("Date")
	if len(dates) != 1 || !slices.Contains(a.headers, "date") {
		return time.Time{}, false
	}
	date, err := http.ParseTime(dates[0])
	return date.UTC(), err == nil
}

// checkHeaders checks that the signature covers all that says what is to be
// done.
func (a authorization) checkHeaders(r *http.Request) error {
	for i, name := range a.headers {
		if i > 0 && name <= a.headers[i-1] {
			return mismatch("the signed headers are not in ascending order")
		}
	}
	// The list can be long, and the headers many: both are a stranger's.
	signed := func(name string) bool { _, ok := slices.BinarySearch(a.headers, name); return ok }
	if !signed("host") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
			"the Host header is not signed")
	}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && !signed(lower) {
			return invalid("'"+name+"' must be a 'SignedHeader' in the AWS Authorization.",
				"a header of AWS's is not signed")
		}
	}
	return nil
}
