package machine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// Subject is an implementation of the whole API. See Subject of package lifetest.
type Subject struct {
	In        func(account, region string) service.Service
	Now       func() time.Time
	Advance   func(context.Context, time.Duration) error
	Settle    func(context.Context) error
	Unchecked []string
}

// OverSubjects plays histories against subjects, with nothing but their outputs.
func OverSubjects(open func() Subject) Runner {
	seen := newCoverage()
	return Runner{Coverage: seen, begin: func(t *trial, c history.Chooser) drawer {
		return drawer{machine: newSubjectMachine(t, open(), seen), Chooser: c}
	}}
}

// newSubjectMachine returns a machine that sees outputs only.
func newSubjectMachine(t *trial, s Subject, cov *Coverage) *machine {
	cov.Histories++
	mo := model.NewModel()
	mo.RotationDenied = true
	m := &machine{t: t, model: mo, coverage: cov, subject: &s}
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			if s.In(a, r) != nil {
				m.places = append(m.places, model.Place{Account: a, Region: r})
			}
		}
	}
	return m
}

// runOn makes a call on a subject, and compares its output and then all secrets with
// the model.
func runOn[I, O any](m *machine, r request[I, O]) {
	in := m.subject.In(r.at.Account, r.at.Region)
	if in == nil || m.isUnchecked(func() *model.Fault { var none O; _, f := r.predict(none); return f }) {
		return
	}
	got, err := r.call(in, context.Background(), r.in)
	if errors.Is(err, service.ErrNotServed) {
		return
	}
	require.False(m.t, canary.Leaks(fmt.Sprintf("%+v", got)), "%s shows a value", r.op)
	want, f := r.predict(got)
	m.tellCall(r.at, r.op, r.in, err, f)
	m.checkFault(r.op, f, err)
	m.learnFrom(got)
	if f == nil {
		m.checkOutput(r.op, want(), got)
	}
	if m.subject.Settle != nil {
		require.NoError(m.t, m.subject.Settle(context.Background()))
	}
	m.background(m.model.Now)
	m.checkSeen()
}

// isUnchecked reports whether a call must return an exception that the subject does not
// have. It asks the model, and restores it.
func (m *machine) isUnchecked(predict func() *model.Fault) bool {
	if len(m.subject.Unchecked) == 0 {
		return false
	}
	before, values := m.model.Clone(), m.values
	f := predict()
	*m.model, m.values = *before, values
	return f != nil && slices.Contains(m.subject.Unchecked, f.Code)
}

// learnFrom takes what is random from the ARN of an output, or else from
// DescribeSecret.
func (m *machine) learnFrom(got any) {
	if v := reflect.ValueOf(got); v.Kind() == reflect.Struct && v.FieldByName("ARN").IsValid() {
		if id, ok := model.ParseID(v.FieldByName("ARN").String()); ok {
			if s := m.model.Secrets[id.Key]; s != nil && s.Suffix == "" {
				s.Suffix = id.Suffix
			}
		}
	}
	for _, k := range m.model.Keys() {
		s := m.model.Secrets[k]
		if s.Incarnation == "" {
			m.values++
			s.Incarnation = fmt.Sprintf("%032x", m.values)
		}
		if s.Scheduled && s.PurgeAt == model.Never {
			s.PurgeAt = s.Date
		}
		if s.Suffix != "" {
			continue
		}
		d, err := m.subject.In(k.Account, k.Region).
			DescribeSecret(context.Background(), secretlife.DescribeSecretInput{SecretID: k.Name})
		require.NoError(m.t, err, "%s in %s must be there", k.Name, k.Region)
		id, ok := model.ParseID(d.ARN)
		require.True(m.t, ok && id.Key == k && len(id.Suffix) == 6, "ARN %s of %+v", d.ARN, k)
		s.Suffix = id.Suffix
	}
}

// background does the work on the model that is due by an instant.
func (m *machine) background(by int64) {
	for {
		m.learnFrom(nil)
		tasks := m.model.Tasks()
		if len(tasks) == 0 || tasks[0].At > by {
			break
		}
		m.model.Now = max(m.model.Now, tasks[0].At)
		m.coverage.work[tasks[0].Work]++
		m.model.Do(tasks[0])
	}
	m.model.Now = by
}

// pass lets time pass on a subject.
func (m *machine) pass(d time.Duration) {
	if m.subject.Advance == nil {
		return
	}
	m.begin()
	m.tell(fmt.Sprintf("%v pass", d), fmt.Sprintf("advance(%s)", goDuration(d)))
	require.NoError(m.t, m.subject.Advance(context.Background(), d))
	by := m.model.Now + d.Milliseconds()
	require.Equal(m.t, by, m.subject.Now().UnixMilli(), "the time after Advance by %v", d)
	m.background(by)
	m.checkSeen()
}

// checkSeen checks all names in all places, without reading a value.
func (m *machine) checkSeen() {
	for _, at := range m.places {
		for _, name := range history.Names {
			m.checkOne(m.subject.In(at.Account, at.Region), m.model.Secrets[model.Key{Place: at, Name: name}], name)
		}
	}
}

func (m *machine) checkOne(in service.Service, s *model.Secret, name string) {
	ctx := context.Background()
	d, err := in.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: name})
	if errors.Is(err, service.ErrNotServed) {
		return
	}
	if s == nil {
		m.checkFault(secretlife.OpDescribeSecret, &model.Fault{Code: model.CodeNotFound}, err)
		return
	}
	require.NoError(m.t, err, "DescribeSecret of %s, which must be there", s.ARN())
	m.checkOutput(secretlife.OpDescribeSecret, m.model.Description(s), d)
	all, err := allVersions(in, ctx, secretlife.ListSecretVersionIdsInput{SecretID: name, IncludeDeprecated: true})
	if errors.Is(err, service.ErrNotServed) {
		return
	}
	require.NoError(m.t, err)
	m.checkOutput(secretlife.OpListSecretVersionIds, s.VersionList(true), all)
}
