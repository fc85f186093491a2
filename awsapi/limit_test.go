package awsapi_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awsapi"
)

func TestLimitEndsAtItsDeadline(t *testing.T) {
	for name, awaited := range map[string]bool{"awaited": true, "asked": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := awsapi.WithLimit(t.Context(), time.Minute)
				defer cancel()
				at, ok := ctx.Deadline()
				require.True(t, ok)
				require.Equal(t, time.Minute, time.Until(at))
				require.NoError(t, ctx.Err())
				if awaited {
					<-ctx.Done()
					require.Zero(t, time.Until(at))
				} else {
					<-time.After(time.Minute)
				}
				require.Equal(t, context.DeadlineExceeded, ctx.Err())
			})
		})
	}
}

func TestLimitEndsWithItsParent(t *testing.T) {
	parent, leave := context.WithTimeout(t.Context(), time.Second)
	asked, cancel := awsapi.WithLimit(parent, time.Minute)
	defer cancel()
	awaited, cancel := awsapi.WithLimit(parent, time.Minute)
	defer cancel()
	want, _ := parent.Deadline()
	got, _ := asked.Deadline()
	require.Equal(t, want, got)
	done := awaited.Done()
	leave()
	require.Equal(t, context.Canceled, asked.Err())
	<-done
	<-asked.Done()
	require.Equal(t, context.Canceled, awaited.Err())
}

func TestLimitEndsWithItsRequest(t *testing.T) {
	asked, cancel := awsapi.WithLimit(t.Context(), time.Minute)
	cancel()
	require.Equal(t, context.Canceled, asked.Err())
	<-asked.Done()

	awaited, cancel := awsapi.WithLimit(t.Context(), time.Minute)
	child, stop := context.WithCancel(awaited)
	defer stop()
	require.NoError(t, child.Err())
	cancel()
	<-child.Done()
	require.Equal(t, context.Canceled, awaited.Err())
}
