package machine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// checkFault checks whether the last call was refused as it must be. It writes the
// assertion of that into the script.
func (m *machine) checkFault(op secretlife.Operation, f *model.Fault, err error) {
	problem, text := m.faultProblem(op, f, err)
	m.t.script.refused(f, text)
	if problem != "" {
		m.t.failAsserted("%s", problem)
	}
	if err == nil {
		return
	}
	if e := secretlife.Error(nil); errors.As(err, &e) && e.ErrorMessage() == "" && !m.isOff(Texts) {
		m.t.failf("%s returned %s without a text.", op, f.Code)
	}
	if canary.Leaks(err.Error()) {
		m.t.failf("The error of %s shows a value: %v", op, err)
	}
}

// faultProblem says what is wrong with an error, "" if nothing is. text is what its
// text must be if only that is wrong.
func (m *machine) faultProblem(op secretlife.Operation, f *model.Fault, err error) (problem, text string) {
	var e secretlife.Error
	refused := errors.As(err, &e)
	switch {
	case err == nil && f == nil:
		return "", ""
	case f == nil && refused:
		return fmt.Sprintf("%s returned %s; it must succeed.", op, exception(e.ErrorCode(), e.ErrorMessage())), ""
	case f == nil:
		return fmt.Sprintf("%s failed: %v; it must succeed.", op, err), ""
	case err == nil:
		return fmt.Sprintf("%s succeeded; it must return %s.", op, exception(f.Code, f.Text)), ""
	case !refused:
		return fmt.Sprintf("%s failed: %v; it must return %s.", op, err, exception(f.Code, f.Text)), ""
	case f.Code != "" && f.Code != e.ErrorCode():
		return fmt.Sprintf("%s returned %s; it must return %s.",
			op, exception(e.ErrorCode(), e.ErrorMessage()), exception(f.Code, f.Text)), ""
	case f.Text != "" && f.Text != e.ErrorMessage() && !m.isOff(Texts):
		return fmt.Sprintf("%s returned %s with the text %q; AWS's is %q.", op, f.Code, e.ErrorMessage(), f.Text), f.Text
	}
	return "", ""
}

// exception is an AWS exception in words. The text is "" where it is not known.
func exception(code, text string) string {
	switch {
	case code == "":
		return "an exception"
	case text == "":
		return code
	}
	return fmt.Sprintf("%s (%q)", code, text)
}

// checkOutput compares an output of the last call with the model's.
func (m *machine) checkOutput(op secretlife.Operation, in, want, got any) {
	found := m.outputProblems(want, got)
	if len(found) == 0 {
		return
	}
	// The code of a list makes one call for the first page.
	if pages := reflect.ValueOf(in).FieldByName("MaxResults"); !pages.IsValid() || pages.IsZero() {
		m.t.script.returns(found)
		m.t.failAsserted("%s returned %s.", op, describeAll(found))
	}
	m.t.failf("%s returned %s.", op, describeAll(found))
}

// outputProblems returns the differences between two outputs, without the members that
// a subject does not have, and without dates that its client can't read exactly.
func (m *machine) outputProblems(want, got any) []difference {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	found := differences(want, got)
	if m.subject == nil {
		return found
	}
	return slices.DeleteFunc(found, func(d difference) bool {
		return slices.Contains(m.subject.Unchecked, d.member()) || d.isReadEarly()
	})
}

// equal checks a value that is no output.
func equal[V any](m *machine, want, got V, format string, args ...any) {
	if !reflect.DeepEqual(want, got) {
		m.t.failf("%s: %s.", fmt.Sprintf(format, args...), describeAll(differences(want, got)))
	}
}
