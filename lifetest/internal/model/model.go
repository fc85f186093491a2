// Package model is the reference model: the rules of secrets as plain maps and
// slices, written apart from the library, with none of its decisions. It takes the
// types of requests, outputs and errors from the library and nothing else.
package model

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// Model has the secrets of all places. It has no locks and no store. Instants are
// milliseconds. What is random in the service (ARN suffixes, incarnations, purge
// delays) it learns from the service.
type Model struct {
	Secrets        map[Key]*Secret
	Now            int64
	Elapsed        int64 // time that has passed, whatever the wall clock says
	RotationDenied bool  // there is no rotation function
	FunctionsAsked bool  // the service finds out that UncallableFunction can't be called
	// What the options say of holds and protection.
	ReleasedByAnother bool
	ReleaseDelay      time.Duration
	Protection        secretlife.Protection

	ReplicaRegions []string // those that secrets can be replicated to; nil: those that AWS has
	Events         []Event  // that the present step must have saved
	PurgedARNs     []string // ARNs of secrets that were purged
	PurgedVersions []string // IDs of their versions
}

// UncallableFunction is the ARN of a rotation function that can't be called.
const UncallableFunction = "arn:uncallable"

// Never stands for no instant.
const Never = math.MinInt64

// Secret is one secret of the model.
type Secret struct {
	Key
	Suffix      string // "" until learned
	Incarnation string // "" until learned
	created     int64
	ordinal     uint32 // above those of its place that were created at the same time before it
	changed     int64
	accessed    int64
	Versions    []Version         // in order of creation
	Labels      map[string]string // to version ids
	tags        []secretlife.Tag
	tagged      bool // at any time
	Policy      string
	description string
	kms         string
	kind        string
	Scheduled   bool
	forced      bool
	Date        int64             // the DeletionDate
	deleted     int64             // when the deletion was asked for
	PurgeAt     int64             // never until learned
	window      int64             // of a scheduled deletion
	since       int64             // when it began, in elapsed time
	Count       *plain.CountState // of the window; nil until learned
	Aging       *aging
	Replicas    []replica
	Primary     string // the Region of a replica's primary
	primaryInc  string
	Rotation    *rotation // nil until set up
	Holds       []Hold    // in the order in which they were placed
	Protection  Protection
}

// Version is one version of a secret.
type Version struct {
	ID       string
	Created  int64
	accessed int64
	Value    secretlife.Value // zero for one that a rotation reserved
	kms      string
}

// Empty reports whether a rotation reserved the version and no value was written yet.
func (v *Version) Empty() bool { return v.Value.IsZero() }

// aging is the mark of versions that are to be aged out.
type aging struct {
	due    int64
	newest string            // the newest version at that time
	since  int64             // when they were marked, in elapsed time
	Count  *plain.CountState // nil until learned
}

type replica struct {
	region    string
	kms       string
	status    string
	message   string
	overwrite bool
	since     int64
}

// Event is an event that must have been saved.
type Event struct {
	Name    string
	Key     Key
	Version string
	Message string // of a rotation that failed
}

// NewModel returns a model without secrets.
func NewModel() *Model { return &Model{Secrets: map[Key]*Secret{}} }

// Clone returns a deep copy, for steps of unknown outcome.
func (m *Model) Clone() *Model {
	c := *m
	c.Secrets = make(map[Key]*Secret, len(m.Secrets))
	for k, s := range m.Secrets {
		d := *s
		if s.Aging != nil {
			a := *s.Aging
			d.Aging = &a
		}
		d.Versions, d.tags, d.Replicas = slices.Clone(s.Versions), slices.Clone(s.tags), slices.Clone(s.Replicas)
		d.Holds = slices.Clone(s.Holds)
		d.Labels, d.Rotation = maps.Clone(s.Labels), s.Rotation.clone()
		c.Secrets[k] = &d
	}
	c.Events, c.PurgedARNs = slices.Clone(m.Events), slices.Clone(m.PurgedARNs)
	c.PurgedVersions = slices.Clone(m.PurgedVersions)
	return &c
}

// Keys returns the keys of all secrets, in order.
func (m *Model) Keys() []Key { return slices.SortedFunc(maps.Keys(m.Secrets), CompareKeys) }

func (m *Model) record(name string, s *Secret, version string) {
	m.Events = append(m.Events, Event{name, s.Key, version, ""})
}

func (m *Model) recordFailure(name string, s *Secret, version, message string) {
	m.Events = append(m.Events, Event{name, s.Key, version, message})
}

func (m *Model) recordForVersions(name string, s *Secret) {
	for _, v := range s.Versions {
		m.record(name, s, v.ID)
	}
}

// change sets LastChangedDate, which strictly increases.
func (m *Model) change(s *Secret) { s.changed = max(m.Now, s.changed+1) }

// ordinal returns the ordinal of a secret that is created now.
func (m *Model) ordinal(at Place) uint32 {
	next := uint32(0)
	for k, s := range m.Secrets {
		if k.Place == at && s.created == m.Now {
			next = max(next, s.ordinal+1)
		}
	}
	return next
}

// queueReplication makes the background propagate a change to the replicas.
func (m *Model) queueReplication(s *Secret) {
	for i := range s.Replicas {
		if r := &s.Replicas[i]; r.status == secretlife.ReplicaInSync {
			r.status, r.message, r.since = secretlife.ReplicaInProgress, "", m.Now
		}
	}
}

// end purges a secret.
func (m *Model) end(s *Secret) {
	if !s.Scheduled {
		m.recordForVersions("StartSecretVersionDelete", s)
	}
	m.recordForVersions("EndSecretVersionDelete", s)
	m.record("SecretPurged", s, "")
	m.PurgedARNs = append(m.PurgedARNs, s.ARN())
	for _, v := range s.Versions {
		m.PurgedVersions = append(m.PurgedVersions, v.ID)
	}
	delete(m.Secrets, s.Key)
}

// ARN returns the full ARN.
func (s *Secret) ARN() string { return s.partialARN() + "-" + s.Suffix }

func (s *Secret) partialARN() string {
	return "arn:aws:secretsmanager:" + s.Region + ":" + s.Account + ":secret:" + s.Name
}

// Version returns a version, or nil.
func (s *Secret) Version(id string) *Version {
	for i := range s.Versions {
		if s.Versions[i].ID == id {
			return &s.Versions[i]
		}
	}
	return nil
}

// labelled reports whether a version has a staging label.
func (s *Secret) labelled(id string) bool {
	for _, v := range s.Labels {
		if v == id {
			return true
		}
	}
	return false
}

// Stages returns the labels of a version in alphabetical order.
func (s *Secret) Stages(id string) []secretlife.Stage {
	var out []secretlife.Stage
	for label, v := range s.Labels {
		if v == id {
			out = append(out, secretlife.Stage(label))
		}
	}
	slices.Sort(out)
	return out
}

func (s *Secret) replica(region string) *replica {
	for i := range s.Replicas {
		if s.Replicas[i].region == region {
			return &s.Replicas[i]
		}
	}
	return nil
}

// PhaseOf returns the phase of a secret, Purged for nil.
func (m *Model) PhaseOf(s *Secret) secretlife.Phase {
	switch {
	case s == nil:
		return secretlife.PhasePurged
	case s.Scheduled && (s.forced || m.Now >= s.Date):
		return secretlife.PhaseAwaitingPurge
	case s.Scheduled:
		return secretlife.PhaseScheduledForDeletion
	case s.Primary != "":
		return secretlife.PhaseReplica
	case len(s.Replicas) > 0:
		return secretlife.PhasePrimaryWithReplicas
	}
	return secretlife.PhaseActive
}
