package machine

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// tell records a step other than a call, in words and as Go code.
func (m *machine) tell(words, code string) {
	if m.t.tell {
		m.t.logf("%s: %s", m.present().Format(time.RFC3339Nano), words)
		m.t.write(code)
	}
}

// tellCall records a call, its result, and the expected result.
func (m *machine) tellCall(at model.Place, op secretlife.Operation, in any, err error, want *model.Fault) {
	if !m.t.tell {
		return
	}
	answer, code, result := "done", "", "_, err = "
	if err != nil {
		answer = err.Error()
	}
	if want != nil {
		code = want.Code
	}
	if op == secretlife.OpTagResource || op == secretlife.OpUntagResource {
		result = "err = "
	}
	text := goValue(reflect.ValueOf(in))
	m.t.logf(
		"%s, %s in %s: %s %s: %s",
		m.present().Format(time.RFC3339Nano),
		at.Account,
		at.Region,
		op,
		strings.TrimPrefix(text, "secretlife."),
		answer,
	)
	m.t.write(
		fmt.Sprintf("%sin(%q, %q).%s(ctx, %s)", result, at.Account, at.Region, op, text),
		fmt.Sprintf("answers(err, %q)", code),
	)
}

func (m *machine) tellAdvance(i int, d time.Duration) {
	m.tell(
		fmt.Sprintf("%v pass, and purger %d works", d, i),
		fmt.Sprintf("_, err = purgers[%d].Advance(ctx, %s)\nanswers(err, \"\")", i, goDuration(d)),
	)
}

func (m *machine) tellWork(i int, all bool) {
	if all {
		m.tell(
			fmt.Sprintf("purger %d does what is due", i),
			fmt.Sprintf("_, err = purgers[%d].RunDue(ctx)\nt.Log(err)", i),
		)
		return
	}
	m.tell(
		fmt.Sprintf("purger %d does what is due first", i),
		fmt.Sprintf("_, _, err = purgers[%d].Step(ctx)\nt.Log(err)", i),
	)
}

// tellTryPlans records how the next tries at rotations go.
func (m *machine) tellTryPlans(plans []model.TryPlan) {
	if !m.t.tell {
		return
	}
	var list []string
	for _, x := range plans {
		list = append(list, strconv.Quote(x.String()))
	}
	m.t.logf("the next tries at rotations: %v", plans)
	m.t.write(fmt.Sprintf("rotation.Next(%s)", strings.Join(list, ", ")))
}

func (m *machine) tellBurst(k model.Key, n int) {
	if !m.t.tell {
		return
	}
	m.t.logf(
		"%s, %s in %s: PutSecretValue of %s, %d times, each a new version",
		m.present().Format(time.RFC3339Nano),
		k.Account,
		k.Region,
		k.Name,
		n,
	)
	m.t.write(
		fmt.Sprintf("for i := range %d {", n),
		fmt.Sprintf(
			"	_, err = in(%q, %q).PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: %q, Value: "+
				"secretlife.SecretString(fmt.Sprint(i)), ClientRequestToken: fmt.Sprintf(\"token-%%026d\", %d+i)})",
			k.Account,
			k.Region,
			k.Name,
			1000+m.values+1,
		),
		`	answers(err, "")`,
		"}",
	)
}

// script returns the history as a Go test.
func (m *machine) script() string {
	body := strings.Join(append(m.scriptHead(), m.t.script...), "\n")
	body += "\n// Here a rule was broken:\n//   " + strings.ReplaceAll(
		strings.TrimSpace(m.t.failure),
		"\n",
		"\n//   ",
	)
	text := "func TestHistory(t *testing.T) {\n	" + strings.ReplaceAll(body, "\n", "\n	") + "\n}\n"
	if strings.Contains(body, "pointer[") {
		text += "\nfunc pointer[V any](v V) *V { return &v }\n"
	}
	return text
}

// scriptHead returns the code that makes the service.
func (m *machine) scriptHead() []string {
	var out []string
	if m.subject != nil {
		out = []string{
			"ctx, s := t.Context(), open(t) // as for CheckService",
			"var err error",
			"in, advance := s.In, func(d time.Duration) { require.NoError(t, s.Advance(ctx, d)) }",
			"_ = advance",
		}
	} else {
		out = []string{
			"ctx, store := t.Context(), open(t) // as for Check",
			fmt.Sprintf("clock := secretlife.NewVirtualClock(time.UnixMilli(%d).UTC())", history.Epoch.UnixMilli()),
			fmt.Sprintf("delay, err := secretlife.RandomDelay(%s, %s)", goDuration(m.set.least), goDuration(m.set.most)),
			"require.NoError(t, err)",
			"rotation := lifetest.NewRotationFunction(store, clock)",
			"m, err := secretlife.New(store, func(o *secretlife.Options) {",
			fmt.Sprintf("	o.Clock, o.PurgeDelay, o.Random = clock, delay, rand.NewChaCha8([32]byte{%d, %d})", byte(m.set.seed),
				byte(m.set.seed>>8)),
			"	o.Rotator, o.ParseSchedule = rotation, rotation.ParseSchedule",
			"})",
			"require.NoError(t, err)",
			"in := func(account, region string) *secretlife.Manager {",
			"	there, err := m.In(account, region)",
			"	require.NoError(t, err)",
			"	return there",
			"}",
			"purgers := []*secretlife.Purger{secretlife.NewPurger(m), secretlife.NewPurger(m)}",
			"_ = purgers",
		}
		if m.function == nil {
			out[7] = "	o.ParseSchedule = rotation.ParseSchedule"
		}
	}
	return append(out,
		"answers := func(err error, code string) {",
		"	t.Helper()",
		"	got := \"\"",
		"	if e := secretlife.Error(nil); errors.As(err, &e) {",
		"		got = e.ErrorCode()",
		"	}",
		"	if err != nil && got == \"\" || got != code {",
		"		t.Errorf(\"%v, and not %q\", err, code)",
		"	}",
		"}",
		"",
	)
}

// goDuration returns a duration as Go code.
func goDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "time.Hour"}, {time.Minute, "time.Minute"}, {time.Second, "time.Second"},
		{time.Millisecond, "time.Millisecond"}} {
		if d%u.of == 0 {
			return fmt.Sprintf("%d*%s", d/u.of, u.name)
		}
	}
	return fmt.Sprintf("time.Duration(%d)", int64(d))
}

// goValue returns a request, or a part of one, as Go code without the members that are
// not set.
func goValue(v reflect.Value) string {
	if x, ok := v.Interface().(secretlife.Value); ok {
		return goSecret(x)
	}
	name := strings.TrimPrefix(v.Type().String(), "*")
	switch v.Kind() {
	case reflect.Pointer:
		if v.Elem().Kind() == reflect.Struct {
			return "&" + goValue(v.Elem())
		}
		return fmt.Sprintf("pointer[%s](%s)", name, goValue(v.Elem()))
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, goValue(v.Index(i)))
		}
		return v.Type().String() + "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Field(i); !f.IsZero() {
				parts = append(parts, v.Type().Field(i).Name+": "+goValue(f))
			}
		}
		return name + "{" + strings.Join(parts, ", ") + "}"
	case reflect.String:
		return goString(v.String())
	}
	return fmt.Sprint(v.Interface())
}

// goString returns a text as Go code, a long repetitive one as a call of
// strings.Repeat.
func goString(s string) string {
	if len(s) > 100 && strings.Count(s, s[:1]) == len(s) {
		return fmt.Sprintf("strings.Repeat(%q, %d)", s[:1], len(s))
	}
	return strconv.Quote(s)
}

func goSecret(v secretlife.Value) string {
	text := goString(v.Reveal())
	if v.Len() > 1000 {
		text = fmt.Sprintf("strings.Repeat(\"v\", %d)", v.Len())
	}
	if v.IsBinary() {
		return "secretlife.SecretBinary([]byte(" + text + "))"
	}
	return "secretlife.SecretString(" + text + ")"
}
