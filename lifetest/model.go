package lifetest

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// model is the rules as plainly as they can be said: maps and slices, no locks,
// no store, and none of the library's decisions. Instants are milliseconds.
// What is random in the service (ARN suffixes, incarnations, purge delays) the
// model learns from it; see machine.learn.
type model struct {
	secrets map[key]*secret
	now     int64
	denied  bool        // there is no rotation function to call
	events  []happening // what the present step must have saved
	buried  []string    // ARNs of secrets that are no more
}

// place is an account and Region.
type place struct{ account, region string }

// key is where a secret lives.
type key struct {
	place
	name string
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.name, b.name))
}

// never is no instant.
const never = math.MinInt64

// secret is one secret of the model.
type secret struct {
	key
	suffix      string // "" until learned
	incarnation string // "" until learned
	created     int64
	changed     int64
	accessed    int64
	versions    []version         // in order of creation
	labels      map[string]string // to version ids
	tags        []secretlife.Tag
	tagged      bool // ever
	policy      string
	description string
	kms         string
	kind        string
	scheduled   bool
	forced      bool
	date        int64
	purgeAt     int64 // never until learned
	replicas    []replica
	primary     string // the Region of a replica's primary
	primaryInc  string
	rotation    *rotation // nil where it was never set up
}

type version struct {
	id       string
	created  int64
	accessed int64
	value    secretlife.Value // zero for one that a rotation reserved
	kms      string
}

func (v *version) empty() bool { return v.value.IsZero() }

type replica struct {
	region    string
	kms       string
	status    secretlife.ReplicaStatus
	message   string
	overwrite bool
	since     int64
}

// happening is an event that must have been saved.
type happening struct {
	name    string
	key     key
	version string
	message string // of a rotation that failed
}

func newModel() *model { return &model{secrets: map[key]*secret{}} }

// clone is a deep copy, for steps of unknown outcome.
func (m *model) clone() *model {
	c := *m
	c.secrets = make(map[key]*secret, len(m.secrets))
	for k, s := range m.secrets {
		d := *s
		d.versions, d.tags, d.replicas = slices.Clone(s.versions), slices.Clone(s.tags), slices.Clone(s.replicas)
		d.labels, d.rotation = maps.Clone(s.labels), s.rotation.clone()
		c.secrets[k] = &d
	}
	c.events, c.buried = slices.Clone(m.events), slices.Clone(m.buried)
	return &c
}

// keys lists the places that are taken, in order.
func (m *model) keys() []key { return slices.SortedFunc(maps.Keys(m.secrets), compareKeys) }

func (m *model) happened(name string, s *secret, version string) {
	m.events = append(m.events, happening{name, s.key, version, ""})
}

func (m *model) failed(name string, s *secret, version, message string) {
	m.events = append(m.events, happening{name, s.key, version, message})
}

func (m *model) happenedToVersions(name string, s *secret) {
	for _, v := range s.versions {
		m.happened(name, s, v.id)
	}
}

// change moves LastChangedDate, which strictly increases.
func (m *model) change(s *secret) { s.changed = max(m.now, s.changed+1) }

// spread makes the background carry a change to the replicas.
func (m *model) spread(s *secret) {
	for i := range s.replicas {
		if r := &s.replicas[i]; r.status == secretlife.InSync {
			r.status, r.since = secretlife.InProgress, m.now
		}
	}
}

// end takes a secret away for good.
func (m *model) end(s *secret) {
	if !s.scheduled {
		m.happenedToVersions("StartSecretVersionDelete", s)
	}
	m.happenedToVersions("EndSecretVersionDelete", s)
	m.happened("SecretPurged", s, "")
	m.buried = append(m.buried, s.arn())
	delete(m.secrets, s.key)
}

func (s *secret) arn() string { return s.partialARN() + "-" + s.suffix }

func (s *secret) partialARN() string {
	return "arn:aws:secretsmanager:" + s.region + ":" + s.account + ":secret:" + s.name
}

func (s *secret) version(id string) *version {
	for i := range s.versions {
		if s.versions[i].id == id {
			return &s.versions[i]
		}
	}
	return nil
}

// labelled reports whether a version has a staging label.
func (s *secret) labelled(id string) bool {
	for _, v := range s.labels {
		if v == id {
			return true
		}
	}
	return false
}

// stages are the labels of a version in alphabetical order.
func (s *secret) stages(id string) []secretlife.Stage {
	var out []secretlife.Stage
	for label, v := range s.labels {
		if v == id {
			out = append(out, secretlife.Stage(label))
		}
	}
	slices.Sort(out)
	return out
}

func (s *secret) replica(region string) *replica {
	for i := range s.replicas {
		if s.replicas[i].region == region {
			return &s.replicas[i]
		}
	}
	return nil
}

// phaseOf is where a secret stands; nil is a name that is free.
func (m *model) phaseOf(s *secret) secretlife.Phase {
	switch {
	case s == nil:
		return secretlife.Purged
	case s.scheduled && (s.forced || m.now >= s.date):
		return secretlife.AwaitingPurge
	case s.scheduled:
		return secretlife.ScheduledForDeletion
	case s.primary != "":
		return secretlife.ReplicaSecret
	case len(s.replicas) > 0:
		return secretlife.PrimaryWithReplicas
	}
	return secretlife.Active
}
