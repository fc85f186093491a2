package secretlife_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
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
