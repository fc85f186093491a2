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
	Without   []Part

	LoseAnswer func(secretlife.Operation)
}

// Part is a part of the API that histories can leave out.
type Part uint8

// The parts. See package lifetest.
const (
	Texts Part = iota + 1
	Replicas
	Rotation
	Lists
)

// operations are those that histories do not call without a part.
func (p Part) operations() []secretlife.Operation {
	switch p {
	case Replicas:
		return []secretlife.Operation{
			secretlife.OpReplicateSecretToRegions, secretlife.OpRemoveRegionsFromReplication,
			secretlife.OpStopReplicationToReplica,
		}
	case Rotation:
		return []secretlife.Operation{secretlife.OpRotateSecret, secretlife.OpCancelRotateSecret}
	case Lists:
		return []secretlife.Operation{
			secretlife.OpListSecrets, secretlife.OpListSecretVersionIds, secretlife.OpBatchGetSecretValue,
		}
	case Texts:
	}
	return nil
}

// isOff reports whether histories leave a part out.
func (m *machine) isOff(p Part) bool {
	return m.subject != nil && slices.Contains(m.subject.Without, p)
}

// leavesOut reports whether histories leave an operation out, because the subject does
// not serve it or is checked without it.
func (m *machine) leavesOut(op secretlife.Operation) bool {
	if m.subject == nil {
		return false
	}
	return m.coverage.unserved(op) ||
		slices.ContainsFunc(m.subject.Without, func(p Part) bool { return slices.Contains(p.operations(), op) })
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
	m := &machine{t: t, model: mo, coverage: cov, subject: &s, generated: map[string]bool{}}
	for _, a := range history.Accounts {
		for _, r := range history.Regions {
			if s.In(a, r) != nil {
				m.places = append(m.places, model.Place{Account: a, Region: r})
			}
		}
	}
	// Without a description, the ARN of a replica is not known.
	_, err := s.In(m.places[0].Account, m.places[0].Region).
		DescribeSecret(context.Background(), secretlife.SecretInput{SecretID: history.Names[0]})
	if errors.Is(err, service.ErrNotServed) {
		cov.leaveOut(secretlife.OpDescribeSecret)
		s.Without = append(slices.Clone(s.Without), Replicas)
	}
	m.record()
	return m
}

// runOn makes a call on a subject, and compares its output and then all secrets with
// the model. It may lose the answer to a first call, and make the call again.
func runOn[I, O any](m *machine, r request[I, O]) {
	in := m.subject.In(r.at.Account, r.at.Region)
	if in == nil || m.leavesOut(r.op) ||
		m.isUnchecked(func() *model.Fault { var none O; _, f := r.predict(none); return f }) {
		m.idle = true
		return
	}
	if m.losing && canBeRepeated(r.op, r.in) {
		loseAnswer(m, r, in)
	}
	phase := m.model.PhaseOf(m.resolve(r.at, r.id))
	m.calling(r.at, r.op, r.in)
	got, err := r.call(in, context.Background(), r.in)
	if errors.Is(err, service.ErrNotServed) {
		m.coverage.leaveOut(r.op)
		m.idle = true
		return
	}
	m.coverage.called(r.op, phase)
	m.coverage.succeeded(r.op, phase, err)
	m.tellCall(r.at, r.op, r.in, err)
	if err == nil {
		m.checkGenerated(r.op, r.in, got)
	}
	want, f := r.predict(got)
	m.checkFault(r.op, f, err)
	require.False(m.t, canary.Leaks(fmt.Sprintf("%+v", got)), "%s shows a value", r.op)
	if f == nil {
		m.learnFrom(r.op, got)
		m.checkOutput(r.op, r.in, want(), got)
	}
	m.t.script.draws(got)
	m.settleSubject()
	m.checkSeen()
}

// settleSubject does what is due now.
func (m *machine) settleSubject() {
	if m.subject.Settle != nil {
		require.NoError(m.t, m.subject.Settle(context.Background()))
	}
	m.background(m.model.Now)
}

// isUnchecked reports whether a call must return an exception that the subject does not
// have. It asks the model, and restores it.
func (m *machine) isUnchecked(predict func() *model.Fault) bool {
	if len(m.subject.Unchecked) == 0 {
		return false
	}
	f := m.foresee(predict)
	return f != nil && slices.Contains(m.subject.Unchecked, f.Code)
}

// foresee asks the model for the exception of a call, and restores it.
func (m *machine) foresee(predict func() *model.Fault) *model.Fault {
	before, values := m.model.Clone(), m.values
	f := predict()
	*m.model, m.values = *before, values
	return f
}

// checkGenerated checks that a version that a call made without a ClientRequestToken
// has an ID that no other version had.
func (m *machine) checkGenerated(op secretlife.Operation, in, got any) {
	request, id := reflect.ValueOf(in), reflect.ValueOf(got).FieldByName("VersionID")
	token, value := request.FieldByName("ClientRequestToken"), request.FieldByName("Value")
	if !id.IsValid() || !token.IsValid() || !value.IsValid() || !token.IsZero() || value.IsZero() ||
		slices.Contains(m.subject.Unchecked, "VersionID") {
		return
	}
	switch s := m.t.script; {
	case id.Len() == 0:
		if s != nil {
			s.write(fmt.Sprintf("require.NotEmpty(t, %s.VersionID)", s.output()))
		}
		m.t.failAsserted("%s returned no VersionID of the version that it made.", op)
	case m.generated[id.String()]:
		if s != nil {
			s.write(fmt.Sprintf("require.NotEqual(t, %s, %s.VersionID)", s.text(id.String()), s.output()))
		}
		m.t.failAsserted("%s gave the new version the ID %q, which another version had.", op, id.String())
	}
	m.generated[id.String()] = true
}

// learnFrom takes what is random from the ARN of an output, or else from
// DescribeSecret.
func (m *machine) learnFrom(op secretlife.Operation, got any) {
	if v := reflect.ValueOf(got); v.Kind() == reflect.Struct && v.FieldByName("ARN").IsValid() {
		m.learnARN(op, v.FieldByName("ARN").String())
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
		if s.Suffix != "" || m.leavesOut(secretlife.OpDescribeSecret) {
			continue
		}
		in := secretlife.SecretInput{SecretID: k.Name}
		d, err := m.subject.In(k.Account, k.Region).DescribeSecret(context.Background(), in)
		if err != nil {
			m.tellCall(k.Place, secretlife.OpDescribeSecret, in, err)
			m.checkFault(secretlife.OpDescribeSecret, nil, err)
		}
		m.learnARN(secretlife.OpDescribeSecret, d.ARN)
	}
}

// learnARN learns the suffix of a secret's ARN.
func (m *machine) learnARN(op secretlife.Operation, arn string) {
	id, ok := model.ParseID(arn)
	s := m.model.Secrets[id.Key]
	if op == secretlife.OpCreateSecret && !slices.Contains(m.subject.Unchecked, "ARN") && (!ok || len(id.Suffix) != 6) {
		if s := m.t.script; s != nil {
			s.write(fmt.Sprintf("require.Regexp(t, `^arn:aws:.*:secret:.*-[A-Za-z0-9]{6}$`, %s.ARN)", s.output()))
		}
		m.t.failAsserted("%s returned the ARN %q, which does not end in a hyphen and six letters or digits.", op, arn)
	}
	if ok && s != nil && s.Suffix == "" {
		s.Suffix = id.Suffix
	}
}

// background does the work on the model that is due by an instant.
func (m *machine) background(by int64) {
	for {
		m.learnFrom(0, nil)
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
		m.idle = true
		return
	}
	m.begin()
	code := literals{}.duration(d)
	m.tell(fmt.Sprintf("%v pass", d), fmt.Sprintf("require.NoError(t, s.Advance(ctx, %s))", code))
	if err := m.subject.Advance(context.Background(), d); err != nil {
		m.t.failAsserted("Advance by %v failed: %v.", d, err)
	}
	by := model.Instant(m.model.Now + d.Milliseconds())
	if now := m.subject.Now().UTC(); now.UnixMilli() != by.UnixMilli() {
		if m.t.script != nil {
			m.t.script.equal(reflect.ValueOf(by), reflect.ValueOf(now), "s.Now().UTC().Truncate(time.Millisecond)")
		}
		m.t.failAsserted("After Advance by %v, Now is %v, not %v.", d, words(reflect.ValueOf(now)),
			words(reflect.ValueOf(by)))
	}
	m.background(by.UnixMilli())
	m.checkSeen()
}

// checkSeen checks all names in all places, without reading a value.
func (m *machine) checkSeen() {
	for _, at := range m.places {
		for _, name := range history.Names {
			m.checkOne(at, m.model.Secrets[model.Key{Place: at, Name: name}], name)
		}
	}
}

func (m *machine) checkOne(at model.Place, s *model.Secret, name string) {
	if m.leavesOut(secretlife.OpDescribeSecret) {
		return
	}
	ctx, in := context.Background(), m.subject.In(at.Account, at.Region)
	describe := secretlife.SecretInput{SecretID: name}
	d, err := in.DescribeSecret(ctx, describe)
	if s == nil {
		m.look(at, secretlife.OpDescribeSecret, describe, &model.Fault{Code: model.CodeNotFound}, err, nil, d)
		return
	}
	m.look(at, secretlife.OpDescribeSecret, describe, nil, err, m.model.Description(s), d)
	if m.leavesOut(secretlife.OpListSecretVersionIds) {
		return
	}
	list := secretlife.ListSecretVersionIdsInput{SecretID: name, IncludeDeprecated: true}
	all, err := allVersions(in, ctx, list)
	if errors.Is(err, service.ErrNotServed) {
		m.coverage.leaveOut(secretlife.OpListSecretVersionIds)
		return
	}
	m.look(at, secretlife.OpListSecretVersionIds, list, nil, err, s.VersionList(true), all)
}

// look checks a call that is no step of the history. It is told if it shows a mistake.
func (m *machine) look(
	at model.Place, op secretlife.Operation, in any, f *model.Fault, err error, want, got any,
) {
	problem, _ := m.faultProblem(op, f, err)
	if problem == "" && (f != nil || len(m.outputProblems(want, got)) == 0) {
		return
	}
	m.tellCall(at, op, in, err)
	m.checkFault(op, f, err)
	m.checkOutput(op, in, want, got)
}
