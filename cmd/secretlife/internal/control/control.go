// Package control makes the control calls of a server, for commands.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
type Client struct{ url, token string }

// Client returns what makes control calls at a URL, with the first token of the file if there is one.
// Errors contain nothing of the file.
func (f Flags) Client(url string) (Client, error) {
	c := Client{url: strings.TrimSuffix(url, "/") + "/_secretlife/"}
	if f.ControlTokenFile == "" {
		return c, nil
	}
	text, err := os.ReadFile(f.ControlTokenFile)
	if err != nil {
		return c, fmt.Errorf("--control-token-file: %w", err)
	}
	if _, err := awsapi.ParseControlTokens(string(text)); err != nil {
		return c, fmt.Errorf("--control-token-file %s: %w", f.ControlTokenFile, err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			c.token = fields[0]
			break
		}
	}
	return c, nil
}

// patience is how long a call may take.
const patience = 30 * time.Second

// Call makes a call such as "GET", "clock", with in as its body unless that is nil, and reads the
// response into out. A refusal is an error with the server's text.
func (c Client) Call(ctx context.Context, method, name string, in, out any) error {
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
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var refused struct{ Error string }
		if json.Unmarshal(text, &refused) == nil && refused.Error != "" {
			return errors.New(refused.Error)
		}
		return fmt.Errorf("%s: %s", request.URL, response.Status)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s is not a control call of secretlife: %w", request.URL, err)
	}
	return nil
}
