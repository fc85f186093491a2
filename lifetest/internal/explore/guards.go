package explore

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/invariants"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
)

// The holds and protections of the small world.
const (
	endlessHold = "legal"
	endingHold  = "audit" // ends in the window of a deletion, or after one
	holdLasts   = 8 * 24 * time.Hour
)

var smallProtections = []secretlife.Protection{
	{},
	{NoForce: true},
	{MinimumWindow: 30, CoolingOff: 24 * time.Hour},
}

// guards are the calls beyond AWS.
func (c *calls) guards() {
	place := func(name string, lasts time.Duration) {
		until := func(now time.Time) (out time.Time) {
			if lasts > 0 {
				out = now.Add(lasts)
			}
			return out
		}
		c.add(name, secretlife.OpPlaceHold, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.PlaceHold(ctx, c.name, secretlife.Hold{Name: name, Until: until(m.Clock().Now())})
			return err
		}).guarded = placing(name, until)
		c.add(name, secretlife.OpReleaseHold, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.ReleaseHold(ctx, c.name, name)
			return err
		}).guarded = releasing(name)
	}
	place(endlessHold, 0)
	place(endingHold, holdLasts)
	for _, p := range smallProtections {
		what := fmt.Sprintf("no force: %v, window: %d", p.NoForce, p.MinimumWindow)
		c.add(what, secretlife.OpProtectSecret, func(ctx context.Context, m *secretlife.Manager) error {
			_, err := m.ProtectSecret(ctx, c.name, p)
			return err
		}).guarded = protecting(p)
	}
}

// guarded is a secret on which a call is made, in the state before it.
type guarded struct {
	*plain.State
	now   int64
	phase secretlife.Phase
	there *plain.State // the secret of the name in the other Region, or nil
	want  string       // what the phase says
}

func (g guarded) held() bool { return invariants.IsHeld(*g.State, g.now) }

// byForce is a deletion without a recovery window.
const byForce = 0

// deletion returns what a deletion comes to.
func deletion(days int64) func(guarded) string {
	return func(g guarded) string {
		p := g.Protection
		switch {
		case g.want != succeeds:
			return g.want
		case g.held():
			return model.CodeRequest
		case p == nil || g.phase == secretlife.PhaseAwaitingPurge:
			return succeeds
		case days == byForce && (p.NoForce || p.Window > 0), days != byForce && days < p.Window:
			return model.CodeRequest
		}
		return succeeds
	}
}

// restoration returns what a restoration comes to: of a secret that has a hold it succeeds.
func restoration(g guarded) string {
	if g.phase == secretlife.PhaseAwaitingPurge && g.held() {
		return succeeds
	}
	return g.want
}

// removal returns what the removal of a replica comes to: of one that has a hold it is refused.
func removal(g guarded) string {
	switch {
	case g.want != anyOutcome:
		return g.want
	case len(g.Replicas) == 0:
		return model.CodeParameter
	case g.there != nil && g.there.PrimaryOf == g.Incarnation && invariants.IsHeld(*g.there, g.now):
		return model.CodeRequest
	}
	return succeeds
}

// placing returns what placing a hold comes to. One that ends is another one when time has passed.
func placing(name string, until func(time.Time) time.Time) func(guarded) string {
	return func(g guarded) string {
		for _, h := range g.Holds {
			end := until(time.UnixMilli(g.now))
			if h.Name == name && invariants.GoesOn(h, g.now) && h.Until != nil && h.Until.Date != end.UnixMilli() {
				return model.CodeExists
			}
		}
		return succeeds
	}
}

// releasing returns what releasing a hold comes to. One that is over can be released while the
// secret has it.
func releasing(name string) func(guarded) string {
	return func(g guarded) string {
		if slices.ContainsFunc(g.Holds, func(h plain.HoldState) bool { return h.Name == name }) {
			return succeeds
		}
		return model.CodeNotFound
	}
}

// protecting returns what setting a protection comes to.
func protecting(p secretlife.Protection) func(guarded) string {
	lowers := func(noForce bool, window int64) bool {
		return noForce && !p.NoForce || window > int64(p.MinimumWindow)
	}
	return func(g guarded) string {
		old := g.Protection
		switch {
		case old == nil, old.NoForce == p.NoForce && old.Window == int64(p.MinimumWindow):
			return succeeds
		case lowers(old.NoForce, old.Window) && (g.now >= old.Final || g.DeletionDate != nil),
			lowers(old.FloorNoForce, old.FloorWindow):
			return model.CodeRequest
		}
		return succeeds
	}
}

// checkGuard checks that a step changed the holds and the protection of a secret as its call says,
// and not at all if it was another call, or one on another secret.
func (a *action) checkGuard(old, next plain.State, mine bool, now int64) error {
	had, has := goingOn(old.Holds, now), goingOn(next.Holds, now)
	op := secretlife.Operation(0)
	if mine {
		op = a.op
	}
	switch {
	case op == secretlife.OpPlaceHold && len(has) == len(had)+1:
		has = has[:len(had)]
	case op == secretlife.OpReleaseHold && len(has) == len(had)-1:
		had = slices.DeleteFunc(had, func(h plain.HoldState) bool {
			return !slices.ContainsFunc(has, func(x plain.HoldState) bool { return x.Name == h.Name })
		})
	}
	switch {
	case !slices.EqualFunc(had, has, func(a, b plain.HoldState) bool { return reflect.DeepEqual(a, b) }):
		return fmt.Errorf("%s changed its holds from %v to %v", a.name, had, has)
	case op != secretlife.OpProtectSecret && !reflect.DeepEqual(old.Protection, next.Protection):
		return fmt.Errorf("%s changed its protection from %v to %v", a.name, old.Protection, next.Protection)
	}
	return nil
}

// goingOn returns the holds that go on.
func goingOn(holds []plain.HoldState, now int64) []plain.HoldState {
	return slices.DeleteFunc(slices.Clone(holds), func(h plain.HoldState) bool { return !invariants.GoesOn(h, now) })
}
