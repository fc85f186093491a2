package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// Rules about entries of access that a naive store breaks.
const (
	accessesHalf         bug = "entries of access can't be forgotten"
	accessesUnordered    bug = "entries of access are in no order"
	accessesReplace      bug = "entries of access replace others"
	accessesTwice        bug = "entries of access are written again"
	accessesTwiceUnknown bug = "entries of access are written again after a lost answer"
	accessesUnlimited    bug = "entries of access have no limits"
	accessesAfterAt      bug = "entries of access go on with the entry before"
	accessesOfAll        bug = "entries of access are of all Regions"
	accessesPurged       bug = "entries of access end with the secret"
	accessesForgetAll    bug = "entries of access are forgotten together"
	accessesWritersStay  bug = "writers of entries of access stay"
	accessesCollide      bug = "entries of access collide"
	accessesShared       bug = "entries of access are shared"
	accessesEnd          bug = "entries of access end with the store"
	accessesContext      bug = "entries of access ignore the context"
)

var accessesCaughtBy = map[bug]string{
	accessesHalf:         "Accesses/are kept or are not",
	accessesUnordered:    "Accesses/come back",
	accessesReplace:      "Accesses/are added up",
	accessesTwice:        "Accesses/are written once",
	accessesTwiceUnknown: "Accesses/are written once where the outcome is not known",
	accessesUnlimited:    "Accesses/have limits",
	accessesAfterAt:      "Accesses/come in pages",
	accessesOfAll:        "Accesses/are found by what a query says",
	accessesPurged:       "Accesses/are apart",
	accessesForgetAll:    "Accesses/are forgotten",
	accessesWritersStay:  "Accesses/have writers that are forgotten",
	accessesCollide:      "Accesses/are added by many at once",
	accessesShared:       "Accesses/are the caller's",
	accessesEnd:          "Accesses/outlive the store",
	accessesContext:      "Accesses/honour a done context",
}

// naiveAccesses are the entries of access of a naive store.
type naiveAccesses struct {
	entries []access.Entry
	writers map[[16]byte]access.Group // the last group of each
	met     int
	meeting chan struct{}
}

func (n *naive) AddAccesses(ctx context.Context, group access.Group) error {
	if err := ctx.Err(); err != nil && n.bug != accessesContext {
		return err
	}
	if err := group.Check(); err != nil && (n.bug != accessesUnlimited || len(group.Entries) == 0) {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	a := &n.accesses
	last, known := a.writers[group.Writer]
	if known && group.Number <= last.Number && n.bug != accessesTwice {
		return nil
	}
	if a.writers == nil {
		a.writers, a.meeting = map[[16]byte]access.Group{}, make(chan struct{})
	}
	if ctx.Err() == nil && n.bug == accessesTwiceUnknown {
		ctx.Done() // at which the context of a check may end
	}
	a.writers[group.Writer] = group
	if n.bug == accessesTwiceUnknown && ctx.Err() != nil {
		delete(a.writers, group.Writer)
	}
	before := slices.Clone(a.entries)
	if n.bug == accessesCollide && group.Writer[0] < contenders && group.Number == 1 && a.met < 2 && len(group.Entries) == 2 {
		if a.met++; a.met == 2 {
			close(a.meeting)
		} else {
			n.mu.Unlock()
			<-a.meeting
			n.mu.Lock()
		}
		a.entries = before
	}
	if n.bug == accessesShared && len(a.entries) == 0 {
		a.entries = group.Entries
		return nil
	}
	for _, e := range group.Entries {
		i := slices.IndexFunc(a.entries, func(x access.Entry) bool { return x.Compare(e) == 0 })
		switch {
		case i < 0:
			a.entries = append(a.entries, e)
		case n.bug == accessesReplace:
			a.entries[i] = e
		default:
			a.entries[i] = a.entries[i].Add(e)
		}
	}
	if n.bug != accessesUnordered {
		slices.SortFunc(a.entries, access.Entry.Compare)
	}
	return nil
}

func (n *naive) Accesses(ctx context.Context, query access.Query) ([]access.Entry, error) {
	if err := ctx.Err(); err != nil && n.bug != accessesContext {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bug == accessesOfAll {
		query.Region = secretlife.Region{}
	}
	var out []access.Entry
	for _, e := range n.accesses.entries {
		same := n.bug == accessesAfterAt && e.Compare(query.After) == 0
		if len(out) < query.Limit && (query.Has(e) || same) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (n *naive) ForgetAccesses(ctx context.Context, before time.Time, limit int) (int, error) {
	if n.bug == accessesHalf {
		return 0, errors.ErrUnsupported
	}
	if err := ctx.Err(); err != nil && n.bug != accessesContext {
		return 0, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	a, removed := &n.accesses, 0
	a.entries = slices.DeleteFunc(a.entries, func(e access.Entry) bool {
		old := e.Day.Before(before) && (removed < limit || n.bug == accessesForgetAll)
		if old {
			removed++
		}
		return old
	})
	if removed < limit && n.bug != accessesWritersStay {
		for writer, last := range a.writers {
			if last.LastDay().Before(before) {
				delete(a.writers, writer)
			}
		}
	}
	return removed, nil
}

// forgetAccessesOf is what a bug does with a purge.
func (n *naive) forgetAccessesOf(in secretlife.Incarnation) {
	n.accesses.entries = slices.DeleteFunc(n.accesses.entries, func(e access.Entry) bool { return e.Incarnation == in })
}
