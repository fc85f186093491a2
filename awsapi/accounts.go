package awsapi

import (
	"net/http"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi/internal/sigv4"
)

// Accounts is a handler over several APIs: it hands each request to the one of its account. The
// account of an operation is that of its access key; signatures are not verified for this. That of a
// control call is the parameter account in its URL.
type Accounts struct {
	account secretlife.Account
	of      func(secretlife.Account) (*API, error)
}

// ByAccount returns a handler for the APIs that of returns. Requests that name no account are for the
// account given. of is called for every request, and must be safe for concurrent use. An error of
// it is an InternalServiceError.
func ByAccount(account secretlife.Account, of func(secretlife.Account) (*API, error)) *Accounts {
	return &Accounts{account, of}
}

// ServeHTTP responds to an operation of the API or a control call.
func (a *Accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if api := a.api(w, r); api != nil {
		api.ServeHTTP(w, r)
	}
}

// ControlHandler returns a handler that serves the control calls and nothing else, as that of
// an API does.
func (a *Accounts) ControlHandler(access ControlAccess) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api := a.api(w, r); api != nil {
			api.ControlHandler(access).ServeHTTP(w, r)
		}
	})
}

// api returns the API for a request. Where that fails it responds, and returns nil.
func (a *Accounts) api(w http.ResponseWriter, r *http.Request) *API {
	var name string
	if isControl(r.URL.Path) {
		name = r.URL.Query().Get(account)
	} else {
		name = sigv4.Verifier{Service: serviceName}.AccessKeyID(r)
	}
	of, err := secretlife.ParseAccount(name)
	if err != nil {
		of = a.account
	}
	api, err := a.of(of)
	if err != nil {
		sayError(w, http.StatusInternalServerError, "InternalServiceError")
		return nil
	}
	return api
}
