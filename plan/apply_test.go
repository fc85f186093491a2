package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/plan"
)

func TestApply(t *testing.T) {
	window := secretlife.Window(7)
	all := plan.Selector{All: true}

	t.Run("does what the plan says", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.create("b")
		w.replicate("b", "eu-west-1")
		w.pass(time.Minute)
		p := w.delete(all, window)
		var told []string
		require.NoError(t, plan.Apply(t.Context(), w, p, func(d plan.Done) {
			told = append(told, fmt.Sprintf("%s: %s, %v", d.Name, d.Step, d.Before))
			if d.Step.Do == plan.Schedule {
				require.Equal(t, w.clock.Now().Add(7*24*time.Hour), d.DeletionDate)
			}
		}))
		require.Equal(t, []string{
			"a: schedule for 7 days, false",
			"b: remove replicas in eu-west-1, false", "b: wait for that, false", "b: schedule for 7 days, false",
		}, told)
		require.Equal(t, []string{"DeleteSecret", "RemoveRegionsFromReplication", "DeleteSecret"}, w.calls)
		require.Equal(t, secretlife.PhaseScheduledForDeletion, w.phase("b"))

		require.NoError(t, plan.Apply(t.Context(), w, p, func(d plan.Done) { require.True(t, d.Before) }))
		require.Len(t, w.calls, 3, "what is done is not done again")
	})

	for _, c := range []struct {
		name   string
		change func(w *world)
	}{
		{"a description", func(w *world) { w.update("b", "new") }},
		{"a value", func(w *world) {
			_, err := w.PutSecretValue(w.t.Context(), secretlife.PutSecretValueInput{SecretID: "b",
				Value: secretlife.SecretString("hunter3")})
			require.NoError(w.t, err)
		}},
		{"a policy", func(w *world) {
			_, err := w.PutResourcePolicy(w.t.Context(), secretlife.PutResourcePolicyInput{SecretID: "b", ResourcePolicy: `{
				"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteSecret",
				"Resource":"*"}}`})
			require.NoError(w.t, err)
		}},
		{"there and back", func(w *world) { w.update("b", "new"); w.update("b", "") }},
		{"a replica", func(w *world) { w.replicate("b", "eu-west-1") }},
		{"scheduled with another window", func(w *world) { w.schedule("b", 8) }},
		{"forced", func(w *world) { w.schedule("b", 0) }},
		{"gone", func(w *world) { w.schedule("b", 0); w.pass(time.Minute) }},
		{"another secret of the name", func(w *world) { w.schedule("b", 0); w.pass(time.Minute); w.create("b") }},
	} {
		t.Run("stops at what changed: "+c.name, func(t *testing.T) {
			w := newWorld(t)
			w.create("a")
			w.create("b")
			w.create("c")
			p := w.delete(all, window)
			c.change(w)
			stopped := w.stopped(p, plan.Changed)
			require.Equal(t, "b", stopped.Name)
			require.Equal(t, []string{"DeleteSecret"}, w.calls)
			require.Equal(t, secretlife.PhaseScheduledForDeletion, w.phase("a"))
			require.Equal(t, secretlife.PhaseActive, w.phase("c"))
		})
	}

	t.Run("stops at what changed between its steps", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", "eu-west-1")
		w.pass(time.Minute)
		p := w.delete(all, window)
		w.after = func(_ string, err error) error {
			w.update("a", "new")
			return err
		}
		_ = w.stopped(p, plan.Changed)
		_ = w.stopped(p, plan.Changed)
		require.Equal(t, []string{"RemoveRegionsFromReplication"}, w.calls)
	})

	t.Run("stops at what is scheduled and should be forced", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		p := w.delete(all, secretlife.Force())
		w.schedule("a", 30)
		_ = w.stopped(p, plan.Changed)
		require.Empty(t, w.calls)
	})

	t.Run("stops at replicas of which some are gone", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", "eu-west-1", "eu-north-1")
		w.pass(time.Minute)
		p := w.delete(all, window)
		_, err := w.Manager.RemoveRegionsFromReplication(t.Context(), secretlife.RemoveRegionsFromReplicationInput{
			SecretID: "a", RemoveReplicaRegions: []string{"eu-west-1"},
		})
		require.NoError(t, err)
		_ = w.stopped(p, plan.Changed)
		require.Empty(t, w.calls)
	})

	t.Run("leaves the next secret of a name alone", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		p := w.delete(all, secretlife.Force())
		w.schedule("a", 0)
		w.pass(time.Minute)
		w.create("a")
		require.NoError(t, w.apply(p))
		require.Empty(t, w.calls)
		require.Equal(t, secretlife.PhaseActive, w.phase("a"))
	})

	t.Run("is done twice at the same time", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"a", "b"} {
			w.create(name)
			w.replicate(name, "eu-west-1")
		}
		w.pass(time.Minute)
		p := w.delete(all, window)
		w.before = func(string) error {
			w.before = nil
			return w.apply(p) // all of it, before the first call of the other
		}
		require.NoError(t, w.apply(p))
		for _, s := range p.Secrets {
			require.Equal(t, s.After, w.phase(s.Name))
		}
	})

	t.Run("takes for done what another caller did", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		p := w.delete(all, window)
		w.schedule("a", 7)
		require.NoError(t, w.apply(p))
		require.Empty(t, w.calls)
	})

	t.Run("goes on where it was cut off", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"a", "b", "c"} {
			w.create(name)
			w.replicate(name, "eu-west-1")
		}
		w.pass(time.Minute)
		p := w.delete(all, window)
		for most := 1; ; most++ {
			ctx, cancel := context.WithCancel(t.Context())
			called := 0
			w.before = func(string) error {
				if called++; called > most {
					cancel()
					return ctx.Err()
				}
				return nil
			}
			w.calls = nil
			err := plan.Apply(ctx, w, p, nil)
			cancel()
			if err == nil {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
		}
		for _, s := range p.Secrets {
			require.Equal(t, s.After, w.phase(s.Name))
		}
	})

	internal := &secretlife.InternalServiceError{}
	t.Run("calls again where nothing happened", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		p := w.delete(all, window)
		failures := 3
		w.before = func(string) error {
			if failures--; failures >= 0 {
				return internal
			}
			return nil
		}
		require.NoError(t, w.apply(p))
		require.Len(t, w.calls, 4)
		require.Equal(t, 7*time.Second, w.clock.Now().Sub(start))
	})

	for _, mode := range []secretlife.DeletionMode{window, secretlife.Force()} {
		t.Run(fmt.Sprintf("lost answers, force %v", mode.Forced()), func(t *testing.T) {
			w := newWorld(t)
			w.create("a")
			w.replicate("a", "eu-west-1")
			w.pass(time.Minute)
			p := w.delete(all, mode)
			w.after = func(string, error) error { return errors.New("connection reset") }
			require.NoError(t, w.apply(p))
			require.Equal(t, []string{"RemoveRegionsFromReplication", "DeleteSecret"}, w.calls)
		})
	}

	t.Run("a lost answer, and another caller who takes back the step", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.replicate("a", "eu-west-1")
		w.pass(time.Minute)
		p := w.delete(all, window)
		w.after = func(call string, err error) error {
			if call == "DeleteSecret" {
				_, err := w.Manager.RestoreSecret(t.Context(), secretlife.SecretInput{SecretID: "a"})
				require.NoError(t, err)
				return errors.New("connection reset")
			}
			return err
		}
		_ = w.stopped(p, plan.Changed)
		require.Equal(t, []string{"RemoveRegionsFromReplication", "DeleteSecret"}, w.calls)
	})

	t.Run("what is refused", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.create("b")
		p := w.delete(all, window)
		denied := &secretlife.AccessDeniedError{ErrorDetails: secretlife.ErrorDetails{Message: "no"}}
		w.before = func(string) error { return denied }
		require.ErrorIs(t, w.stopped(p, plan.Refused), denied)
		require.Len(t, w.calls, 1)

		w.calls, w.before = nil, func(string) error { return internal }
		_ = w.stopped(p, plan.Refused)
		require.Len(t, w.calls, 6)
		require.Equal(t, secretlife.PhaseActive, w.phase("a"))
	})

	t.Run("what does not end", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.PurgeDelay = secretlife.FixedDelay(time.Hour) })
		w.create("a")
		w.schedule("a", 7)
		p, err := plan.Recreate(t.Context(), w, all, plan.ActionForce)
		require.NoError(t, err)
		_ = w.stopped(p, plan.TookLong)
		require.Equal(t, []string{"DeleteSecret"}, w.calls)
		w.pass(time.Hour)
		require.NoError(t, w.apply(p))
	})
}

func TestPlansThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.create("a")
	p := w.delete(plan.Selector{All: true}, secretlife.Window(7))
	text, err := json.Marshal(p)
	require.NoError(t, err)
	edit := func(old, new string) []byte {
		require.Contains(t, string(text), old)
		return []byte(strings.Replace(string(text), old, new, 1))
	}

	t.Run("a plan is read as it was written", func(t *testing.T) {
		read, err := plan.Parse(text)
		require.NoError(t, err)
		require.Equal(t, p, read)
		require.NotContains(t, string(text), "hunter2")
	})

	for _, c := range []struct {
		name string
		text []byte
		err  error
		says string
	}{
		{"not JSON", []byte("plan"), plan.ErrFormat, "invalid character"},
		{"not a plan", []byte("{}"), plan.ErrFormat, "it has no format"},
		{"another format", edit(`"format":1`, `"format":2`), plan.ErrFormat, "it has the format 2, and this program reads 1"},
		{"what is not known", edit(`"format":1`, `"format":1,"holds":[]`), plan.ErrFormat, "holds"},
		{"two plans", append(text, text...), plan.ErrFormat, ""},
		{"edited", edit(`"recoveryWindowInDays":7`, `"recoveryWindowInDays":8`), plan.ErrEdited, "its digest"},
		{"without a digest", edit(p.Digest, ""), plan.ErrEdited, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := plan.Parse(c.text)
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.says)
		})
	}

	t.Run("edited in the process", func(t *testing.T) {
		edited := p
		edited.Secrets = append([]plan.Secret(nil), p.Secrets...)
		edited.Secrets[0].Steps = []plan.Step{{Do: plan.ForceDelete}}
		require.ErrorIs(t, w.apply(edited), plan.ErrEdited)
	})
	t.Run("another account", func(t *testing.T) {
		for _, scope := range [][2]string{{"210987654321", "us-east-1"}, {"123456789012", "eu-west-1"}} {
			there, err := w.In(scope[0], scope[1])
			require.NoError(t, err)
			_, err = there.CreateSecret(t.Context(), secretlife.CreateSecretInput{Name: "a"})
			require.NoError(t, err)
			err = plan.Apply(t.Context(), there, p, nil)
			require.ErrorIs(t, err, plan.ErrOtherAccount)
			require.ErrorContains(t, err, "the service is account "+scope[0])
		}
	})
	t.Run("another account that has no secrets", func(t *testing.T) {
		p := w.delete(plan.Selector{All: true}, secretlife.Force())
		for _, scope := range [][2]string{{"333333333333", "us-east-1"}, {"123456789012", "eu-north-1"}} {
			there, err := w.In(scope[0], scope[1])
			require.NoError(t, err)
			for _, service := range []plan.Service{there, says{nameless{there}, scope}} {
				err = plan.Apply(t.Context(), service, p, func(plan.Done) { t.Error("nothing was done before") })
				require.ErrorIs(t, err, plan.ErrOtherAccount)
				require.ErrorContains(t, err, "the service is account "+scope[0]+" in Region "+scope[1])
			}
		}
	})
	t.Run("nobody knows which account", func(t *testing.T) {
		p := w.delete(plan.Selector{All: true}, secretlife.Force())
		there, err := w.In("333333333333", "us-east-1")
		require.NoError(t, err)
		for _, service := range []plan.Service{nameless{there}, says{nameless{there}, [2]string{"", "us-east-1"}}} {
			err = plan.Apply(t.Context(), service, p, func(plan.Done) { t.Error("nothing was done before") })
			require.ErrorIs(t, err, plan.ErrUnknownAccount)
			require.ErrorContains(t, err, "for account 123456789012 and Region us-east-1")
		}
	})
	t.Run("of the future", func(t *testing.T) {
		w.clock.Jump(-time.Hour)
		defer w.clock.Jump(time.Hour)
		require.ErrorIs(t, w.apply(p), plan.ErrExpired)
	})
	t.Run("old", func(t *testing.T) {
		w.pass(plan.MaxAge + time.Second)
		err := w.apply(p)
		require.ErrorIs(t, err, plan.ErrExpired)
		require.ErrorContains(t, err, "it was made at 2030-01-01T12:00:00Z, and expired at 2030-01-02T12:00:00Z")
	})
	require.Empty(t, w.calls)
	require.Equal(t, secretlife.PhaseActive, w.phase("a"))
}

// nameless is a service that does not say whose it is.
type nameless struct{ plan.Service }

// says is one that says so as a client of AWS's SDK can.
type says struct {
	nameless
	scope [2]string
}

func (s says) Scope(context.Context) (account, region string, err error) {
	return s.scope[0], s.scope[1], nil
}

// TestForm checks that plans of this format are read and written as ever. What differs needs another
// format.
func TestForm(t *testing.T) {
	frozen, err := os.ReadFile(filepath.Join("testdata", "format1.json"))
	require.NoError(t, err)
	p, err := plan.Parse(frozen)
	require.NoError(t, err)
	text, err := json.MarshalIndent(p, "", "\t")
	require.NoError(t, err)
	require.Equal(t, string(frozen), string(text)+"\n")
}

// FuzzParse checks that what Parse accepts is written again as it was understood.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"kind":"delete","made":"2030-01-01T12:00:00Z","expires":"2030-01-02T12:00:00Z","secrets":[],
		"digest":"sha256:"}`))
	f.Add([]byte(`{"format":1,"secrets":[{"name":"a","steps":[{"do":"schedule"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Parse(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(p)
		require.NoError(t, err)
		_, err = plan.Parse(again)
		require.NoError(t, err)
	})
}
