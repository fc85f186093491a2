// Package control makes the control calls of a server, for commands.
package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/awsapi"
)

// Flags are the flags of commands that make control calls.
type Flags struct {
	ControlTokenFile string `type:"path" placeholder:"FILE" help:"A file whose first token is sent with control calls: that of \"serve --control-token-file\", or another of its form."`
}

// Client makes the control calls of a server.
type Client struct {
	url, token string
	http       *http.Client
}

// Client returns what makes control calls at a URL, or at the socket of unix:PATH, with the first
// token of the file if there is one. Errors contain nothing of the file.
func (f Flags) Client(url string) (Client, error) {
	transport, err := transportTo(url)
	if err != nil {
		return Client{}, err
	}
	if strings.HasPrefix(url, unix) {
		url = "http://localhost"
	}
	c := Client{url: strings.TrimSuffix(url, "/") + "/_secretlife/", http: &http.Client{Transport: transport}}
	c.token, err = f.Token()
	return c, err
}

// Token returns the first token of the file, "" if there is no file. Errors contain nothing of the
// file.
func (f Flags) Token() (string, error) {
	if f.ControlTokenFile == "" {
		return "", nil
	}
	text, err := os.ReadFile(f.ControlTokenFile)
	if err != nil {
		return "", fmt.Errorf("--control-token-file: %w", err)
	}
	if _, err := awsapi.ParseControlTokens(string(text)); err != nil {
		return "", fmt.Errorf("--control-token-file %s: %w", f.ControlTokenFile, err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			return fields[0], nil
		}
	}
	return "", nil
}

// unix is how the address of a socket begins, as that of serve --control-addr.
const unix = "unix:"

// transportTo returns the transport to an address. It trusts the certificates of AWS_CA_BUNDLE beside
// those of the system, as clients of AWS do.
func transportTo(url string) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	if path, ok := strings.CutPrefix(url, unix); ok {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		return t, nil
	}
	file := os.Getenv("AWS_CA_BUNDLE")
	if file == "" {
		return t, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE: there is no certificate in %s", file)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

// patience is how long a call may take.
const patience = 30 * time.Second

// RefusedError is the server's refusal of a call.
type RefusedError struct {
	Status int
	text   string
}

// Error is the server's text.
func (e *RefusedError) Error() string { return e.text }

// Call makes a call such as "GET", "clock", with in as its body unless that is nil, and reads the
// response into out.
//
// Errors: [*RefusedError].
func (c Client) Call(ctx context.Context, method, name string, in, out any) error {
	return c.do(ctx, method, name, in, func(response *json.Decoder) error { return response.Decode(out) })
}

// Each makes a call whose response has a JSON object per line, and reads each into a T.
//
// Errors: [*RefusedError].
func Each[T any](ctx context.Context, c Client, name string, do func(T)) error {
	return c.do(ctx, http.MethodGet, name, nil, func(response *json.Decoder) error {
		for {
			var line T
			err := response.Decode(&line)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			do(line)
		}
	})
}

func (c Client) do(ctx context.Context, method, name string, in any, read func(*json.Decoder) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		var said struct{ Error string }
		if json.NewDecoder(response.Body).Decode(&said) != nil || said.Error == "" {
			said.Error = fmt.Sprintf("%s: %s", request.URL, response.Status)
		}
		return &RefusedError{response.StatusCode, said.Error}
	}
	if err := read(json.NewDecoder(response.Body)); err != nil {
		return fmt.Errorf("%s is not a control call of secretlife: %w", request.URL, err)
	}
	return nil
}
