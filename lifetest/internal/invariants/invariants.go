// Package invariants checks what is true of every secret, of every step and of all
// events, whatever the implementation.
package invariants

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// The invariants use only what can be seen from outside, and not the model, so that
// they find a mistake that model and library share.

// body returns what scheduling a deletion and restoring must not change.
func body(st plain.State) plain.State {
	st.Revision, st.Changed, st.Holds, st.Protection = 0, 0, nil, nil
	st.DeletionDate, st.PurgeAt, st.Forced, st.Window = nil, nil, false, nil
	return st
}

// content returns what LastChangedDate is about: all but the dates of reading, the
// state of replication and rotation, and versions that were aged out.
func content(st plain.State) plain.State {
	st.Revision, st.Changed, st.Accessed, st.Versions, st.Reserved, st.Rotation = 0, 0, nil, nil, nil, nil
	st.Window, st.Aging, st.Holds, st.Protection = nil, nil, nil, nil
	replicas := st.Replicas
	st.Replicas = nil
	for _, r := range replicas {
		st.Replicas = append(st.Replicas, plain.ReplicaState{Region: r.Region})
	}
	return st
}

// CheckState checks what is true of any secret at any time.
func CheckState(st plain.State) error {
	ids := map[string]bool{}
	for _, v := range st.Versions {
		if ids[v.ID] {
			return fmt.Errorf("version %s is there twice", v.ID)
		}
		ids[v.ID] = true
	}
	for label, id := range st.Stages {
		if !ids[id] {
			return fmt.Errorf("%s is on version %s, which is not there", label, id)
		}
	}
	if _, ok := st.Stages[model.Current]; !ok && len(st.Versions) > len(st.Reserved) {
		return fmt.Errorf("no version is AWSCURRENT")
	}
	for _, id := range st.Reserved {
		if !ids[id] || st.Stages[model.Current] == id {
			return fmt.Errorf("version %s without a value is not there, or is AWSCURRENT", id)
		}
	}
	if st.DeletionDate != nil && (len(st.Replicas) > 0 || st.Primary != "") {
		return fmt.Errorf("scheduled as a replica or with replicas")
	}
	if (st.Window != nil) != (st.DeletionDate != nil && !st.Forced) {
		return fmt.Errorf("a recovery window without a scheduled deletion, or the reverse")
	}
	if st.DeletionDate != nil && (st.PurgeAt == nil || *st.PurgeAt < *st.DeletionDate) {
		return fmt.Errorf("to be purged before its DeletionDate")
	}
	return nil
}

// Moment is when a step happens, in milliseconds.
type Moment struct {
	// Now is what the clock says.
	Now int64
	// Age is how much time has really passed since the secret was scheduled for
	// deletion, whatever clocks say.
	Age int64
	// Exact reports that the service knows the age, as it does in virtual time.
	// Otherwise it may know that less has passed.
	Exact bool
}

// CheckStep checks one step of one incarnation.
func CheckStep(old, next plain.State, at Moment) error {
	same := reflect.DeepEqual(old, next)
	switch {
	case old.ARN != next.ARN || old.Created != next.Created:
		return fmt.Errorf("ARN or creation date changed")
	case same:
		return nil
	case next.Revision <= old.Revision:
		return fmt.Errorf("revision %d after %d", next.Revision, old.Revision)
	case next.Changed < old.Changed:
		return fmt.Errorf("LastChangedDate went back")
	case next.Changed == old.Changed && old.Primary == "" && !reflect.DeepEqual(content(old), content(next)):
		return fmt.Errorf("changed, but LastChangedDate stands still")
	}
	if err := checkMark(old, next, at); err != nil {
		return err
	}
	return checkAgeing(old, next, at.Now)
}

// checkMark checks the rules of the scheduled deletion.
func checkMark(old, next plain.State, at Moment) error {
	now := at.Now
	if old.DeletionDate == nil && next.DeletionDate == nil {
		return nil
	}
	if !reflect.DeepEqual(body(old), body(next)) {
		return fmt.Errorf("more than the mark for deletion changed")
	}
	if next.DeletionDate == nil {
		if len(old.Holds) == 0 && (old.Forced || at.Exact && now >= *old.DeletionDate && at.Age >= windowOf(old)) {
			return fmt.Errorf("restored at %d, though its date was %d (forced: %v)", now, *old.DeletionDate, old.Forced)
		}
		return nil
	}
	date := *next.DeletionDate
	switch {
	case next.Forced && (old.DeletionDate == nil || *old.DeletionDate != date) && date != now:
		return fmt.Errorf("forced at %d with the date %d", now, date)
	case next.Forced:
	case old.DeletionDate != nil && *old.DeletionDate != date:
		return fmt.Errorf("DeletionDate moved from %d to %d", *old.DeletionDate, date)
	case old.DeletionDate == nil && (date < now+7*model.Day || date > now+30*model.Day):
		return fmt.Errorf("a window of %d ms", date-now)
	}
	return nil
}

// windowOf returns the recovery window in milliseconds, 0 without a deletion.
func windowOf(st plain.State) int64 {
	if st.Window == nil {
		return 0
	}
	return st.Window.Period.Milliseconds()
}

// checkAgeing checks that only versions were removed that may be.
func checkAgeing(old, next plain.State, now int64) error {
	there := map[string]bool{}
	for _, v := range next.Versions {
		there[v.ID] = true
	}
	was := map[string]bool{}
	for _, v := range old.Versions {
		was[v.ID] = true
	}
	if err := checkKept(old, there, now); err != nil {
		return err
	}
	newer := 0 // existing versions newer than the present one
	for _, v := range next.Versions {
		if !was[v.ID] {
			newer++
		}
	}
	for _, v := range slices.Backward(old.Versions) {
		if there[v.ID] || ofTest(old, v.ID) {
			newer++
			continue
		}
		switch {
		case newer < 100:
			return fmt.Errorf("version %s went, with %d newer ones", v.ID, newer)
		case now <= v.Created+model.Day:
			return fmt.Errorf("version %s went within 24 hours", v.ID)
		case old.Primary == "" && holds(old, v.ID):
			return fmt.Errorf("version %s went with a label", v.ID)
		}
	}
	return nil
}

// IsHeld reports whether a secret has a hold that has not ended by date.
func IsHeld(st plain.State, now int64) bool {
	return slices.ContainsFunc(st.Holds, func(h plain.HoldState) bool { return GoesOn(h, now) })
}

// GoesOn reports whether a hold has not ended by date.
func GoesOn(h plain.HoldState, now int64) bool {
	return (h.Until == nil || h.Until.Date > now) && (h.Release == nil || h.Release.Date > now)
}

// checkKept checks that no value was removed from a secret that has a hold.
func checkKept(old plain.State, there map[string]bool, now int64) error {
	for _, v := range old.Versions {
		if IsHeld(old, now) && !there[v.ID] && !slices.Contains(old.Reserved, v.ID) {
			return fmt.Errorf("version %s went in spite of a hold", v.ID)
		}
	}
	return nil
}

// ofTest reports whether a version exists only for the test of a rotation. In a replica
// that is known only from its having no value.
func ofTest(st plain.State, id string) bool {
	if r := st.Rotation; r != nil && r.Run != nil && r.Run.Test && r.Run.Version == id {
		return slices.Contains(st.Reserved, id)
	}
	return st.Primary != "" && slices.Contains(st.Reserved, id)
}

// holds reports whether a version has a label that no rotation moves.
func holds(st plain.State, id string) bool {
	for label, v := range st.Stages {
		moves := st.Rotation != nil && (label == model.Current || label == model.Previous || label == model.Pending)
		if v == id && !moves {
			return true
		}
	}
	return false
}

// CheckGone checks that a secret may have ended. replaced reports that a replica of another secret has
// its name. That replica may have come after the secret was purged, where it was marked for deletion.
func CheckGone(old plain.State, at Moment, replaced bool) error {
	switch {
	case IsHeld(old, at.Now):
		return fmt.Errorf("ended in spite of a hold")
	case old.Primary != "":
	case replaced && old.Protection != nil && old.DeletionDate == nil:
		return fmt.Errorf("overwritten in spite of its protection")
	case len(old.Replicas) > 0:
		return fmt.Errorf("a primary with replicas ended")
	case old.DeletionDate == nil && !replaced:
		return fmt.Errorf("ended without a mark for deletion")
	case old.DeletionDate == nil:
	case at.Now < *old.DeletionDate || at.Now < *old.PurgeAt:
		return fmt.Errorf("purged at %d, before its date %d", at.Now, *old.DeletionDate)
	case at.Age < windowOf(old):
		return fmt.Errorf("purged when %v of its window of %v had passed",
			time.Duration(at.Age)*time.Millisecond, time.Duration(windowOf(old))*time.Millisecond)
	}
	return nil
}

// CheckReplicas checks that every replica has a primary that lists it, and that every
// replica listed as in sync exists.
func CheckReplicas(all map[model.Key]plain.State) error {
	for k, st := range all {
		for _, r := range st.Replicas {
			there := all[model.NewKey(k.Account, r.Region, k.Name)]
			if r.Status == secretlife.ReplicaInSync && there.PrimaryOf != st.Incarnation {
				return fmt.Errorf("the replica of %s in %s is InSync, and not there", st.ARN, r.Region)
			}
		}
		if st.Primary == "" {
			continue
		}
		primary, ok := all[model.NewKey(k.Account, st.Primary, k.Name)]
		switch {
		case !ok || primary.Incarnation != st.PrimaryOf:
			return fmt.Errorf("replica %s without its primary", st.ARN)
		case !slices.ContainsFunc(primary.Replicas, func(r plain.ReplicaState) bool { return r.Region == k.Region }):
			return fmt.Errorf("replica %s unknown to its primary", st.ARN)
		}
	}
	return nil
}

// InPurgeOrder checks that the oldest were purged first.
func InPurgeOrder(r secretlife.Report) error {
	var last secretlife.Done
	for _, d := range r {
		if d.Work != secretlife.WorkPurge {
			continue
		}
		if d.At.Before(last.At) {
			return fmt.Errorf("%s, due at %s, was purged after %s, due at %s", d.ARN, d.At, last.ARN, last.At)
		}
		last = d
	}
	return nil
}

// Trail is what the events so far say of one incarnation.
type Trail struct {
	arn      string
	Revision uint64
	Purged   bool
}

// Event is the part of an event that the invariants are about.
type Event struct {
	seq      uint64
	name     string
	inc      secretlife.Incarnation
	revision uint64
	arn      string
}

// EventOf returns that part of an event.
func EventOf(e secretlife.Event) Event {
	return Event{e.Seq(), e.Name(), e.Incarnation(), e.Revision(), e.ARN().String()}
}

// CheckEvent checks that events have no gaps, that every state has an event, and
// that nothing follows the one end of an incarnation. last is the number of the event
// before e.
func CheckEvent(e Event, last uint64, trails map[secretlife.Incarnation]*Trail) error {
	if e.seq != last+1 {
		return fmt.Errorf("event %d after %d", e.seq, last)
	}
	l := trails[e.inc]
	if l == nil {
		l = &Trail{arn: e.arn}
		trails[e.inc] = l
	}
	switch {
	case l.Purged:
		return fmt.Errorf("%s after the purge of %s", e.name, l.arn)
	case e.arn != l.arn:
		return fmt.Errorf("%s and %s are one incarnation", e.arn, l.arn)
	case e.revision != l.Revision && e.revision != l.Revision+1:
		return fmt.Errorf("%s at revision %d of %s, after %d", e.name, e.revision, e.arn, l.Revision)
	}
	l.Revision, l.Purged = e.revision, e.name == "SecretPurged"
	return nil
}
