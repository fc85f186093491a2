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

func (s Secret) BeginRotation(now time.Time, fresh VersionID, cron func(string) (Schedule, error)) (Change, error) {
	return s.beginRotation(now, fresh, cron)
}

func (s Secret) RotationTry() (RotationTry, bool) { return s.rotationTry() }

func (s Secret) EndRotation(
	now time.Time, try RotationTry, failure string, cron func(string) (Schedule, error),
) (Change, error) {
	return s.endRotation(now, try, failure, cron)
}

// RatesKept returns of how many accounts and rates the Manager keeps the calls.
func RatesKept(m *Manager) int {
	m.core.quotas.mu.Lock()
	defer m.core.quotas.mu.Unlock()
	return len(m.core.quotas.calls)
}
