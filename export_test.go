package secretlife

import "time"

// PastKept is how many past states the Manager keeps for lists.
func PastKept(m *Manager) int {
	m.core.lists.mu.Lock()
	defer m.core.lists.mu.Unlock()
	return len(m.core.lists.past)
}

// Transitions are all arrows of the state diagram.
func Transitions() []Transition { return transitions() }

// Transition is one arrow of it.
type Transition = transition

// RotationTry is one try at a rotation that has begun.
type RotationTry = rotationTry

func (s Secret) BeginRotation(at At, fresh VersionID, cron func(string) (Schedule, error)) (Change, error) {
	return s.beginRotation(at, fresh, cron)
}

func (s Secret) RotationTry() (RotationTry, bool) { return s.rotationTry() }

func (s Secret) EndRotation(
	at At, try RotationTry, failure string, cron func(string) (Schedule, error),
) (Change, error) {
	return s.endRotation(at, try, failure, cron)
}

func (s Secret) InterruptRotation(now time.Time, try RotationTry) (Change, error) {
	return s.interruptRotation(now, try)
}

// The stored form of secrets.
type (
	State         = storedSecret
	CountState    = storedCount
	AgingState    = storedAging
	VersionState  = storedVersion
	ReplicaState  = storedReplica
	RotationState = storedRotation
)

func (s Secret) State() State { return s.stored() }

func FromState(st State) (Secret, error) { return fromStored(st) }

// RatesKept returns of how many accounts and rates the Manager keeps the calls.
func RatesKept(m *Manager) int {
	m.core.quotas.mu.Lock()
	defer m.core.quotas.mu.Unlock()
	return len(m.core.quotas.calls)
}

// WithoutRequest returns the call without what the request said, and without the secret.
func (c Call) WithoutRequest() Call {
	c.in, c.Secret, c.who, c.clock, c.began = nil, Secret{}, nil, nil, time.Time{}
	return c
}

// Instant is an instant as the rules use it.
func Instant(t time.Time) time.Time { return instant(t) }
