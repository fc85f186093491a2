package awsfake

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Config returns an aws.Config for code that makes its client itself, with
// secretsmanager.NewFromConfig. Its clients call the fake in the process. Those of other
// services call it too, and get errors: nothing leaves the process. Another Region in a copy of
// the Config is another Region of the fake.
func (f *Fake) Config() aws.Config {
	return aws.Config{
		Region:       f.o.Region,
		Credentials:  credentials(f.o.Account),
		HTTPClient:   inProcess{f},
		BaseEndpoint: aws.String(baseEndpoint),
		Retryer:      func() aws.Retryer { return f.retryer },
		ServiceOptions: []func(string, any){func(_ string, options any) {
			if o, ok := options.(*secretsmanager.Options); ok {
				o.IdempotencyTokenProvider, o.HTTPSignerV4 = f.tokens, signer{}
				for _, edit := range f.o.Client {
					edit(o)
				}
			}
		}},
	}
}

// URL returns the address of an endpoint of the fake on this machine, http://127.0.0.1 with a
// port, for other processes, and for clients in other languages. The first call starts it;
// [Fake.Close], which a test's end calls, ends it. It has the control calls of "secretlife
// serve", such as POST /_secretlife/clock/advance.
//
// Nothing else knows the address then: Environ and Setenv tell clients. An endpoint does not
// belong into a bubble of testing/synctest.
func (f *Fake) URL() string {
	f.t.Helper()
	url, begun, err := f.endpoint.open(http.HandlerFunc(f.serveHTTP))
	if err != nil {
		f.t.Fatalf("awsfake: %v", err)
	}
	if begun { // and not for every fake: a test would keep them all until its end
		f.t.Cleanup(func() { _ = f.Close() })
	}
	return url
}

// serveHTTP responds to a request that came over the socket.
func (f *Fake) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if err := f.following.catchUp(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	f.api.Load().ServeHTTP(w, r)
}

// Environ returns what the environment of a process must have so that its AWS SDK or CLI calls
// the fake, each as "key=value": for exec.Cmd.Env, after os.Environ. It takes precedence over the
// configuration files of the user who runs the test.
func (f *Fake) Environ() []string {
	f.t.Helper()
	return []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + f.URL(),
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
		"AWS_REGION=" + f.o.Region,
		"AWS_DEFAULT_REGION=" + f.o.Region,
		"AWS_ACCESS_KEY_ID=" + f.o.Account,
		"AWS_SECRET_ACCESS_KEY=unchecked",
		"AWS_SESSION_TOKEN=",
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Setenv sets what Environ returns in the test's own process, until the test ends, for code
// that loads its configuration from the environment. As t.Setenv, it is not for parallel tests:
// those have [Fake.Config].
func (f *Fake) Setenv(t testing.TB) {
	t.Helper()
	for _, variable := range f.Environ() {
		key, value, _ := strings.Cut(variable, "=")
		t.Setenv(key, value)
	}
}

// Close ends the endpoint of [Fake.URL], if there is one. At the end of a test it is called by
// itself.
func (f *Fake) Close() error { return f.endpoint.close() }

// inProcess is the SDK's HTTP client: a call of the handler.
type inProcess struct{ f *Fake }

func (c inProcess) Do(r *http.Request) (*http.Response, error) {
	if err := c.f.following.catchUp(r.Context()); err != nil {
		return nil, err
	}
	return c.f.api.Load().RoundTrip(r)
}

// credentials are an access key id that says the account, as the service reads
// it. Signatures are not checked, and not made in the process.
type credentials string

func (c credentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: string(c), SecretAccessKey: "unchecked", Source: "awsfake"}, nil
}

// signer says in a request who makes it, and does not sign it: nobody would check that.
type signer struct{}

// SignHTTP implements secretsmanager.HTTPSignerV4.
func (signer) SignHTTP(_ context.Context, c aws.Credentials, r *http.Request, _, service, region string, at time.Time,
	_ ...func(*v4.SignerOptions)) error {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.AccessKeyID+"/"+at.UTC().Format("20060102")+"/"+region+
		"/"+service+"/aws4_request, SignedHeaders=host, Signature=00")
	return nil
}

// endpoint is a server on loopback that starts when it is asked for.
type endpoint struct {
	mu     sync.Mutex
	server *http.Server
	url    string
	done   chan struct{}
}

// open starts the server, unless it runs, and returns its address and whether it began now.
func (e *endpoint) open(handler http.Handler) (url string, begun bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.server != nil {
		return e.url, false, nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", false, err
	}
	e.server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	e.url, e.done = "http://"+l.Addr().String(), make(chan struct{})
	go func(server *http.Server, done chan struct{}) {
		defer close(done)
		_ = server.Serve(l) // which returns when it is closed
	}(e.server, e.done)
	return e.url, true, nil
}

// close ends the server, and waits until it has ended.
func (e *endpoint) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.server == nil {
		return nil
	}
	err := e.server.Close()
	<-e.done
	e.server = nil
	return err
}
