package machine

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// settle ends a step. It compares the store with the model, and checks the changes
// against the invariants: once in a while of the whole store, else of the secrets that
// the step's events are about. A change without an event is found by the next check of
// everything.
func (m *machine) settle() {
	m.learn()
	events := m.eventsAfter(m.t, m.seen)
	m.checkEvents(events)
	if m.thorough() {
		m.checkAll()
	} else {
		m.checkTouched(events)
	}
	m.countRotations()
	if m.log.Len() > 0 {
		require.False(m.t, canary.Leaks(m.log.String()), "the log shows a value")
		m.log.Reset()
	}
}

// thorough reports whether this step checks everything.
func (m *machine) thorough() bool { return m.every <= 1 || m.steps%m.every == 0 }

// checkTouched checks the secrets that a step was about.
func (m *machine) checkTouched(events []secretlife.Event) {
	m.touched = m.touched[:0]
	for _, e := range m.model.Events {
		m.touch(e.Key)
	}
	for _, e := range events {
		m.touch(model.KeyOf(e.ARN()))
	}
	for _, k := range m.touched {
		s, err := m.store.Load(context.Background(), m.realKey(k))
		if err != nil && !isNotFound(err) {
			require.NoError(m.t, err, "Load of %+v", k)
		}
		m.checkSecret(k, s, err == nil)
	}
}

func (m *machine) touch(k model.Key) {
	if !slices.Contains(m.touched, k) {
		m.touched = append(m.touched, k)
	}
}

// checkAll checks everything.
func (m *machine) checkAll() {
	all := m.all(m.t)
	states := make(map[model.Key]plain.State, len(all))
	for k, s := range all {
		states[k] = m.checkSecret(k, s, true)
	}
	for k, s := range m.model.Secrets {
		_, there := all[k]
		require.True(m.t, there, "%s must be there", s.ARN())
	}
	for k := range m.known {
		if _, there := all[k]; !there {
			m.checkSecret(k, secretlife.Secret{}, false)
		}
	}
	require.NoError(m.t, invariants.CheckReplicas(states))
	m.checkDue()
}

// checkSecret checks one secret, or a name that is free.
func (m *machine) checkSecret(k model.Key, s secretlife.Secret, there bool) plain.State {
	want, old := m.model.Secrets[k], m.known[k]
	_, had := m.known[k]
	switch {
	case there && want == nil:
		m.t.failf("%s must not be there", s.ARN())
	case !there && want != nil:
		m.t.failf("%s must be there", want.ARN())
	}
	if had && (!there || s.Incarnation() != old.Incarnation()) {
		m.checkEnded(old, s, there)
	}
	if !there {
		delete(m.known, k)
		return plain.State{}
	}
	st := plain.Of(s)
	m.checkSame(want, st)
	if old != s {
		m.checkChanged(k, s, st)
		m.known[k] = s
	}
	if l := m.trails[s.Incarnation()]; l == nil || l.Revision != st.Revision {
		m.t.failf("a state of %s without event", st.ARN)
	}
	return st
}

// learn takes what is random from the store.
func (m *machine) learn() {
	for k, s := range m.model.Secrets {
		delayKnown := !s.Scheduled || s.PurgeAt != model.Never
		if s.Suffix != "" && s.Incarnation != "" && delayKnown && (s.Aging == nil || s.Aging.Count != nil) && !s.Unlearned() {
			continue
		}
		real, err := m.store.Load(context.Background(), m.realKey(k))
		require.NoError(m.t, err, "%+v must be there", k)
		if s.Incarnation == "" {
			arn := real.ARN().String()
			require.False(m.t, s.Suffix == "" && m.arns[arn], "ARN %s again", arn)
			require.Nil(m.t, m.trails[real.Incarnation()], "incarnation again")
			m.arns[arn] = true
			id, ok := model.ParseID(arn)
			require.True(m.t, ok && id.Key == k && len(id.Suffix) == 6, "ARN %s of %+v", arn, k)
			s.Suffix, s.Incarnation = id.Suffix, real.Incarnation().String()
		}
		if s.Scheduled && s.PurgeAt == model.Never {
			at, ok := real.Deletion().PurgeAt()
			require.True(m.t, ok, "%s is not marked", real.ARN())
			delay := time.Duration(at.UnixMilli()-s.Date) * time.Millisecond
			require.True(m.t, delay >= m.set.least && delay <= m.set.most, "purge delay of %v", delay)
			s.PurgeAt = at.UnixMilli()
			s.Count = plain.Of(real).Window
		}
		if st := plain.Of(real); s.Aging != nil && s.Aging.Count == nil && st.Aging != nil {
			s.Aging.Count = &st.Aging.Count
		}
		if s.Unlearned() {
			s.LearnCounts(plain.Of(real))
		}
	}
}

func (m *machine) realKey(k model.Key) secretlife.Key {
	mg := m.managers[k.Place]
	name, err := secretlife.ParseName(k.Name)
	require.NoError(m.t, err)
	return secretlife.Key{Account: mg.Account(), Region: mg.Region(), Name: name}
}

// checkSame checks that a secret is as in the model.
func (m *machine) checkSame(want *model.Secret, got plain.State) {
	w := model.StateOf(want)
	w.Revision = got.Revision
	if !reflect.DeepEqual(w, got) {
		m.t.failf("The store has %s with %s.", got.ARN, describeAll(differences(w, got)))
	}
}

// checkChanged checks a secret that has changed since the last check.
func (m *machine) checkChanged(k model.Key, s secretlife.Secret, st plain.State) {
	require.NoError(m.t, invariants.CheckState(st), "%s", st.ARN)
	old, had := m.known[k]
	had = had && old.Incarnation() == s.Incarnation()
	var before plain.State
	if had {
		before = plain.Of(old)
		require.NoError(m.t, invariants.CheckStep(before, st, m.moment(s)), "%s", st.ARN)
	}
	if st.DeletionDate != nil && before.DeletionDate == nil {
		m.scheduled[s.Incarnation()] = m.model.Elapsed
	}
	if m.thorough() {
		loaded, err := m.store.Load(context.Background(), s.Key())
		require.NoError(m.t, err)
		equal(m, st, plain.Of(loaded), "what Load returns, compared with List,")
		again, err := st.Secret()
		require.NoError(m.t, err, "state of %s", st.ARN)
		require.True(m.t, reflect.DeepEqual(st, plain.Of(again)), "state of %s does not come back", st.ARN)
	}
	if !had {
		for _, id := range m.ended[k] {
			if m.model.Secrets[k].Version(id) == nil {
				m.checkNoValue(s, id)
			}
		}
	}
	m.checkValues(m.model.Secrets[k], s, before, st)
}

// moment is the present for the invariants of a secret.
func (m *machine) moment(s secretlife.Secret) invariants.Moment {
	now := m.model.Now
	if wall, ok := m.deletedInTry[s.Incarnation()]; ok {
		now = wall
	}
	return invariants.Moment{Now: now, Age: m.model.Elapsed - m.scheduled[s.Incarnation()], Exact: true}
}

// checkValues checks that new values are what was given, and that scheduling a
// deletion, or restoring, kept all values.
func (m *machine) checkValues(want *model.Secret, s secretlife.Secret, before, st plain.State) {
	had := map[string]bool{}
	marked := (before.DeletionDate == nil) != (st.DeletionDate == nil)
	for _, v := range before.Versions {
		had[v.ID] = !marked && !slices.Contains(before.Reserved, v.ID)
		if want.Version(v.ID) == nil {
			m.checkNoValue(s, v.ID)
		}
	}
	for _, v := range want.Versions {
		switch {
		case v.Empty():
			m.checkNoValue(s, v.ID)
		case !had[v.ID]:
			m.checkValue(s, v)
		}
	}
}

func (m *machine) checkValue(s secretlife.Secret, v model.Version) {
	id, err := secretlife.ParseVersionID(v.ID)
	require.NoError(m.t, err)
	got, err := m.store.Value(context.Background(), s.Key(), s.Incarnation(), id)
	require.NoError(m.t, err)
	equal(m, v.Value.Reveal(), got.Reveal(), "the value of %s in %s", v.ID, s.ARN())
	equal(m, v.Value.IsBinary(), got.IsBinary(), "whether the value of %s in %s is binary", v.ID, s.ARN())
}

func (m *machine) checkNoValue(s secretlife.Secret, version string) {
	id, err := secretlife.ParseVersionID(version)
	require.NoError(m.t, err)
	_, err = m.store.Value(context.Background(), s.Key(), s.Incarnation(), id)
	require.ErrorIs(m.t, err, secretlife.ErrVersionNotFound, "value of %s, which has none in %s", version, s.ARN())
}

// checkEnded checks a secret that no longer exists. Another may have its name.
func (m *machine) checkEnded(old, now secretlife.Secret, there bool) {
	_, replica := now.ReplicaOf()
	st := plain.Of(old)
	require.NoError(m.t, invariants.CheckGone(st, m.moment(old), replica), "%s", st.ARN)
	m.ended[model.KeyOf(old.ARN())] = nil
	for _, v := range st.Versions {
		m.checkNoValue(old, v.ID)
		m.ended[model.KeyOf(old.ARN())] = append(m.ended[model.KeyOf(old.ARN())], v.ID)
	}
	l := m.trails[old.Incarnation()]
	require.True(m.t, l != nil && l.Purged, "%s ended without SecretPurged", st.ARN)
	if !there {
		_, err := m.store.Load(context.Background(), old.Key())
		require.True(m.t, isNotFound(err), "Load of a purged secret: %v", err)
	}
}

// checkEvents compares the events that a step saved with the expected ones.
func (m *machine) checkEvents(events []secretlife.Event) {
	m.got = m.got[:0]
	thorough := m.thorough()
	for _, e := range events {
		x := invariants.EventOf(e)
		require.NoError(m.t, invariants.CheckEvent(x, m.seen, m.trails))
		m.seen = e.Seq()
		if thorough {
			text, err := json.Marshal(e)
			require.NoError(m.t, err)
			require.False(m.t, canary.Leaks(string(text)), "event %s shows a value", e.Name())
		}
		m.got = append(m.got, modelEvent(e))
	}
	if m.unordered {
		require.True(
			m.t,
			sameUnordered(m.model.Events, m.got),
			"events of the step: %v, not %v",
			m.got,
			m.model.Events,
		)
	} else if !slices.Equal(m.got, m.model.Events) {
		equal(m, m.model.Events, m.got, "the events of the step")
	}
	m.checkObservedEvents(events, thorough)
}

func modelEvent(e secretlife.Event) model.Event {
	v, _ := e.VersionID()
	return model.Event{Name: e.Name(), Key: model.KeyOf(e.ARN()), Version: v.String(), Message: e.ErrorMessage()}
}

// checkObservedEvents checks that the observer got the saved events.
func (m *machine) checkObservedEvents(events []secretlife.Event, thorough bool) {
	m.observeAll()
	if !m.unordered { // reads are noted behind what comes after them
		slices.SortStableFunc(m.observed, func(a, b secretlife.Event) int { return cmp.Compare(a.Seq(), b.Seq()) })
	}
	next := 0
	for _, e := range m.observed {
		if _, _, refused := e.Refusal(); refused {
			if thorough {
				text, err := json.Marshal(e)
				require.NoError(m.t, err)
				require.False(m.t, canary.Leaks(string(text)), "a refused %s shows a value", e.Name())
			}
			continue
		}
		for m.unordered && next < len(events) && events[next].ID() != e.ID() {
			next++ // lost with its acknowledgement
		}
		if next >= len(events) || events[next].ID() != e.ID() {
			m.t.failf("the observer was given the event %s %s, which was not saved then", e.Name(), e.ID())
		}
		next++
	}
	if !m.unordered && next < len(events) {
		m.t.failf("the observer was not given the event %s %s", events[next].Name(), events[next].ID())
	}
	m.observed = m.observed[:0]
}

// checkDue compares the store's list of due work with the model.
func (m *machine) checkDue() {
	tasks := m.model.Tasks()
	due, err := m.store.Due(
		context.Background(),
		secretlife.DueQuery{By: history.Epoch.Add(100 * 365 * 24 * time.Hour), Limit: len(tasks) + 1},
	)
	require.NoError(m.t, err)
	require.Len(m.t, due, len(tasks), "what is due")
	for i, d := range due {
		equal(m, tasks[i].At, d.At.UnixMilli(), "an entry of Due")
		equal(m, m.realKey(tasks[i].Key), d.Key, "an entry of Due")
	}
}
