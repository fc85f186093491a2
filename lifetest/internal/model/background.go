package model

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/secretlife-go/secretlife"
)

var regionShape = regexp.MustCompile(`^([a-z]+-)+\d+$`)

// Due returns when the background next has work on a secret, and which, or 0.
func (s *Secret) Due() (int64, secretlife.Work) { return s.due(true) }

func (s *Secret) due(ageing bool) (int64, secretlife.Work) {
	freed, ends := s.freed()
	switch {
	case s.Scheduled && !ends:
		return 0, 0
	case s.Scheduled:
		return max(s.PurgeAt, freed), secretlife.WorkPurge
	}
	var at int64
	var work secretlife.Work
	if i := s.firstAged(); i >= 0 && ends && ageing {
		at, work = s.Versions[i].Created+Day+1, secretlife.WorkAge
		if s.marked(i) {
			at = max(at, s.Aging.due)
		}
		at = max(at, freed)
	}
	if i := s.waiting(); i >= 0 && (work == 0 || s.Replicas[i].since < at) {
		at, work = s.Replicas[i].since, secretlife.WorkReplicate
	}
	if due := s.rotationDue(); due != Never && (work == 0 || due < at) {
		at, work = due, secretlife.WorkRotate
	}
	return at, work
}

// marked reports whether the version at an index is marked to be aged out.
func (s *Secret) marked(i int) bool { return s.Aging != nil && i <= s.indexOf(s.Aging.newest) }

func (s *Secret) indexOf(id string) int {
	return slices.IndexFunc(s.Versions, func(v Version) bool { return v.ID == id })
}

// waiting returns the index of the replica that has waited longest for an update, or
// -1.
func (s *Secret) waiting() int {
	next := -1
	for i, r := range s.Replicas {
		if r.status == secretlife.ReplicaInProgress && (next < 0 || r.since < s.Replicas[next].since) {
			next = i
		}
	}
	return next
}

// Task is background work that is or will be due.
type Task struct {
	Ready int64 // see [Model.Ready]; 0 until asked for
	At    int64 // when it is due by date
	Work  secretlife.Work
	Key   Key
}

// Before reports whether a piece of work has to be done before another one.
func (t Task) Before(o Task) bool {
	return cmp.Or(cmp.Compare(t.Ready, o.Ready), cmp.Compare(t.At, o.At)) < 0
}

// Tasks returns all background work in the order in which it is due.
func (m *Model) Tasks() []Task {
	var out []Task
	for k, s := range m.Secrets {
		if at, work := s.Due(); work != 0 {
			out = append(out, Task{At: at, Work: work, Key: k})
		}
	}
	slices.SortFunc(out, func(a, b Task) int { return cmp.Or(cmp.Compare(a.At, b.At), CompareKeys(a.Key, b.Key)) })
	return out
}

// Ready returns when a piece of work can be done if from now on the wall clock is right:
// when its date has come and, for what can't be undone, the time has really passed.
func (m *Model) Ready(t Task) int64 {
	s := m.Secrets[t.Key]
	began, needed := int64(Never), int64(0)
	switch {
	case t.Work == secretlife.WorkPurge && !s.forced:
		began, needed = s.since, s.window
	case t.Work == secretlife.WorkAge && s.marked(s.firstAged()):
		began, needed = s.Aging.since, Day
	}
	ready := t.At
	if t.Work == secretlife.WorkPurge || t.Work == secretlife.WorkAge {
		ready = max(ready, m.heldUntil(s))
	}
	if began == Never {
		return ready
	}
	return max(ready, m.Now+began+needed-m.Elapsed)
}

// Waiting returns how many secrets can't be purged although their date has come.
func (m *Model) Waiting() int {
	n := 0
	for _, t := range m.Tasks() {
		if t.Work == secretlife.WorkPurge && t.At <= m.Now && m.Ready(t) > m.Now {
			n++
		}
	}
	return n
}

// ReadyTasks returns the work that can be done now, in the order in which it is due.
func (m *Model) ReadyTasks() []Task {
	tasks := m.Tasks()
	for i, t := range tasks {
		tasks[i] = m.Next(t.Key)
	}
	return slices.DeleteFunc(tasks, func(t Task) bool { return m.Ready(t) > m.Now })
}

// Next returns the next work on a secret: what is due first or, while versions wait for counted
// time, what can be done before them.
func (m *Model) Next(k Key) Task {
	s := m.Secrets[k]
	at, work := s.Due()
	t := Task{At: at, Work: work, Key: k}
	if ready := m.Ready(t); work == secretlife.WorkAge && ready > max(t.At, m.Now) {
		at, work = s.due(false)
		if other := (Task{At: at, Work: work, Key: k}); work != 0 && m.Ready(other) < ready {
			return other
		}
	}
	return t
}

// firstAged returns the index of the first version that may be aged out, or -1.
func (s *Secret) firstAged() int {
	for i := range s.beyondNewest() {
		if !s.labelled(s.Versions[i].ID) {
			return i
		}
	}
	return -1
}

// Do does one piece of background work now.
func (m *Model) Do(t Task) {
	s := m.Secrets[t.Key]
	switch t.Work {
	case secretlife.WorkPurge:
		m.end(s)
	case secretlife.WorkAge:
		m.age(s)
	case secretlife.WorkReplicate:
		m.syncReplica(s, &s.Replicas[s.waiting()])
	}
}

// beyondNewest returns how many of the oldest versions are not among the 100 newest.
// Versions without a value do not count.
func (s *Secret) beyondNewest() int {
	n := len(s.Versions) - 100
	for _, v := range s.Versions {
		if v.Empty() {
			n--
		}
	}
	return max(n, 0)
}

// age marks the versions that may be aged out. A day later it removes those of them that
// have no labels, are over a day old, and are not among the 100 newest.
func (m *Model) age(s *Secret) {
	if !s.marked(s.firstAged()) {
		s.Aging = &aging{due: m.Now + Day, newest: s.Versions[len(s.Versions)-1].ID, since: m.Elapsed}
		m.record("SecretVersionAgingStarted", s, "")
		return
	}
	var kept []Version
	old, last := s.beyondNewest(), s.indexOf(s.Aging.newest)
	s.Aging = nil
	for i, v := range s.Versions {
		if i > last || i >= old || s.labelled(v.ID) || m.Now <= v.Created+Day {
			kept = append(kept, v)
			continue
		}
		m.record("StartSecretVersionDelete", s, v.ID)
		m.record("EndSecretVersionDelete", s, v.ID)
	}
	s.Versions = kept
	m.queueReplication(s)
}
