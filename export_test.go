package secretlife

// PastKept is how many past states the Manager keeps for lists.
func PastKept(m *Manager) int {
	m.core.lists.mu.Lock()
	defer m.core.lists.mu.Unlock()
	return len(m.core.lists.past)
}

// RatesKept returns of how many accounts and rates the Manager keeps the calls.
func RatesKept(m *Manager) int {
	m.core.quotas.mu.Lock()
	defer m.core.quotas.mu.Unlock()
	return len(m.core.quotas.calls)
}
