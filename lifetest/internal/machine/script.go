package machine

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// script is a history as the Go code of a test.
type script struct {
	literals
	lines []string
	calls int // whose outputs are out1, out2, and so on
	// fails is set once an assertion was written that fails while the rule is broken.
	fails bool
}

func newScript(begin time.Time) *script {
	return &script{literals: literals{begin: begin, drawn: map[string]string{}}}
}

// write adds lines.
func (s *script) write(lines ...string) {
	if s != nil {
		s.lines = append(s.lines, lines...)
	}
}

// output is the variable with the output of the last call.
func (s *script) output() string { return fmt.Sprintf("out%d", s.calls) }

// call adds a call of an operation.
func (s *script) call(at model.Place, op secretlife.Operation, in any) {
	if s == nil {
		return
	}
	s.calls++
	result := s.output() + ", err := "
	if op == secretlife.OpTagResource || op == secretlife.OpUntagResource {
		result = "err = "
	}
	var as, code string
	if beyond, ok := in.(beyondAWS); ok {
		as, code = beyond.code(s)
	} else {
		as, code = "ctx", s.value(reflect.ValueOf(in))
	}
	s.write(fmt.Sprintf("%sin(%q, %q).%s(%s, %s)", result, at.Account, at.Region, op, as, code))
}

// refused adds the assertion on the error of the last call. text is "" where any text is
// right.
func (s *script) refused(f *model.Fault, text string) {
	switch {
	case s == nil:
	case f == nil:
		s.write("require.NoError(t, err)")
	case f.Code == "":
		s.write("require.Error(t, err)")
	case text == "":
		s.write(fmt.Sprintf("refused(err, %q)", f.Code))
	default:
		s.write(fmt.Sprintf("refused(err, %q, %s)", f.Code, s.text(text)))
	}
}

// returns adds assertions on members of the last output.
func (s *script) returns(found []difference) {
	for _, d := range found {
		s.equal(d.want, d.got, s.output()+d.path)
	}
}

// equal adds the assertion that an expression has a value.
func (s *script) equal(want, got reflect.Value, code string) {
	value, secret := want.Interface().(secretlife.Value)
	switch {
	case secret:
		s.write(fmt.Sprintf("require.True(t, %s.Equal(%s), %q)", s.secret(value), code, "the value of the secret"))
	case want.Kind() != reflect.Pointer:
		s.write(fmt.Sprintf("require.Equal(t, %s, %s)", s.typed(want), code))
	case want.IsNil():
		s.write(fmt.Sprintf("require.Nil(t, %s)", code))
	case got.IsNil():
		s.write(fmt.Sprintf("require.NotNil(t, %s)", code))
	default:
		s.write(fmt.Sprintf("require.Equal(t, %s, *%s)", s.typed(want.Elem()), code))
	}
}

// draws names what the last call drew at random, so that later lines can use it.
func (s *script) draws(out any) {
	if s == nil {
		return
	}
	v := reflect.ValueOf(out)
	for _, member := range []string{"ARN", "VersionID"} {
		if f := v.FieldByName(member); f.IsValid() && f.Kind() == reflect.String && f.Len() > 0 &&
			s.drawn[f.String()] == "" && !isChosen(f.String()) {
			s.drawn[f.String()] = s.output() + "." + member
		}
	}
}

// isChosen reports whether a history chose an id itself.
func isChosen(id string) bool {
	return strings.HasPrefix(id, history.TokenPrefix) || strings.HasSuffix(id, "-AbC123") && strings.HasPrefix(id, "arn:")
}

// text returns the script as a test, with its imports.
func (m *machine) script(failure string, steps history.Choices) string {
	s := m.t.script
	var body string
	if s.fails {
		body = strings.Join(append(m.scriptHead(), s.lines...), "\n") + "\n// " + comment(failure)
	} else {
		play := "Replay"
		if m.subject != nil {
			play = "ReplayService"
		}
		body = "// " + comment(strings.Join(m.t.told, "\n")) +
			"\n// Then no output is wrong, but:\n// " + comment(failure) +
			"\n// Replay makes these steps again, and checks everything after each.\n" +
			fmt.Sprintf("lifetest.%s(t, open, %q)", play, steps)
	}
	body = unusedOutputs(body)
	text := "func TestHistory(t *testing.T) {\n	" + strings.ReplaceAll(body, "\n", "\n	") + "\n}\n"
	return imports(text) + strings.ReplaceAll(text, "\n	\n", "\n\n")
}

// comment breaks a text into the lines of a comment.
func comment(text string) string {
	const width = 100
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for len(line) > width {
			at := strings.LastIndexByte(line[:width], ' ')
			if at < 3 { // only the indent
				break
			}
			out, line = append(out, line[:at]), "  "+line[at+1:]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n// ")
}

var outputs = regexp.MustCompile(`\bout(\d+), err := `)

// unusedOutputs leaves out the outputs that no line uses.
func unusedOutputs(body string) string {
	return outputs.ReplaceAllStringFunc(body, func(text string) string {
		name, _, _ := strings.Cut(text, ",")
		if strings.Contains(body, name+".") || strings.Contains(body, name+"[") || strings.Contains(body, name+")") {
			return text
		}
		return "_, err = "
	})
}

// imports returns the imports that a test needs.
func imports(text string) string {
	out := "import (\n"
	for _, path := range []string{
		"errors", "fmt", "math/rand/v2", "strings", "testing", "time", "", "github.com/stretchr/testify/require", "",
		"github.com/secretlife-go/secretlife", "github.com/secretlife-go/secretlife/lifetest",
	} {
		name := strings.TrimSuffix(path, "/v2")
		name = name[strings.LastIndexByte(name, '/')+1:]
		switch {
		case path == "":
			out += "\n"
		case strings.Contains(text, name+"."):
			out += "	" + strconv.Quote(path) + "\n"
		}
	}
	out = strings.ReplaceAll(out, "\n\n\n", "\n\n")
	return strings.TrimSuffix(out, "\n\n") + ")\n\n"
}

// scriptHead returns the code that makes the service, as far as the script uses it.
func (m *machine) scriptHead() []string {
	out := m.serviceHead()
	code := strings.Join(m.t.script.lines, "\n")
	if strings.Contains(code, "err = ") || strings.Contains(code, "err := ") {
		out = append(out, "var err error")
	}
	if strings.Contains(code, "textPointer(") {
		out = append(out, "textPointer := func(s string) *string { return &s }")
	}
	if strings.Contains(code, "boolPointer(") {
		out = append(out, "boolPointer := func(b bool) *bool { return &b }")
	}
	if strings.Contains(code, "refused(") {
		out = append(out,
			"refused := func(err error, code string, text ...string) {",
			"	t.Helper()",
			"	var e secretlife.Error",
			"	require.ErrorAs(t, err, &e)",
			"	require.Equal(t, code, e.ErrorCode())",
			"	if len(text) > 0 {",
			"		require.Equal(t, text[0], e.ErrorMessage())",
			"	}",
			"}",
		)
	}
	return append(out, "")
}

func (m *machine) serviceHead() []string {
	code := strings.Join(m.t.script.lines, "\n")
	begin := []string{}
	if strings.Contains(code, "begin") {
		begin = append(begin, "begin := s.Now().UTC().Truncate(time.Millisecond)")
	}
	if m.subject != nil {
		out := append([]string{"ctx, s := t.Context(), open(t) // as for CheckService"}, begin...)
		if strings.Contains(code, " in(") {
			out = append(out, "in := s.In")
		}
		return out
	}
	out := []string{
		"ctx, store := t.Context(), open(t) // as for Check",
		fmt.Sprintf("clock := secretlife.NewVirtualClock(time.UnixMilli(%d).UTC())", history.Epoch.UnixMilli()),
		fmt.Sprintf("delay, failed := secretlife.RandomDelay(%s, %s)", m.t.script.duration(m.set.least),
			m.t.script.duration(m.set.most)),
		"require.NoError(t, failed)",
		"rotation := lifetest.NewRotationFunction(store, clock)",
		"m, failed := secretlife.New(store, func(o *secretlife.Options) {",
		fmt.Sprintf("	o.Clock, o.Emulate.PurgeDelay, o.Random = clock, delay, rand.NewChaCha8([32]byte{%d, %d})",
			byte(m.set.seed), byte(m.set.seed>>8)),
	}
	if m.function != nil {
		out = append(out, "	o.Rotator = rotation.Rotate")
	}
	if m.function != nil && m.set.asked {
		out = append(out, "	o.CheckRotation = rotation.CheckRotation")
	}
	for _, option := range m.set.guards(m.t.script) {
		out = append(out, "	"+option)
	}
	if m.set.few {
		out = append(out, fmt.Sprintf("	o.Emulate.Regions = %#v", history.Regions[:2]))
	}
	out = append(out, "	o.ParseSchedule = rotation.ParseSchedule", "})", "require.NoError(t, failed)")
	if len(begin) > 0 {
		out = append(out, "begin := clock.Now()")
	}
	if strings.Contains(code, " in(") {
		out = append(out,
			"in := func(account, region string) *secretlife.Manager {",
			"	there, err := m.In(account, region)",
			"	require.NoError(t, err)",
			"	return there",
			"}",
		)
	}
	if strings.Contains(code, "purgers[") {
		out = append(out, "purgers := []*secretlife.Purger{secretlife.NewPurger(m), secretlife.NewPurger(m)}")
	}
	return out
}
