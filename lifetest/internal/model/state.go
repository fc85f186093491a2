package model

import (
	"reflect"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// Agrees reports whether a secret in a store is as the model knows it.
func Agrees(s *Secret, got plain.State) bool {
	if s == nil {
		return false
	}
	w := StateOf(s)
	w.Revision = got.Revision
	if s.Suffix == "" {
		w.ARN = got.ARN
	}
	if s.Incarnation == "" {
		w.Incarnation = got.Incarnation
	}
	if s.PurgeAt == Never {
		w.PurgeAt = got.PurgeAt
	}
	if s.Count == nil {
		w.Window = got.Window
	}
	if s.Unlearned() {
		learned := *s
		learned.Holds = slices.Clone(s.Holds)
		learned.LearnCounts(got)
		w.Holds, w.Protection = nil, nil
		learned.guardState(&w)
	}
	if w.Aging != nil && got.Aging != nil && s.Aging.Count == nil {
		w.Aging.Count = got.Aging.Count
	}
	return reflect.DeepEqual(w, got)
}

// StateOf returns a secret of the model as a store shows it.
func StateOf(s *Secret) plain.State {
	st := plain.State{
		ARN: s.ARN(), Incarnation: s.Incarnation, Created: s.created, Ordinal: s.ordinal, Changed: s.changed,
		Accessed:    millis(s.accessed),
		Description: s.description, KMSKeyID: s.kms, Type: s.kind, Policy: s.Policy, Primary: s.Primary,
		PrimaryOf: s.primaryInc,
		Tags:      s.tagList(), Rotation: s.rotationState(),
	}
	if s.Scheduled {
		st.DeletionDate, st.PurgeAt, st.Forced = millis(s.Date), millis(s.PurgeAt), s.forced
		st.Window = s.Count
	}
	if a := s.Aging; a != nil {
		st.Aging = &plain.AgingState{Due: a.due, Newest: a.newest}
		if a.Count != nil {
			st.Aging.Count = *a.Count
		}
	}
	s.guardState(&st)
	for _, v := range s.Versions {
		vs := plain.VersionState{ID: v.ID, Created: v.Created, Accessed: millis(v.accessed)}
		if v.kms != s.kms {
			vs.KMSKeyID = &v.kms
		}
		st.Versions = append(st.Versions, vs)
		if v.Empty() {
			st.Reserved = append(st.Reserved, v.ID)
		}
	}
	if len(s.Labels) > 0 {
		st.Stages = map[secretlife.Stage]string{}
	}
	for l, v := range s.Labels {
		st.Stages[secretlife.Stage(l)] = v
	}
	for _, r := range s.Replicas {
		rs := plain.ReplicaState{
			Region:    r.region,
			KMSKeyID:  r.kms,
			Status:    r.status,
			Message:   r.message,
			Overwrite: r.overwrite,
		}
		if r.status == secretlife.ReplicaInProgress {
			rs.Since = millis(r.since)
		}
		st.Replicas = append(st.Replicas, rs)
	}
	return st
}

// tagList returns the tags. It returns nil only if the secret never had a tag.
func (s *Secret) tagList() []secretlife.Tag {
	if !s.tagged {
		return nil
	}
	return append([]secretlife.Tag{}, s.tags...)
}

func millis(ms int64) *int64 {
	if ms == Never {
		return nil
	}
	return &ms
}
