package lifetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// The checkers must be able to fail: each is shown observations that are broken
// in one way.

func ms(n int64) *int64 { return &n }

const (
	idA = "token-a"
	idB = "token-b"
)

// calm is a secret about which all is right.
func calm(edits ...func(*secretlife.State)) secretlife.State {
	st := secretlife.State{
		ARN: "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-AAAAAA", Incarnation: "01", Revision: 3, Created: 1000, Changed: 2000,
		Versions: []secretlife.VersionState{{ID: idA, Created: 1000}, {ID: idB, Created: 2000}},
		Stages:   map[secretlife.Stage]string{current: idB, previous: idA},
		Tags:     []secretlife.Tag{{Key: "k", Value: "v"}},
	}
	for _, edit := range edits {
		edit(&st)
	}
	return st
}

// later is what a change makes of a state besides what it is about.
func later(st *secretlife.State) { st.Revision, st.Changed = st.Revision+1, st.Changed+1 }

// marked is scheduled at the instant 5000 with a window of seven days.
func marked(st *secretlife.State) {
	later(st)
	st.DeletionDate, st.PurgeAt = ms(5000+7*day), ms(5000+7*day)
}

func TestBrokenStatesAreFound(t *testing.T) {
	require.NoError(t, checkState(calm()))
	require.NoError(t, checkState(calm(marked)))
	for name, edit := range map[string]func(*secretlife.State){
		"label on no version":       func(st *secretlife.State) { st.Stages["x"] = "gone" },
		"no AWSCURRENT":             func(st *secretlife.State) { delete(st.Stages, current) },
		"version twice":             func(st *secretlife.State) { st.Versions[1].ID = idA },
		"scheduled with replicas":   func(st *secretlife.State) { marked(st); st.Replicas = []secretlife.ReplicaState{{Region: "eu-west-1"}} },
		"scheduled replica":         func(st *secretlife.State) { marked(st); st.Primary = "eu-west-1" },
		"scheduled without a purge": func(st *secretlife.State) { marked(st); st.PurgeAt = nil },
		"without a value and gone":  func(st *secretlife.State) { st.Reserved = []string{"gone"} },
		"without a value, current":  func(st *secretlife.State) { st.Reserved = []string{idB} },
		"purge before DeletionDate": func(st *secretlife.State) { marked(st); *st.PurgeAt-- },
	} {
		require.Error(t, checkState(calm(edit)), name)
	}
}

func TestBrokenStepsAreFound(t *testing.T) {
	tag := func(st *secretlife.State) { st.Tags = nil }
	both := func(edits ...func(*secretlife.State)) func(*secretlife.State) {
		return func(st *secretlife.State) {
			for _, edit := range edits {
				edit(st)
			}
		}
	}
	require.NoError(t, checkStep(calm(), calm(), 5000))
	require.NoError(t, checkStep(calm(), calm(later, tag), 5000))
	require.NoError(t, checkStep(calm(), calm(marked), 5000))
	require.NoError(t, checkStep(calm(marked), calm(later, later), 5000+7*day-1))
	for name, x := range map[string]struct {
		old, next func(*secretlife.State)
		now       int64
	}{
		"changed under the same revision":    {later, both(later, tag), 5000},
		"revision went back":                 {both(later, later), both(later, tag), 5000},
		"LastChangedDate stands still":       {later, func(st *secretlife.State) { later(st); st.Revision++; st.Tags = nil }, 5000},
		"LastChangedDate went back":          {later, func(st *secretlife.State) { later(st); st.Revision++; st.Changed -= 2 }, 5000},
		"another ARN":                        {later, func(st *secretlife.State) { later(st); later(st); st.ARN += "x" }, 5000},
		"restored at its date":               {marked, both(later, later), 5000 + 7*day},
		"restored after force":               {both(marked, func(st *secretlife.State) { st.Forced = true; *st.DeletionDate = 5000 }), both(later, later), 4000},
		"restore lost the tags":              {marked, both(later, later, tag), 6000},
		"schedule lost a label":              {later, func(st *secretlife.State) { later(st); marked(st); delete(st.Stages, previous) }, 5000},
		"scheduled secret aged":              {marked, func(st *secretlife.State) { marked(st); later(st); st.Versions = st.Versions[1:] }, 5000 + day},
		"window of six days":                 {later, func(st *secretlife.State) { later(st); marked(st); *st.DeletionDate -= day }, 5000},
		"window of 31 days":                  {later, func(st *secretlife.State) { later(st); marked(st); *st.DeletionDate += 24*day + 1 }, 5000},
		"date moved":                         {marked, func(st *secretlife.State) { marked(st); later(st); *st.DeletionDate -= 1 }, 5000},
		"forced with a date that is not now": {later, func(st *secretlife.State) { later(st); marked(st); st.Forced = true }, 5000},
	} {
		require.Error(t, checkStep(calm(x.old), calm(x.next), x.now), name)
	}
}

func TestBrokenAgeingIsFound(t *testing.T) {
	many := func(n int) secretlife.State {
		st := calm()
		st.Versions = nil
		for i := range n {
			st.Versions = append(st.Versions, secretlife.VersionState{ID: tokenNumber(i), Created: int64(i)})
		}
		st.Stages = map[secretlife.Stage]string{current: tokenNumber(n - 1)}
		return st
	}
	without := func(st secretlife.State, i int) secretlife.State {
		st.Versions = append(append([]secretlife.VersionState{}, st.Versions[:i]...), st.Versions[i+1:]...)
		return st
	}
	old := many(102)
	require.NoError(t, checkAgeing(old, without(old, 1), 2*day))
	require.Error(t, checkAgeing(old, without(old, 2), 2*day), "one of the 100 newest")
	require.NoError(t, checkAgeing(old, without(old, 1), day+2))
	require.Error(t, checkAgeing(old, without(old, 1), day+1), "exactly 24 hours old")
	old.Stages["kept"] = tokenNumber(1)
	require.Error(t, checkAgeing(old, without(old, 1), 2*day), "a version with a label")

	old.Stages = map[secretlife.Stage]string{current: tokenNumber(100), pending: tokenNumber(101), previous: tokenNumber(1)}
	require.Error(t, checkAgeing(old, without(old, 1), 2*day), "AWSPREVIOUS, on a secret that is not rotated")
	old.Reserved = []string{tokenNumber(101)}
	old.Rotation = &secretlife.RotationState{Run: &secretlife.RotationRunState{Version: tokenNumber(101), Test: true}}
	require.NoError(t, checkAgeing(old, without(old, 1), 2*day), "AWSPREVIOUS, which a rotation moved")
	require.NoError(t, checkAgeing(old, without(old, 101), 0), "the version of a test")
	require.Error(t, checkAgeing(old, without(old, 100), 0), "another one")
	old.Reserved = nil
	require.Error(t, checkAgeing(old, without(old, 101), 0), "the version of a test, with a value")
	old.Reserved, old.Rotation.Run.Test = []string{tokenNumber(101)}, false
	require.Error(t, checkAgeing(old, without(old, 101), 0), "the version of a rotation")
}

func TestBrokenEndsAreFound(t *testing.T) {
	d := 5000 + 7*int64(day)
	forced := func(st *secretlife.State) {
		marked(st)
		st.Forced, st.DeletionDate, st.PurgeAt = true, ms(5000), ms(6000)
	}
	replicated := func(st *secretlife.State) { st.Replicas = []secretlife.ReplicaState{{Region: "eu-west-1"}} }
	require.NoError(t, checkGone(calm(marked), d, false))
	require.NoError(t, checkGone(calm(forced), 6000, false))
	require.NoError(t, checkGone(calm(func(st *secretlife.State) { st.Primary = "eu-west-1" }), 5000, false))
	require.NoError(t, checkGone(calm(), 5000, true))
	require.Error(t, checkGone(calm(marked), d-1, false), "a millisecond before its date")
	require.Error(t, checkGone(calm(marked), d-1, true), "overwritten while scheduled")
	require.Error(t, checkGone(calm(forced), 5999, false), "before its purge delay")
	require.Error(t, checkGone(calm(), d, false), "never marked")
	require.Error(t, checkGone(calm(replicated), d, true), "a primary")
}

func TestBrokenReplicasAreFound(t *testing.T) {
	at := func(region string) key { return key{place{home, region}, "db"} }
	primary := calm(func(st *secretlife.State) { st.Replicas = []secretlife.ReplicaState{{Region: "eu-west-1"}} })
	follower := calm(func(st *secretlife.State) { st.Incarnation, st.Primary, st.PrimaryOf = "02", "us-east-1", "01" })
	world := map[key]secretlife.State{at("us-east-1"): primary, at("eu-west-1"): follower}
	require.NoError(t, checkReplicas(world))

	world[at("us-east-1")] = calm()
	require.Error(t, checkReplicas(world), "unknown to its primary")
	primary.Incarnation = "03"
	world[at("us-east-1")] = primary
	require.Error(t, checkReplicas(world), "its primary is another incarnation")
	delete(world, at("us-east-1"))
	require.Error(t, checkReplicas(world), "its primary is gone")
}

func TestBrokenEventsAreFound(t *testing.T) {
	var inc secretlife.Incarnation
	next := func() map[secretlife.Incarnation]*life {
		return map[secretlife.Incarnation]*life{inc: {arn: "a", revision: 3}}
	}
	require.NoError(t, checkEvent(seen{seq: 8, inc: inc, revision: 4, arn: "a"}, 7, next()))
	for name, e := range map[string]seen{
		"gap":              {seq: 9, revision: 4, arn: "a"},
		"again":            {seq: 7, revision: 4, arn: "a"},
		"revision skipped": {seq: 8, revision: 5, arn: "a"},
		"revision back":    {seq: 8, revision: 2, arn: "a"},
		"other ARN":        {seq: 8, revision: 4, arn: "b"},
	} {
		require.Error(t, checkEvent(e, 7, next()), name)
	}
	lives := next()
	require.NoError(t, checkEvent(seen{seq: 8, name: "SecretPurged", revision: 4, arn: "a"}, 7, lives))
	require.Error(t, checkEvent(seen{seq: 9, name: "SecretPurged", revision: 4, arn: "a"}, 8, lives), "purged twice")
}

func TestPurgesOutOfOrderAreFound(t *testing.T) {
	at := func(n int) secretlife.Done {
		return secretlife.Done{At: epoch.Add(time.Duration(n)), Work: secretlife.WorkPurge}
	}
	require.NoError(t, inPurgeOrder(secretlife.Report{at(1), at(1), at(2)}))
	require.Error(t, inPurgeOrder(secretlife.Report{at(2), at(1)}))
}

func TestLeaksAreFound(t *testing.T) {
	require.False(t, leaks("[REDACTED]"))
	for _, text := range []string{
		"say " + canary + "-1", "xY0FuQXJZLTdmM1E5ei0x",
		`{"b":"` + "AP9jQW5BclktN2YzUTl6LTc=" + `"}`,
	} {
		require.True(t, leaks(text), text)
	}
	for n := range 20 {
		require.True(t, leaks(secretValue(n, n%2 == 0).Reveal()))
	}
}
