package secretlife_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const somePolicy = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"secretsmanager:*","Resource":"*"}]}`

func full(t testing.TB) secretlife.Secret {
	s := born(t, func(c *secretlife.Creation) {
		c.Description, c.KmsKeyID, c.Type = "what", "alias/mine", "kind"
		c.Tags = []secretlife.Tag{{Key: "a", Value: "1"}}
	})
	s = put(t, s, tokenB, "X")
	s = then(t)(s.Read(start, version(t, tokenA)))
	s = then(t)(s.PutPolicy(start, policyOf(t, somePolicy), false))
	return then(t)(s.AddReplicas(start, []secretlife.ReplicaTarget{{Region: regionOf(t, "eu-west-1"), KmsKeyID: "k"}}, true))
}

func regionOf(t testing.TB, s string) secretlife.Region {
	t.Helper()
	r, err := secretlife.ParseRegion(s)
	require.NoError(t, err)
	return r
}

func policyOf(t testing.TB, document string) secretlife.Policy {
	t.Helper()
	p, err := secretlife.ParsePolicy(document)
	require.NoError(t, err)
	return p
}

func TestStateGoesThereAndBack(t *testing.T) {
	emptied := then(t)(born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }).Untag(start, []string{"a"}))
	for _, s := range []secretlife.Secret{
		born(t), full(t), emptied,
		born(t, func(c *secretlife.Creation) { c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{} }),
		born(t, func(c *secretlife.Creation) { c.Description = "what" }),
		born(t, func(c *secretlife.Creation) { c.KmsKeyID = "k" }),
		born(t, func(c *secretlife.Creation) { c.Type = "kind" }),
		born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }),
		born(t, func(c *secretlife.Creation) {
			c.Replicas = []secretlife.ReplicaTarget{{Region: regionOf(t, "eu-west-1")}}
		}),
		then(t)(born(t).PutPolicy(start, policyOf(t, somePolicy), false)),
		then(t)(born(t).Delete(secretlife.Exactly(start), windowOf(t, 7), 1)),
		then(t)(born(t).Delete(secretlife.Exactly(start), byForce(t), 1)),
	} {
		data, err := json.Marshal(s.State())
		require.NoError(t, err)
		var st secretlife.State
		require.NoError(t, json.Unmarshal(data, &st))
		require.Equal(t, s.State(), st)
		back, err := secretlife.FromState(st)
		require.NoError(t, err)
		require.Equal(t, s.State(), back.State())
		require.Equal(t, s, back)
	}
	require.NotNil(t, emptied.Tags(), "no tags left is not the same as never tagged")
	require.Nil(t, born(t).Tags())
}

func TestFromStateRefusesWhatCannotBe(t *testing.T) {
	ms := func(n int64) *int64 { return &n }
	for name, spoil := range map[string]func(*secretlife.State){
		"no ARN":                      func(s *secretlife.State) { s.ARN = "" },
		"partial ARN":                 func(s *secretlife.State) { s.ARN = s.ARN[:len(s.ARN)-7] },
		"incarnation":                 func(s *secretlife.State) { s.Incarnation = "xyz" },
		"incarnation is zero":         func(s *secretlife.State) { s.Incarnation = "00000000000000000000000000000000" },
		"revision":                    func(s *secretlife.State) { s.Revision = 0 },
		"changed before":              func(s *secretlife.State) { s.Changed = s.Created - 1 },
		"deletion date without purge": func(s *secretlife.State) { s.DeletionDate, s.Replicas = ms(s.Created), nil },
		"purge without deletion date": func(s *secretlife.State) { s.PurgeAt, s.Replicas = ms(s.Created), nil },
		"purge before deletion date":  func(s *secretlife.State) { s.DeletionDate, s.PurgeAt, s.Replicas = ms(10), ms(9), nil },
		"forced without date":         func(s *secretlife.State) { s.Forced = true },
		"scheduled with replicas":     func(s *secretlife.State) { s.DeletionDate, s.PurgeAt = ms(1), ms(1) },
		"short version id":            func(s *secretlife.State) { s.Versions[1].ID = "short" },
		"a version twice":             func(s *secretlife.State) { s.Versions[1].ID = s.Versions[0].ID },
		"label on a missing version":  func(s *secretlife.State) { s.Stages["X"] = tokenC },
		"empty label":                 func(s *secretlife.State) { s.Stages[""] = tokenA },
		"nothing current":             func(s *secretlife.State) { delete(s.Stages, "AWSCURRENT") },
		"replica with replicas":       func(s *secretlife.State) { s.Primary, s.PrimaryOf = "us-east-2", s.Incarnation },
		"replica of no incarnation":   func(s *secretlife.State) { s.Primary, s.Replicas = "us-east-2", nil },
		"replica Region":              func(s *secretlife.State) { s.Replicas[0].Region = "?" },
		"replica status":              func(s *secretlife.State) { s.Replicas[0].Status, s.Replicas[0].Since = "Fine", nil },
		"in sync and waiting":         func(s *secretlife.State) { s.Replicas[0].Status = secretlife.InSync },
		"replica twice":               func(s *secretlife.State) { s.Replicas = append(s.Replicas, s.Replicas[0]) },
		"reserved and not there":      func(s *secretlife.State) { s.Reserved = []string{tokenC} },
		"reserved twice":              func(s *secretlife.State) { s.Reserved = []string{tokenB, tokenB} },
		"reserved and current":        func(s *secretlife.State) { s.Reserved = []string{tokenA} },
		"many labels": func(s *secretlife.State) {
			for i := range 19 {
				s.Stages[secretlife.Stage(fmt.Sprint(i))] = tokenA
			}
		},
		"tag twice": func(s *secretlife.State) { s.Tags = append(s.Tags, s.Tags[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			st := full(t).State()
			spoil(&st)
			_, err := secretlife.FromState(st)
			require.Error(t, err)
		})
	}
}

// TestChangedBeforeItWasCreated: that is refused, but of a replica.
func TestChangedBeforeItWasCreated(t *testing.T) {
	for _, replica := range []bool{false, true} {
		st := born(t).State()
		st.Changed = st.Created - 1
		if replica {
			st.Primary, st.PrimaryOf = "us-east-2", st.Incarnation
		}
		_, err := secretlife.FromState(st)
		require.Equal(t, replica, err == nil, "%v", err)
	}
}

func TestZeroSecretIsHarmless(t *testing.T) {
	var s secretlife.Secret
	require.True(t, s.IsZero())
	require.True(t, s.ARN().IsZero())
	require.Empty(t, s.Versions())
	require.Equal(t, secretlife.Purged, s.Phase(start))
	_, err := s.Restore(secretlife.Exactly(start))
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	_, err = s.Purge(secretlife.Exactly(start))
	require.ErrorIs(t, err, secretlife.ErrNotDue)
	_, err = s.Age(secretlife.Exactly(start))
	require.ErrorIs(t, err, secretlife.ErrNotDue)
	_, err = s.Update(start, secretlife.Update{})
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	_, _, due := s.NextDue()
	require.False(t, due)
	_, err = s.Delete(secretlife.Exactly(start), secretlife.DeletionMode{}, 0)
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
}
