package explore

import (
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// expectations are the results of a call by the phase of its secret: the code of an
// exception, succeeds, or anyOutcome if the result depends on more than the phase. They
// are independent of the library's table, so that they find a mistake in it.
type expectations struct {
	purged, active, scheduled, awaiting, replica, primary string
}

const (
	succeeds   = "succeeds"
	anyOutcome = "whatever"
	anyRefusal = "refused"
)

var (
	ofReads  = expectations{model.CodeNotFound, succeeds, model.CodeRequest, model.CodeRequest, succeeds, succeeds}
	ofWrites = expectations{
		model.CodeNotFound,
		succeeds,
		model.CodeRequest,
		model.CodeRequest,
		model.CodeParameter,
		succeeds,
	}
	ofChecks = expectations{
		model.CodeNotFound,
		anyOutcome,
		model.CodeRequest,
		model.CodeRequest,
		model.CodeParameter,
		anyOutcome,
	}
	ofAllowed = expectations{model.CodeNotFound, succeeds, succeeds, succeeds, succeeds, succeeds}
	// Replication to a Region that AWS does not have is refused before the look-up.
	ofNoRegion = expectations{model.CodeParameter, model.CodeParameter, model.CodeParameter, model.CodeParameter,
		model.CodeParameter, model.CodeParameter}
	// A rotation whose function can't be called is refused, unless something else refuses it.
	ofNoFunction = expectations{model.CodeNotFound, anyRefusal, model.CodeRequest, model.CodeRequest,
		model.CodeParameter, anyRefusal}
	ofForce = expectations{succeeds, succeeds, succeeds, succeeds, model.CodeParameter, model.CodeParameter}
)

// expected are the expectations of an operation without force.
var expected = map[secretlife.Operation]expectations{
	secretlife.OpCancelRotateSecret: ofChecks,
	secretlife.OpCreateSecret: {
		succeeds,
		anyOutcome,
		model.CodeRequest,
		model.CodeRequest,
		anyOutcome,
		anyOutcome,
	},
	secretlife.OpDeleteResourcePolicy: ofWrites,
	secretlife.OpDeleteSecret: {
		model.CodeNotFound,
		succeeds,
		model.CodeRequest,
		model.CodeRequest,
		model.CodeParameter,
		model.CodeParameter,
	},
	secretlife.OpDescribeSecret:    ofAllowed,
	secretlife.OpGetResourcePolicy: ofReads,
	secretlife.OpGetSecretValue: {
		model.CodeNotFound,
		anyOutcome,
		model.CodeRequest,
		model.CodeRequest,
		anyOutcome,
		anyOutcome,
	},
	secretlife.OpListSecretVersionIds: ofAllowed,
	// Whether these are refused depends on the holds and the protection: see guarded.
	secretlife.OpPlaceHold:                    ofAllowed,
	secretlife.OpReleaseHold:                  ofAllowed,
	secretlife.OpProtectSecret:                ofAllowed,
	secretlife.OpListSecrets:                  {succeeds, succeeds, succeeds, succeeds, succeeds, succeeds},
	secretlife.OpPutResourcePolicy:            ofWrites,
	secretlife.OpPutSecretValue:               ofWrites,
	secretlife.OpRemoveRegionsFromReplication: ofChecks,
	secretlife.OpReplicateSecretToRegions:     ofWrites,
	secretlife.OpRestoreSecret: {
		model.CodeNotFound,
		succeeds,
		succeeds,
		model.CodeNotFound,
		model.CodeParameter,
		succeeds,
	},
	secretlife.OpRotateSecret: ofChecks,
	secretlife.OpStopReplicationToReplica: {
		model.CodeNotFound,
		model.CodeParameter,
		model.CodeRequest,
		model.CodeRequest,
		succeeds,
		model.CodeParameter,
	},
	secretlife.OpTagResource:              ofWrites,
	secretlife.OpUntagResource:            ofWrites,
	secretlife.OpUpdateSecret:             ofWrites,
	secretlife.OpUpdateSecretVersionStage: ofChecks,
}

func (e expectations) of(p secretlife.Phase) string {
	switch p {
	case secretlife.PhaseActive:
		return e.active
	case secretlife.PhaseScheduledForDeletion:
		return e.scheduled
	case secretlife.PhaseAwaitingPurge:
		return e.awaiting
	case secretlife.PhaseReplica:
		return e.replica
	case secretlife.PhasePrimaryWithReplicas:
		return e.primary
	}
	return e.purged
}

// phaseAt returns the phase of a secret from its state, without the library's rules.
func phaseAt(st *plain.State, now time.Time) secretlife.Phase {
	switch {
	case st.DeletionDate != nil && (st.Forced || now.UnixMilli() >= *st.DeletionDate):
		return secretlife.PhaseAwaitingPurge
	case st.DeletionDate != nil:
		return secretlife.PhaseScheduledForDeletion
	case st.Primary != "":
		return secretlife.PhaseReplica
	case len(st.Replicas) > 0:
		return secretlife.PhasePrimaryWithReplicas
	}
	return secretlife.PhaseActive
}

// namesOf returns the names of events, in order.
func namesOf(events []secretlife.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Name()
	}
	return out
}

// purgeEvents returns the events of a secret's purge.
func purgeEvents(s secretlife.Secret) []string {
	var out []string
	versions := len(s.Versions())
	if !s.Deletion().Scheduled() {
		out = append(out, slices.Repeat([]string{"StartSecretVersionDelete"}, versions)...)
	}
	return append(append(out, slices.Repeat([]string{"EndSecretVersionDelete"}, versions)...), "SecretPurged")
}
