package secretlife

// PastKept is how many past states the Manager keeps for lists.
func PastKept(m *Manager) int {
	m.lists.mu.Lock()
	defer m.lists.mu.Unlock()
	return len(m.lists.past)
}
