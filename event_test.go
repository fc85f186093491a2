package secretlife_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

func TestEventsOfALife(t *testing.T) {
	ch, err := secretlife.NewSecret(start, creation(t))
	require.NoError(t, err)
	require.Equal(t, []string{"CreateSecret"}, names(ch))

	s := put(t, next(t, ch), tokenB)
	c, err := s.Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"DeleteSecret", "StartSecretVersionDelete", "StartSecretVersionDelete"}, names(c))
	marked := next(t, c)

	c, err = marked.Restore(secretlife.Exactly(start))
	require.NoError(t, err)
	require.Equal(t, []string{"RestoreSecret", "CancelSecretVersionDelete", "CancelSecretVersionDelete"}, names(c))

	c, err = marked.Delete(secretlife.Exactly(start), byForce(t), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"DeleteSecret"}, names(c), "its versions' deletion has started before")

	c, err = next(t, c).Purge(secretlife.Exactly(start))
	require.NoError(t, err)
	require.Equal(t, []string{"EndSecretVersionDelete", "EndSecretVersionDelete", "SecretPurged"}, names(c))
	for _, e := range c.Events() {
		require.Equal(t, marked.Revision()+2, e.Revision())
		require.Equal(t, marked.ARN(), e.ARN())
		require.Equal(t, marked.Incarnation(), e.Incarnation())
		_, isCall := e.Operation()
		require.False(t, isCall)
	}

	empty := born(t, func(c *secretlife.Creation) { c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{} })
	c, err = empty.Delete(secretlife.Exactly(start), byForce(t), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"DeleteSecret"}, names(c), "no versions, no version events")
}

// TestDeletionDatesAreOfDeleteSecret: no other event has one, nor has a call that was
// refused.
func TestDeletionDatesAreOfDeleteSecret(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	w.delete("a", 7)
	_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
	require.Error(t, err)
	_, err = w.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: "a"})
	require.NoError(t, err)
	w.delete("a", 30)
	w.advance(30 * aDay)
	var dates []time.Time
	for _, e := range w.sunk {
		if date, ok := e.DeletionDate(); ok {
			require.Equal(t, "DeleteSecret", e.Name())
			dates = append(dates, date)
		} else {
			require.Zero(t, date)
		}
	}
	require.Equal(t, []time.Time{start.Add(7 * aDay), start.Add(30 * aDay)}, dates)
}

func TestEventIDsAreUniqueAndRepeatable(t *testing.T) {
	ids := func() map[string]bool {
		out := map[string]bool{}
		c, err := put(t, born(t), tokenB).Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
		require.NoError(t, err)
		for _, e := range c.Events() {
			require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, e.ID())
			out[e.ID()] = true
		}
		require.Len(t, out, 3)
		return out
	}
	once, again := ids(), ids()
	require.Equal(t, once, again)
}

func TestServiceEventInCloudTrailsShape(t *testing.T) {
	c, err := born(t).Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
	require.NoError(t, err)
	e := c.Events()[1].WithSeq(7)
	var got map[string]any
	data, err := json.Marshal(e)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &got))
	arn := born(t).ARN().String()
	require.Equal(t, map[string]any{"accountId": "123456789012", "invokedBy": "secretsmanager.amazonaws.com"}, got["userIdentity"])
	require.Equal(t, "AwsServiceEvent", got["eventType"])
	require.Equal(t, "StartSecretVersionDelete", got["eventName"])
	require.Equal(t, "2018-04-03T17:51:02Z", got["eventTime"])
	require.Equal(t, map[string]any{"SecretId": arn, "SecretVersionId": tokenA}, got["additionalEventData"])
	require.Nil(t, got["requestParameters"])
	require.Nil(t, got["responseElements"])
	require.Equal(t, false, got["readOnly"])
	require.Contains(t, e.String(), "StartSecretVersionDelete "+arn)
}

func TestEventRoundTrip(t *testing.T) {
	c, err := put(t, born(t), tokenB).Delete(secretlife.Exactly(start), windowOf(t, 7), 0)
	require.NoError(t, err)
	for i, e := range c.Events() {
		e = e.WithSeq(uint64(i + 1))
		data, err := json.Marshal(e)
		require.NoError(t, err)
		var back secretlife.Event
		require.NoError(t, json.Unmarshal(data, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(data), string(again))
		require.Equal(t, e.ID(), back.ID())
		require.Equal(t, e.Key(), back.Key())
		require.Equal(t, e.Seq(), back.Seq())
	}
	for _, bad := range []string{`{`, `{"eventName":"Nothing"}`, `{"eventName":"DeleteSecret","secretlife":{"arn":"x"}}`, `{"eventName":"DeleteSecret","secretlife":{"arn":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-abcdef","incarnation":"x"}}`} {
		require.Error(t, new(secretlife.Event).UnmarshalJSON([]byte(bad)), bad)
	}
	require.True(t, secretlife.Event{}.Key().IsZero())
	require.True(t, secretlife.Event{}.Incarnation().IsZero())
	require.True(t, secretlife.Event{}.ARN().IsZero())
}
