package lifetest

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// tell notes a step that is no call, in words and as Go code.
func (m *machine) tell(words, code string) {
	if m.t.tell {
		m.t.logf("%s: %s", m.present().Format(time.RFC3339Nano), words)
		m.t.write(code)
	}
}

// tellCall notes a call, and how it was answered.
func (m *machine) tellCall(at place, op secretlife.Operation, in any, err error) {
	if !m.t.tell {
		return
	}
	answer, code := "done", ""
	if err != nil {
		answer = err.Error()
		if e := secretlife.Error(nil); errors.As(err, &e) {
			code = e.ErrorCode()
		}
	}
	m.t.logf("%s, %s in %s: %s %s: %s", m.present().Format(time.RFC3339Nano), at.account, at.region, op, strings.TrimPrefix(goValue(reflect.ValueOf(in)), "secretlife."), answer)
	result := "_, err = "
	if op == secretlife.OpTagResource || op == secretlife.OpUntagResource {
		result = "err = "
	}
	m.t.write(fmt.Sprintf("%sin(%q, %q).%s(ctx, %s)", result, at.account, at.region, op, goValue(reflect.ValueOf(in))), fmt.Sprintf("answers(err, %q)", code))
}

func (m *machine) tellAdvance(i int, d time.Duration) {
	m.tell(fmt.Sprintf("%v pass, and purger %d works", d, i), fmt.Sprintf("must(purgers[%d].Advance(ctx, %s))", i, goDuration(d)))
}

func (m *machine) tellWork(i int, all bool) {
	if all {
		m.tell(fmt.Sprintf("purger %d does what is due", i), fmt.Sprintf("must(purgers[%d].RunDue(ctx))", i))
		return
	}
	m.tell(fmt.Sprintf("purger %d does what is due first", i), fmt.Sprintf("must(purgers[%d].Step(ctx))", i))
}

// tellMoods notes how tries at rotations go from now on.
func (m *machine) tellMoods(moods []mood) {
	if !m.t.tell {
		return
	}
	var list []string
	for _, x := range moods {
		list = append(list, fmt.Sprintf("{%q, %q}", x.deed, x.step))
	}
	m.t.logf("the next tries at rotations: %v", moods)
	m.t.write(fmt.Sprintf("// The next tries at rotations go, over and over: %s", strings.Join(list, ", ")))
}

func (m *machine) tellBurst(k key, n int) {
	if !m.t.tell {
		return
	}
	m.t.logf("%s, %s in %s: PutSecretValue of %s, %d times, each a new version", m.present().Format(time.RFC3339Nano), k.account, k.region, k.name, n)
	m.t.write(
		fmt.Sprintf("for i := range %d {", n),
		fmt.Sprintf("	_, err = in(%q, %q).PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: %q, Value: secretlife.SecretString(fmt.Sprint(i)), ClientRequestToken: fmt.Sprintf(\"token-%%026d\", %d+i)})", k.account, k.region, k.name, 1000+m.values+1),
		`	answers(err, "")`,
		"}",
	)
}

// scriptOf is a history as a test of its own.
func scriptOf(t *trial) string {
	var b strings.Builder
	b.WriteString(scriptHead)
	for _, line := range t.script {
		b.WriteString("	" + line + "\n")
	}
	b.WriteString("	// Here a rule was broken:\n")
	for _, line := range strings.Split(strings.TrimSpace(t.failure), "\n") {
		b.WriteString("	//   " + line + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// goDuration is a duration as Go code.
func goDuration(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "time.Hour"}, {time.Minute, "time.Minute"}, {time.Second, "time.Second"}, {time.Millisecond, "time.Millisecond"}} {
		if d%u.of == 0 {
			return fmt.Sprintf("%d*%s", d/u.of, u.name)
		}
	}
	return fmt.Sprintf("time.Duration(%d)", int64(d))
}

// goValue is a request, or a part of one, as Go code; members that were not given
// are left out.
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

// goString is a text as Go code, a long one as what it is made of.
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

const scriptHead = "func TestHistory(t *testing.T) {\n"
