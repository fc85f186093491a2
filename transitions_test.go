package secretlife_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// acts take every arrow of the state diagram, in a world in which the secret
// "s" of us-east-1, or for replicas that of eu-west-1, is in the phase the arrow
// comes from.
var acts = map[secretlife.Transition]func(*world){
	{From: secretlife.Purged, To: secretlife.Active, By: "CreateSecret"}: func(w *world) { w.create("s") },
	{From: secretlife.Purged, To: secretlife.PrimaryWithReplicas, By: "CreateSecret with AddReplicaRegions"}: func(w *world) {
		w.create("s", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
	},
	{From: secretlife.Purged, To: secretlife.ReplicaSecret, By: "ReplicateSecretToRegions on the primary"}: func(w *world) {
		w.create("s")
		w.replicate("s", false, "eu-west-1")
		w.advance(0)
	},
	{From: secretlife.Active, To: secretlife.ScheduledForDeletion, By: "DeleteSecret"}:                 func(w *world) { w.delete("s", 7) },
	{From: secretlife.Active, To: secretlife.AwaitingPurge, By: "DeleteSecret by force"}:               func(w *world) { w.delete("s", 0) },
	{From: secretlife.ScheduledForDeletion, To: secretlife.AwaitingPurge, By: "DeleteSecret by force"}: func(w *world) { w.delete("s", 0) },
	{From: secretlife.ScheduledForDeletion, To: secretlife.AwaitingPurge, By: "the DeletionDate"}:      func(w *world) { w.advance(7 * aDay) },
	{From: secretlife.ScheduledForDeletion, To: secretlife.Active, By: "RestoreSecret"}: func(w *world) {
		_, err := w.RestoreSecret(ctx, secretlife.RestoreSecretInput{SecretID: "s"})
		require.NoError(w.t, err)
	},
	{From: secretlife.AwaitingPurge, To: secretlife.Purged, By: "time and the purger"}:                                          func(w *world) { w.advance(hour) },
	{From: secretlife.Active, To: secretlife.PrimaryWithReplicas, By: "ReplicateSecretToRegions"}:                               func(w *world) { w.replicate("s", false, "eu-west-1") },
	{From: secretlife.PrimaryWithReplicas, To: secretlife.Active, By: "RemoveRegionsFromReplication, StopReplicationToReplica"}: removeRegion,
	{From: secretlife.ReplicaSecret, To: secretlife.Purged, By: "RemoveRegionsFromReplication on the primary"}:                  removeRegion,
	{From: secretlife.ReplicaSecret, To: secretlife.Active, By: "StopReplicationToReplica"}: func(w *world) {
		_, err := w.in("123456789012", "eu-west-1").StopReplicationToReplica(ctx, secretlife.StopReplicationToReplicaInput{SecretID: "s"})
		require.NoError(w.t, err)
	},
	{From: secretlife.Active, To: secretlife.ReplicaSecret, By: "ReplicateSecretToRegions with ForceOverwriteReplicaSecret"}: func(w *world) {
		_, err := w.in("123456789012", "eu-west-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s", Value: secretlife.SecretString("eu")})
		require.NoError(w.t, err)
		require.Equal(w.t, secretlife.Active, w.phaseIn("eu-west-1"))
		w.replicate("s", true, "eu-west-1")
		w.advance(0)
	},
}

func removeRegion(w *world) {
	_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "s", RemoveReplicaRegions: []string{"eu-west-1"}})
	require.NoError(w.t, err)
}

// phaseIn is the phase of the secret "s" in a Region.
func (w *world) phaseIn(region string) secretlife.Phase {
	w.t.Helper()
	s, err := w.store.Load(ctx, keyOf(w.t, "123456789012", region, "s"))
	if err != nil {
		require.ErrorIs(w.t, err, secretlife.ErrSecretNotFound)
	}
	return s.Phase(w.clock.Now())
}

func TestEveryTransition(t *testing.T) {
	for _, tr := range secretlife.Transitions() {
		t.Run(tr.From.String()+" to "+tr.To.String()+" by "+tr.By, func(t *testing.T) {
			act := acts[tr]
			require.NotNil(t, act, "no test takes this arrow")
			region := "us-east-1"
			if tr.From == secretlife.ReplicaSecret || tr.To == secretlife.ReplicaSecret {
				region = "eu-west-1"
			}
			w, _ := inPhase(t, tr.From)
			if tr.From != secretlife.Active || region == "us-east-1" {
				require.Equal(t, tr.From, w.phaseIn(region))
			}
			act(w)
			require.Equal(t, tr.To, w.phaseIn(region))
		})
	}
	require.Len(t, acts, len(secretlife.Transitions()))
}
