package secretlife

import (
	"fmt"
)

// ImportSecret returns the change that puts a secret into a store as another
// store had it: with its ARN, incarnation, revision, dates, versions and labels.
// at is the present of the store it is put into, see [Manager.At]. A recovery
// window goes on there with the age it had, as [Tally.Carry] noted it.
// It is for tools that carry secrets from store to store, and no operation of
// the service: nothing is decided, no event is saved with it, and it is refused
// by the store with [ErrConflict] where the name is taken.
//
// The secret comes from the other store or from [FromState], which checked it.
// There must be one value for each of its versions, but none for those that
// [Secret.Reserved] names, and for no others. What is wrong is an
// [ErrInvalidParameter].
func ImportSecret(at At, s Secret, values []VersionValue) (Change, error) {
	if s.IsZero() {
		return Change{}, fmt.Errorf("secretlife: import of no secret: %w", ErrInvalidParameter)
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("secretlife: import of %s: %s: %w", s.ARN(), fmt.Sprintf(format, args...), ErrInvalidParameter)
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
			return Change{}, wrong("the value of version %s is none that a secret can have", v.ID)
		}
		given[v.ID] = true
	}
	for _, v := range s.d.versions {
		if !given[v.id] && !s.Reserved(v.id) {
			return Change{}, wrong("version %s has no value", v.id)
		}
	}
	if c := s.d.deletion.since; c != nil && c.foreign(at.Tally) {
		d := *s.d
		d.deletion.since = c.again(at)
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
			return Change{}, fmt.Errorf("secretlife: import of event %d, which is of no account: %w", e.seq, ErrInvalidParameter)
		}
	}
	return Change{key: events[0].Key(), events: append([]Event{}, events...)}, nil
}
