package secretlife

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/secretlife-go/secretlife/internal/immutable"
)

// storedSecret is the stored form of a [Secret]. Instants are in milliseconds since 1970
// in UTC; nil is not set. The JSON form is stable: members are added, never renamed.
type storedSecret struct {
	ARN          string            `json:"arn"`
	Incarnation  string            `json:"incarnation"`
	Revision     uint64            `json:"revision"`
	Created      int64             `json:"created"`
	Ordinal      uint32            `json:"ordinal,omitempty"`
	Changed      int64             `json:"changed"`
	Accessed     *int64            `json:"accessed,omitempty"`
	DeletionDate *int64            `json:"deletionDate,omitempty"`
	PurgeAt      *int64            `json:"purgeAt,omitempty"`
	Forced       bool              `json:"forced,omitempty"`
	Window       *storedCount      `json:"window,omitempty"`
	Versions     []storedVersion   `json:"versions,omitempty"`
	Stages       map[Stage]string  `json:"stages,omitempty"`
	Description  string            `json:"description,omitempty"`
	KMSKeyID     string            `json:"kmsKeyId,omitempty"`
	Type         string            `json:"type,omitempty"`
	Tags         []Tag             `json:"tags"`
	Policy       string            `json:"policy,omitempty"`
	Replicas     []storedReplica   `json:"replicas,omitempty"`
	Primary      string            `json:"primary,omitempty"`
	PrimaryOf    string            `json:"primaryIncarnation,omitempty"`
	Rotation     *storedRotation   `json:"rotation,omitempty"`
	Reserved     []string          `json:"reserved,omitempty"`
	Aging        *storedAging      `json:"aging,omitempty"`
	Holds        []storedHold      `json:"holds,omitempty"`
	Protection   *storedProtection `json:"protection,omitempty"`

	blocks *storedBlocks // in the binary form: what comes before Versions
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
	st := s.storedMeta()
	for i := range s.d.versions.Len() {
		st.Versions = append(st.Versions, s.storedVersion(i))
	}
	return st
}

func (s Secret) storedVersion(i int) storedVersion {
	v := s.d.versions.At(i)
	return storedVersion{v.id.s, v.created.time().UnixMilli(), v.accessed.millis(), s.otherKey(v.id)}
}

// storedMeta is stored without the versions.
func (s Secret) storedMeta() storedSecret {
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
	if len(d.stages) > 0 {
		st.Stages = make(map[Stage]string, len(d.stages))
	}
	for _, x := range d.stages {
		st.Stages[x.label] = x.version.s
	}
	st.Rotation, st.Aging = m.rotation.state(), m.aging.state()
	st.Holds, st.Protection = m.guard.state()
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
	all := make([]Version, 0, len(st.Versions))
	if st.blocks != nil {
		for _, v := range st.blocks.there {
			all = append(all, v.version())
		}
	}
	for _, v := range st.Versions {
		all = append(all, v.version())
	}
	d.versions = immutable.Of(byID, all...)
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

func (v storedVersion) version() Version {
	return Version{VersionID{v.ID}, momentAt(v.Created), momentOfMillis(v.Accessed)}
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
	if b := st.blocks; b != nil {
		m.omits = &omission{b.sums, len(b.there)}
		for _, id := range slices.Sorted(maps.Keys(b.keys)) {
			if key := b.keys[id]; key != nil && *key != m.kmsKeyID {
				m.keys = append(m.keys, versionKey{VersionID{id}, *key})
			}
		}
	}
	m.rotation = st.Rotation.rotation()
	var err error
	if m.aging, err = st.Aging.aging(); err != nil {
		return err
	}
	if m.guard, err = guardOf(st.Holds, st.Protection); err != nil {
		return err
	}
	for _, id := range st.Reserved {
		m.reserved = append(m.reserved, VersionID{id})
	}
	if !m.plain() {
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

// MarshalJSON writes the secret for people and for tools that copy it: null for the zero
// Secret. The form is stable: members are added, never renamed. Values are not in it.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	if s.Abridged() {
		return nil, errAbridged
	}
	return json.Marshal(s.stored())
}

// UnmarshalJSON reads what [Secret.MarshalJSON] wrote, and checks it: see
// [Secret.UnmarshalBinary]. A member that it does not know, such as what keeps a secret
// from being purged, is refused: half of a state must not be acted on.
func (s *Secret) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = Secret{}
		return nil
	}
	var st storedSecret
	if err := json.Unmarshal(data, &st); err != nil {
		return err
	}
	return s.take(st)
}

func (s *Secret) take(st storedSecret) error {
	next, err := fromStored(st)
	if err == nil {
		*s = next
	}
	return err
}

// Equal reports whether two secrets are the same in all that is stored of them: of one
// incarnation and revision, with the same versions, labels and dates.
func (s Secret) Equal(o Secret) bool {
	return s == o || s.IsZero() == o.IsZero() && reflect.DeepEqual(s.stored(), o.stored())
}

// UnmarshalJSON reads a state, and refuses members that it does not know: a program
// that drops what a newer one wrote, such as what keeps a secret from being purged,
// would act on half of a state.
func (st *storedSecret) UnmarshalJSON(data []byte) error {
	type plain storedSecret
	var out plain
	if err := decodeKnown(data, &out); err != nil {
		return fmt.Errorf("secretlife: state: %w", err)
	}
	*st = storedSecret(out)
	return nil
}

// decodeKnown reads JSON whose members are all known.
func decodeKnown(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
