package lifetest

import (
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// expectations are what a call must be answered with, by the phase of the secret
// it is about: an exception's code, succeeds, or whatever where that depends on
// more than the phase. They are written down here once more, so that a mistake
// in the library's own table is found.
type expectations struct {
	purged, active, scheduled, awaiting, replica, primary string
}

const (
	succeeds = "succeeds"
	whatever = "whatever"
)

var (
	ofReads   = expectations{codeNotFound, succeeds, codeRequest, codeRequest, succeeds, succeeds}
	ofWrites  = expectations{codeNotFound, succeeds, codeRequest, codeRequest, codeParameter, succeeds}
	ofChecks  = expectations{codeNotFound, whatever, codeRequest, codeRequest, codeParameter, whatever}
	ofAllowed = expectations{codeNotFound, succeeds, succeeds, succeeds, succeeds, succeeds}
	ofForce   = expectations{succeeds, succeeds, succeeds, succeeds, codeParameter, codeParameter}
)

// expected are the expectations of an operation without force.
var expected = map[secretlife.Operation]expectations{
	secretlife.OpCancelRotateSecret:           ofChecks,
	secretlife.OpCreateSecret:                 {succeeds, whatever, codeRequest, codeRequest, whatever, whatever},
	secretlife.OpDeleteResourcePolicy:         ofWrites,
	secretlife.OpDeleteSecret:                 {codeNotFound, succeeds, codeRequest, codeRequest, codeParameter, codeParameter},
	secretlife.OpDescribeSecret:               ofAllowed,
	secretlife.OpGetResourcePolicy:            ofReads,
	secretlife.OpGetSecretValue:               {codeNotFound, whatever, codeRequest, codeRequest, whatever, whatever},
	secretlife.OpListSecretVersionIds:         ofAllowed,
	secretlife.OpListSecrets:                  {succeeds, succeeds, succeeds, succeeds, succeeds, succeeds},
	secretlife.OpPutResourcePolicy:            ofWrites,
	secretlife.OpPutSecretValue:               ofWrites,
	secretlife.OpRemoveRegionsFromReplication: ofChecks,
	secretlife.OpReplicateSecretToRegions:     ofWrites,
	secretlife.OpRestoreSecret:                {codeNotFound, succeeds, succeeds, codeNotFound, codeParameter, succeeds},
	secretlife.OpRotateSecret:                 ofChecks,
	secretlife.OpStopReplicationToReplica:     {codeNotFound, codeParameter, codeRequest, codeRequest, succeeds, codeParameter},
	secretlife.OpTagResource:                  ofWrites,
	secretlife.OpUntagResource:                ofWrites,
	secretlife.OpUpdateSecret:                 ofWrites,
	secretlife.OpUpdateSecretVersionStage:     ofChecks,
}

func (e expectations) of(p secretlife.Phase) string {
	switch p {
	case secretlife.Active:
		return e.active
	case secretlife.ScheduledForDeletion:
		return e.scheduled
	case secretlife.AwaitingPurge:
		return e.awaiting
	case secretlife.ReplicaSecret:
		return e.replica
	case secretlife.PrimaryWithReplicas:
		return e.primary
	}
	return e.purged
}

// phaseAt is where a secret stands, by what its state says and not by what the
// library makes of it.
func phaseAt(st secretlife.State, now time.Time) secretlife.Phase {
	switch {
	case st.DeletionDate != nil && (st.Forced || now.UnixMilli() >= *st.DeletionDate):
		return secretlife.AwaitingPurge
	case st.DeletionDate != nil:
		return secretlife.ScheduledForDeletion
	case st.Primary != "":
		return secretlife.ReplicaSecret
	case len(st.Replicas) > 0:
		return secretlife.PrimaryWithReplicas
	}
	return secretlife.Active
}

// namesOf are the names of events, in order.
func namesOf(events []secretlife.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Name()
	}
	return out
}

// purgeEvents are those with which a secret ends.
func purgeEvents(s secretlife.Secret) []string {
	var out []string
	versions := len(s.Versions())
	if !s.Deletion().Scheduled() {
		out = append(out, slices.Repeat([]string{"StartSecretVersionDelete"}, versions)...)
	}
	return append(append(out, slices.Repeat([]string{"EndSecretVersionDelete"}, versions)...), "SecretPurged")
}
