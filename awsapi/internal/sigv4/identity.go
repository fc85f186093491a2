package sigv4

import (
	"time"

	"github.com/secretlife-go/secretlife"
)

// Identity says who makes a request, and in which Region. [Claim.Verify] makes
// it, and nothing else can; the zero value is nobody.
type Identity struct {
	accessKeyID string
	account     secretlife.Account
	region      secretlife.Region
	signature   *signature // nil where nothing is verified
}

// signature is a signature that was verified, and the date that it is for.
type signature struct {
	sum  [32]byte
	date time.Time
	// attempt tells attempts of an SDK apart that does not sign what tells them
	// apart; "" for others.
	attempt string
}

// Account returns the account of the access key.
func (i Identity) Account() secretlife.Account { return i.account }

// Region returns the Region of the credential scope.
func (i Identity) Region() secretlife.Region { return i.region }

// AccessKeyID returns the id of the access key; "" for a request that is not
// signed.
func (i Identity) AccessKeyID() string { return i.accessKeyID }

// Verified reports whether the request carries the signature of its key. It is
// false for every request where a Verifier has no keys.
func (i Identity) Verified() bool { return i.signature != nil }
