package machine

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// canBeRepeated reports whether the model knows what a call did whose answer is lost: it
// drew no ID.
func canBeRepeated(op secretlife.Operation, in any) bool {
	if op.ReadOnly() {
		return false
	}
	token := reflect.ValueOf(in).FieldByName("ClientRequestToken")
	return !token.IsValid() || !token.IsZero()
}

// loseAnswer makes a call that succeeds, and whose answer is lost. The caller makes the call
// again, as a client does.
func loseAnswer[I, O any](m *machine, r request[I, O], in service.Service) {
	var none O
	predict := func() *model.Fault { _, f := r.predict(none); return f }
	if m.foresee(predict) != nil {
		return
	}
	m.tell("the answer to the next call is lost", fmt.Sprintf("s.LoseAnswer(secretlife.Op%s)", r.op))
	m.subject.LoseAnswer(r.op)
	m.calling(r.at, r.op, r.in)
	_, err := r.call(in, context.Background(), r.in)
	if errors.Is(err, service.ErrNotServed) {
		return
	}
	m.tellCall(r.at, r.op, r.in, err)
	m.t.script.write("require.Error(t, err)")
	var refused secretlife.Error
	switch {
	case err == nil:
		m.t.failAsserted("%s returned an answer that LoseAnswer had to lose.", r.op)
	case errors.As(err, &refused):
		m.t.failf("%s returned %s, where its answer had to be lost.",
			r.op, exception(refused.ErrorCode(), refused.ErrorMessage()))
	}
	predict()
	m.coverage.lost++
	m.settleSubject()
	m.begin()
}
