package lifetest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Endpoint returns the [Subject] at a URL with the control calls of
// "secretlife serve --clock virtual", which read and advance its clock. Endpoint resets
// it first. client returns a client for [SDK] that calls the URL for an account in a
// Region.
//
// For an endpoint without these calls, write a [Subject] with another Now. Without
// Advance no time passes in its histories.
func Endpoint(t *testing.T, url string, client func(account, region string) any) Subject {
	t.Helper()
	e := endpoint{strings.TrimSuffix(url, "/") + "/_secretlife/"}
	_, err := e.control(t.Context(), http.MethodPost, "reset", "")
	require.NoError(t, err)
	type place struct{ account, region string }
	services := map[place]Service{}
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			services[place{a, r}] = SDK(client(a, r))
		}
	}
	return Subject{
		In: func(account, region string) Service { return services[place{account, region}] },
		Now: func() time.Time {
			now, err := e.control(t.Context(), http.MethodGet, "clock", "")
			require.NoError(t, err)
			return now
		},
		Advance: func(ctx context.Context, d time.Duration) error {
			_, err := e.control(ctx, http.MethodPost, "clock/advance", fmt.Sprintf(`{"duration":%q}`, d))
			return err
		},
	}
}

type endpoint struct{ url string }

// control makes a control call, and returns the time in the response, if any.
func (e endpoint) control(ctx context.Context, method, name, body string) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.url+name, strings.NewReader(body))
	if err != nil {
		return time.Time{}, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return time.Time{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return time.Time{}, fmt.Errorf("lifetest: %s%s: %s: %s", e.url, name, resp.Status, data)
	}
	var answer struct{ Now time.Time }
	return answer.Now, json.Unmarshal(data, &answer)
}
