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

// record begins the script of a history that is told.
func (m *machine) record() {
	if m.t.tell {
		m.t.script = newScript(m.present())
	}
}

// calling notes a call that is about to be made, in case it panics.
func (m *machine) calling(at model.Place, op secretlife.Operation, in any) {
	if m.t.tell {
		m.t.calling = callInWords(at, op, in)
	}
}

// tell records a step other than a call, in words and as Go code.
func (m *machine) tell(words string, code ...string) {
	if m.t.tell {
		m.t.logf("%s  %s", m.present().Format(time.RFC3339Nano), words)
		m.t.script.write(code...)
	}
}

// tellCall records a call and its result.
func (m *machine) tellCall(at model.Place, op secretlife.Operation, in any, err error) {
	if !m.t.tell {
		return
	}
	result := "done"
	if err != nil {
		result = err.Error()
	}
	m.t.logf("%s  %s: %s", m.present().Format(time.RFC3339Nano), callInWords(at, op, in), result)
	m.t.script.call(at, op, in)
	m.t.calling = ""
}

// callInWords says where a call was made unless it was at the main place.
func callInWords(at model.Place, op secretlife.Operation, in any) string {
	where := ""
	if at.Account != history.MainAccount {
		where += " by " + at.Account
	}
	if at.Region != history.Regions[0] {
		where += " in " + at.Region
	}
	return strings.TrimSpace(op.String() + where + " " + membersInWords(reflect.ValueOf(in)))
}

func (m *machine) tellAdvance(i int, d time.Duration) {
	m.tell(
		fmt.Sprintf("%v pass, and purger %d works", d, i),
		fmt.Sprintf("_, err = purgers[%d].Advance(ctx, %s)", i, literals{}.duration(d)),
		"require.NoError(t, err)",
	)
}

func (m *machine) tellWork(i int, all bool) {
	if all {
		m.tell(
			fmt.Sprintf("purger %d does what is due", i),
			fmt.Sprintf("_, err = purgers[%d].RunDue(ctx)", i), "require.NoError(t, err)",
		)
		return
	}
	m.tell(
		fmt.Sprintf("purger %d does what is due first", i),
		fmt.Sprintf("_, _, err = purgers[%d].Step(ctx)", i), "require.NoError(t, err)",
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
	m.t.script.write(fmt.Sprintf("rotation.Next(%s)", strings.Join(list, ", ")))
}

func (m *machine) tellBurst(k model.Key, n int) {
	m.tell(
		fmt.Sprintf("PutSecretValue of %s by %s in %s, %d times, each a new version", k.Name, k.Account, k.Region, n),
		fmt.Sprintf("for i := range %d {", n),
		fmt.Sprintf("	_, err = in(%q, %q).PutSecretValue(ctx, secretlife.PutSecretValueInput{", k.Account, k.Region),
		fmt.Sprintf("		SecretID: %q, Value: secretlife.SecretString(fmt.Sprint(i)),", k.Name),
		fmt.Sprintf("		ClientRequestToken: fmt.Sprintf(\"token-%%026d\", %d+i),", 1000+m.values+1),
		"	})",
		"}",
	)
}
