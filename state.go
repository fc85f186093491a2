package secretlife

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/internal/immutable"
	"github.com/secretlife-go/secretlife/internal/tally"
)

// storedSecret is the stored form of a [Secret]. Instants are in milliseconds since 1970
// in UTC; nil is not set. The JSON form is stable: members are added, never renamed.
type storedSecret struct {
	ARN          string           `json:"arn"`
	Incarnation  string           `json:"incarnation"`
	Revision     uint64           `json:"revision"`
	Created      int64            `json:"created"`
	Ordinal      uint32           `json:"ordinal,omitempty"`
	Changed      int64            `json:"changed"`
	Accessed     *int64           `json:"accessed,omitempty"`
	DeletionDate *int64           `json:"deletionDate,omitempty"`
	PurgeAt      *int64           `json:"purgeAt,omitempty"`
	Forced       bool             `json:"forced,omitempty"`
	Window       *storedCount     `json:"window,omitempty"`
	Versions     []storedVersion  `json:"versions,omitempty"`
	Stages       map[Stage]string `json:"stages,omitempty"`
	Description  string           `json:"description,omitempty"`
	KMSKeyID     string           `json:"kmsKeyId,omitempty"`
	Type         string           `json:"type,omitempty"`
	Tags         []Tag            `json:"tags"`
	Policy       string           `json:"policy,omitempty"`
	Replicas     []storedReplica  `json:"replicas,omitempty"`
	Primary      string           `json:"primary,omitempty"`
	PrimaryOf    string           `json:"primaryIncarnation,omitempty"`
	Rotation     *storedRotation  `json:"rotation,omitempty"`
	Reserved     []string         `json:"reserved,omitempty"`
	Aging        *storedAging     `json:"aging,omitempty"`
}

// storedCount is a period that has to pass by the count of a [Tally], as plain
// data. Durations are in nanoseconds.
type storedCount struct {
	Period time.Duration `json:"period"`
	Tally  string        `json:"tally,omitempty"` // its id in hexadecimal, "" for none
	From   time.Duration `json:"from,omitempty"`  // the count at which it began
	N      uint64        `json:"n,omitempty"`     // the first beat whose gaps count
	Had    time.Duration `json:"had,omitempty"`   // what had passed by another tally before
}

// storedAging is what a [Secret] knows of versions on their way out, as plain data.
type storedAging struct {
	Due    int64       `json:"due"`
	Newest string      `json:"newest"`
	Count  storedCount `json:"count"`
}

// storedVersion is a [Version] as plain data.
type storedVersion struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Accessed *int64 `json:"accessed,omitempty"`
	// KMSKeyID is the version's key where it is another than the secret's.
	KMSKeyID *string `json:"kmsKeyId,omitempty"`
}

// storedReplica is a [Replica] as plain data.
type storedReplica struct {
	Region    string `json:"region"`
	KMSKeyID  string `json:"kmsKeyId,omitempty"`
	Status    string `json:"status"`
	Message   string `json:"message,omitempty"`
	Overwrite bool   `json:"overwrite,omitempty"`
	Since     *int64 `json:"since,omitempty"`
}

func (c counted) state() *storedCount {
	if c == (counted{}) {
		return nil
	}
	st := &storedCount{Period: c.period, From: c.stamp.From, N: c.stamp.N, Had: c.stamp.Had}
	if c.stamp.Tally != (tally.ID{}) {
		st.Tally = hex.EncodeToString(c.stamp.Tally[:])
	}
	return st
}

func (st *storedCount) counted() (counted, error) {
	if st == nil {
		return counted{}, nil
	}
	c := counted{st.Period, tally.Stamp{From: st.From, N: st.N, Had: st.Had}}
	if c.period == 0 {
		return c, errors.New("a period of no time")
	}
	if st.Tally == "" {
		return c, nil
	}
	id, err := hex.DecodeString(st.Tally)
	if err != nil || len(id) != len(c.stamp.Tally) {
		return c, fmt.Errorf("tally %q is not %d hexadecimal bytes", st.Tally, len(c.stamp.Tally))
	}
	copy(c.stamp.Tally[:], id)
	return c, nil
}

func (a *aging) state() *storedAging {
	if a == nil {
		return nil
	}
	return &storedAging{Due: a.date.time().UnixMilli(), Newest: a.newest.s, Count: *a.count.state()}
}

func (st *storedAging) aging() (*aging, error) {
	if st == nil {
		return nil, nil
	}
	c, err := st.Count.counted()
	if err != nil {
		return nil, err
	}
	return &aging{momentAt(st.Due), VersionID{st.Newest}, c}, nil
}

// stored returns the secret as plain data. fromStored takes it back.
func (s Secret) stored() storedSecret {
	d, m, mark := s.data(), s.attrs(), s.Deletion()
	st := storedSecret{
		ARN:          s.ARN().String(),
		Incarnation:  d.id.incarnation.String(),
		Revision:     d.revision,
		Created:      d.id.created.time().UnixMilli(),
		Ordinal:      d.id.ordinal,
		Changed:      d.changed.time().UnixMilli(),
		Accessed:     d.accessed.millis(),
		DeletionDate: mark.date.millis(),
		PurgeAt:      mark.purgeAt.millis(),
		Forced:       mark.forced,
		Window:       mark.since.state(),
		Description:  m.description,
		KMSKeyID:     m.kmsKeyID,
		Type:         m.kind,
		Tags:         s.Tags(),
		Policy:       m.policy,
		Primary:      m.primary.s,
	}
	if !m.primaryInc.IsZero() {
		st.PrimaryOf = m.primaryInc.String()
	}
	for _, v := range d.versions.All() {
		st.Versions = append(
			st.Versions, storedVersion{v.id.s, v.created.time().UnixMilli(), v.accessed.millis(), s.otherKey(v.id)},
		)
	}
	if len(d.stages) > 0 {
		st.Stages = make(map[Stage]string, len(d.stages))
	}
	for _, x := range d.stages {
		st.Stages[x.label] = x.version.s
	}
	st.Rotation, st.Aging = m.rotation.state(), m.aging.state()
	for _, id := range m.reserved {
		st.Reserved = append(st.Reserved, id.s)
	}
	for _, r := range m.replicas {
		st.Replicas = append(
			st.Replicas, storedReplica{r.region.s, r.kmsKeyID, r.status, r.message, r.overwrite, r.since.millis()},
		)
	}
	return st
}

// fromStored makes a Secret of plain data. It is the only way for stored data
// to come back, and checks every invariant: data that no sequence of operations
// could have led to is refused, with all that is wrong with it.
func fromStored(st storedSecret) (Secret, error) {
	arn, err := ParseARN(st.ARN)
	if err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of no secret: %w", err)
	}
	inc, err := ParseIncarnation(st.Incarnation)
	if err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	window, err := st.Window.counted()
	if err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	d := &secretData{
		id: &identity{
			scope:       scopeOf(arn.account, arn.region),
			name:        arn.name,
			suffix:      arn.suffix,
			incarnation: inc,
			created:     momentAt(st.Created),
			ordinal:     st.Ordinal,
		},
		revision: st.Revision,
		changed:  momentAt(st.Changed),
		accessed: momentOfMillis(st.Accessed),
	}
	mark := Deletion{momentOfMillis(st.DeletionDate), momentOfMillis(st.PurgeAt), window, st.Forced}
	if mark != (Deletion{}) {
		d.deletion = &mark
	}
	all := make([]Version, len(st.Versions))
	for i, v := range st.Versions {
		all[i] = Version{VersionID{v.ID}, momentAt(v.Created), momentOfMillis(v.Accessed)}
	}
	d.versions = immutable.Of(Version.key, all...)
	for label, id := range st.Stages {
		d.stages = append(d.stages, staged{label, VersionID{id}})
	}
	slices.SortFunc(d.stages, func(a, b staged) int { return cmp.Compare(a.label, b.label) })
	if err := d.fillAttributes(st); err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	if err := d.check(); err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of %s: %w", arn, err)
	}
	return Secret{d}, nil
}

func (d *secretData) fillAttributes(st storedSecret) error {
	m := attributes{
		description: st.Description,
		kmsKeyID:    st.KMSKeyID,
		kind:        st.Type,
		tags:        slices.Clone(st.Tags),
		tagged:      st.Tags != nil,
		policy:      st.Policy,
		primary:     Region{st.Primary},
	}
	if st.Primary != "" {
		inc, err := ParseIncarnation(st.PrimaryOf)
		if err != nil {
			return fmt.Errorf("of its primary: %w", err)
		}
		m.primaryInc = inc
	}
	for _, r := range st.Replicas {
		m.replicas = append(
			m.replicas,
			replica{Region{r.Region}, r.KMSKeyID, r.Status, r.Message, r.Overwrite, momentOfMillis(r.Since)},
		)
	}
	for _, v := range st.Versions {
		if v.KMSKeyID != nil && *v.KMSKeyID != m.kmsKeyID {
			m.keys = append(m.keys, versionKey{VersionID{v.ID}, *v.KMSKeyID})
		}
	}
	m.rotation = st.Rotation.rotation()
	var err error
	if m.aging, err = st.Aging.aging(); err != nil {
		return err
	}
	for _, id := range st.Reserved {
		m.reserved = append(m.reserved, VersionID{id})
	}
	plain := m.description == "" && m.kmsKeyID == "" && len(m.keys) == 0 && m.kind == "" && !m.tagged &&
		m.policy == "" && m.primary.IsZero() && len(m.replicas) == 0 &&
		m.rotation == nil && len(m.reserved) == 0 && m.aging == nil
	if !plain {
		d.more = &m
	}
	return nil
}

// storedRotation is how a secret is rotated, as plain data: see storedSecret.
type storedRotation struct {
	Enabled  bool          `json:"enabled"`
	Lambda   string        `json:"lambda,omitempty"`
	Role     string        `json:"role,omitempty"`
	Metadata []Tag         `json:"metadata,omitempty"`
	Rules    RotationRules `json:"rules"`
	Last     *int64        `json:"last,omitempty"`
	Opens    *int64        `json:"opens,omitempty"`
	Closes   *int64        `json:"closes,omitempty"`
	Run      *storedRun    `json:"run,omitempty"`
}

// storedRun is a rotation that has begun and not ended, as plain data.
type storedRun struct {
	Version string `json:"version"`
	Test    bool   `json:"test,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	Due     *int64 `json:"due,omitempty"`
}

func (r *rotation) state() *storedRotation {
	if r == nil {
		return nil
	}
	st := &storedRotation{
		Enabled: r.enabled, Lambda: r.lambda, Role: r.role, Metadata: r.metadata, Rules: r.rules,
		Last: r.last.millis(), Opens: r.window.opens.millis(), Closes: r.window.closes.millis(),
	}
	if run := r.run; !run.version.IsZero() {
		st.Run = &storedRun{run.version.s, run.test, run.tries, run.due.millis()}
	}
	return st
}

func (st *storedRotation) rotation() *rotation {
	if st == nil {
		return nil
	}
	r := &rotation{
		enabled: st.Enabled, lambda: st.Lambda, role: st.Role, metadata: st.Metadata, rules: st.Rules,
		last:   momentOfMillis(st.Last),
		window: window{momentOfMillis(st.Opens), momentOfMillis(st.Closes)},
	}
	if run := st.Run; run != nil {
		r.run = rotationRun{VersionID{run.Version}, run.Test, run.Tries, momentOfMillis(run.Due)}
	}
	return r
}

// ImportSecret returns the change that puts a secret into a store as another
// store had it: with its ARN, incarnation, revision, dates, versions and labels.
// at is the present of the store it is put into, see [Manager.At]. A recovery
// window goes on there with the age it had, as [Tally.Carry] noted it.
// It is for tools that copy secrets from store to store, and not an operation of the
// service: nothing is decided, no event is saved with it, and it is refused
// by the store with [ErrConflict] where the name is taken.
//
// The secret comes from the other store or from fromStored, which checked it.
// There must be one value for each of its versions, but none for those that
// [Secret.Reserved] names, and for no others. What is wrong is an
// [ErrInvalidParameter].
func ImportSecret(at At, s Secret, values []VersionValue) (Change, error) {
	if s.IsZero() {
		return Change{}, fmt.Errorf("secretlife: import of no secret: %w", ErrInvalidParameter)
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf(
			"secretlife: import of %s: %s: %w", s.ARN(), fmt.Sprintf(format, args...), ErrInvalidParameter,
		)
	}
	given := make(map[VersionID]bool, len(values))
	for _, v := range values {
		if _, ok := s.Version(v.ID); !ok || s.Reserved(v.ID) {
			return Change{}, wrong("version %s has no value there", v.ID)
		}
		if given[v.ID] {
			return Change{}, wrong("version %s has two values", v.ID)
		}
		if v.Value.IsZero() || v.Value.check() != nil {
			return Change{}, wrong("version %s has a value that no secret can have", v.ID)
		}
		given[v.ID] = true
	}
	for _, v := range s.d.versions.All() {
		if !given[v.id] && !s.Reserved(v.id) {
			return Change{}, wrong("version %s has no value", v.id)
		}
	}
	if c := s.Deletion().since; c != (counted{}) && c.foreign(at.Tally) {
		d := *s.d
		d.goOn(c.again(at))
		s = Secret{&d}
	}
	return Change{key: s.Key(), next: s, values: append([]VersionValue{}, values...)}, nil
}

// ImportEvents returns the change that appends events to a store's, as another
// store had them, of whichever secrets they tell, or of none. It changes no secret.
// Like any change it is about one key, that of the first event, where there must not
// be a secret: so events are imported before secrets. Where the store is empty and
// gets all events of the other in order, they have the same sequence numbers.
//
// Without events, and with one that has no account, the error is an
// [ErrInvalidParameter].
func ImportEvents(events []Event) (Change, error) {
	if len(events) == 0 {
		return Change{}, fmt.Errorf("secretlife: import of no events: %w", ErrInvalidParameter)
	}
	for _, e := range events {
		if e.Key().Account.s == "" {
			return Change{}, fmt.Errorf(
				"secretlife: import of event %d, which is of no account: %w", e.seq, ErrInvalidParameter,
			)
		}
	}
	return Change{key: events[0].Key(), events: append([]Event{}, events...)}, nil
}
