package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// LambdaRotator calls rotation functions, as [secretlife.Options].Rotator does, over
// the Invoke call of the Lambda API: a local stand-in for Lambda, or anything
// that returns a POST. Requests are not signed. It is safe for concurrent use.
type LambdaRotator struct {
	endpoint *url.URL
	client   *http.Client
}

// NewLambdaRotator makes a LambdaRotator. An endpoint without a path, such as
// http://127.0.0.1:9000, gets POST /2015-03-31/functions/ARN/invocations with
// the function's ARN; one with a path gets all calls just there, as the Lambda
// runtime interface emulator needs it. A nil client is [http.DefaultClient].
func NewLambdaRotator(endpoint string, client *http.Client) (*LambdaRotator, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("awsapi: %q is not the URL of a Lambda endpoint, such as http://127.0.0.1:9000", endpoint)
	}
	if client == nil {
		client = http.DefaultClient
	}
	return &LambdaRotator{u, client}, nil
}

// maxFunctionAnswer is how much of a function's answer is read.
const maxFunctionAnswer = 1 << 20

// Rotate calls the function of a request with its event. What the function
// answers does not matter, unless it is an error: of that the error here tells
// the type only, as its text may hold a secret.
func (l *LambdaRotator) Rotate(ctx context.Context, r secretlife.RotationRequest) error {
	event, err := json.Marshal(r)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url(r.FunctionARN), bytes.NewReader(event))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	resp, err := l.client.Do(req)
	if err != nil {
		return fmt.Errorf("calling the rotation function: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxFunctionAnswer))
	if err != nil {
		return fmt.Errorf("reading the rotation function's answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the rotation function's endpoint answered %s", resp.Status)
	}
	if kind := resp.Header.Get("X-Amz-Function-Error"); kind != "" {
		return functionError(kind, answer)
	}
	return nil
}

// CheckRotation asks the endpoint, by a call of Invoke with the invocation type DryRun,
// whether it can call the function: it returns an error if there is no endpoint, or if the
// response is 403 or 404, as Lambda's is. Others may come from stand-ins that don't know
// dry runs. An endpoint with a path has one function only, and isn't asked.
func (l *LambdaRotator) CheckRotation(ctx context.Context, r secretlife.RotationRequest) error {
	if l.hasPath() {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url(r.FunctionARN), strings.NewReader("{}"))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Invocation-Type", "DryRun")
	resp, err := l.client.Do(req)
	if err != nil {
		return fmt.Errorf("asking for the rotation function: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusForbidden, http.StatusNotFound:
		return fmt.Errorf("the rotation function can't be called: %s", resp.Status)
	}
	return nil
}

func (l *LambdaRotator) hasPath() bool { return strings.Trim(l.endpoint.Path, "/") != "" }

func (l *LambdaRotator) url(function string) string {
	if l.hasPath() {
		return l.endpoint.String()
	}
	return l.endpoint.JoinPath("2015-03-31", "functions", url.PathEscape(function), "invocations").String()
}

// functionError is an error that a function answered: {"errorMessage": …,
// "errorType": …}.
func functionError(kind string, answer []byte) error {
	var e struct {
		Type string `json:"errorType"`
	}
	if json.Unmarshal(answer, &e) != nil || e.Type == "" {
		return errors.New("the rotation function failed: " + kind)
	}
	return errors.New("the rotation function failed: " + e.Type)
}
