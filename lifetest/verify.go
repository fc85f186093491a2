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
// against the invariants. Every now and then that is the whole store, else what the
// events of the step are about: a change without an event waits for the next look.
func (m *machine) settle() {
	m.learn()
	events := m.eventsAfter(m.t, m.seen)
	m.checkEvents(events)
	if m.thorough() {
		m.checkAll()
	} else {
		m.checkTouched(events)
	}
	m.tallyRotations()
	if m.log.Len() > 0 {
		require.False(m.t, leaks(m.log.String()), "the log shows a value")
		m.log.Reset()
	}
}

// thorough reports whether everything is looked at in this step.
func (m *machine) thorough() bool { return m.every <= 1 || m.steps%m.every == 0 }

// checkTouched looks at the secrets that a step was about.
func (m *machine) checkTouched(events []secretlife.Event) {
	m.touched = m.touched[:0]
	for _, e := range m.model.events {
		m.touch(e.key)
	}
	for _, e := range events {
		m.touch(keyOf(e.ARN()))
	}
	for _, k := range m.touched {
		s, err := m.store.Load(context.Background(), m.realKey(k))
		if err != nil && !isNotFound(err) {
			require.NoError(m.t, err, "Load of %+v", k)
		}
		m.checkSecret(k, s, err == nil)
	}
}

func (m *machine) touch(k key) {
	if !slices.Contains(m.touched, k) {
		m.touched = append(m.touched, k)
	}
}

// checkAll looks at everything there is.
func (m *machine) checkAll() {
	all := m.all(m.t)
	states := make(map[key]secretlife.State, len(all))
	for k, s := range all {
		states[k] = m.checkSecret(k, s, true)
	}
	for k, s := range m.model.secrets {
		_, there := all[k]
		require.True(m.t, there, "%s must be there", s.arn())
	}
	for k := range m.known {
		if _, there := all[k]; !there {
			m.checkSecret(k, secretlife.Secret{}, false)
		}
	}
	require.NoError(m.t, checkReplicas(states))
	m.checkDue()
}

// checkSecret looks at one secret, or at a name that nobody has.
func (m *machine) checkSecret(k key, s secretlife.Secret, there bool) secretlife.State {
	want, old := m.model.secrets[k], m.known[k]
	_, had := m.known[k]
	switch {
	case there && want == nil:
		m.t.failf("%s must not be there", s.ARN())
	case !there && want != nil:
		m.t.failf("%s must be there", want.arn())
	}
	if had && (!there || s.Incarnation() != old.Incarnation()) {
		m.checkEnded(old, s, there)
	}
	if !there {
		delete(m.known, k)
		return secretlife.State{}
	}
	st := s.State()
	m.checkSame(want, st)
	if old != s {
		m.checkChanged(k, s, st)
		m.known[k] = s
	}
	if l := m.lives[s.Incarnation()]; l == nil || l.revision != st.Revision {
		m.t.failf("a state of %s without event", st.ARN)
	}
	return st
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
	if m.thorough() {
		loaded, err := m.store.Load(context.Background(), s.Key())
		require.NoError(m.t, err)
		require.Equal(m.t, st, loaded.State(), "Load and List differ")
		again, err := secretlife.FromState(st)
		require.NoError(m.t, err, "state of %s", st.ARN)
		require.True(m.t, reflect.DeepEqual(st, again.State()), "state of %s does not come back", st.ARN)
	}
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

// checkEnded looks at a secret that is no longer there. Another may have its name.
func (m *machine) checkEnded(old, now secretlife.Secret, there bool) {
	_, replica := now.ReplicaOf()
	st := old.State()
	require.NoError(m.t, checkGone(st, m.model.now, replica), "%s", st.ARN)
	for _, v := range st.Versions {
		m.checkNoValue(old, v.ID)
	}
	l := m.lives[old.Incarnation()]
	require.True(m.t, l != nil && l.purged, "%s ended without SecretPurged", st.ARN)
	if !there {
		_, err := m.store.Load(context.Background(), old.Key())
		require.True(m.t, isNotFound(err), "Load of a purged secret: %v", err)
	}
}

// checkEvents holds what a step saved against what it must have.
func (m *machine) checkEvents(events []secretlife.Event) {
	m.got = m.got[:0]
	thorough := m.thorough()
	for _, e := range events {
		x := seen{e.Seq(), e.Name(), e.Incarnation(), e.Revision(), e.ARN().String()}
		require.NoError(m.t, checkEvent(x, m.seen, m.lives))
		m.seen = e.Seq()
		if thorough {
			text, err := json.Marshal(e)
			require.NoError(m.t, err)
			require.False(m.t, leaks(string(text)), "event %s shows a value", e.Name())
		}
		m.got = append(m.got, happeningOf(e))
	}
	if m.unordered {
		require.True(m.t, sameUnordered(m.model.events, m.got), "events of the step: %v, not %v", m.got, m.model.events)
	} else if !slices.Equal(m.got, m.model.events) {
		require.Equal(m.t, m.model.events, m.got, "events of the step")
	}
	m.checkSunk(events, thorough)
}

func happeningOf(e secretlife.Event) happening {
	v, _ := e.VersionID()
	return happening{e.Name(), keyOf(e.ARN()), v.String(), e.ErrorMessage()}
}

// checkSunk holds that the sink was given what was saved, in order.
func (m *machine) checkSunk(events []secretlife.Event, thorough bool) {
	next := 0
	for _, e := range m.sunk {
		if _, _, refused := e.Refusal(); refused {
			if thorough {
				text, err := json.Marshal(e)
				require.NoError(m.t, err)
				require.False(m.t, leaks(string(text)), "a refused %s shows a value", e.Name())
			}
			continue
		}
		for m.unordered && next < len(events) && events[next].ID() != e.ID() {
			next++ // this one was lost with its acknowledgement
		}
		if next >= len(events) || events[next].ID() != e.ID() {
			m.t.failf("the sink was given the event %s %s, which was not saved then", e.Name(), e.ID())
		}
		next++
	}
	if !m.unordered && next < len(events) {
		m.t.failf("the sink was not given the event %s %s", events[next].Name(), events[next].ID())
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
