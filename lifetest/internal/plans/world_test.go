package plans_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/plan"
)

var start = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// world is a service with secrets in many states, which other callers change while a plan is
// applied, and which fails now and then.
type world struct {
	t      *rapid.T
	ctx    context.Context
	m      *secretlife.Manager
	there  *secretlife.Manager // in the Region of replicas
	clock  *secretlife.VirtualClock
	purger *secretlife.Purger

	calls      []call
	plan       plan.Plan
	exact      bool // DeletionDates are shown
	late       bool // reads show deletions and restorations late
	faulty     bool // calls fail, or their answers are lost
	interfere  int  // before so many reads another caller changes something; 0: none does
	interfered map[string][]string
	during     map[string]bool // secrets that were changed while the plan was applied
	applying   bool
}

// call is a call that changes something, and arrived.
type call struct {
	name, op string
	err      error
}

var allNames = []string{"a/1", "a/2", "a/3", "b/1", "b/2"}

const elsewhere = "eu-west-1"

func newWorld(ctx context.Context, t *rapid.T) *world {
	w := &world{t: t, ctx: ctx, clock: secretlife.NewVirtualClock(start), interfered: map[string][]string{},
		during: map[string]bool{}}
	w.m = secretlife.Must(secretlife.New(memstore.New(), func(o *secretlife.Options) {
		o.Clock = w.clock
		if rapid.Bool().Draw(t, "purges take a while") {
			o.Emulate.PurgeDelay = secretlife.FixedDelay(90 * time.Second)
		}
		if w.late = rapid.Bool().Draw(t, "reads are late"); w.late {
			o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second)
		}
	}))
	w.there = secretlife.Must(w.m.In(w.m.Account().String(), elsewhere))
	w.purger = secretlife.NewPurger(w.m)
	for _, name := range allNames {
		w.populate(name)
	}
	w.pass(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
	w.pass(time.Minute)
	return w
}

func (w *world) pass(d time.Duration) {
	if _, err := w.purger.Advance(w.ctx, d); err != nil {
		w.t.Fatalf("time does not pass: %v", err)
	}
}

// populate makes a secret in some state, or none.
func (w *world) populate(name string) {
	if rapid.IntRange(0, 9).Draw(w.t, name) == 0 {
		return
	}
	in := secretlife.CreateSecretInput{Name: name}
	if rapid.Bool().Draw(w.t, "with a value") {
		in.Value = secretlife.SecretString("one")
	}
	if rapid.Bool().Draw(w.t, "with a tag") {
		in.Tags = []secretlife.Tag{{Key: "team", Value: "red"}}
	}
	if rapid.IntRange(0, 3).Draw(w.t, "replicated") == 0 {
		if rapid.IntRange(0, 2).Draw(w.t, "in vain") == 0 {
			w.try(w.there.CreateSecret(w.ctx, secretlife.CreateSecretInput{Name: name}))
		}
		in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: elsewhere}}
	}
	w.try(w.m.CreateSecret(w.ctx, in))
	for range rapid.IntRange(0, 2).Draw(w.t, "changes") {
		w.change(name)
	}
}

func (w *world) try(_ secretlife.SecretOutput, err error) {
	var refused secretlife.Error
	if err != nil && (!errors.As(err, &refused) || !refused.ClientFault()) {
		w.t.Fatalf("%v", err)
	}
}

// change is a call of another caller, which can be refused. It returns what it is.
func (w *world) change(name string) string {
	kind := rapid.SampledFrom([]string{"read", "describe", "value", "pending", "tag", "deny", "replicate", "schedule",
		"force", "restore", "remove", "hold", "release", "protect"}).Draw(w.t, "change")
	switch kind {
	case "read":
		_, _ = w.m.GetSecretValue(w.ctx, secretlife.GetSecretValueInput{SecretID: name})
	case "describe":
		text := rapid.StringMatching("[a-z]{1,3}").Draw(w.t, "text")
		w.try(w.m.UpdateSecret(w.ctx, secretlife.UpdateSecretInput{SecretID: name, Description: &text}))
	case "value":
		w.try(w.m.PutSecretValue(w.ctx, secretlife.PutSecretValueInput{SecretID: name,
			Value: secretlife.SecretString("two")}))
	case "pending":
		w.try(w.m.PutSecretValue(w.ctx, secretlife.PutSecretValueInput{SecretID: name,
			Value: secretlife.SecretString("three"), VersionStages: []secretlife.Stage{secretlife.StagePending}}))
	case "tag":
		_ = w.m.TagResource(w.ctx, secretlife.TagResourceInput{SecretID: name,
			Tags: []secretlife.Tag{{Key: "n", Value: fmt.Sprint(len(w.calls))}}})
	case "deny":
		w.try(w.m.PutResourcePolicy(w.ctx, secretlife.PutResourcePolicyInput{SecretID: name, ResourcePolicy: `{
			"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteSecret",
			"Resource":"*"}}`}))
	case "replicate":
		w.try(w.m.ReplicateSecretToRegions(w.ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: name,
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: elsewhere}}}))
	case "schedule":
		w.try(w.m.DeleteSecret(w.ctx, secretlife.DeleteSecretInput{SecretID: name,
			RecoveryWindowInDays: secretlife.Days(rapid.Int64Range(7, 30).Draw(w.t, "days"))}))
	case "force":
		w.try(w.m.DeleteSecret(w.ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true}))
	case "restore":
		w.try(w.m.RestoreSecret(w.ctx, secretlife.SecretInput{SecretID: name}))
	case "remove":
		w.try(w.m.RemoveRegionsFromReplication(w.ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: name,
			RemoveReplicaRegions: []string{elsewhere}}))
	case "hold":
		_, err := w.m.PlaceHold(w.ctx, name, secretlife.Hold{Name: "case-17"})
		w.try(secretlife.SecretOutput{}, err)
	case "release":
		_, err := w.m.ReleaseHold(w.ctx, name, "case-17")
		w.try(secretlife.SecretOutput{}, err)
	case "protect":
		_, err := w.m.ProtectSecret(w.ctx, name, secretlife.Protection{NoForce: rapid.Bool().Draw(w.t, "no force"),
			MinimumWindow: rapid.SampledFrom([]int{0, 14}).Draw(w.t, "minimum")})
		w.try(secretlife.SecretOutput{}, err)
	}
	return kind
}

// state is all that there is of a secret, but for when it was read.
func (w *world) state(name string) string {
	s, err := w.m.Secret(w.ctx, name)
	if errors.Is(err, secretlife.ErrSecretNotFound) {
		return "none"
	}
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return fmt.Sprint(s.Incarnation(), s.LastChangedDate(), s.Deletion(), s.Description(), s.Tags(), s.ResourcePolicy(),
		s.Holds(), s.Protection())
}

func (w *world) phase(name string) secretlife.Phase {
	s, err := w.m.Secret(w.ctx, name)
	if err != nil && !errors.Is(err, secretlife.ErrSecretNotFound) {
		w.t.Fatalf("%v", err)
	}
	return s.Phase(w.clock.Now())
}

// service is the world as a plan sees it. It shows no more than AWS does.
type service struct{ *world }

// exactService shows DeletionDates, too.
type exactService struct{ service }

func (s exactService) Secret(ctx context.Context, id string) (secretlife.Secret, error) {
	return s.m.Secret(ctx, id)
}

func (s exactService) At(ctx context.Context) (secretlife.At, error) { return s.m.At(ctx) }

func (s service) Clock() secretlife.Clock { return waited(s) }

func (s service) Scope(context.Context) (account, region string, err error) {
	return s.m.Account().String(), s.m.Region().String(), nil
}

// waited is the clock of a world, on which waiting lets the time pass.
type waited struct{ *world }

func (c waited) Now() time.Time { return c.clock.Now() }

func (c waited) After(d time.Duration) <-chan time.Time {
	c.pass(d)
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

func (s service) ListSecrets(
	ctx context.Context, in secretlife.ListSecretsInput,
) (secretlife.ListSecretsOutput, error) {
	return s.m.ListSecrets(ctx, in)
}

func (s service) DescribeSecret(
	ctx context.Context, in secretlife.SecretInput,
) (secretlife.SecretDetails, error) {
	if s.applying {
		if s.interfere--; s.interfere == 0 {
			s.meddle()
		}
		if s.faulty && rapid.IntRange(0, 9).Draw(s.t, "read") == 0 {
			return secretlife.SecretDetails{}, errors.New("connection refused")
		}
	}
	return s.m.DescribeSecret(ctx, in)
}

func (s service) GetResourcePolicy(
	ctx context.Context, in secretlife.SecretInput,
) (secretlife.SecretOutput, error) {
	return s.m.GetResourcePolicy(ctx, in)
}

func (s service) DeleteSecret(
	ctx context.Context, in secretlife.DeleteSecretInput,
) (secretlife.SecretOutput, error) {
	op := string(plan.ForceDelete)
	if !in.ForceDeleteWithoutRecovery {
		op = fmt.Sprint(plan.Schedule, *in.RecoveryWindowInDays)
	}
	return s.call(in.SecretID, op, func() (secretlife.SecretOutput, error) { return s.m.DeleteSecret(ctx, in) })
}

func (s service) RestoreSecret(ctx context.Context, in secretlife.SecretInput) (secretlife.SecretOutput, error) {
	return s.call(in.SecretID, string(plan.RestoreScheduled), func() (secretlife.SecretOutput, error) {
		return s.m.RestoreSecret(ctx, in)
	})
}

func (s service) RemoveRegionsFromReplication(
	ctx context.Context, in secretlife.RemoveRegionsFromReplicationInput,
) (secretlife.SecretOutput, error) {
	return s.call(in.SecretID, string(plan.RemoveReplicas), func() (secretlife.SecretOutput, error) {
		return s.m.RemoveRegionsFromReplication(ctx, in)
	})
}

// call makes a call that changes something, if it arrives.
func (w *world) call(
	id, op string, do func() (secretlife.SecretOutput, error),
) (out secretlife.SecretOutput, err error) {
	fate := 9
	if w.faulty {
		fate = rapid.IntRange(0, 9).Draw(w.t, "fate of a call")
	}
	switch fate {
	case 0, 1:
		return out, &secretlife.InternalServiceError{}
	case 2:
		return out, &secretlife.ThrottlingError{}
	}
	name := secretlife.Must(secretlife.ParseARN(id)).Name().String()
	for _, kind := range w.interfered[name] {
		if !w.expected(name, kind) {
			w.t.Fatalf("%s is called on %s, which another caller changed: %s", op, name, kind)
		}
	}
	out, err = do()
	w.calls = append(w.calls, call{name, op, err})
	if fate <= 5 {
		return secretlife.SecretOutput{}, errors.New("connection reset")
	}
	return out, err
}

// expected reports whether a change of another caller need not stop the plan: it is one of the steps
// itself, or does not show yet, or the service refuses the step.
func (w *world) expected(name, kind string) bool {
	if slices.Contains([]string{"hold", "release", "protect"}, kind) {
		return true
	}
	if w.late && slices.Contains([]string{"schedule", "force", "restore"}, kind) {
		return true
	}
	step := map[string]plan.StepKind{"schedule": plan.Schedule, "force": plan.ForceDelete,
		"restore": plan.RestoreScheduled, "remove": plan.RemoveReplicas}[kind]
	for _, s := range w.plan.Secrets {
		if s.Name == name && slices.ContainsFunc(s.Steps, func(x plan.Step) bool { return x.Do == step }) {
			return true
		}
	}
	return false
}

// meddle lets another caller change something.
func (w *world) meddle() {
	name := rapid.SampledFrom(allNames).Draw(w.t, "changed meanwhile")
	before := w.state(name)
	if kind := w.change(name); w.state(name) != before {
		w.interfered[name] = append(w.interfered[name], kind)
		w.during[name] = w.applying
	}
}

func (w *world) states() map[string]string {
	out := map[string]string{}
	for _, name := range allNames {
		out[name] = w.state(name)
	}
	return out
}

// stepsOf are the calls that the steps of a secret make, in order.
func stepsOf(s plan.Secret) []string {
	var out []string
	for _, step := range s.Steps {
		switch step.Do {
		case plan.AwaitGone, plan.AwaitNoReplicas:
		case plan.Schedule:
			out = append(out, fmt.Sprint(plan.Schedule, step.RecoveryWindowInDays))
		default:
			out = append(out, string(step.Do))
		}
	}
	return out
}

// inOrder reports whether calls are those of the secrets of a plan, each after all before it. A
// call can be made again.
func inOrder(p plan.Plan, calls []call) bool {
	var want []call
	for _, s := range p.Secrets {
		for _, op := range stepsOf(s) {
			want = append(want, call{name: s.Name, op: op})
		}
	}
	at := 0
	for _, c := range calls {
		is := func(w call) bool { return w.name == c.name && w.op == c.op }
		next := slices.IndexFunc(want[at:], is)
		if next < 0 {
			return false
		}
		at += next
	}
	return true
}
