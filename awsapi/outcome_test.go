package awsapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

// interrupted is a store whose callers go away while it writes.
type interrupted struct{ secretlife.Store }

func (i interrupted) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if _, err := i.Store.Commit(ctx, batch); err != nil {
		return secretlife.Receipt{}, err
	}
	return secretlife.Receipt{}, &secretlife.OutcomeUnknownError{Cause: context.Canceled}
}

// TestAnUnknownOutcome responds with the error that SDKs repeat the call after, and
// logs it; the same token then succeeds.
func TestAnUnknownOutcome(t *testing.T) {
	w := newWorld(t)
	var log strings.Builder
	w.over(interrupted{w.store}, func(o *awsapi.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	body := `{"Name":"a","ClientRequestToken":"` + tokenA + `","SecretString":"value"}`
	status, got := w.send("CreateSecret", body)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, `{"__type":"InternalServiceError","Message":"An error occurred on the server side."}`, got)
	require.Contains(t, log.String(), "outcome is unknown")
	w.ok("CreateSecret", body)
}
