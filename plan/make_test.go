package plan_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

func TestSelector(t *testing.T) {
	w := newWorld(t)
	w.create("a/1", "team", "red")
	w.create("a/2", "team", "blue", "stage", "test")
	w.create("b/1", "team", "red")
	w.schedule("b/1", 7)
	w.pass(48 * time.Hour)
	_, err := w.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "a/1"})
	require.NoError(t, err)
	w.create("c!x")
	w.schedule("c!x", 7)
	now := w.clock.Now()

	for _, c := range []struct {
		name string
		plan.Selector
		want string
	}{
		{"name", plan.Selector{Names: []string{"a/2", "a/1"}}, "a/1 a/2"},
		{"prefix", plan.Selector{Prefix: "a/"}, "a/1 a/2"},
		{"prefix with an exclamation mark", plan.Selector{Prefix: "c!"}, "c!x"},
		{"tag", plan.Selector{Tags: []secretlife.Tag{{Key: "team", Value: "red"}}}, "a/1 b/1"},
		{"any value of a tag", plan.Selector{Tags: []secretlife.Tag{{Key: "team"}}}, "a/1 a/2 b/1"},
		{"two tags", plan.Selector{Tags: []secretlife.Tag{{Key: "team"}, {Key: "stage", Value: "test"}}}, "a/2"},
		{"prefix and tag", plan.Selector{Prefix: "a", Tags: []secretlife.Tag{{Key: "team", Value: "red"}}}, "a/1"},
		{"scheduled since", plan.Selector{ScheduledSince: now.Add(-time.Hour)}, "c!x"},
		{"scheduled before", plan.Selector{ScheduledBefore: now.Add(-time.Hour)}, "b/1"},
		{"not read since", plan.Selector{NotReadSince: now.Add(-24 * time.Hour)}, "a/2 b/1"}, // c!x is new
		{"all", plan.Selector{All: true}, "a/1 a/2 b/1 c!x"},
		{"none", plan.Selector{Prefix: "d"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.Delete(t.Context(), w, c.Selector, secretlife.Force())
			require.NoError(t, err)
			require.Equal(t, c.want, strings.Join(names(p), " "))
		})
	}

	for _, c := range []struct {
		text string
		plan.Selector
	}{
		{"selects nothing", plan.Selector{}},
		{"exclude each other", plan.Selector{All: true, Prefix: "a"}},
		{"names go with no other criteria", plan.Selector{Names: []string{"a/1"}, Prefix: "a"}},
		{"no time is since", plan.Selector{ScheduledSince: now, ScheduledBefore: now}},
		{`no name begins with "a b"`, plan.Selector{Prefix: "a b"}},
		{"a tag has a key", plan.Selector{Tags: []secretlife.Tag{{Value: "red"}}}},
		{`"a*" names no secret`, plan.Selector{Names: []string{"a*"}}},
		{"named twice", plan.Selector{Names: []string{"a/1", "a/1"}}},
		{"six random characters", plan.Selector{Names: []string{"arn:aws:secretsmanager:us-east-1:123456789012:secret:a/1"}}},
		{"is not in account 123456789012",
			plan.Selector{Names: []string{"arn:aws:secretsmanager:us-east-1:210987654321:secret:a/1-abcdef"}}},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := plan.Delete(t.Context(), w, c.Selector, secretlife.Force())
			require.ErrorIs(t, err, plan.ErrSelector)
			require.ErrorContains(t, err, c.text)
		})
	}
	_, err = plan.Delete(t.Context(), w, plan.Selector{All: true}, secretlife.Window(6))
	require.ErrorIs(t, err, secretlife.ErrRecoveryWindow)
	_, err = plan.Recreate(t.Context(), w, plan.Selector{All: true}, plan.ActionLeave)
	require.ErrorIs(t, err, plan.ErrSelector)
	_, err = plan.Sweep(t.Context(), w)
	require.ErrorIs(t, err, plan.ErrSelector)
	_, err = plan.Sweep(t.Context(), w, plan.Rule{Then: plan.ActionForce})
	require.ErrorContains(t, err, "rule 1: ")
	_, err = plan.Sweep(t.Context(), w, plan.Rule{Select: plan.Selector{All: true}, Then: "burn"})
	require.ErrorContains(t, err, `"burn" is not an action`)
}

func TestDelete(t *testing.T) {
	window := secretlife.Window(7)
	one := func(w *world, name string, mode secretlife.DeletionMode) plan.Secret {
		p := w.delete(plan.Selector{Names: []string{name}}, mode)
		require.Len(w.t, p.Secrets, 1)
		return p.Secrets[0]
	}

	t.Run("with a window", func(t *testing.T) {
		w := newWorld(t)
		w.create("a", "team", "red")
		s := one(w, "a", window)
		require.Equal(t, []plan.Step{{Do: plan.Schedule, RecoveryWindowInDays: 7}}, s.Steps)
		require.Equal(t, secretlife.PhaseActive, s.State)
		require.Equal(t, secretlife.PhaseScheduledForDeletion, s.After)
		require.Equal(t, &plan.Purge{Earliest: start.Add(7 * 24 * time.Hour), Latest: start.Add(8 * 24 * time.Hour)}, s.Purge)
		require.Equal(t, "RestoreSecret, before its DeletionDate", s.Undo)
		require.Equal(t, 1, s.Facts.Versions)
		require.Equal(t, []secretlife.Tag{{Key: "team", Value: "red"}}, s.Facts.Tags)
		require.Empty(t, w.calls, "planning only reads")
	})

	t.Run("by force", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.schedule("a", 30)
		s := one(w, "a", secretlife.Force())
		require.Equal(t, []plan.StepKind{plan.ForceDelete}, steps(s))
		require.Equal(t, secretlife.PhaseAwaitingPurge, s.After)
		require.Empty(t, s.Undo)
		require.Equal(t, start, s.Purge.Earliest)
	})

	t.Run("with replicas", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", "eu-west-1", "eu-north-1")
		require.Equal(t, []plan.BlockerKind{plan.Replicating, plan.Replicating}, kinds(one(w, "a", window)))
		w.pass(time.Minute)
		s := one(w, "a", window)
		require.Equal(t, []plan.StepKind{plan.RemoveReplicas, plan.AwaitNoReplicas, plan.Schedule}, steps(s))
		require.Equal(t, []string{"eu-north-1", "eu-west-1"}, s.Steps[0].Regions)
		require.Contains(t, s.Undo, "ReplicateSecretToRegions eu-north-1, eu-west-1")
	})

	t.Run("a replica that failed", func(t *testing.T) {
		w := newWorld(t)
		there, err := w.In("123456789012", "eu-west-1")
		require.NoError(t, err)
		_, err = there.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "a"})
		require.NoError(t, err)
		w.create("a")
		w.replicate("a", "eu-west-1")
		w.pass(time.Minute)
		s := one(w, "a", window)
		require.Equal(t, []plan.BlockerKind{plan.ReplicaFailed}, kinds(s))
		require.Contains(t, s.Blockers[0].Reason, "already exists in region eu-west-1")
		require.Empty(t, s.Steps)
		require.Equal(t, s.State, s.After)
	})

	t.Run("a replica", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", "eu-west-1")
		w.pass(time.Minute)
		there, err := w.In("123456789012", "eu-west-1")
		require.NoError(t, err)
		p, err := plan.Delete(t.Context(), there, plan.Selector{Names: []string{"a"}}, window)
		require.NoError(t, err)
		require.Equal(t, []plan.BlockerKind{plan.IsReplica}, kinds(p.Secrets[0]))
	})

	t.Run("what is scheduled", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.schedule("a", 8)
		s := one(w, "a", window)
		require.Equal(t, []plan.BlockerKind{plan.AlreadyScheduled}, kinds(s))
		require.Contains(t, s.Blockers[0].Reason, "its DeletionDate is 2030-01-09T12:00:00Z")
	})

	t.Run("what a policy denies", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		policy := func(principal string) {
			_, err := w.PutResourcePolicy(t.Context(), secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: `{
				"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":` + principal + `,
				"Action":"secretsmanager:Delete*","Resource":"*"}]}`})
			require.NoError(t, err)
		}
		policy(`"*"`)
		require.Equal(t, []plan.BlockerKind{plan.DeniedByPolicy}, kinds(one(w, "a", window)))
		policy(`{"AWS":"arn:aws:iam::123456789012:root"}`)
		s := one(w, "a", window)
		require.Empty(t, s.Blockers)
		require.Equal(t, []string{"its resource policy denies DeleteSecret to some callers, or under a condition"}, s.Notes)
	})

	t.Run("what a service owns", func(t *testing.T) {
		w := newWorld(t)
		w.create("rds!db-1")
		require.Contains(t, kinds(one(w, "rds!db-1", window)), plan.OwnedByService)
	})

	t.Run("what is rotated", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		_, err := w.PutSecretValue(t.Context(), secretlife.PutSecretValueInput{SecretID: "a",
			Value: secretlife.SecretString("hunter3"), VersionStages: []secretlife.Stage{secretlife.StagePending}})
		require.NoError(t, err)
		require.Equal(t, []plan.BlockerKind{plan.Rotating}, kinds(one(w, "a", window)))
	})

	t.Run("nothing", func(t *testing.T) {
		w := newWorld(t)
		require.Equal(t, []plan.BlockerKind{plan.NotFound}, kinds(one(w, "a", secretlife.Force())))
	})

	t.Run("an ARN of a secret that had the name before", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		arn := one(w, "a", window).ARN
		require.Empty(t, one(w, arn, window).Blockers)
		w.schedule("a", 0)
		w.pass(time.Minute)
		w.create("a")
		require.Equal(t, []plan.BlockerKind{plan.NotFound}, kinds(one(w, arn, window)))
	})

	t.Run("what is read", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		_, err := w.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		require.Equal(t, []string{"its value was read on 2030-01-01"}, one(w, "a", window).Notes)
		w.pass(31 * 24 * time.Hour)
		require.Empty(t, one(w, "a", window).Notes)
	})
}

func TestRestore(t *testing.T) {
	w := newWorld(t)
	w.create("active")
	w.create("scheduled")
	w.create("forced")
	w.schedule("scheduled", 7)
	w.schedule("forced", 0)
	p, err := plan.Restore(t.Context(), w, plan.Selector{All: true})
	require.NoError(t, err)
	require.Equal(t, []string{"forced", "scheduled"}, names(p))
	require.Equal(t, []plan.BlockerKind{plan.RecoveryWindowEnd}, kinds(p.Secrets[0]))
	require.Equal(t, []plan.StepKind{plan.RestoreScheduled}, steps(p.Secrets[1]))
	require.Equal(t, secretlife.PhaseActive, p.Secrets[1].After)
	require.Nil(t, p.Secrets[1].Purge)

	_ = w.stopped(p, plan.RecoveryWindowEnd)
	require.Empty(t, w.calls, "a plan with blockers is not applied")
	require.Len(t, p.Blocked(), 1)
	require.NoError(t, w.apply(p.WithoutBlocked()))
	require.Equal(t, secretlife.PhaseActive, w.phase("scheduled"))

	p, err = plan.Restore(t.Context(), w, plan.Selector{Names: []string{"active"}})
	require.NoError(t, err)
	require.Equal(t, []string{"it is not scheduled for deletion"}, p.Secrets[0].Notes)
	require.Empty(t, p.Secrets[0].Steps)
}

func TestSweep(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"keep/1", "prod/1", "test/1", "test/2", "other", "active"} {
		w.create(name)
	}
	for _, name := range []string{"keep/1", "prod/1", "test/1", "test/2", "other"} {
		w.schedule(name, 30)
	}
	p, err := plan.Sweep(t.Context(), w,
		plan.Rule{Select: plan.Selector{Names: []string{"test/2"}}, Then: plan.ActionLeave},
		plan.Rule{Select: plan.Selector{Prefix: "test/"}, Then: plan.ActionForce},
		plan.Rule{Select: plan.Selector{Prefix: "prod/"}, Then: plan.ActionRestore},
		plan.Rule{Select: plan.Selector{Prefix: "keep/"}, Then: plan.ActionLeave},
	)
	require.NoError(t, err)
	require.Equal(t, []string{"keep/1", "other", "prod/1", "test/1", "test/2"}, names(p))
	require.Equal(t, []string{"no rule is about it"}, p.Secrets[1].Notes)
	require.NoError(t, w.apply(p))
	for name, phase := range map[string]secretlife.Phase{
		"keep/1": secretlife.PhaseScheduledForDeletion, "other": secretlife.PhaseScheduledForDeletion,
		"prod/1": secretlife.PhaseActive, "test/1": secretlife.PhaseAwaitingPurge,
		"test/2": secretlife.PhaseScheduledForDeletion, "active": secretlife.PhaseActive,
	} {
		require.Equal(t, phase, w.phase(name), name)
	}
}

func TestRecreate(t *testing.T) {
	w := newWorld(t)
	w.create("active")
	w.create("a")
	w.create("b")
	w.schedule("a", 30)
	w.schedule("b", 30)
	recreate := func(how plan.Action, names ...string) plan.Plan {
		p, err := plan.Recreate(t.Context(), w, plan.Selector{Names: names}, how)
		require.NoError(t, err)
		return p
	}
	require.Equal(t, []plan.BlockerKind{plan.NotScheduled}, kinds(recreate(plan.ActionForce, "active").Secrets[0]))
	require.Equal(t, []string{"no secret has this name: it is free"}, recreate(plan.ActionForce, "none").Secrets[0].Notes)

	p := recreate(plan.ActionForce, "a")
	require.Equal(t, []plan.StepKind{plan.ForceDelete, plan.AwaitGone}, steps(p.Secrets[0]))
	require.Equal(t, secretlife.PhasePurged, p.Secrets[0].After)
	require.NoError(t, w.apply(p))
	w.create("a")

	w.create("forced")
	w.schedule("forced", 0)
	p = recreate(plan.ActionForce, "forced")
	require.Equal(t, []plan.StepKind{plan.AwaitGone}, steps(p.Secrets[0]))
	w.pass(time.Minute)
	require.NoError(t, w.apply(p))

	require.NoError(t, w.apply(recreate(plan.ActionRestore, "b")))
	require.Equal(t, secretlife.PhaseActive, w.phase("b"))
}

// TestGuards checks that plans know of holds and protection, and that Apply stops at those that came after.
func TestGuards(t *testing.T) {
	w := newWorld(t)
	hold := func(name string) {
		ctx := secretlife.WithCaller(t.Context(), secretlife.Caller{Principal: "ada"})
		_, err := w.PlaceHold(ctx, name, secretlife.Hold{Name: "case-17", Reason: "litigation"})
		require.NoError(t, err)
	}
	protect := func(name string, p secretlife.Protection) {
		_, err := w.ProtectSecret(t.Context(), name, p)
		require.NoError(t, err)
	}
	one := func(name string) plan.Selector { return plan.Selector{Names: []string{name}} }
	secret := func(p plan.Plan, err error) plan.Secret {
		t.Helper()
		require.NoError(t, err)
		require.Len(t, p.Secrets, 1)
		return p.Secrets[0]
	}
	week := secretlife.Window(7)

	w.create("held")
	hold("held")
	for _, mode := range []secretlife.DeletionMode{week, secretlife.Force()} {
		s := secret(plan.Delete(t.Context(), w, one("held"), mode))
		require.Equal(t, []plan.BlockerKind{plan.Held}, kinds(s))
		require.Equal(t, `it has the hold "case-17" by ada (litigation): nothing destroys its value until that is released`,
			s.Blockers[0].Reason)
	}

	w.create("protected")
	protect("protected", secretlife.Protection{MinimumWindow: 14})
	s := secret(plan.Delete(t.Context(), w, one("protected"), secretlife.Force()))
	require.Equal(t, []plan.BlockerKind{plan.Protected}, kinds(s))
	s = secret(plan.Delete(t.Context(), w, one("protected"), secretlife.Window(13)))
	require.Equal(t, "it is protected: its recovery window must have at least 14 days", s.Blockers[0].Reason)
	require.Empty(t, kinds(secret(plan.Delete(t.Context(), w, one("protected"), secretlife.Window(14)))))

	w.create("late")
	w.schedule("late", 7)
	hold("late")
	w.pass(30 * 24 * time.Hour)
	s = secret(plan.Restore(t.Context(), w, one("late")))
	require.Equal(t, secretlife.PhaseAwaitingPurge, s.State)
	require.Equal(t, []plan.StepKind{plan.RestoreScheduled}, steps(s))
	require.Equal(t, `it is not purged while it has the hold "case-17" by ada (litigation)`, s.Notes[0])
	s = secret(plan.Recreate(t.Context(), w, one("late"), plan.ActionForce))
	require.Equal(t, []plan.BlockerKind{plan.Held}, kinds(s))
	p, err := plan.Restore(t.Context(), w, one("late"))
	require.NoError(t, err)
	require.NoError(t, w.apply(p))
	require.Equal(t, secretlife.PhaseActive, w.phase("late"))

	w.create("forced")
	w.schedule("forced", 0)
	hold("forced")
	p, err = plan.Restore(t.Context(), w, one("forced"))
	require.NoError(t, err)
	require.NoError(t, w.apply(p))
	require.Equal(t, secretlife.PhaseActive, w.phase("forced"))

	for kind, guard := range map[plan.BlockerKind]func(name string){
		plan.Held:      hold,
		plan.Protected: func(name string) { protect(name, secretlife.Protection{NoForce: true}) },
	} {
		name := "since/" + string(kind)
		w.create(name)
		p := w.delete(one(name), secretlife.Force())
		w.before = func(string) error {
			w.before = nil
			guard(name) // between the look of Apply and its call
			return nil
		}
		w.calls = nil
		require.Contains(t, w.stopped(p, kind).Error(), "because it ")
		require.Len(t, w.calls, 1, "it is not tried again")
	}
}

// read is a service that knows who read a secret.
type read struct{ *world }

func (r read) Readers(_ context.Context, arn string, since time.Time) ([]plan.Reader, error) {
	require.Contains(r.t, arn, ":secret:a-")
	require.Equal(r.t, start.Add(-30*24*time.Hour), since)
	return []plan.Reader{{Principal: "app", Calls: 12, Last: start.Add(-time.Hour)}}, nil
}

func TestReaders(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	_, err := w.GetSecretValue(t.Context(), secretlife.GetSecretValueInput{SecretID: "a"})
	require.NoError(t, err)
	p, err := plan.Delete(t.Context(), read{w}, plan.Selector{All: true}, secretlife.Window(7))
	require.NoError(t, err)
	require.Equal(t, []string{"reads of its value in the last 30 days by app: 12, the last on 2030-01-01T11:00:00Z"},
		p.Secrets[0].Notes)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	again, err := plan.Parse(text)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.NoError(t, plan.Apply(t.Context(), read{w}, p, nil))
}
