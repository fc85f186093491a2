package secretlife

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife/internal/tally"
)

// State is a [Secret] as plain data, for stores that keep it outside the
// process. Instants are in milliseconds since 1970 in UTC; nil is none. The
// JSON form is stable: fields are added, never renamed.
type State struct {
	ARN          string           `json:"arn"`
	Incarnation  string           `json:"incarnation"`
	Revision     uint64           `json:"revision"`
	Created      int64            `json:"created"`
	Changed      int64            `json:"changed"`
	Accessed     *int64           `json:"accessed,omitempty"`
	DeletionDate *int64           `json:"deletionDate,omitempty"`
	PurgeAt      *int64           `json:"purgeAt,omitempty"`
	Forced       bool             `json:"forced,omitempty"`
	Window       *CountState      `json:"window,omitempty"`
	Versions     []VersionState   `json:"versions,omitempty"`
	Stages       map[Stage]string `json:"stages,omitempty"`
	Description  string           `json:"description,omitempty"`
	KmsKeyID     string           `json:"kmsKeyId,omitempty"`
	Type         string           `json:"type,omitempty"`
	Tags         []Tag            `json:"tags"`
	Policy       string           `json:"policy,omitempty"`
	Replicas     []ReplicaState   `json:"replicas,omitempty"`
	Primary      string           `json:"primary,omitempty"`
	PrimaryOf    string           `json:"primaryIncarnation,omitempty"`
	Rotation     *RotationState   `json:"rotation,omitempty"`
	Reserved     []string         `json:"reserved,omitempty"`
	Aging        *AgingState      `json:"aging,omitempty"`
}

// CountState is a period that has to pass by the count of a [Tally], as plain
// data. Durations are in nanoseconds.
type CountState struct {
	Period time.Duration `json:"period"`
	Tally  string        `json:"tally,omitempty"` // its id in hexadecimal, "" for none
	From   time.Duration `json:"from,omitempty"`  // the count at which it began
	N      uint64        `json:"n,omitempty"`     // the first beat whose gaps count
	Had    time.Duration `json:"had,omitempty"`   // what had passed by another tally before
}

// AgingState is what a [Secret] knows of versions on their way out, as plain data.
type AgingState struct {
	Due    int64      `json:"due"`
	Newest string     `json:"newest"`
	Count  CountState `json:"count"`
}

// VersionState is a [Version] as plain data.
type VersionState struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Accessed *int64 `json:"accessed,omitempty"`
	// KmsKeyID is the version's key where it is another than the secret's.
	KmsKeyID *string `json:"kmsKeyId,omitempty"`
}

// ReplicaState is a [Replica] as plain data.
type ReplicaState struct {
	Region    string        `json:"region"`
	KmsKeyID  string        `json:"kmsKeyId,omitempty"`
	Status    ReplicaStatus `json:"status"`
	Message   string        `json:"message,omitempty"`
	Overwrite bool          `json:"overwrite,omitempty"`
	Since     *int64        `json:"since,omitempty"`
}

func (m moment) millis() *int64 {
	if !m.set() {
		return nil
	}
	ms := m.time().UnixMilli()
	return &ms
}

func (c *counted) state() *CountState {
	if c == nil {
		return nil
	}
	st := &CountState{Period: c.period, From: c.stamp.From, N: c.stamp.N, Had: c.stamp.Had}
	if c.stamp.Tally != (tally.ID{}) {
		st.Tally = hex.EncodeToString(c.stamp.Tally[:])
	}
	return st
}

func (st *CountState) counted() (*counted, error) {
	if st == nil {
		return nil, nil
	}
	c := &counted{st.Period, tally.Stamp{From: st.From, N: st.N, Had: st.Had}}
	if st.Tally == "" {
		return c, nil
	}
	id, err := hex.DecodeString(st.Tally)
	if err != nil || len(id) != len(c.stamp.Tally) {
		return nil, fmt.Errorf("tally %q is not %d hexadecimal bytes", st.Tally, len(c.stamp.Tally))
	}
	copy(c.stamp.Tally[:], id)
	return c, nil
}

func (a *aging) state() *AgingState {
	if a == nil {
		return nil
	}
	return &AgingState{Due: a.date.time().UnixMilli(), Newest: a.newest.s, Count: *a.counted.state()}
}

func (st *AgingState) aging() (*aging, error) {
	if st == nil {
		return nil, nil
	}
	c, err := st.Count.counted()
	if err != nil {
		return nil, err
	}
	return &aging{momentAt(st.Due), VersionID{st.Newest}, *c}, nil
}

func momentOfMillis(ms *int64) moment {
	if ms == nil {
		return 0
	}
	return momentAt(*ms)
}

// State returns the secret as plain data. [FromState] takes it back.
func (s Secret) State() State {
	d, m := s.data(), s.attrs()
	st := State{
		ARN:          s.ARN().String(),
		Incarnation:  d.id.incarnation.String(),
		Revision:     d.revision,
		Created:      d.id.created.time().UnixMilli(),
		Changed:      d.changed.time().UnixMilli(),
		Accessed:     d.accessed.millis(),
		DeletionDate: d.deletion.date.millis(),
		PurgeAt:      d.deletion.purgeAt.millis(),
		Forced:       d.deletion.forced,
		Window:       d.deletion.since.state(),
		Description:  m.description,
		KmsKeyID:     m.kmsKeyID,
		Type:         m.kind,
		Tags:         s.Tags(),
		Policy:       m.policy,
		Primary:      m.primary.s,
	}
	if !m.primaryInc.IsZero() {
		st.PrimaryOf = m.primaryInc.String()
	}
	for _, v := range d.versions {
		st.Versions = append(st.Versions, VersionState{v.id.s, v.created.time().UnixMilli(), v.accessed.millis(), s.otherKey(v.id)})
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
		st.Replicas = append(st.Replicas, ReplicaState{r.Region.s, r.KmsKeyID, r.Status, r.StatusMessage, r.overwrite, r.since.millis()})
	}
	return st
}

// FromState makes a Secret of plain data. It is the only way for stored data
// to come back, and checks every invariant: data that no sequence of operations
// could have led to is refused, with all that is wrong with it.
func FromState(st State) (Secret, error) {
	arn, err := ParseARN(st.ARN)
	if err != nil {
		return Secret{}, fmt.Errorf("secretlife: state of no secret: %w", err)
	}
	inc, err := parseIncarnation(st.Incarnation)
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
		},
		revision: st.Revision,
		changed:  momentAt(st.Changed),
		accessed: momentOfMillis(st.Accessed),
		deletion: Deletion{momentOfMillis(st.DeletionDate), momentOfMillis(st.PurgeAt), window, st.Forced},
	}
	for _, v := range st.Versions {
		d.versions = append(d.versions, Version{VersionID{v.ID}, momentAt(v.Created), momentOfMillis(v.Accessed)})
	}
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

func (d *secretData) fillAttributes(st State) error {
	m := attributes{
		description: st.Description,
		kmsKeyID:    st.KmsKeyID,
		kind:        st.Type,
		tags:        slices.Clone(st.Tags),
		tagged:      st.Tags != nil,
		policy:      st.Policy,
		primary:     Region{st.Primary},
	}
	if st.Primary != "" {
		inc, err := parseIncarnation(st.PrimaryOf)
		if err != nil {
			return fmt.Errorf("of its primary: %w", err)
		}
		m.primaryInc = inc
	}
	for _, r := range st.Replicas {
		m.replicas = append(m.replicas, Replica{Region{r.Region}, r.KmsKeyID, r.Status, r.Message, r.Overwrite, momentOfMillis(r.Since)})
	}
	for _, v := range st.Versions {
		if v.KmsKeyID != nil && *v.KmsKeyID != m.kmsKeyID {
			m.keys = append(m.keys, versionKey{VersionID{v.ID}, *v.KmsKeyID})
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
		m.policy == "" && m.primary.IsZero() && len(m.replicas) == 0 && m.rotation == nil && len(m.reserved) == 0 && m.aging == nil
	if !plain {
		d.more = &m
	}
	return nil
}

func parseIncarnation(s string) (Incarnation, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Incarnation{}) {
		return Incarnation{}, fmt.Errorf("incarnation %q is not %d hexadecimal bytes", s, len(Incarnation{}))
	}
	inc := Incarnation(b)
	if inc.IsZero() {
		return Incarnation{}, errors.New("incarnation is zero")
	}
	return inc, nil
}

// check holds the invariants of one secret.
func (d *secretData) check() error {
	var errs error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = multierr.Append(errs, fmt.Errorf(format, args...))
		}
	}
	must(d.revision > 0, "revision is 0")
	must(d.changed >= d.id.created || d.more != nil && !d.more.primary.IsZero(), "changed before it was created")
	d.checkDeletion(must)
	d.checkAging(must)
	ids := make(map[VersionID]bool, len(d.versions))
	for _, v := range d.versions {
		must(checkToken("versionId", v.id.s) == nil, "version id %q has not 32 to 64 characters", v.id.s)
		must(!ids[v.id], "version %s is there twice", v.id)
		ids[v.id] = true
	}
	must(len(d.stages) <= maxStages, "%d staging labels", len(d.stages))
	for _, s := range d.stages {
		must(checkStage("versionStage", s.label) == nil, "staging label %q has not 1 to 256 characters", s.label)
		must(ids[s.version], "staging label %s is on version %s, which is not there", s.label, s.version)
	}
	reserved := 0
	if d.more != nil {
		d.more.check(must)
		d.checkReserved(must)
		reserved = len(d.more.reserved)
	}
	must(len(d.versions) == reserved || d.stageIndex(StageCurrent) >= 0, "no version is AWSCURRENT")
	return errs
}

func (d *secretData) checkDeletion(must func(bool, string, ...any)) {
	del := d.deletion
	must(del.date.set() == del.purgeAt.set(), "deletion date without purge date, or the reverse")
	must(del.date.set() || !del.forced, "forced without deletion date")
	must(del.purgeAt >= del.date, "purge date before deletion date")
	must((del.since != nil) == (del.date.set() && !del.forced), "a recovery window without deletion date, or the reverse")
	if c := del.since; c != nil {
		days := c.period / windowDay
		must(days >= MinRecoveryWindowInDays && days <= MaxRecoveryWindowInDays && c.period%windowDay == 0, "recovery window of %v", c.period)
		must(c.stamp.Had >= 0, "the recovery window had passed by %v", c.stamp.Had)
	}
	if del.date.set() && d.more != nil {
		must(len(d.more.replicas) == 0, "scheduled for deletion with replicas")
		must(d.more.primary.IsZero(), "a replica is scheduled for deletion")
	}
}

func (d *secretData) checkAging(must func(bool, string, ...any)) {
	if d.more == nil || d.more.aging == nil {
		return
	}
	a := d.more.aging
	must(a.period == keptFor, "versions age for %v", a.period)
	must(a.stamp.Had >= 0, "versions had aged by %v", a.stamp.Had)
	must(!a.newest.IsZero(), "versions age up to none")
}

func (d *secretData) checkReserved(must func(bool, string, ...any)) {
	seen := make(map[VersionID]bool, len(d.more.reserved))
	for _, id := range d.more.reserved {
		must(d.indexOf(id) >= 0, "version %s is reserved and not there", id)
		must(!seen[id], "version %s is reserved twice", id)
		current, _ := Secret{d}.Staged(StageCurrent)
		must(current != id, "AWSCURRENT is on version %s, which has no value", id)
		seen[id] = true
	}
}

func (m *attributes) check(must func(bool, string, ...any)) {
	must(m.primary.IsZero() || len(m.replicas) == 0, "a replica has replicas")
	must(m.primary.IsZero() || isRegion(m.primary.s), "primary Region %q", m.primary)
	seen := make(map[Region]bool, len(m.replicas))
	for _, r := range m.replicas {
		must(isRegion(r.Region.s), "replica Region %q", r.Region)
		must(!seen[r.Region], "replica Region %s is there twice", r.Region)
		seen[r.Region] = true
		must(r.Status == InSync || r.Status == Failed || r.Status == InProgress, "replica status %q", r.Status)
		must((r.Status == InProgress) == r.since.set(), "replica status %s does not fit its waiting", r.Status)
	}
	keys := make(map[string]bool, len(m.tags))
	for _, t := range m.tags {
		must(!keys[t.Key], "tag %q is there twice", t.Key)
		keys[t.Key] = true
	}
}
