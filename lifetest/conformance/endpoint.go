package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Endpoint is what is checked against the facts. Only URL is required.
type Endpoint struct {
	URL string
	// Client makes the requests, by default http.DefaultClient.
	Client *http.Client
	// Region is where most secrets are made, by default us-east-1; OtherRegion
	// is for replicas, and facts about them are skipped without it.
	Region, OtherRegion string
	// Credentials sign the requests, by default with the key id 123456789012
	// and the secret "test". OtherAccount are those of another account; facts
	// about those are skipped without.
	Credentials, OtherAccount aws.CredentialsProvider
	// Control is the URL before /_secretlife/, where the endpoint has these
	// calls for its clock and its events; facts that need them are skipped
	// without it. ControlToken is sent with them, unless it is "".
	Control, ControlToken string
	// Function is the ARN of a rotation function that can be called and puts a
	// new value; facts about rotation are skipped without it. BrokenFunction is
	// one that can be called and fails at once.
	Function, BrokenFunction string
	// NoFunctions says that there are no rotation functions that could be called.
	NoFunctions bool
	// Quotas says that the endpoint has AWS's quotas and rates. With time that
	// stands still between calls, many facts are refused as calls over a rate.
	Quotas bool
	// Nobody are the credentials of a user of the account whom no policy allows
	// anything; facts about what that user gets are skipped without.
	Nobody aws.CredentialsProvider
	// Trail reads the records of all calls as CloudTrail has them, reads and refused calls
	// included; without it they come from Control, and facts about them are skipped without
	// both.
	Trail func(context.Context) ([]json.RawMessage, error)
}

// FromClient is the endpoint that a client of the AWS SDK calls, with its
// credentials, its Region and its HTTP client.
func FromClient(c *secretsmanager.Client) (Endpoint, error) {
	o := c.Options()
	if o.BaseEndpoint == nil {
		return Endpoint{}, errors.New("conformance: the client has no BaseEndpoint")
	}
	e := Endpoint{URL: *o.BaseEndpoint, Region: o.Region, Credentials: o.Credentials}
	if doer := o.HTTPClient; doer != nil {
		e.Client = &http.Client{Transport: doing{doer}}
	}
	return e, nil
}

// doing makes a transport of what an SDK client sends with.
type doing struct {
	doer interface {
		Do(*http.Request) (*http.Response, error)
	}
}

func (d doing) RoundTrip(r *http.Request) (*http.Response, error) { return d.doer.Do(r) }

func static(id string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: "test"}, nil
	})
}

func (e Endpoint) withDefaults() Endpoint {
	if e.Client == nil {
		e.Client = http.DefaultClient
	}
	if e.Region == "" {
		e.Region = "us-east-1"
	}
	if e.Credentials == nil {
		e.Credentials = static("123456789012")
	}
	return e
}

// lacks says what an endpoint does not have of what a fact needs.
func (e Endpoint) lacks(f Fact) string {
	for _, n := range f.needs {
		has := map[need]bool{
			needsTime: e.Control != "", needsEvents: e.Control != "", needsRegions: e.OtherRegion != "",
			needsAccounts: e.OtherAccount != nil, needsFunction: e.Function != "",
			needsBroken: e.BrokenFunction != "", needsNone: e.NoFunctions, needsQuotas: e.Quotas, needsTrail: e.Trail != nil ||
				e.Control != "",
			needsNobody: e.Nobody != nil,
		}[n]
		if !has {
			return "it needs " + string(n)
		}
	}
	return ""
}

// caller is who makes a call, and where.
type caller struct {
	region string
	as     aws.CredentialsProvider
}

// answer is what came back from a call.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// send makes a signed call with a body.
func (e Endpoint) send(ctx context.Context, c caller, operation, body string, edit func(*http.Request)) (
	answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(e.URL, "/")+"/", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	if edit != nil {
		edit(r)
	}
	key, err := c.as.Retrieve(ctx)
	if err != nil {
		return answer{}, err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(sum[:]), "secretsmanager", c.region,
		time.Now()); err != nil {
		return answer{}, err
	}
	return e.do(r)
}

func (e Endpoint) do(r *http.Request) (answer, error) {
	resp, err := e.Client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(data)}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	_ = d.Decode(&a.body) // what is no object has no members
	return a, nil
}

// control makes a control call.
func (e Endpoint) control(ctx context.Context, method, name, body string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(e.Control, "/")+"/_secretlife/"+name,
		strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if e.ControlToken != "" {
		r.Header.Set("Authorization", "Bearer "+e.ControlToken)
	}
	a, err := e.do(r)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("control call %s: %d %s", name, a.status, a.raw)
	}
	return a, err
}
