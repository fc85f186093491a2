package secretlife_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func (w *world) replicate(name string, overwrite bool, regions ...string) secretlife.SecretOutput {
	w.t.Helper()
	in := secretlife.ReplicateSecretToRegionsInput{SecretID: name, ForceOverwriteReplicaSecret: overwrite}
	for _, r := range regions {
		in.AddReplicaRegions = append(in.AddReplicaRegions, secretlife.ReplicaRegion{Region: r})
	}
	out, err := w.ReplicateSecretToRegions(ctx, in)
	require.NoError(w.t, err)
	return out
}

func (w *world) status() []secretlife.Replica {
	w.t.Helper()
	out, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.NoError(w.t, err)
	return out.ReplicationStatus
}

func TestReplication(t *testing.T) {
	t.Run("from first to last", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a", func(in *secretlife.CreateSecretInput) { in.Tags = []secretlife.Tag{{Key: "k", Value: "v"}} })
		w.advance(time.Hour)
		out := w.replicate("a", false, "eu-west-1", "us-west-2")
		require.Equal(t, secretlife.ReplicaInProgress, out.ReplicationStatus[0].Status)
		require.Equal(t, "alias/aws/secretsmanager", out.ReplicationStatus[0].KMSKeyID)
		require.Empty(t, out.ReplicationStatus[0].StatusMessage)
		changed := w.load("a").LastChangedDate()
		w.clock.Set(w.clock.Now().Add(time.Hour))
		r := w.advance(0)
		require.Len(t, r, 2)
		require.Equal(t, secretlife.WorkReplicate, r[0].Work)
		synced := secretlife.Replica{KMSKeyID: "alias/aws/secretsmanager", Status: secretlife.ReplicaInSync,
			StatusMessage: "Replication succeeded"}
		for i, region := range []string{"eu-west-1", "us-west-2"} {
			synced.Region = regionOf(t, region)
			require.Equal(t, synced, w.status()[i])
		}

		eu := w.in("123456789012", "eu-west-1")
		d, err := eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "us-east-1", d.PrimaryRegion)
		require.Equal(t, "alias/aws/secretsmanager", d.KMSKeyID)
		require.Equal(t, start.Add(2*time.Hour), d.CreatedDate, "its own")
		require.Equal(t, changed, d.LastChangedDate, "the primary's")
		require.Equal(t, []secretlife.Tag{{Key: "k", Value: "v"}}, d.Tags)
		require.Equal(t, a.ARN[len(a.ARN)-6:], d.ARN[len(d.ARN)-6:], "the same suffix")
		v, err := eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "value of a", v.Value.Reveal())
		require.NotZero(t, w.status()[0].LastAccessedDate)
		require.Zero(t, w.status()[1].LastAccessedDate)

		// Changes of the primary reach its replicas.
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB,
			Value: secretlife.SecretString("second")})
		require.NoError(t, err)
		require.Equal(t, secretlife.ReplicaInProgress, w.status()[0].Status)
		w.advance(0)
		v, err = eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "second", v.Value.Reveal())
		v, err = eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionStage: "AWSPREVIOUS"})
		require.NoError(t, err)
		require.Equal(t, "value of a", v.Value.Reveal())

		// Its own key stays the replica's.
		key := "alias/eu"
		_, err = eu.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", KMSKeyID: &key})
		require.NoError(t, err)
		require.NoError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "l"}}}))
		w.advance(0)
		d, err = eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, key, d.KMSKeyID)
		require.Len(t, d.Tags, 2)
		_, err = eu.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a"})
		requireError(t, err, "InvalidParameterException", textReplica)

		for _, value := range []string{"second", "other"} { // with a token in use, too
			_, err = eu.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", ClientRequestToken: tokenB,
				Value: secretlife.SecretString(value)})
			requireError(t, err, "InvalidParameterException", textReplica)
		}

		// Removing a Region deletes the replica there at once.
		left, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a",
			RemoveReplicaRegions: []string{"eu-west-1", "eu-west-1"}})
		require.NoError(t, err)
		require.Len(t, left.ReplicationStatus, 1)
		_, err = eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		requireError(t, err, "ResourceNotFoundException", textNotFound)
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)

		// Stopping replication makes the replica a secret of its own.
		west := w.in("123456789012", "us-west-2")
		_, err = west.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrReplica)
		_, err = west.StopReplicationToReplica(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Empty(t, w.status())
		w.delete("a", 7)
		w.advance(8 * aDay)
		d, err = west.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err, "it does not follow its former primary")
		require.Empty(t, d.PrimaryRegion)
		_, err = west.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.NoError(t, err)
	})

	t.Run("fails", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		eu := w.in("123456789012", "eu-west-1")
		_, err := eu.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("eu")})
		require.NoError(t, err)
		w.replicate("a", false, "eu-west-1")
		w.advance(0)
		st := w.status()[0]
		require.Equal(t, secretlife.ReplicaFailed, st.Status)
		roundTrip(t, w.load("a"))
		require.Equal(t, "Replication failed: Secret name a already exists in region eu-west-1.", st.StatusMessage)
		_, err = w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrHasReplicas, "a replica that failed counts")
		require.NoError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}}}))
		require.Equal(t, secretlife.ReplicaFailed, w.status()[0].Status)

		// A scheduled secret is not overwritten.
		_, err = eu.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", RecoveryWindowInDays: secretlife.Days(7)})
		require.NoError(t, err)
		w.replicate("a", true, "eu-west-1")
		w.advance(0)
		require.Equal(t, secretlife.ReplicaFailed, w.status()[0].Status)
		_, err = eu.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)

		// An active one is: it ends, and the replica is another secret.
		before, err := eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		told := len(w.events())
		w.replicate("a", true, "eu-west-1")
		w.advance(0)
		after, err := eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.NotEqual(t, before.ARN, after.ARN)
		require.Equal(t, w.load("a").ARN().String()[len(after.ARN)-6:], after.ARN[len(after.ARN)-6:])
		require.Contains(t, w.told(told), "SecretPurged")
		require.Equal(t, secretlife.ReplicaInSync, w.status()[0].Status)
		roundTrip(t, w.load("a"))
		v, err := eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "value of a", v.Value.Reveal())

		// Removing the Region of a failed replica leaves the secret there alone.
		_, err = eu.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Value: secretlife.SecretString("eu")})
		require.NoError(t, err)
		w.create("b")
		w.replicate("b", false, "eu-west-1")
		w.advance(0)
		_, err = w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "b",
			RemoveReplicaRegions: []string{"eu-west-1"}})
		require.NoError(t, err)
		_, err = eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "b"})
		require.NoError(t, err)
	})

	t.Run("Regions refused", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for _, regions := range [][]string{{"us-east-1"}, {"eu-west-1", "eu-west-1"}, {"cn-north-1"}} {
			in := secretlife.ReplicateSecretToRegionsInput{SecretID: "a"}
			create := secretlife.CreateSecretInput{Name: "b"}
			for _, r := range regions {
				in.AddReplicaRegions = append(in.AddReplicaRegions, secretlife.ReplicaRegion{Region: r})
			}
			create.AddReplicaRegions = in.AddReplicaRegions
			_, err := w.ReplicateSecretToRegions(ctx, in)
			var bad *secretlife.InvalidParameterError
			require.ErrorAs(t, err, &bad)
			_, err = w.CreateSecret(ctx, create)
			require.ErrorAs(t, err, &bad)
		}
	})

	t.Run("store fails", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		w.replicate("a", false, "eu-west-1")
		store.value = errors.New("down")
		_, err := w.purger.RunDue(ctx)
		require.ErrorIs(t, err, store.value)
		store.value = secretlife.ErrVersionNotFound
		w.clock.Set(w.clock.Now().Add(time.Minute))
		_, err = w.purger.RunDue(ctx)
		require.NoError(t, err, "the primary changed meanwhile: looked at again next time")
		store.value = nil
		require.Len(t, w.advance(hour), 1)
		require.Equal(t, secretlife.ReplicaInSync, w.status()[0].Status)
	})

	// Of those that wait since the same instant, the one that was added first.
	t.Run("longest waiting first", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", false, "us-west-1", "ca-central-1", "eu-west-1")
		synced := func() (out []string) {
			for _, r := range w.status() {
				if r.Status == secretlife.ReplicaInSync {
					out = append(out, r.Region.String())
				}
			}
			return out
		}
		step := func() {
			_, did, err := w.purger.Step(ctx)
			require.NoError(t, err)
			require.True(t, did)
		}
		step()
		require.Equal(t, []string{"us-west-1"}, synced())
		// The first one waits again, but the others have waited longer.
		w.clock.Set(start.Add(time.Second))
		require.NoError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}}}))
		require.Empty(t, synced())
		at, work, _ := w.load("a").NextDue()
		require.Equal(t, secretlife.WorkReplicate, work)
		require.Equal(t, start, at)
		step()
		require.Equal(t, []string{"ca-central-1"}, synced())
		step()
		require.Equal(t, []string{"ca-central-1", "eu-west-1"}, synced())
		step()
		require.Len(t, synced(), 3)
	})
}

func TestReplicasAndPrimary(t *testing.T) {
	// The caller removes the Region while the Purger is about to make the replica.
	t.Run("Region removed between load and commit", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		w.replicate("a", false, "eu-west-1")
		quiet := newWorldOver(t, store.Store)
		store.commit = func(secretlife.Change) error {
			store.commit = nil
			_, err := quiet.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a",
				RemoveReplicaRegions: []string{"eu-west-1"}})
			require.NoError(t, err)
			return nil
		}
		w.advance(0)
		_, err := w.in("123456789012", "eu-west-1").DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
		require.Empty(t, w.status())
	})

	// A decision about a replica has the changes of both sides, or is refused.
	t.Run("change together", func(t *testing.T) {
		w := newWorld(t)
		w.create("s")
		w.replicate("s", false, "eu-west-1")
		w.advance(0)
		region := regionOf(t, "eu-west-1")
		primary := w.load("s")
		replica, err := w.store.Load(ctx, secretlife.Key{Account: w.Account(), Region: region, Name: primary.Name()})
		require.NoError(t, err)
		regions, now := []secretlife.Region{region}, w.clock.Now()

		_, err = primary.RemoveReplicas(secretlife.Exactly(now), regions, nil, 0)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter, "the replica would be left behind")
		there := map[secretlife.Region]secretlife.Secret{region: replica}
		both, err := primary.RemoveReplicas(secretlife.Exactly(now), regions, there, 0)
		require.NoError(t, err)
		require.Len(t, both, 2)
		require.Equal(t, replica.Key(), both[1].Key())
		require.True(t, both[1].Purges())
		other := map[secretlife.Region]secretlife.Secret{region: born(t)}
		alone, err := primary.RemoveReplicas(secretlife.Exactly(now), regions, other, 0)
		require.NoError(t, err)
		require.Len(t, alone, 1, "another secret of the name is left alone")

		both, err = replica.Promote(secretlife.Exactly(now), primary)
		require.NoError(t, err)
		require.Len(t, both, 2)
		next := both[1].Next()
		require.Empty(t, next.Replicas())
		alone, err = replica.Promote(secretlife.Exactly(now), born(t))
		require.NoError(t, err)
		require.Len(t, alone, 1, "it has no primary any more")
	})
}

func TestReplica(t *testing.T) {
	// One of the replicas does not exist.
	t.Run("LastAccessedDate", func(t *testing.T) {
		w := newWorld(t)
		west, eu := w.in("123456789012", "us-west-1"), w.in("123456789012", "eu-west-1")
		_, err := west.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
		require.NoError(t, err)
		w.create("a")
		w.replicate("a", false, "us-west-1", "eu-west-1")
		w.advance(0)
		_, err = west.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
		require.NoError(t, err)
		w.advance(0)
		_, err = eu.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, secretlife.ReplicaFailed, w.status()[0].Status)
		require.Zero(t, w.status()[0].LastAccessedDate)
		require.NotZero(t, w.status()[1].LastAccessedDate)
	})

	// And that alone.
	t.Run("takes its key only", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", false, "eu-west-1")
		w.advance(0)
		eu, key, text := w.in("123456789012", "eu-west-1"), "k", "x"
		for _, in := range []secretlife.UpdateSecretInput{
			{}, {Description: &text}, {Type: &text}, {Value: secretlife.SecretString("x")},
			{KMSKeyID: &key, Description: &text}, {KMSKeyID: &key, Type: &text},
			{KMSKeyID: &key, Value: secretlife.SecretString("x")},
		} {
			in.SecretID = "a"
			_, err := eu.UpdateSecret(ctx, in)
			require.ErrorIs(t, err, secretlife.ErrReplica, "%+v", in)
		}
		_, err := eu.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", KMSKeyID: &key})
		require.NoError(t, err)
		d, err := eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Nil(t, d.Tags, "neither has ever had a tag")
	})

	// The secret that a replica overwrites has a version of the same token and instant.
	t.Run("overwrites a secret", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		west := w.in("123456789012", "us-west-2")
		_, err := west.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("another")})
		require.NoError(t, err)
		var removed, written []string
		store.commit = func(c secretlife.Change) error {
			if c.Key().Region == west.Region() {
				for _, id := range c.Removed() {
					removed = append(removed, id.String())
				}
				for _, v := range c.Values() {
					written = append(written, v.ID.String())
				}
			}
			return nil
		}
		w.replicate("a", true, "us-west-2")
		w.advance(0)
		require.Equal(t, []string{tokenA}, removed)
		require.Equal(t, []string{tokenA}, written)
	})

	// Values it has are not written again.
	t.Run("gets new values only", func(t *testing.T) {
		store := &faulty{Store: memstore.New()}
		w := newWorldOver(t, store)
		w.create("a")
		w.replicate("a", false, "eu-west-1")
		var written []string
		store.commit = func(c secretlife.Change) error {
			if c.Key().Region.String() == "eu-west-1" {
				for _, v := range c.Values() {
					written = append(written, v.ID.String())
				}
			}
			return nil
		}
		w.advance(0)
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB,
			Value: secretlife.SecretString("second")})
		require.NoError(t, err)
		w.advance(0)
		require.Equal(t, []string{tokenA, tokenB}, written)
	})

	// A version ages in the primary and its token is used for another value before the replica
	// hears of either.
	t.Run("token used again", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", false, "us-west-2")
		put := func(token, value string) {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: token,
				Value: secretlife.SecretString(value)})
			require.NoError(t, err)
		}
		west := w.in("123456789012", "us-west-2")
		read := func() string {
			v, err := west.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: tokenB})
			require.NoError(t, err)
			return v.Value.Reveal()
		}
		put(tokenB, "first")
		put(fmt.Sprintf("%032d", 997), "other")
		put(fmt.Sprintf("%032d", 998), "other") // tokenB has no label, and keeps its key
		w.advance(25 * time.Hour)
		key := "alias/west"
		_, err := west.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", KMSKeyID: &key})
		require.NoError(t, err)
		put(fmt.Sprintf("%032d", 999), "other") // under the key of the secret
		require.Equal(t, "first", read())
		for i := range 101 {
			put(fmt.Sprintf("%032d", i), "other")
		}
		for { // the oldest versions age, and the replica is not carried along yet
			d, done, err := w.purger.Step(ctx)
			require.NoError(t, err)
			require.True(t, done)
			if _, there := w.load("a").Version(version(t, tokenB)); !there {
				break
			}
			if d.Work == secretlife.WorkAge && d.ARN.Region() == w.Region() {
				w.clock.Set(w.clock.Now().Add(aDay)) // it was marked
			}
		}
		_, err = west.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: tokenB})
		require.NoError(t, err, "the replica has not heard of the aging")

		put(tokenB, "second")
		w.advance(0)
		require.Equal(t, "second", read())
		list, err := west.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "a"})
		require.NoError(t, err)
		last := list.Versions[len(list.Versions)-1]
		require.Equal(t, tokenB, last.VersionID)
		require.Equal(t, []string{key}, last.KMSKeyIDs, "the key of the version before is forgotten")
	})
}

// TestReplicaRegions checks that Regions are AWS's, or those that are asked for.
func TestReplicaRegions(t *testing.T) {
	replicate := func(w *world, region string) error {
		_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: region}}})
		return err
	}
	w := newWorld(t)
	w.create("a")
	require.NoError(t, replicate(w, "mx-central-1"))
	requireError(t, replicate(w, "mars-north-1"), "InvalidParameterException", "Invalid replica region.")
	requireError(t, replicate(w, "us-gov-west-1"), "InvalidParameterException", "Invalid replica region.")

	w = newWorld(t, func(o *secretlife.Options) { o.Emulate.Regions = []string{"mars-north-1"} })
	w.create("a")
	require.NoError(t, replicate(w, "mars-north-1"))
	requireError(t, replicate(w, "mx-central-1"), "InvalidParameterException", "Invalid replica region.")
}
