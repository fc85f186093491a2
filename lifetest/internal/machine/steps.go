package machine

import (
	"math/rand/v2"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// area is a group of operations.
type area int

const (
	ofLife area = iota
	ofAttributes
	ofVersions
	ofRotation
	ofReplicas
	ofLists
	ofClocks
	ofHolds
	areas int = iota
)

// stepKinds are the kinds of steps. The more a kind leads to, the greater its share.
var stepKinds = []struct {
	area  area
	share int
	op    secretlife.Operation // 0 for steps that are no call of one operation
	do    func(drawer)
}{
	{ofLife, 8, secretlife.OpCreateSecret, drawer.createSecret},
	{ofLife, 5, secretlife.OpDeleteSecret, drawer.deleteSecret},
	{ofLife, 4, secretlife.OpRestoreSecret, drawer.restoreSecret},
	{ofLife, 2, secretlife.OpDescribeSecret, drawer.describeSecret},
	{ofLife, 6, 0, drawer.passTime},
	{ofLife, 4, 0, drawer.runPurger},
	{ofLists, 2, secretlife.OpListSecrets, drawer.listSecrets},
	{ofLists, 2, secretlife.OpBatchGetSecretValue, drawer.batchGetSecretValue},
	{ofAttributes, 2, secretlife.OpTagResource, drawer.tagResource},
	{ofAttributes, 1, secretlife.OpUntagResource, drawer.untagResource},
	{ofAttributes, 2, secretlife.OpPutResourcePolicy, drawer.putResourcePolicy},
	{ofAttributes, 1, secretlife.OpGetResourcePolicy, drawer.getResourcePolicy},
	{ofAttributes, 1, secretlife.OpDeleteResourcePolicy, drawer.deleteResourcePolicy},
	{ofAttributes, 1, secretlife.OpValidateResourcePolicy, drawer.validateResourcePolicy},
	{ofAttributes, 1, secretlife.OpGetRandomPassword, drawer.getRandomPassword},
	{ofVersions, 4, secretlife.OpPutSecretValue, drawer.putSecretValue},
	{ofVersions, 3, secretlife.OpUpdateSecret, drawer.updateSecret},
	{ofVersions, 3, secretlife.OpGetSecretValue, drawer.getSecretValue},
	{ofVersions, 3, secretlife.OpUpdateSecretVersionStage, drawer.updateSecretVersionStage},
	{ofVersions, 2, secretlife.OpListSecretVersionIds, drawer.listVersions},
	{ofRotation, 3, secretlife.OpRotateSecret, drawer.rotateSecret},
	{ofRotation, 1, secretlife.OpCancelRotateSecret, drawer.cancelRotateSecret},
	{ofReplicas, 4, secretlife.OpReplicateSecretToRegions, drawer.replicateSecretToRegions},
	{ofReplicas, 2, secretlife.OpRemoveRegionsFromReplication, drawer.removeRegionsFromReplication},
	{ofReplicas, 2, secretlife.OpStopReplicationToReplica, drawer.stopReplicationToReplica},
	{ofClocks, 1, 0, drawer.moveWall},
	{ofClocks, 1, 0, drawer.restartPurger},
	{ofVersions, 1, 0, drawer.burst},
	{ofHolds, 4, secretlife.OpPlaceHold, drawer.placeHold},
	{ofHolds, 3, secretlife.OpReleaseHold, drawer.releaseHold},
	{ofHolds, 2, secretlife.OpProtectSecret, drawer.protectSecret},
}

// burstKind makes a hundred calls and slows all later steps.
var burstKind = len(stepKinds) - 4

// profile is what a drawn history is mostly about. It has no effect when the history
// is played again.
type profile struct {
	weights      []int // of the kinds of steps
	mainShare    int   // percentage of calls from the first place
	names        int   // number of names in use
	unusualShare int   // percentage of arbitrary ids
	eager        bool  // starts with CreateSecret
}

// seldom are operations that a history about replicas that age has seldom, since they end what it needs, or lead
// to nothing.
var seldom = []secretlife.Operation{
	secretlife.OpDeleteSecret, secretlife.OpRestoreSecret, secretlife.OpDescribeSecret,
	secretlife.OpRemoveRegionsFromReplication, secretlife.OpStopReplicationToReplica,
	secretlife.OpReleaseHold, secretlife.OpProtectSecret,
}

// balanced is a profile with all kinds of steps.
var balanced = func() profile {
	p := profile{mainShare: 60, names: len(history.Names), unusualShare: 9}
	for _, d := range stepKinds {
		p.weights = append(p.weights, d.share)
	}
	return p
}()

// creating are weights that favour CreateSecret.
var creating = func() []int {
	out := append([]int{}, balanced.weights...)
	out[0] *= 20
	return out
}()

// drawProfile favours some areas and leaves out others, so that combinations that are
// rare in a balanced history become frequent.
func drawProfile(random *rand.Rand) profile {
	p := profile{
		mainShare:    60,
		names:        1 + random.IntN(len(history.Names)),
		unusualShare: random.IntN(10),
		eager:        random.IntN(4) > 0,
	}
	if random.IntN(2) == 0 {
		p.mainShare = 95
	}
	var factors [areas]int
	for a := range factors {
		factors[a] = []int{0, 1, 2, 8}[random.IntN(4)]
	}
	factors[ofLife] = 1 + factors[ofLife]/2
	ageing, replicated := random.IntN(12) == 0, false
	if ageing { // needs over a hundred versions of one secret, and a day
		factors = [areas]int{ofLife: 1, ofVersions: 2, ofRotation: random.IntN(2), ofReplicas: random.IntN(2),
			ofHolds: random.IntN(2)}
		if replicated = random.IntN(2) == 0; replicated { // a replica ages, too, which may have a hold
			factors = [areas]int{ofLife: 2, ofReplicas: 2, ofHolds: 2}
			p.mainShare, p.unusualShare = 60, 0
		}
		p.names = 1
	}
	for _, d := range stepKinds {
		p.weights = append(p.weights, d.share*factors[d.area])
	}
	p.weights[burstKind] = 0
	if ageing {
		p.weights[burstKind] = 5
	}
	if replicated {
		for i, d := range stepKinds {
			if slices.Contains(seldom, d.op) {
				p.weights[i] = 1
			}
		}
	}
	return p
}

// served are the weights without those of operations that histories leave out.
func (m *machine) served(weights []int) []int {
	if m.subject == nil {
		return weights
	}
	out := slices.Clone(weights)
	for i, kind := range stepKinds {
		if kind.area == ofHolds || kind.op != 0 && m.leavesOut(kind.op) || kind.op == 0 && kind.area != ofLife {
			out[i] = 0
		}
	}
	return out
}
