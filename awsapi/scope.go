package awsapi

import (
	"net/http"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// manager is the Manager of the account and Region a request is signed for. The
// account of the key it was verified with goes before.
func (a *API) manager(r *http.Request, verified string) (*secretlife.Manager, error) {
	account, region := a.o.Account, a.o.Region
	headers := r.Header["Authorization"]
	if len(headers) > 1 {
		return nil, errAuthorization
	}
	if key, signedFor, ok := credentialScope(strings.Join(headers, "")); ok {
		if _, err := secretlife.ParseRegion(signedFor); err != nil {
			return nil, errScope
		}
		region = signedFor
		if _, err := secretlife.ParseAccount(key); err == nil {
			account = key
		}
	}
	if verified != "" {
		account = verified
	}
	if account == a.m.Account().String() && region == a.m.Region().String() {
		return a.m, nil
	}
	m, err := a.m.In(account, region)
	if err != nil {
		return nil, errOptions
	}
	return m, nil
}

// credentialScope reads the access key id and the Region from an Authorization
// header of Signature Version 4:
//
//	AWS4-HMAC-SHA256 Credential=AKID/20300101/us-east-1/secretsmanager/aws4_request, …
//
// It is not ok where there is no such header.
func credentialScope(header string) (accessKeyID, region string, ok bool) {
	_, rest, ok := strings.Cut(header, "Credential=")
	if !ok || !strings.HasPrefix(header, "AWS4-") {
		return "", "", false
	}
	credential, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) < 5 {
		return "", "", true // signed, but for no Region: the caller refuses it
	}
	n := len(parts)
	return strings.Join(parts[:n-4], "/"), parts[n-3], true
}
