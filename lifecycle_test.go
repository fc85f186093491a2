package secretlife_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

var start = time.Date(2018, time.April, 3, 17, 51, 2, 95_000_000, time.UTC)

var atStart = secretlife.Exactly(start)

const (
	tokenA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	tokenB = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
	tokenC = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
)

func version(t testing.TB, s string) secretlife.VersionID {
	t.Helper()
	id, err := secretlife.ParseVersionID(s)
	require.NoError(t, err)
	return id
}

func arnOf(resource string) secretlife.ARN {
	return secretlife.Must(secretlife.ParseARN("arn:aws:secretsmanager:us-east-1:123456789012:secret:" + resource))
}

// creation is a plain secret with one version.
func creation(t testing.TB) secretlife.Creation {
	return secretlife.Creation{
		ARN:         arnOf("MyTestDatabaseSecret-a1b2c3"),
		Incarnation: secretlife.Incarnation{1},
		VersionID:   version(t, tokenA),
		Value:       secretlife.SecretString("one"),
	}
}

// born creates a secret at start.
func born(t testing.TB, edits ...func(*secretlife.Creation)) secretlife.Secret {
	t.Helper()
	c := creation(t)
	for _, edit := range edits {
		edit(&c)
	}
	ch, err := secretlife.NewSecret(atStart, c)
	require.NoError(t, err)
	return next(t, ch)
}

func next(t testing.TB, c secretlife.Change) secretlife.Secret {
	t.Helper()
	s := c.Next()
	require.False(t, s.IsZero(), "the secret is still there")
	return s
}

// then applies a decision that must succeed.
func then(t testing.TB) func(secretlife.Change, error) secretlife.Secret {
	return func(c secretlife.Change, err error) secretlife.Secret {
		t.Helper()
		require.NoError(t, err)
		return next(t, c)
	}
}

func windowOf(t testing.TB, days int64) secretlife.DeletionMode {
	t.Helper()
	m, err := secretlife.ParseDeletionMode(&days, nil)
	require.NoError(t, err)
	return m
}

func byForce(t testing.TB) secretlife.DeletionMode {
	t.Helper()
	yes := true
	m, err := secretlife.ParseDeletionMode(nil, &yes)
	require.NoError(t, err)
	return m
}

func TestParseDeletionMode(t *testing.T) {
	const (
		rangeText = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
		bothText  = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
	)
	yes, no := true, false
	for _, c := range []struct {
		name   string
		days   *int64
		force  *bool
		window time.Duration
		forced bool
		text   string
		is     error
	}{
		{name: "neither is 30 days", window: 30 * 24 * time.Hour},
		{name: "7 days", days: secretlife.Days(7), window: 7 * 24 * time.Hour},
		{name: "30 days", days: secretlife.Days(30), window: 30 * 24 * time.Hour},
		{name: "force", force: &yes, forced: true},
		{name: "force=false is neither", force: &no, window: 30 * 24 * time.Hour},
		{name: "force=false with a window is a window", days: secretlife.Days(7), force: &no, window: 7 * 24 * time.Hour},
		{name: "0", days: secretlife.Days(0), text: rangeText, is: secretlife.ErrRecoveryWindow},
		{name: "6", days: secretlife.Days(6), text: rangeText, is: secretlife.ErrRecoveryWindow},
		{name: "31", days: secretlife.Days(31), text: rangeText, is: secretlife.ErrRecoveryWindow},
		{name: "negative", days: secretlife.Days(-1), text: rangeText, is: secretlife.ErrRecoveryWindow},
		{name: "256+7 does not wrap round", days: secretlife.Days(263), text: rangeText, is: secretlife.ErrRecoveryWindow},
		{name: "0 with force is the range", days: secretlife.Days(0), force: &yes, text: rangeText,
			is: secretlife.ErrRecoveryWindow},
		{name: "7 with force", days: secretlife.Days(7), force: &yes, text: bothText, is: secretlife.ErrWindowWithForce},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := secretlife.ParseDeletionMode(c.days, c.force)
			if c.text != "" {
				var bad *secretlife.InvalidParameterError
				require.ErrorAs(t, err, &bad)
				require.Equal(t, c.text, bad.Message)
				require.ErrorIs(t, err, c.is)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.window, m.Window())
			require.Equal(t, c.forced, m.Forced())
		})
	}
}

func TestDelete(t *testing.T) {
	t.Run("DeletionDate is the request plus whole days", func(t *testing.T) {
		s := then(t)(born(t).Delete(atStart, windowOf(t, 7), 0))
		d, ok := s.Deletion().Date()
		require.True(t, ok)
		require.Equal(t, start.Add(7*24*time.Hour), d, "to the millisecond, whatever the calendar does")
		require.Equal(t, "scheduled for 2018-04-10T17:51:02.095Z", s.Deletion().String())
		asked, ok := s.Deletion().DeletedDate()
		require.True(t, ok)
		require.Equal(t, start, asked)
		_, ok = born(t).Deletion().DeletedDate()
		require.False(t, ok)
		forced := then(t)(s.Delete(secretlife.Exactly(start.Add(time.Hour)), byForce(t), 0))
		asked, _ = forced.Deletion().DeletedDate()
		require.Equal(t, start.Add(time.Hour), asked, "of the last request")

		// Nanoseconds below the millisecond are cut before, so nothing is early.
		s = then(t)(born(t).Delete(secretlife.Exactly(start.Add(999_999*time.Nanosecond)), secretlife.DeletionMode{},
			time.Hour))
		d, _ = s.Deletion().Date()
		require.Equal(t, start.Add(30*24*time.Hour), d)
		p, _ := s.Deletion().PurgeAt()
		require.Equal(t, d.Add(time.Hour), p)
	})

	t.Run("force", func(t *testing.T) {
		forced := then(t)(born(t).Delete(atStart, byForce(t), time.Hour))
		require.True(t, forced.Deletion().Forced())
		require.Equal(t, secretlife.PhaseAwaitingPurge, forced.Phase(start))
		require.Equal(t, "forced at 2018-04-03T17:51:02.095Z", forced.Deletion().String())

		c, err := forced.Delete(secretlife.Exactly(start.Add(time.Minute)), byForce(t), 0)
		require.NoError(t, err)
		require.True(t, c.IsZero(), "force again changes nothing")
		_, err = forced.Delete(atStart, windowOf(t, 7), 0)
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)

		marked := then(t)(born(t).Delete(atStart, windowOf(t, 7), 0))
		_, err = marked.Delete(atStart, windowOf(t, 30), 0)
		var refused *secretlife.InvalidRequestError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, textMarked, refused.Message)
		require.Equal(t, start.Add(7*24*time.Hour), refused.DeletionDate)

		hurried := then(t)(marked.Delete(secretlife.Exactly(start.Add(time.Minute)), byForce(t), 0))
		date, _ := hurried.Deletion().Date()
		require.Equal(t, start.Add(time.Minute), date)
		require.True(t, hurried.Deletion().Forced())
	})

	t.Run("replicas and primaries are refused", func(t *testing.T) {
		eu, err := secretlife.ParseRegion("eu-west-1")
		require.NoError(t, err)
		us, err := secretlife.ParseRegion("us-west-2")
		require.NoError(t, err)
		targets := []secretlife.Replica{{Region: us}, {Region: eu}}
		s := then(t)(born(t).AddReplicas(atStart, targets, false))
		require.Equal(t, secretlife.PhasePrimaryWithReplicas, s.Phase(start))
		for _, mode := range []secretlife.DeletionMode{windowOf(t, 7), byForce(t)} {
			_, err := s.Delete(atStart, mode, 0)
			var bad *secretlife.InvalidParameterError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, "You can't delete secret "+s.ARN().String()+
				" that still has replica regions [us-west-2, eu-west-1].", bad.Message)
			require.Equal(t, []string{"us-west-2", "eu-west-1"}, bad.Regions)
			require.ErrorIs(t, err, secretlife.ErrHasReplicas)
		}
		marked := then(t)(born(t).Delete(atStart, windowOf(t, 7), 0))
		_, err = marked.AddReplicas(atStart, []secretlife.Replica{{Region: us}}, true)
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
	})
}

func TestLifecycle(t *testing.T) {
	t.Run("from creation to purge", func(t *testing.T) {
		alive := born(t)
		require.Equal(t, secretlife.PhaseActive, alive.Phase(start))
		require.Equal(t, "not scheduled", alive.Deletion().String())

		marked := then(t)(alive.Delete(atStart, windowOf(t, 7), 0))
		date, _ := marked.Deletion().Date()
		require.Equal(t, secretlife.PhaseScheduledForDeletion, marked.Phase(date.Add(-time.Millisecond)))
		require.Equal(t, secretlife.PhaseAwaitingPurge, marked.Phase(date))

		back := then(t)(marked.Restore(secretlife.Exactly(date.Add(-time.Millisecond))))
		require.Equal(t, secretlife.PhaseActive, back.Phase(date))
		require.Equal(t, alive.Versions(), back.Versions())
		require.Equal(t, uint64(3), back.Revision())

		_, err := marked.Restore(secretlife.Exactly(date))
		require.ErrorIs(t, err, secretlife.ErrRecoveryWindowOver)
		var gone *secretlife.ResourceNotFoundError
		require.ErrorAs(t, err, &gone)
		require.Equal(t, "Secrets Manager can't find the specified secret.", gone.Message)
		require.Equal(t, date, gone.DeletionDate)

		_, err = marked.Purge(secretlife.Exactly(date.Add(-time.Millisecond)))
		require.ErrorIs(t, err, secretlife.ErrNotDue)
		c, err := marked.Purge(secretlife.Exactly(date))
		require.NoError(t, err)
		require.True(t, c.Purges())
		require.Len(t, c.Removed(), 1)
		require.Empty(t, c.Values())
		inc, rev := c.Base()
		require.Equal(t, marked.Incarnation(), inc)
		require.Equal(t, marked.Revision(), rev)

		_, err = alive.Purge(secretlife.Exactly(date))
		require.ErrorIs(t, err, secretlife.ErrNotDue, "an active secret is never purged")
	})

	t.Run("restorable or purgeable but never both", func(t *testing.T) {
		for _, mode := range []secretlife.DeletionMode{windowOf(t, 7), byForce(t)} {
			for _, delay := range []time.Duration{0, time.Hour, -time.Hour} {
				s := then(t)(born(t).Delete(atStart, mode, delay))
				date, _ := s.Deletion().Date()
				for _, off := range []time.Duration{-time.Hour, -time.Millisecond, 0, time.Millisecond, time.Hour, 2 * time.Hour} {
					_, restore := s.Restore(secretlife.Exactly(date.Add(off)))
					_, purge := s.Purge(secretlife.Exactly(date.Add(off)))
					require.False(t, restore == nil && purge == nil, "%v at %v", s.Deletion(), off)
					require.Equal(t, off < 0 && !mode.Forced(), restore == nil)
					require.Equal(t, off >= max(delay, 0), purge == nil)
				}
			}
		}
	})
}

func TestLastChangedDate(t *testing.T) {
	t.Run("strictly increases", func(t *testing.T) {
		s := born(t)
		for range 3 {
			now := s.LastChangedDate().Add(-time.Hour) // a clock that went back
			n := then(t)(s.Update(secretlife.Exactly(now), secretlife.Update{}))
			require.True(t, n.LastChangedDate().After(s.LastChangedDate()))
			s = n
		}
		require.Equal(t, start.Add(3*time.Millisecond), s.LastChangedDate())
	})

	t.Run("at the epoch", func(t *testing.T) {
		epoch := time.Unix(0, 0).UTC()
		for _, now := range []time.Time{epoch, epoch.Add(-time.Millisecond), epoch.Add(time.Millisecond)} {
			ch, err := secretlife.NewSecret(secretlife.Exactly(now), creation(t))
			require.NoError(t, err)
			s := then(t)(next(t, ch).Delete(secretlife.Exactly(now), byForce(t), 0))
			d, ok := s.Deletion().Date()
			require.True(t, ok)
			require.Equal(t, now, d)
			require.Equal(t, now, s.CreatedDate())
		}
	})
}

func TestPhaseAndWorkNames(t *testing.T) {
	for _, p := range secretlife.Phases() {
		require.NotContains(t, p.String(), "(")
	}
	require.Equal(t, "Phase(99)", secretlife.Phase(99).String())
	require.Equal(t, "purge age replicate none", secretlife.WorkPurge.String()+" "+secretlife.WorkAge.String()+" "+
		secretlife.WorkReplicate.String()+" "+secretlife.Work(0).String())
}

func deleteByForce(w *world) { w.delete("s", 0) }

// acts take every arrow of the state diagram, in a world in which the secret
// "s" of us-east-1, or for replicas that of eu-west-1, is in the phase the arrow
// comes from.
var acts = map[secretlife.Transition]func(*world){
	{From: secretlife.PhasePurged, To: secretlife.PhaseActive, By: "CreateSecret"}: func(w *world) { w.create("s") },
	{From: secretlife.PhasePurged, To: secretlife.PhasePrimaryWithReplicas,
		By: "CreateSecret with AddReplicaRegions"}: func(w *world) {
		w.create("s", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
	},
	{From: secretlife.PhasePurged, To: secretlife.PhaseReplica,
		By: "ReplicateSecretToRegions on the primary"}: func(w *world) {
		w.create("s")
		w.replicate("s", false, "eu-west-1")
		w.advance(0)
	},
	{From: secretlife.PhaseActive, To: secretlife.PhaseScheduledForDeletion, By: "DeleteSecret"}: func(w *world) {
		w.delete("s", 7)
	},
	{From: secretlife.PhaseActive, To: secretlife.PhaseAwaitingPurge,
		By: "DeleteSecret by force"}: deleteByForce,
	{From: secretlife.PhaseScheduledForDeletion, To: secretlife.PhaseAwaitingPurge,
		By: "DeleteSecret by force"}: deleteByForce,
	{From: secretlife.PhaseScheduledForDeletion, To: secretlife.PhaseAwaitingPurge,
		By: "the DeletionDate"}: func(w *world) { w.advance(7 * aDay) },
	{From: secretlife.PhaseScheduledForDeletion, To: secretlife.PhaseActive, By: "RestoreSecret"}: func(w *world) {
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(w.t, err)
	},
	{From: secretlife.PhaseAwaitingPurge, To: secretlife.PhasePurged,
		By: "time and the purger"}: func(w *world) { w.advance(hour) },
	{From: secretlife.PhaseActive, To: secretlife.PhasePrimaryWithReplicas,
		By: "ReplicateSecretToRegions"}: func(w *world) { w.replicate("s", false, "eu-west-1") },
	{From: secretlife.PhasePrimaryWithReplicas, To: secretlife.PhaseActive,
		By: "RemoveRegionsFromReplication, StopReplicationToReplica"}: removeRegion,
	{From: secretlife.PhaseReplica, To: secretlife.PhasePurged,
		By: "RemoveRegionsFromReplication on the primary"}: removeRegion,
	{From: secretlife.PhaseReplica, To: secretlife.PhaseActive, By: "StopReplicationToReplica"}: func(w *world) {
		_, err := w.in("123456789012", "eu-west-1").StopReplicationToReplica(ctx,
			secretlife.SecretInput{SecretID: "s"})
		require.NoError(w.t, err)
	},
	{From: secretlife.PhaseActive, To: secretlife.PhaseReplica,
		By: "ReplicateSecretToRegions with ForceOverwriteReplicaSecret"}: func(w *world) {
		_, err := w.in("123456789012", "eu-west-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s",
			Value: secretlife.SecretString("eu")})
		require.NoError(w.t, err)
		require.Equal(w.t, secretlife.PhaseActive, w.phaseIn("eu-west-1"))
		w.replicate("s", true, "eu-west-1")
		w.advance(0)
	},
}

func removeRegion(w *world) {
	_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "s",
		RemoveReplicaRegions: []string{"eu-west-1"}})
	require.NoError(w.t, err)
}

// phaseIn is the phase of the secret "s" in a Region.
func (w *world) phaseIn(region string) secretlife.Phase {
	w.t.Helper()
	s, err := w.store.Load(ctx, keyOf(w.t, "123456789012", region, "s"))
	if err != nil {
		require.ErrorIs(w.t, err, secretlife.ErrSecretNotFound)
	}
	return s.Phase(w.clock.Now())
}

func TestTransitions(t *testing.T) {
	for _, tr := range secretlife.Transitions() {
		t.Run(tr.From.String()+" to "+tr.To.String()+" by "+tr.By, func(t *testing.T) {
			act := acts[tr]
			require.NotNil(t, act, "no test takes this arrow")
			region := "us-east-1"
			if tr.From == secretlife.PhaseReplica || tr.To == secretlife.PhaseReplica {
				region = "eu-west-1"
			}
			w, _ := inPhase(t, tr.From)
			if tr.From != secretlife.PhaseActive || region == "us-east-1" {
				require.Equal(t, tr.From, w.phaseIn(region))
			}
			act(w)
			require.Equal(t, tr.To, w.phaseIn(region))
		})
	}
	require.Len(t, acts, len(secretlife.Transitions()))
}

// hold places a hold on the secret "a" for ann.
func (w *world) hold(name string, edits ...func(*secretlife.Hold)) secretlife.Hold {
	w.t.Helper()
	h := secretlife.Hold{Name: name, Reason: "a lawsuit"}
	for _, edit := range edits {
		edit(&h)
	}
	out, err := w.PlaceHold(secretlife.WithCaller(ctx, secretlife.Caller{Principal: "ann"}), "a", h)
	require.NoError(w.t, err)
	return out
}

func (w *world) releaseBy(principal, secret, name string) (secretlife.Hold, error) {
	return w.ReleaseHold(secretlife.WithCaller(ctx, secretlife.Caller{Principal: principal}), secret, name)
}

func (w *world) release(name string) secretlife.Hold {
	w.t.Helper()
	out, err := w.releaseBy("bob", "a", name)
	require.NoError(w.t, err)
	return out
}

func (w *world) tryDelete(name string, days int64) error {
	in := secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: days == 0}
	if days != 0 {
		in.RecoveryWindowInDays = &days
	}
	_, err := w.DeleteSecret(ctx, in)
	return err
}

func (w *world) restore(name string) {
	w.t.Helper()
	_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
	require.NoError(w.t, err)
	out, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	require.NoError(w.t, err)
	require.Equal(w.t, "value of "+name, out.Value.Reveal())
}

func requireHeld(t testing.TB, err error, text string, names ...string) {
	t.Helper()
	requireError(t, err, "InvalidRequestException", text)
	require.ErrorIs(t, err, secretlife.ErrHeld)
	var e secretlife.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, names, e.Details().Holds)
}

const textHeld = `You can't perform this operation on the secret because it has the hold "legal".`

func TestHoldKeepsTheValue(t *testing.T) {
	t.Run("it can't be deleted", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.hold("legal")
		requireHeld(t, w.tryDelete("a", 7), textHeld, "legal")
		w.hold("audit")
		requireHeld(t, w.tryDelete("a", 0), `You can't perform this operation on the secret because it has the holds `+
			`"legal", "audit".`, "legal", "audit")
		w.release("legal")
		requireHeld(t, w.tryDelete("a", 0), strings.ReplaceAll(textHeld, "legal", "audit"), "audit")
		w.release("audit")
		w.delete("a", 7)
	})

	t.Run("a scheduled secret is not purged, and can be restored after its date", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.hold("legal")
		require.Empty(t, w.advance(100*aDay), "nothing is due")
		require.Zero(t, w.purger.Status().Waiting.Secrets)
		_, _, due := w.load("a").NextDue()
		require.False(t, due)
		requireHeld(t, w.tryDelete("a", 0), textHeld, "legal")
		require.ErrorIs(t, w.tryDelete("a", 7), secretlife.ErrScheduledForDeletion)
		w.restore("a")
		require.ErrorIs(t, w.tryDelete("a", 7), secretlife.ErrHeld, "the hold stays")
	})

	t.Run("released after the date it is purged at once", func(t *testing.T) {
		w := newWorld(t)
		arn := w.create("a").ARN
		w.delete("a", 7)
		w.advance(7*aDay - time.Millisecond)
		w.hold("legal")
		w.advance(aDay)
		w.release("legal")
		_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrRecoveryWindowOver)
		require.Equal(t, arn, fmt.Sprint(w.advance(0).Purged()[0]))
	})

	t.Run("even of a secret that was deleted by force", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.PurgeDelay = secretlife.FixedDelay(hour) })
		w.create("a")
		w.delete("a", 0)
		w.hold("legal")
		requireHeld(t, w.tryDelete("a", 0), textHeld, "legal")
		require.Empty(t, w.advance(aDay))
		w.restore("a")
	})

	t.Run("a stale entry of what is due", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.hold("legal")
		at := secretlife.Exactly(start.Add(8 * aDay))
		_, err := w.load("a").Purge(at)
		require.ErrorIs(t, err, secretlife.ErrNotDue)
	})

	t.Run("old versions stay", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.hold("legal")
		for i := range 105 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
				Value: secretlife.SecretString(fmt.Sprint(i))})
			require.NoError(t, err)
		}
		require.Empty(t, w.advance(5*aDay))
		require.Len(t, w.load("a").Versions(), 106)
		w.release("legal")
		require.Len(t, w.advance(2*aDay), 2, "they are marked, and removed a day later")
		require.Len(t, w.load("a").Versions(), 100)
	})

	t.Run("names and events", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.ReleaseDelay = hour })
		w.create("a")
		until := start.Add(40 * aDay)
		placed := w.hold("legal", func(h *secretlife.Hold) { h.Until = until })
		require.Equal(t, secretlife.Hold{Name: "legal", Reason: "a lawsuit", PlacedBy: "ann", Since: start, Until: until},
			placed)
		released := w.release("legal")
		placed.ReleasedBy, placed.ReleaseAt = "bob", start.Add(hour)
		require.Equal(t, placed, released)
		d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, []secretlife.Hold{placed}, d.Holds)
		require.Equal(t, start, d.LastChangedDate, "AWS's clients see nothing of it")

		all := w.events()
		require.Len(t, all, 3)
		text, err := json.Marshal(all[1])
		require.NoError(t, err)
		var record map[string]any
		require.NoError(t, json.Unmarshal(text, &record))
		require.Equal(t, "PlaceHold", record["eventName"])
		require.Equal(t, map[string]any{"secretId": "a", "holdName": "legal", "reason": "a lawsuit",
			"until": "2018-05-13T17:51:02.095Z"}, record["requestParameters"])
		require.Equal(t, "ann", record["userIdentity"].(map[string]any)["userName"])
		require.Equal(t, false, record["readOnly"])
		require.Equal(t, "bob", all[2].Caller().Principal)
		require.Equal(t, "ReleaseHold", all[2].Name())
		for _, e := range all {
			eventThroughBinary(t, e)
		}
	})
}

func TestHoldsOfReplicas(t *testing.T) {
	setUp := func(t *testing.T) (*world, *secretlife.Manager) {
		w := newWorld(t)
		w.create("a", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
		w.advance(0)
		there := w.in("123456789012", "eu-west-1")
		_, err := there.PlaceHold(ctx, "a", secretlife.Hold{Name: "legal"})
		require.NoError(t, err)
		return w, there
	}
	remove := secretlife.RemoveRegionsFromReplicationInput{SecretID: "a", RemoveReplicaRegions: []string{"eu-west-1"}}

	t.Run("it is not removed", func(t *testing.T) {
		w, there := setUp(t)
		_, err := w.RemoveRegionsFromReplication(ctx, remove)
		requireHeld(t, err, `You can't remove the replica in region eu-west-1 because it has the hold "legal".`, "legal")
		_, err = there.ReleaseHold(ctx, "a", "legal")
		require.NoError(t, err)
		_, err = w.RemoveRegionsFromReplication(ctx, remove)
		require.NoError(t, err)
	})

	t.Run("that of the primary is another matter", func(t *testing.T) {
		w, there := setUp(t)
		w.hold("mine")
		_, err := there.ReleaseHold(ctx, "a", "legal")
		require.NoError(t, err)
		_, err = w.RemoveRegionsFromReplication(ctx, remove)
		require.NoError(t, err)
		require.Len(t, w.load("a").Holds(), 1)
	})

	t.Run("a promoted replica keeps it", func(t *testing.T) {
		_, there := setUp(t)
		_, err := there.StopReplicationToReplica(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		_, err = there.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.ErrorIs(t, err, secretlife.ErrHeld)
	})

	t.Run("changes of the primary go on, and take no version away", func(t *testing.T) {
		w, there := setUp(t)
		for i := range 105 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
				Value: secretlife.SecretString(fmt.Sprint(i))})
			require.NoError(t, err)
			w.advance(0)
		}
		w.advance(3 * aDay)
		require.Len(t, w.load("a").Versions(), 100)
		out, err := there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "104", out.Value.Reveal())
		out, err = there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: tokenA})
		require.NoError(t, err)
		require.Equal(t, "value of a", out.Value.Reveal())
		s, err := there.Secret(ctx, "a")
		require.NoError(t, err)
		require.Len(t, s.Versions(), 106)
		require.Len(t, s.Holds(), 1)

		// The token of a version that is gone makes another one.
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("again")})
		require.NoError(t, err)
		w.advance(0)
		d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, `Replication failed: Secret name a in region eu-west-1 can't lose a value because it has the `+
			`hold "legal".`, d.ReplicationStatus[0].StatusMessage)
		out, err = there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: tokenA})
		require.NoError(t, err)
		require.Equal(t, "value of a", out.Value.Reveal())
	})

	t.Run("another secret is not overwritten", func(t *testing.T) {
		for name, keep := range map[string]func(*secretlife.Manager) error{
			`it has the hold "legal"`: func(m *secretlife.Manager) error {
				_, err := m.PlaceHold(ctx, "a", secretlife.Hold{Name: "legal"})
				return err
			},
			"the secret there is protected": func(m *secretlife.Manager) error {
				_, err := m.ProtectSecret(ctx, "a", secretlife.Protection{NoForce: true})
				return err
			},
		} {
			w := newWorld(t)
			there := w.in("123456789012", "eu-west-1")
			_, err := there.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("x")})
			require.NoError(t, err)
			require.NoError(t, keep(there))
			w.create("a", func(in *secretlife.CreateSecretInput) {
				in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
				in.ForceOverwriteReplicaSecret = true
			})
			w.advance(0)
			d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
			require.NoError(t, err)
			require.Equal(t, "Replication failed: Secret name a in region eu-west-1 can't lose a value because "+name+".",
				d.ReplicationStatus[0].StatusMessage)
		}
	})
}

func TestHoldsEnd(t *testing.T) {
	t.Run("at their date", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.hold("legal", func(h *secretlife.Hold) { h.Until = start.Add(20 * aDay) })
		at, work, due := w.load("a").NextDue()
		require.True(t, due)
		require.Equal(t, secretlife.WorkPurge, work)
		require.Equal(t, start.Add(20*aDay), at)
		require.Empty(t, w.advance(20*aDay-time.Millisecond))
		require.Len(t, w.advance(time.Millisecond).Purged(), 1)
	})

	t.Run("and can then be deleted", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.hold("legal", func(h *secretlife.Hold) { h.Until = start.Add(aDay) })
		w.advance(aDay - time.Millisecond)
		require.ErrorIs(t, w.tryDelete("a", 0), secretlife.ErrHeld)
		w.advance(time.Millisecond)
		w.delete("a", 7)
	})

	t.Run("not by a clock that is ahead", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.hold("legal", func(h *secretlife.Hold) { h.Until = start.Add(20 * aDay) })
		w.clock.Jump(400 * aDay)
		require.Empty(t, w.advance(8*aDay).Purged())
		require.ErrorIs(t, w.tryDelete("a", 0), secretlife.ErrHeld)
		require.Empty(t, w.advance(12*aDay-time.Millisecond).Purged())
		require.Len(t, w.advance(time.Millisecond).Purged(), 1)
	})

	t.Run("and keep no other work waiting", func(t *testing.T) {
		w := newWorld(t)
		w.create("a", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "eu-west-1"}}
		})
		put := func(value string) {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
				Value: secretlife.SecretString(value)})
			require.NoError(t, err)
		}
		for i := range 105 {
			put(fmt.Sprint(i))
		}
		w.hold("legal", func(h *secretlife.Hold) { h.Until = start.Add(20 * aDay) })
		w.clock.Jump(400 * aDay)
		put("new")
		w.advance(0)
		out, err := w.in("123456789012", "eu-west-1").GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, "new", out.Value.Reveal(), "although the versions that age wait for counted time")
		require.Len(t, w.load("a").Versions(), 107)
		w.advance(21 * aDay)
		require.Len(t, w.load("a").Versions(), 100)
	})

	t.Run("not before a purge's own date", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		w.hold("legal", func(h *secretlife.Hold) { h.Until = start.Add(aDay) })
		require.Empty(t, w.advance(2*aDay))
		w.restore("a")
	})

	delayed := func(t *testing.T, until time.Time) {
		w := newWorld(t, func(o *secretlife.Options) { o.ReleaseDelay = 2 * aDay })
		w.create("a")
		w.delete("a", 7)
		w.hold("legal", func(h *secretlife.Hold) { h.Until = until })
		w.advance(7 * aDay)
		w.release("legal")
		w.clock.Jump(400 * aDay)
		w.advance(aDay)
		again, err := w.releaseBy("eve", "a", "legal")
		require.NoError(t, err)
		require.Equal(t, "bob", again.ReleasedBy, "the time does not begin anew")
		require.Empty(t, w.advance(aDay-time.Millisecond).Purged())
		require.Len(t, w.advance(time.Millisecond).Purged(), 1)
	}
	t.Run("after the delay of a release", func(t *testing.T) { delayed(t, time.Time{}) })
	t.Run("which counts from the release", func(t *testing.T) { delayed(t, start.Add(300*aDay)) })

	t.Run("released by another principal", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.ReleaseByAnother = true })
		w.create("a")
		_, err := w.PlaceHold(ctx, "a", secretlife.Hold{Name: "legal"})
		requireError(t, err, "AccessDeniedException", `You can't place the hold "legal" because a hold must be released by `+
			`another principal than the one that placed it, and both must be known.`)
		_, err = w.load("a").PlaceHold(atStart, secretlife.Hold{Name: "legal"}, true)
		require.ErrorIs(t, err, secretlife.ErrSamePrincipal, "the decision refuses it too")
		w.hold("legal")
		for _, who := range []string{"ann", ""} {
			_, err = w.releaseBy(who, "a", "legal")
			require.ErrorIs(t, err, secretlife.ErrSamePrincipal)
			require.ErrorIs(t, err, secretlife.ErrAccessDenied)
		}
		require.Len(t, w.load("a").Holds(), 1)
		w.release("legal")
		require.Empty(t, w.load("a").Holds())
	})
}

func TestHoldLimits(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	place := func(edit func(*secretlife.Hold)) error {
		h := secretlife.Hold{Name: "n", Reason: "r"}
		edit(&h)
		_, err := w.PlaceHold(ctx, "a", h)
		return err
	}
	for name, edit := range map[string]func(*secretlife.Hold){
		"no name":       func(h *secretlife.Hold) { h.Name = "" },
		"a long name":   func(h *secretlife.Hold) { h.Name = strings.Repeat("n", 65) },
		"a space":       func(h *secretlife.Hold) { h.Name = "a b" },
		"a long reason": func(h *secretlife.Hold) { h.Reason = strings.Repeat("ä", 2049) },
		"not text":      func(h *secretlife.Hold) { h.Reason = "\xff" },
		"now":           func(h *secretlife.Hold) { h.Until = start },
		"far away":      func(h *secretlife.Hold) { h.Until = start.AddDate(101, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			err := place(edit)
			require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
			var e secretlife.Error
			require.ErrorAs(t, err, &e)
			_, err = w.load("a").PlaceHold(atStart, func() secretlife.Hold {
				h := secretlife.Hold{Name: "n", Reason: "r"}
				edit(&h)
				return h
			}(), false)
			require.ErrorIs(t, err, secretlife.ErrInvalidParameter, "the decision refuses it too")
		})
	}
	for i := range 20 {
		w.hold(fmt.Sprint("hold-", i))
	}
	require.ErrorIs(t, place(func(*secretlife.Hold) {}), secretlife.ErrLimitExceeded)

	before := len(w.events())
	w.hold("hold-1")
	require.Len(t, w.events(), before, "the same again changes nothing")
	err := place(func(h *secretlife.Hold) { h.Name = "hold-1" })
	require.ErrorIs(t, err, secretlife.ErrHoldExists)
	require.Contains(t, err.Error(), `already has a hold "hold-1"`)
	_, err = w.releaseBy("bob", "a", "other")
	requireError(t, err, "ResourceNotFoundException", `The secret `+w.load("a").ARN().String()+
		` doesn't have a hold "other".`)
	require.ErrorIs(t, err, secretlife.ErrHoldNotFound)
	require.NotErrorIs(t, err, secretlife.ErrSecretNotFound)
	_, err = w.releaseBy("bob", "b", "other")
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	stateThroughBinary(t, w.load("a").State())
	_, err = w.load("a").ReleaseHold(atStart, "hold-1", false, -1)
	require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
}

func TestProtection(t *testing.T) {
	protect := func(t *testing.T, w *world, p secretlife.Protection) (secretlife.Protection, error) {
		t.Helper()
		return w.ProtectSecret(ctx, "a", p)
	}
	must := func(t *testing.T, w *world, p secretlife.Protection) secretlife.Protection {
		t.Helper()
		out, err := protect(t, w, p)
		require.NoError(t, err)
		return out
	}
	refused := func(t *testing.T, err error, text string) {
		t.Helper()
		requireError(t, err, "InvalidRequestException", text)
		require.ErrorIs(t, err, secretlife.ErrProtected)
	}
	const (
		textForce = "You can't delete the secret without a recovery window because it is protected."
		textFinal = "You can't lower the protection of the secret because it is final."
	)

	t.Run("against force", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		require.Equal(t, secretlife.Protection{NoForce: true, Final: start}, must(t, w, secretlife.Protection{NoForce: true}))
		refused(t, w.tryDelete("a", 0), textForce)
		w.delete("a", 7)
		refused(t, w.tryDelete("a", 0), textForce)
		require.Len(t, w.advance(7*aDay).Purged(), 1)
	})

	t.Run("against short windows", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		must(t, w, secretlife.Protection{MinimumWindow: 14})
		refused(t, w.tryDelete("a", 0), textForce)
		for _, days := range []int64{7, 13} {
			refused(t, w.tryDelete("a", days), "You can't delete the secret with a recovery window of less than 14 days "+
				"because it is protected.")
		}
		w.delete("a", 14)
	})

	t.Run("it is final after its cooling-off", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		p := secretlife.Protection{MinimumWindow: 14, CoolingOff: hour}
		out := must(t, w, p)
		require.Equal(t, start.Add(hour), out.Final)
		w.advance(hour - time.Millisecond)
		must(t, w, secretlife.Protection{MinimumWindow: 7, CoolingOff: aDay})
		require.Equal(t, start.Add(hour), w.load("a").Protection().Final, "a change makes it no later")
		w.advance(time.Millisecond)
		_, err := protect(t, w, secretlife.Protection{})
		refused(t, err, textFinal)
		must(t, w, secretlife.Protection{MinimumWindow: 30, CoolingOff: hour})
		_, err = protect(t, w, secretlife.Protection{NoForce: true, CoolingOff: hour})
		refused(t, err, textFinal)
		must(t, w, secretlife.Protection{MinimumWindow: 7, CoolingOff: hour})
		require.Equal(t, 7, w.load("a").Protection().MinimumWindow, "what is new can be taken back")
		stateThroughBinary(t, w.load("a").State())
	})

	t.Run("and can be taken off before", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		must(t, w, secretlife.Protection{NoForce: true, CoolingOff: hour})
		require.Zero(t, must(t, w, secretlife.Protection{}))
		w.delete("a", 0)
	})

	t.Run("whatever the clock says", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		must(t, w, secretlife.Protection{NoForce: true, CoolingOff: hour})
		w.clock.Jump(-aDay)
		w.advance(hour)
		_, err := protect(t, w, secretlife.Protection{})
		refused(t, err, textFinal)
	})

	t.Run("it is not lowered on a scheduled secret", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		must(t, w, secretlife.Protection{MinimumWindow: 14, CoolingOff: aDay})
		w.delete("a", 14)
		_, err := protect(t, w, secretlife.Protection{MinimumWindow: 7})
		refused(t, err, "You can't lower the protection of the secret because it was marked for deletion.")
		must(t, w, secretlife.Protection{MinimumWindow: 20, NoForce: true})
	})

	t.Run("of every secret", func(t *testing.T) {
		store := memstore.New()
		with := func(p secretlife.Protection) *world {
			w := newWorldOver(t, store, func(o *secretlife.Options) { o.Protection = p })
			return w
		}
		w := with(secretlife.Protection{MinimumWindow: 10})
		w.create("a")
		require.Equal(t, secretlife.Protection{MinimumWindow: 10, Final: start}, w.load("a").Protection())
		w = with(secretlife.Protection{})
		w.create("b")
		require.ErrorIs(t, w.tryDelete("a", 7), secretlife.ErrProtected, "it was created with it")
		w.delete("b", 7)
		w.restore("b")
		w = with(secretlife.Protection{MinimumWindow: 20})
		for _, name := range []string{"a", "b"} {
			require.ErrorIs(t, w.tryDelete(name, 19), secretlife.ErrProtected, "a stronger one is for all")
			w.delete(name, 20)
		}
	})

	t.Run("what there can't be", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		for _, p := range []secretlife.Protection{
			{MinimumWindow: 6}, {MinimumWindow: 31}, {MinimumWindow: -1}, {CoolingOff: -1}, {CoolingOff: 31 * aDay},
			{CoolingOff: time.Nanosecond},
		} {
			_, err := protect(t, w, p)
			require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
			_, err = secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Protection = p })
			require.Error(t, err)
		}
		_, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.ReleaseDelay = -1 })
		require.Error(t, err)
		require.NotErrorIs(t, err, secretlife.ErrProtected)
	})
}
