package secretlife

// PastKept is how many past states the Manager keeps for lists.
func PastKept(m *Manager) int {
	m.lists.mu.Lock()
	defer m.lists.mu.Unlock()
	return len(m.lists.past)
}

// RatesKept returns of how many accounts and rates the Manager keeps the calls.
func RatesKept(m *Manager) int {
	m.quotas.mu.Lock()
	defer m.quotas.mu.Unlock()
	return len(m.quotas.calls)
}
