package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/secretlife-go/secretlife"
)

// Delete plans DeleteSecret for the secrets that are selected, in a mode of [secretlife.Window]
// or [secretlife.Force]. The replicas of a secret are removed before.
//
// Errors: [ErrSelector]; those of the service.
func Delete(ctx context.Context, service Service, sel Selector, mode secretlife.DeletionMode) (Plan, error) {
	if !mode.Forced() && mode.Window() == 0 {
		return Plan{}, fmt.Errorf("%w: a recovery window has %d to %d days", secretlife.ErrRecoveryWindow,
			secretlife.MinRecoveryWindowInDays, secretlife.MaxRecoveryWindowInDays)
	}
	return planOf(ctx, service, "delete", sel, func(v view, at span) Secret { return deletion(v, mode, at) })
}

// Restore plans RestoreSecret for the selected secrets that are scheduled for deletion. A secret
// that is named and not scheduled has no steps.
//
// Errors: [ErrSelector]; those of the service.
func Restore(ctx context.Context, service Service, sel Selector) (Plan, error) {
	if err := sel.check(); err != nil {
		return Plan{}, err
	}
	return planOf(ctx, service, "restore", sel.scheduled(), restoration)
}

// Action is what happens to a scheduled secret.
type Action string

// The actions of [Sweep], the first two of which are those of [Recreate].
const (
	ActionRestore Action = "restore"
	ActionForce   Action = "force"
	ActionLeave   Action = "leave"
)

// Rule says what [Sweep] does with the secrets that are selected.
type Rule struct {
	Select Selector
	Then   Action
}

// selects is matches, by the names too.
func (s Selector) selects(v view) bool {
	if len(s.Names) > 0 {
		return slices.ContainsFunc(s.Names, func(name string) bool { return name == v.name || name == v.arn })
	}
	return s.matches(v.entry())
}

// Sweep plans what becomes of all secrets that are scheduled for deletion: the first rule that
// selects a secret decides. A secret that no rule selects is left.
//
// Errors: [ErrSelector]; those of the service.
func Sweep(ctx context.Context, service Service, rules ...Rule) (Plan, error) {
	if len(rules) == 0 {
		return Plan{}, badSelector("a sweep has at least one rule")
	}
	for i, r := range rules {
		if err := r.Select.check(); err != nil {
			return Plan{}, fmt.Errorf("rule %d: %w", i+1, err)
		}
		if r.Then != ActionRestore && r.Then != ActionForce && r.Then != ActionLeave {
			return Plan{}, badSelector("rule %d: %q is not an action: restore, force and leave are", i+1, r.Then)
		}
	}
	return planOf(ctx, service, "sweep", Selector{}.scheduled(), func(v view, at span) Secret {
		return swept(v, rules, at)
	})
}

// Recreate plans that the names of scheduled secrets can be used again: by [ActionRestore], which
// leaves to the caller to overwrite the value, or by [ActionForce], which loses the secret and
// waits until its name is free.
//
// Errors: [ErrSelector]; those of the service.
func Recreate(ctx context.Context, service Service, sel Selector, how Action) (Plan, error) {
	if how != ActionRestore && how != ActionForce {
		return Plan{}, badSelector("%q gives no name back: restore and force do", how)
	}
	if err := sel.check(); err != nil {
		return Plan{}, err
	}
	return planOf(ctx, service, "recreate", sel.scheduled(), func(v view, at span) Secret {
		return recreation(v, how, at)
	})
}

// planOf reads the secrets that are selected, and decides about each.
func planOf(
	ctx context.Context, service Service, kind string, sel Selector, decide func(view, span) Secret,
) (Plan, error) {
	at := spanFrom(service.Clock().Now())
	w, err := load(ctx, service, sel)
	if err != nil {
		if errors.Is(err, ErrSelector) {
			return Plan{}, err
		}
		return Plan{}, fmt.Errorf("planning: %w", err)
	}
	return assemble(kind, w, at, func(v view) Secret { return decide(v, at) }), nil
}
