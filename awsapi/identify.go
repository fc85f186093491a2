package awsapi

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi/internal/sigv4"
)

// Credential is what the owner of an access key signs with.
type Credential struct {
	SecretAccessKey string
	// SessionToken must come with the request, unless it is empty.
	SessionToken string
	// Account is the account the key belongs to. If it is empty, it is the access
	// key id where that has twelve digits, and the Account of the Options otherwise.
	Account string
}

// serviceName is that of credential scopes.
const serviceName = "secretsmanager"

// verifier returns the verifier of signatures that the options ask for.
func (o *Options) verifier() sigv4.Verifier {
	v := sigv4.Verifier{Service: serviceName, Account: o.Account, Region: o.Region, Now: o.Wall}
	if o.Credentials != nil {
		v.Keys = func(id string) (sigv4.Key, bool) {
			c, ok := o.Credentials(id)
			return sigv4.Key(c), ok
		}
	}
	return v
}

// identify finds out who makes a request, and reads its body. The body of a
// request whose head is refused is not read.
func (a *API) identify(
	ctx context.Context, w http.ResponseWriter, r *http.Request, x *exchange,
) (sigv4.Identity, error) {
	claim, err := a.verifier.Read(r)
	if a.o.Credentials == nil {
		return a.believe(w, r, x, claim, err)
	}
	by := caller{source: sourceOf(r)}
	if claim.Known() {
		by.accessKeyID = claim.AccessKeyID()
	}
	if a.failures.tooMany(by, a.o.Wall()) {
		return sigv4.Identity{}, errFailures
	}
	if err == nil {
		if err := a.read(w, r, x); err != nil {
			return sigv4.Identity{}, err
		}
	}
	var who sigv4.Identity
	if err == nil {
		who, err = claim.Verify(x.body)
	}
	if err != nil {
		a.refused(ctx, "authentication failed", by, claim.AccessKeyID(), err)
	}
	return who, err
}

// believe takes a request for what it says, where nothing is verified.
func (a *API) believe(
	w http.ResponseWriter, r *http.Request, x *exchange, claim sigv4.Claim, wrong error,
) (sigv4.Identity, error) {
	if wrong != nil {
		return sigv4.Identity{}, wrong
	}
	if err := a.read(w, r, x); err != nil {
		return sigv4.Identity{}, err
	}
	return claim.Verify(x.body)
}

// useUp uses up the signature of a request that changes something.
func (a *API) useUp(ctx context.Context, r *http.Request, who sigv4.Identity) error {
	err := a.replays.Use(who)
	if err != nil {
		by := caller{source: sourceOf(r), accessKeyID: who.AccessKeyID(), replay: true}
		a.refused(ctx, "request refused", by, who.AccessKeyID(), err)
	}
	return err
}

// refused counts a request that was refused for its signature and logs why,
// without anything of the signature. The access key id is the one that the
// request names.
func (a *API) refused(ctx context.Context, what string, by caller, accessKeyID string, err error) {
	n := a.failures.add(by, a.o.Wall())
	if n == 0 || n > maxFailures {
		return
	}
	reason := err.Error()
	var e *sigv4.Error
	if errors.As(err, &e) {
		reason = e.Reason
	}
	a.o.Logger.WarnContext(ctx, what, "access_key_id", accessKeyID, "reason", reason, "source", by.source,
		"last_of_this_minute", n == maxFailures)
}

// sourceOf returns the address of the peer that sent a request; of an IPv6
// address the network, since a peer can have all addresses of one.
func sourceOf(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap().WithZone("")
	if network, err := addr.Prefix(64); err == nil && addr.Is6() {
		return network.String()
	}
	return addr.String()
}

// manager returns the Manager of the account and Region of an identity.
func (a *API) manager(who sigv4.Identity) (*secretlife.Manager, error) {
	m := a.m
	if who.Account() != m.Account() || who.Region() != m.Region() {
		var err error
		if m, err = m.In(who.Account().String(), who.Region().String()); err != nil {
			return nil, err
		}
	}
	if who.Verified() {
		m = m.OwnAccountOnly()
	}
	return m, nil
}
