package lifetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// Subject is an implementation of the API as a whole: a fake, an emulator, a
// service behind an endpoint. It begins empty.
type Subject struct {
	// In returns what serves an account in a Region; nil where it has none of its
	// own. Histories use the accounts 111111111111 and 222222222222 and the
	// Regions us-east-1, eu-west-1 and ap-south-1; the first of each must be
	// there.
	In func(account, region string) Service
	// Now is the time that the next call happens at, to the millisecond. The
	// clock must stand still between two calls of Advance.
	Now func() time.Time
	// Advance lets time pass and does what becomes due meanwhile, such as purges.
	// Without it no time passes, and a secret that is deleted by force must be
	// gone with the call.
	Advance func(context.Context, time.Duration) error
	// Settle does what is due at present. It is called after every call; nil is
	// for implementations that do so by themselves.
	Settle func(context.Context) error
	// Unchecked are exceptions that the implementation does not answer. Calls that
	// should be are left out: "ValidationException", say, for a fake that does not
	// look at the form of a request.
	Unchecked []string
}

// Manager is the [Subject] that a Manager and a Purger of it are, over whatever
// store and with whatever options, if clock is the Manager's. It has no rotation
// function, and PurgeDelay must be none.
func Manager(t *testing.T, m *secretlife.Manager, clock *secretlife.VirtualClock) Subject {
	t.Helper()
	purger := secretlife.NewPurger(m)
	advance := func(ctx context.Context, d time.Duration) error {
		_, err := purger.Advance(ctx, d)
		return err
	}
	return Subject{
		In: func(account, region string) Service {
			in, err := m.In(account, region)
			require.NoError(t, err)
			return in
		},
		Now:     clock.Now,
		Advance: advance,
		Settle:  func(ctx context.Context) error { return advance(ctx, 0) },
	}
}

// CheckService runs random histories on an implementation, from the outside:
// every answer is held against the reference model, and after every call so are
// all secrets, as DescribeSecret and ListSecretVersionIds show them. Operations
// that answer [ErrNotServed] are left out.
//
// Texts of errors are compared where AWS's are known.
func CheckService(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	ta := newTally()
	c := course{tally: ta, begin: func(tr *trial, c chooser) drawer {
		return drawer{machine: newSubjectMachine(tr, open(t), ta), chooser: c}
	}}
	c.check(t)
	t.Log(ta)
}

// newSubjectMachine is a machine without a look inside.
func newSubjectMachine(t *trial, s Subject, ta *tally) *machine {
	ta.histories++
	mo := newModel()
	mo.denied = true
	m := &machine{t: t, model: mo, tally: ta, subject: &s}
	for _, a := range accounts {
		for _, r := range regions {
			if s.In(a, r) != nil {
				m.places = append(m.places, place{a, r})
			}
		}
	}
	return m
}

// runOn makes a call on a subject, and holds its answer and then everything
// against the model.
func runOn[O any](m *machine, r request[O]) {
	service := m.subject.In(r.at.account, r.at.region)
	if service == nil || m.isUnchecked(func() *fault { var none O; _, f := r.predict(none); return f }) {
		return
	}
	got, err := r.do(context.Background(), service)
	if errors.Is(err, ErrNotServed) {
		return
	}
	require.False(m.t, leaks(fmt.Sprintf("%+v", got)), "%s shows a value", r.op)
	want, f := r.predict(got)
	m.tellCall(r.at, r.op, r.in, err, f)
	m.checkFault(r.op, f, err)
	m.learnFrom(got)
	if f == nil {
		m.checkAnswer(r.op, want(), got)
	}
	if m.subject.Settle != nil {
		require.NoError(m.t, m.subject.Settle(context.Background()))
	}
	m.background(m.model.now)
	m.checkSeen()
}

// isUnchecked reports whether the subject does not know the answer that a call
// must have. The model is asked, and put back.
func (m *machine) isUnchecked(predict func() *fault) bool {
	if len(m.subject.Unchecked) == 0 {
		return false
	}
	before, values := m.model.clone(), m.values
	f := predict()
	*m.model, m.values = *before, values
	return f != nil && slices.Contains(m.subject.Unchecked, f.code)
}

// learnFrom takes over what is random: from an answer's ARN, or else from
// DescribeSecret.
func (m *machine) learnFrom(got any) {
	if v := reflect.ValueOf(got); v.Kind() == reflect.Struct && v.FieldByName("ARN").IsValid() {
		if id, ok := parseID(v.FieldByName("ARN").String()); ok {
			if s := m.model.secrets[id.key]; s != nil && s.suffix == "" {
				s.suffix = id.suffix
			}
		}
	}
	for _, k := range m.model.keys() {
		s := m.model.secrets[k]
		if s.incarnation == "" {
			m.values++
			s.incarnation = fmt.Sprintf("%032x", m.values)
		}
		if s.scheduled && s.purgeAt == never {
			s.purgeAt = s.date
		}
		if s.suffix != "" {
			continue
		}
		d, err := m.subject.In(k.account, k.region).DescribeSecret(context.Background(), secretlife.DescribeSecretInput{SecretID: k.name})
		require.NoError(m.t, err, "%s in %s must be there", k.name, k.region)
		id, ok := parseID(d.ARN)
		require.True(m.t, ok && id.key == k && len(id.suffix) == 6, "ARN %s of %+v", d.ARN, k)
		s.suffix = id.suffix
	}
}

// background does on the model what is due by an instant.
func (m *machine) background(by int64) {
	for {
		m.learnFrom(nil)
		tasks := m.model.tasks()
		if len(tasks) == 0 || tasks[0].at > by {
			break
		}
		m.model.now = max(m.model.now, tasks[0].at)
		m.tally.work[tasks[0].work]++
		m.model.do(tasks[0])
	}
	m.model.now = by
}

// pass lets time pass on a subject.
func (m *machine) pass(d time.Duration) {
	if m.subject.Advance == nil {
		return
	}
	m.begin()
	m.tell(fmt.Sprintf("%v pass", d), fmt.Sprintf("advance(%s)", goDuration(d)))
	require.NoError(m.t, m.subject.Advance(context.Background(), d))
	by := m.model.now + d.Milliseconds()
	require.Equal(m.t, by, m.subject.Now().UnixMilli(), "the time after Advance by %v", d)
	m.background(by)
	m.checkSeen()
}

// checkSeen looks at all names everywhere, without reading a value.
func (m *machine) checkSeen() {
	for _, at := range m.places {
		for _, name := range names {
			m.checkOne(m.subject.In(at.account, at.region), m.model.secrets[key{at, name}], name)
		}
	}
}

func (m *machine) checkOne(service Service, s *secret, name string) {
	ctx := context.Background()
	d, err := service.DescribeSecret(ctx, secretlife.DescribeSecretInput{SecretID: name})
	if errors.Is(err, ErrNotServed) {
		return
	}
	if s == nil {
		m.checkFault(secretlife.OpDescribeSecret, &fault{code: codeNotFound}, err)
		return
	}
	require.NoError(m.t, err, "DescribeSecret of %s, which must be there", s.arn())
	m.checkAnswer(secretlife.OpDescribeSecret, m.model.description(s), d)
	all, err := allVersions(ctx, service, secretlife.ListSecretVersionIdsInput{SecretID: name, IncludeDeprecated: true})
	if errors.Is(err, ErrNotServed) {
		return
	}
	require.NoError(m.t, err)
	m.checkAnswer(secretlife.OpListSecretVersionIds, s.versionList(true), all)
}
