package machine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// The calls beyond AWS, which only a Manager has.

var beyond = []secretlife.Operation{secretlife.OpPlaceHold, secretlife.OpReleaseHold, secretlife.OpProtectSecret}

// beyondAWS is the request of such a call: who calls, and with what.
type beyondAWS struct {
	By   string
	ID   string
	With any // a Hold, the name of one, or a Protection
}

func (in beyondAWS) context() context.Context {
	return secretlife.WithCaller(context.Background(), secretlife.Caller{Principal: in.By})
}

// code returns the arguments of the call as Go code.
func (in beyondAWS) code(s *script) (ctx, arguments string) {
	ctx = "ctx"
	if in.By != "" {
		ctx = fmt.Sprintf("secretlife.WithCaller(ctx, secretlife.Caller{Principal: %q})", in.By)
	}
	return ctx, s.text(in.ID) + ", " + s.value(reflect.ValueOf(in.With))
}

// guards are the options about holds and protection, as Go code.
func (set setting) guards(s *script) (out []string) {
	if set.another {
		out = append(out, "o.ReleaseByAnother = true")
	}
	if set.delay != 0 {
		out = append(out, "o.ReleaseDelay = "+s.duration(set.delay))
	}
	if set.protection != (secretlife.Protection{}) {
		out = append(out, "o.Protection = "+s.value(reflect.ValueOf(set.protection)))
	}
	return out
}

// call is a call beyond AWS of a Manager.
func call[O any](
	op secretlife.Operation, at model.Place, in beyondAWS,
	of func(*secretlife.Manager, context.Context) (O, error), predict func() (func() O, *model.Fault),
) request[beyondAWS, O] {
	return request[beyondAWS, O]{op, at, in.ID, in,
		func(on service.Service, _ context.Context, in beyondAWS) (O, error) {
			return of(on.(*secretlife.Manager), in.context())
		},
		func(O) (func() O, *model.Fault) { return predict() },
	}
}

func (d drawer) principal() string { return history.Pick(d, "ann", "bob", "") }

func (d drawer) placeHold() {
	at, id := d.target()
	in := beyondAWS{By: d.principal(), ID: id}
	h := secretlife.Hold{Name: history.Pick(d, "legal", "audit", "e-3:/._@"), Reason: history.Pick(d, "", "text")}
	if d.Chance(3) {
		h.Name = history.Pick(d, "", "a b")
	}
	if d.Chance(50) {
		const day = 24 * time.Hour
		h.Until = d.present().Add(history.Pick(d, time.Hour, 7*day, 8*day, 40*day, time.Millisecond, 0, -time.Hour))
	}
	in.With = h
	run(d.machine, call(secretlife.OpPlaceHold, at, in,
		func(m *secretlife.Manager, ctx context.Context) (secretlife.Hold, error) {
			return m.PlaceHold(ctx, id, h)
		},
		func() (func() secretlife.Hold, *model.Fault) {
			placed, f := d.model.PlaceHold(at, id, in.By, h)
			return func() secretlife.Hold { return placed.Shown() }, f
		}))
}

func (d drawer) releaseHold() {
	at, id := d.target()
	name := "legal"
	if s := d.resolve(at, id); s != nil && len(s.Holds) > 0 && d.Chance(90) {
		name = history.Pick(d, s.HoldNames()...)
	}
	in := beyondAWS{By: d.principal(), ID: id, With: name}
	run(d.machine, call(secretlife.OpReleaseHold, at, in,
		func(m *secretlife.Manager, ctx context.Context) (secretlife.Hold, error) {
			return m.ReleaseHold(ctx, id, name)
		},
		func() (func() secretlife.Hold, *model.Fault) {
			released, f := d.model.ReleaseHold(at, id, in.By, name)
			return func() secretlife.Hold { return released.Shown() }, f
		}))
}

func (d drawer) protectSecret() {
	at, id := d.target()
	p := secretlife.Protection{
		NoForce: d.Chance(50), MinimumWindow: history.Pick(d, 0, 0, 7, 8, 30, 6),
		CoolingOff: history.Pick(d, 0, time.Hour, 48*time.Hour),
	}
	in := beyondAWS{By: d.principal(), ID: id, With: p}
	run(d.machine, call(secretlife.OpProtectSecret, at, in,
		func(m *secretlife.Manager, ctx context.Context) (secretlife.Protection, error) {
			return m.ProtectSecret(ctx, id, p)
		},
		func() (func() secretlife.Protection, *model.Fault) {
			s, f := d.model.Protect(at, id, p)
			return func() secretlife.Protection { return s.ShownProtection() }, f
		}))
}
