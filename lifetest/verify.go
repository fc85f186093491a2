package lifetest

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// settle ends a step: it holds the store against the model, and what changed
// against the invariants.
func (m *machine) settle() {
	m.learn()
	all := m.all(m.t)
	states := make(map[key]secretlife.State, len(all))
	for k, s := range all {
		st := s.State()
		states[k] = st
		want := m.model.secrets[k]
		require.NotNil(m.t, want, "%s must not be there", st.ARN)
		m.checkSame(want, st)
		if m.known[k] != s {
			m.checkChanged(k, s, st)
		}
	}
	for k, s := range m.model.secrets {
		_, there := all[k]
		require.True(m.t, there, "%s must be there", s.arn())
	}
	require.NoError(m.t, checkReplicas(states))
	m.checkEnded(all)
	m.checkEvents(states)
	m.tallyRotations()
	m.checkDue()
	require.False(m.t, leaks(m.log.String()), "the log shows a value")
	m.log.Reset()
	m.known = all
}

// learn takes over what is random from the store.
func (m *machine) learn() {
	for k, s := range m.model.secrets {
		delayKnown := !s.scheduled || s.purgeAt != never
		if s.suffix != "" && s.incarnation != "" && delayKnown {
			continue
		}
		real, err := m.store.Load(context.Background(), m.realKey(k))
		require.NoError(m.t, err, "%+v must be there", k)
		if s.incarnation == "" {
			arn := real.ARN().String()
			require.False(m.t, s.suffix == "" && m.arns[arn], "ARN %s again", arn)
			require.Nil(m.t, m.lives[real.Incarnation()], "incarnation again")
			m.arns[arn] = true
			id, ok := parseID(arn)
			require.True(m.t, ok && id.key == k && len(id.suffix) == 6, "ARN %s of %+v", arn, k)
			s.suffix, s.incarnation = id.suffix, real.Incarnation().String()
		}
		if s.scheduled && s.purgeAt == never {
			at, ok := real.Deletion().PurgeAt()
			require.True(m.t, ok, "%s is not marked", real.ARN())
			delay := time.Duration(at.UnixMilli()-s.date) * time.Millisecond
			require.True(m.t, delay >= m.set.least && delay <= m.set.most, "purge delay of %v", delay)
			s.purgeAt = at.UnixMilli()
		}
	}
}

func (m *machine) realKey(k key) secretlife.Key {
	mg := m.managers[k.place]
	name, err := secretlife.ParseName(k.name)
	require.NoError(m.t, err)
	return secretlife.Key{Account: mg.Account(), Region: mg.Region(), Name: name}
}

// checkSame holds that a secret is what the model says.
func (m *machine) checkSame(want *secret, got secretlife.State) {
	w := stateOf(want)
	w.Revision = got.Revision
	if !reflect.DeepEqual(w, got) {
		require.Equal(m.t, w, got, "state of %s", got.ARN)
		require.Fail(m.t, "states differ", "%+v, not %+v", got, w)
	}
}

// checkChanged looks at a secret that is not as it was known.
func (m *machine) checkChanged(k key, s secretlife.Secret, st secretlife.State) {
	require.NoError(m.t, checkState(st), "%s", st.ARN)
	old, had := m.known[k]
	had = had && old.Incarnation() == s.Incarnation()
	var before secretlife.State
	if had {
		before = old.State()
		require.NoError(m.t, checkStep(before, st, m.model.now), "%s", st.ARN)
	}
	loaded, err := m.store.Load(context.Background(), s.Key())
	require.NoError(m.t, err)
	require.Equal(m.t, st, loaded.State(), "Load and List differ")
	again, err := secretlife.FromState(st)
	require.NoError(m.t, err, "state of %s", st.ARN)
	require.True(m.t, reflect.DeepEqual(st, again.State()), "state of %s does not come back", st.ARN)
	m.checkValues(m.model.secrets[k], s, before, st)
}

// checkValues holds that new values are what was given, and that a mark for
// deletion or a restore kept all of them.
func (m *machine) checkValues(want *secret, s secretlife.Secret, before, st secretlife.State) {
	had := map[string]bool{}
	marked := (before.DeletionDate == nil) != (st.DeletionDate == nil)
	for _, v := range before.Versions {
		had[v.ID] = !marked && !slices.Contains(before.Reserved, v.ID)
		if want.version(v.ID) == nil {
			m.checkNoValue(s, v.ID)
		}
	}
	for _, v := range want.versions {
		switch {
		case v.empty():
			m.checkNoValue(s, v.id)
		case !had[v.id]:
			m.checkValue(s, v)
		}
	}
}

func (m *machine) checkValue(s secretlife.Secret, v version) {
	id, err := secretlife.ParseVersionID(v.id)
	require.NoError(m.t, err)
	got, err := m.store.Value(context.Background(), s.Key(), s.Incarnation(), id)
	require.NoError(m.t, err)
	require.Equal(m.t, v.value.Reveal(), got.Reveal(), "value of %s in %s", v.id, s.ARN())
	require.Equal(m.t, v.value.IsBinary(), got.IsBinary(), "value of %s in %s", v.id, s.ARN())
}

func (m *machine) checkNoValue(s secretlife.Secret, version string) {
	id, err := secretlife.ParseVersionID(version)
	require.NoError(m.t, err)
	_, err = m.store.Value(context.Background(), s.Key(), s.Incarnation(), id)
	require.ErrorIs(m.t, err, secretlife.ErrVersionNotFound, "value of %s, which has none in %s", version, s.ARN())
}

// checkEnded looks at secrets that are no longer there.
func (m *machine) checkEnded(all map[key]secretlife.Secret) {
	for k, old := range m.known {
		now, there := all[k]
		if there && now.Incarnation() == old.Incarnation() {
			continue
		}
		_, replica := now.ReplicaOf()
		st := old.State()
		require.NoError(m.t, checkGone(st, m.model.now, replica), "%s", st.ARN)
		for _, v := range st.Versions {
			m.checkNoValue(old, v.ID)
		}
		l := m.lives[old.Incarnation()]
		require.NotNil(m.t, l)
		if !there {
			_, err := m.store.Load(context.Background(), old.Key())
			require.True(m.t, isNotFound(err), "Load of a purged secret: %v", err)
		}
	}
}

// checkEvents reads the events of the step.
func (m *machine) checkEvents(states map[key]secretlife.State) {
	events := m.eventsAfter(m.t, m.seen)
	var got []happening
	for _, e := range events {
		x := seen{e.Seq(), e.Name(), e.Incarnation(), e.Revision(), e.ARN().String()}
		require.NoError(m.t, checkEvent(x, m.seen, m.lives))
		m.seen = e.Seq()
		text, err := json.Marshal(e)
		require.NoError(m.t, err)
		require.False(m.t, leaks(string(text)), "event %s shows a value", e.Name())
		got = append(got, happeningOf(e))
	}
	if m.unordered {
		require.True(m.t, sameUnordered(m.model.events, got), "events of the step: %v, not %v", got, m.model.events)
	} else if len(got) > 0 || len(m.model.events) > 0 {
		require.Equal(m.t, m.model.events, got, "events of the step")
	}
	m.checkSunk(events)
	for k, st := range states {
		inc := m.known[k].Incarnation()
		if inc.String() != st.Incarnation {
			continue
		}
		require.Equal(m.t, m.lives[inc].revision, st.Revision, "a state of %s without event", st.ARN)
	}
	for k, old := range m.known {
		if st, there := states[k]; !there || st.Incarnation != old.Incarnation().String() {
			require.True(m.t, m.lives[old.Incarnation()].purged, "%s ended without SecretPurged", old.ARN())
		}
	}
}

func happeningOf(e secretlife.Event) happening {
	v, _ := e.VersionID()
	return happening{e.Name(), keyOf(e.ARN()), v.String(), e.ErrorMessage()}
}

// checkSunk holds that the sink was given what was saved, in order.
func (m *machine) checkSunk(events []secretlife.Event) {
	var ids, sunk []string
	for _, e := range events {
		ids = append(ids, e.ID())
	}
	for _, e := range m.sunk {
		if _, _, refused := e.Refusal(); refused {
			text, err := json.Marshal(e)
			require.NoError(m.t, err)
			require.False(m.t, leaks(string(text)), "a refused %s shows a value", e.Name())
			continue
		}
		sunk = append(sunk, e.ID())
	}
	if m.unordered { // and some were lost with their acknowledgement
		require.Subset(m.t, ids, sunk, "events saved and sunk")
	} else {
		require.Equal(m.t, ids, sunk, "events saved and sunk")
	}
	m.sunk = m.sunk[:0]
}

// checkDue holds the store's list of what is due against the model.
func (m *machine) checkDue() {
	tasks := m.model.tasks()
	due, err := m.store.Due(context.Background(), epoch.Add(100*365*24*time.Hour), secretlife.Due{}, len(tasks)+1)
	require.NoError(m.t, err)
	require.Len(m.t, due, len(tasks), "what is due")
	for i, d := range due {
		require.Equal(m.t, tasks[i].at, d.At.UnixMilli(), "what is due")
		require.Equal(m.t, m.realKey(tasks[i].key), d.Key, "what is due")
	}
}

// stateOf is a secret of the model as the library shows it.
func stateOf(s *secret) secretlife.State {
	st := secretlife.State{
		ARN: s.arn(), Incarnation: s.incarnation, Created: s.created, Changed: s.changed, Accessed: millis(s.accessed),
		Description: s.description, KmsKeyID: s.kms, Type: s.kind, Policy: s.policy, Primary: s.primary, PrimaryOf: s.primaryInc,
		Tags: s.tagList(), Rotation: s.rotationState(),
	}
	if s.scheduled {
		st.DeletionDate, st.PurgeAt, st.Forced = millis(s.date), millis(s.purgeAt), s.forced
	}
	for _, v := range s.versions {
		vs := secretlife.VersionState{ID: v.id, Created: v.created, Accessed: millis(v.accessed)}
		if v.kms != s.kms {
			vs.KmsKeyID = &v.kms
		}
		st.Versions = append(st.Versions, vs)
		if v.empty() {
			st.Reserved = append(st.Reserved, v.id)
		}
	}
	if len(s.labels) > 0 {
		st.Stages = map[secretlife.Stage]string{}
	}
	for l, v := range s.labels {
		st.Stages[secretlife.Stage(l)] = v
	}
	for _, r := range s.replicas {
		rs := secretlife.ReplicaState{Region: r.region, KmsKeyID: r.kms, Status: r.status, Message: r.message, Overwrite: r.overwrite}
		if r.status == secretlife.InProgress {
			rs.Since = millis(r.since)
		}
		st.Replicas = append(st.Replicas, rs)
	}
	return st
}

// tagList is nil for a secret that never had a tag only.
func (s *secret) tagList() []secretlife.Tag {
	if !s.tagged {
		return nil
	}
	return append([]secretlife.Tag{}, s.tags...)
}

func millis(ms int64) *int64 {
	if ms == never {
		return nil
	}
	return &ms
}
