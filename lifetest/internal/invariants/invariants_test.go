package invariants

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// The checkers must be able to fail: each is shown observations that are broken
// in one way.

func ms(n int64) *int64 { return &n }

const (
	idA = "token-a"
	idB = "token-b"
)

// calm is a secret about which all is right.
func calm(edits ...func(*plain.State)) plain.State {
	st := plain.State{
		ARN: "arn:aws:secretsmanager:us-east-1:111111111111:secret:db-AAAAAA", Incarnation: "01", Revision: 3, Created: 1000,
		Changed:  2000,
		Versions: []plain.VersionState{{ID: idA, Created: 1000}, {ID: idB, Created: 2000}},
		Stages:   map[secretlife.Stage]string{model.Current: idB, model.Previous: idA},
		Tags:     []secretlife.Tag{{Key: "k", Value: "v"}},
	}
	for _, edit := range edits {
		edit(&st)
	}
	return st
}

// later is what a change makes of a state besides what it is about.
func later(st *plain.State) { st.Revision, st.Changed = st.Revision+1, st.Changed+1 }

// marked is scheduled at the instant 5000 with a window of seven days.
func marked(st *plain.State) {
	later(st)
	st.DeletionDate, st.PurgeAt = ms(5000+7*model.Day), ms(5000+7*model.Day)
	st.Window = &plain.CountState{Period: 7 * model.Day * time.Millisecond}
}

// at is an instant of a clock that is right, and was when the secret was scheduled.
func at(now int64) Moment { return Moment{Now: now, Age: now - 5000, Exact: true} }

func TestBrokenStatesAreFound(t *testing.T) {
	require.NoError(t, CheckState(calm()))
	require.NoError(t, CheckState(calm(marked)))
	for name, edit := range map[string]func(*plain.State){
		"label on no version": func(st *plain.State) { st.Stages["x"] = "gone" },
		"no AWSCURRENT":       func(st *plain.State) { delete(st.Stages, model.Current) },
		"version twice":       func(st *plain.State) { st.Versions[1].ID = idA },
		"scheduled with replicas": func(st *plain.State) {
			marked(st)
			st.Replicas = []plain.ReplicaState{{Region: "eu-west-1"}}
		},
		"scheduled replica":         func(st *plain.State) { marked(st); st.Primary = "eu-west-1" },
		"scheduled without a purge": func(st *plain.State) { marked(st); st.PurgeAt = nil },
		"without a value and gone":  func(st *plain.State) { st.Reserved = []string{"gone"} },
		"without a value, current":  func(st *plain.State) { st.Reserved = []string{idB} },
		"purge before DeletionDate": func(st *plain.State) { marked(st); *st.PurgeAt-- },
		"scheduled without window":  func(st *plain.State) { marked(st); st.Window = nil },
		"forced with a window":      func(st *plain.State) { marked(st); st.Forced = true },
		"active with a window":      func(st *plain.State) { marked(st); st.DeletionDate, st.PurgeAt = nil, nil },
	} {
		require.Error(t, CheckState(calm(edit)), name)
	}
}

func TestBrokenStepsAreFound(t *testing.T) {
	tag := func(st *plain.State) { st.Tags = nil }
	both := func(edits ...func(*plain.State)) func(*plain.State) {
		return func(st *plain.State) {
			for _, edit := range edits {
				edit(st)
			}
		}
	}
	require.NoError(t, CheckStep(calm(), calm(), at(5000)))
	require.NoError(t, CheckStep(calm(), calm(later, tag), at(5000)))
	require.NoError(t, CheckStep(calm(), calm(marked), at(5000)))
	require.NoError(t, CheckStep(calm(marked), calm(later, later), at(5000+7*model.Day-1)))
	for name, x := range map[string]struct {
		old, next func(*plain.State)
		now       int64
	}{
		"changed under the same revision": {later, both(later, tag), 5000},
		"revision went back":              {both(later, later), both(later, tag), 5000},
		"LastChangedDate stands still": {later, func(st *plain.State) { later(st); st.Revision++; st.Tags = nil },
			5000},
		"LastChangedDate went back": {later, func(st *plain.State) {
			later(st)
			st.Revision++
			st.Changed -= 2
		}, 5000},
		"another ARN": {later, func(st *plain.State) { later(st); later(st); st.ARN += "x" },
			5000},
		"restored at its date": {marked, both(later, later), 5000 + 7*model.Day},
		"restored after force": {both(marked, func(st *plain.State) {
			st.Forced, st.Window = true, nil
			*st.DeletionDate = 5000
		}), both(later, later), 4000},
		"restore lost the tags": {marked, both(later, later, tag), 6000},
		"schedule lost a label": {later, func(st *plain.State) {
			later(st)
			marked(st)
			delete(st.Stages, model.Previous)
		}, 5000},
		"scheduled secret aged": {marked, func(st *plain.State) {
			marked(st)
			later(st)
			st.Versions = st.Versions[1:]
		}, 5000 + model.Day},
		"window of six days": {later, func(st *plain.State) {
			later(st)
			marked(st)
			*st.DeletionDate -= model.Day
		}, 5000},
		"window of 31 days": {later, func(st *plain.State) {
			later(st)
			marked(st)
			*st.DeletionDate += 24*model.Day + 1
		}, 5000},
		"date moved": {marked, func(st *plain.State) {
			marked(st)
			later(st)
			*st.DeletionDate -= 1
		}, 5000},
		"forced with a date that is not now": {later, func(st *plain.State) {
			later(st)
			marked(st)
			st.Forced,
				st.Window = true, nil
		}, 5000},
	} {
		require.Error(t, CheckStep(calm(x.old), calm(x.next), at(x.now)), name)
	}
}

// A secret whose date came by a wrong clock can be restored, if less than its window has
// really passed.
func TestRestoringAfterADateThatCameEarly(t *testing.T) {
	d := 5000 + 7*int64(model.Day)
	require.NoError(t, CheckStep(calm(marked), calm(later, later), Moment{Now: d, Age: 7*model.Day - 1, Exact: true}))
	require.Error(t, CheckStep(calm(marked), calm(later, later), Moment{Now: d, Age: 7 * model.Day, Exact: true}))
	require.NoError(t, CheckStep(calm(marked), calm(later, later), Moment{Now: d, Age: 7 * model.Day}),
		"it was not counted")
}

func TestBrokenAgeingIsFound(t *testing.T) {
	many := func(n int) plain.State {
		st := calm()
		st.Versions = nil
		for i := range n {
			st.Versions = append(st.Versions, plain.VersionState{ID: history.TokenNumber(i), Created: int64(i)})
		}
		st.Stages = map[secretlife.Stage]string{model.Current: history.TokenNumber(n - 1)}
		return st
	}
	without := func(st plain.State, i int) plain.State {
		st.Versions = append(append([]plain.VersionState{}, st.Versions[:i]...), st.Versions[i+1:]...)
		return st
	}
	old := many(102)
	require.NoError(t, checkAgeing(old, without(old, 1), 2*model.Day))
	require.Error(t, checkAgeing(old, without(old, 2), 2*model.Day), "one of the 100 newest")
	require.NoError(t, checkAgeing(old, without(old, 1), model.Day+2))
	require.Error(t, checkAgeing(old, without(old, 1), model.Day+1), "exactly 24 hours old")
	old.Stages["kept"] = history.TokenNumber(1)
	require.Error(t, checkAgeing(old, without(old, 1), 2*model.Day), "a version with a label")

	old.Stages = map[secretlife.Stage]string{
		model.Current:  history.TokenNumber(100),
		model.Pending:  history.TokenNumber(101),
		model.Previous: history.TokenNumber(1),
	}
	require.Error(t, checkAgeing(old, without(old, 1), 2*model.Day), "AWSPREVIOUS, on a secret that is not rotated")
	old.Reserved = []string{history.TokenNumber(101)}
	old.Rotation = &plain.RotationState{
		Run: &plain.RotationRunState{Version: history.TokenNumber(101), Test: true},
	}
	require.NoError(t, checkAgeing(old, without(old, 1), 2*model.Day), "AWSPREVIOUS, which a rotation moved")
	require.NoError(t, checkAgeing(old, without(old, 101), 0), "the version of a test")
	require.Error(t, checkAgeing(old, without(old, 100), 0), "another one")
	old.Reserved = nil
	require.Error(t, checkAgeing(old, without(old, 101), 0), "the version of a test, with a value")
	old.Reserved, old.Rotation.Run.Test = []string{history.TokenNumber(101)}, false
	require.Error(t, checkAgeing(old, without(old, 101), 0), "the version of a rotation")
}

func TestBrokenEndsAreFound(t *testing.T) {
	d := 5000 + 7*int64(model.Day)
	forced := func(st *plain.State) {
		marked(st)
		st.Forced, st.DeletionDate, st.PurgeAt, st.Window = true, ms(5000), ms(6000), nil
	}
	replicated := func(st *plain.State) { st.Replicas = []plain.ReplicaState{{Region: "eu-west-1"}} }
	protected := func(st *plain.State) { st.Protection = &plain.ProtectionState{NoForce: true} }
	require.NoError(t, CheckGone(calm(marked), at(d), false))
	require.NoError(t, CheckGone(calm(forced), at(6000), false))
	require.NoError(t, CheckGone(calm(func(st *plain.State) { st.Primary = "eu-west-1" }), at(5000), false))
	require.NoError(t, CheckGone(calm(), at(5000), true))
	require.Error(t, CheckGone(calm(marked), at(d-1), false), "a millisecond before its date")
	require.Error(t, CheckGone(calm(marked), at(d-1), true), "overwritten while scheduled")
	require.Error(t, CheckGone(calm(protected), at(5000), true), "overwritten while protected")
	require.NoError(t, CheckGone(calm(forced, protected), at(6000), true), "purged, before a replica took its name")
	require.Error(t, CheckGone(calm(forced, protected), at(5999), true), "before its purge delay")
	require.Error(t, CheckGone(calm(forced), at(5999), false), "before its purge delay")
	require.Error(t, CheckGone(calm(), at(d), false), "never marked")
	require.Error(t, CheckGone(calm(replicated), at(d), true), "a primary")
	require.Error(t, CheckGone(calm(marked), Moment{Now: d, Age: d - 5001}, false), "the clock is a millisecond ahead")
	require.Error(t, CheckGone(calm(marked), Moment{Now: d + 365*model.Day, Age: 1}, false), "the clock is a year ahead")
}

func TestBrokenReplicasAreFound(t *testing.T) {
	in := func(region string) model.Key { return model.NewKey(history.MainAccount, region, "db") }
	primary := calm(func(st *plain.State) { st.Replicas = []plain.ReplicaState{{Region: "eu-west-1"}} })
	follower := calm(
		func(st *plain.State) { st.Incarnation, st.Primary, st.PrimaryOf = "02", "us-east-1", "01" },
	)
	world := map[model.Key]plain.State{in("us-east-1"): primary, in("eu-west-1"): follower}
	require.NoError(t, CheckReplicas(world))

	world[in("us-east-1")] = calm()
	require.Error(t, CheckReplicas(world), "unknown to its primary")
	primary.Incarnation = "03"
	world[in("us-east-1")] = primary
	require.Error(t, CheckReplicas(world), "its primary is another incarnation")
	delete(world, in("us-east-1"))
	require.Error(t, CheckReplicas(world), "its primary is gone")
}

func TestBrokenEventsAreFound(t *testing.T) {
	var inc secretlife.Incarnation
	next := func() map[secretlife.Incarnation]*Trail {
		return map[secretlife.Incarnation]*Trail{inc: {arn: "a", Revision: 3}}
	}
	require.NoError(t, CheckEvent(Event{seq: 8, inc: inc, revision: 4, arn: "a"}, 7, next()))
	for name, e := range map[string]Event{
		"gap":              {seq: 9, revision: 4, arn: "a"},
		"again":            {seq: 7, revision: 4, arn: "a"},
		"revision skipped": {seq: 8, revision: 5, arn: "a"},
		"revision back":    {seq: 8, revision: 2, arn: "a"},
		"other ARN":        {seq: 8, revision: 4, arn: "b"},
	} {
		require.Error(t, CheckEvent(e, 7, next()), name)
	}
	trails := next()
	require.NoError(t, CheckEvent(Event{seq: 8, name: "SecretPurged", revision: 4, arn: "a"}, 7, trails))
	require.Error(
		t,
		CheckEvent(Event{seq: 9, name: "SecretPurged", revision: 4, arn: "a"}, 8, trails),
		"purged twice",
	)
}

func TestPurgesOutOfOrderAreFound(t *testing.T) {
	at := func(n int) secretlife.Done {
		return secretlife.Done{At: history.Epoch.Add(time.Duration(n)), Work: secretlife.WorkPurge}
	}
	require.NoError(t, InPurgeOrder(secretlife.Report{at(1), at(1), at(2)}))
	require.Error(t, InPurgeOrder(secretlife.Report{at(2), at(1)}))
}
