package model

// Validate is ValidateResourcePolicy.
func (m *Model) Validate(at Place, id, document string) *Fault {
	var c checks
	c.length("resourcePolicy", document, 1, 20480)
	c.id(id)
	if p := Policies[document]; p != nil && p.malformed {
		c.refuse(&Fault{Code: codePolicy})
	}
	if f := c.fault(); f != nil {
		return f
	}
	_, f := m.use(at, id, true)
	return f
}
