package secretlife

import "time"

// call is what only events of operations have. It is nil where there is
// nothing to add: the owner called, with no more than a name.
type call struct {
	caller   Account // zero: the secret's owner
	who      *Caller // nil: nothing is known; calls share it
	secretID string  // as the caller gave it
	days     int64
	force    bool
	due      moment // the DeletionDate
	params   parameters
	token    string // the ClientRequestToken of a call that saved nothing
	refused  *refusal
	gap      *gapCall // of the events ConfirmGap and WithdrawGap, and no others
	unsaved  uint64   // see [Event.Unsaved]
}

// gapCall is what an operator asked for.
type gapCall struct {
	number uint64
	passed time.Duration // 0: all of the gap, or a withdrawal
	by     string        // who the operator is
}

// refusal is the exception that a call returned.
type refusal struct{ code, message string }

// parameters are further request members.
type parameters []param

// param is one further request parameter, under CloudTrail's name.
type param struct {
	name  string
	value any
}

// known returns a caller whom events can share, nil for the zero Caller.
func known(c Caller) *Caller {
	if c == (Caller{}) {
		return nil
	}
	own := c // so that the zero Caller costs nothing
	return &own
}

// input is the request of an operation.
type input interface {
	// tell adds the members that records show, under CloudTrail's names, and the
	// ClientRequestToken. Members that were not given are absent, and values of secrets
	// always are. What is added shares no memory that the caller can change.
	tell(c *call)
}

func (p *parameters) add(name string, value any) {
	if *p == nil {
		*p = parameters{{name, value}} // most calls have no other
		return
	}
	*p = append(*p, param{name, value})
}

// text adds a member that is given if it is not empty.
func (p *parameters) text(name, value string) {
	if value != "" {
		p.add(name, value)
	}
}

func (p *parameters) optional(name string, value *string) {
	if value != nil {
		p.add(name, *value)
	}
}

// flag adds a member that is given if it is true.
func (p *parameters) flag(name string, value bool) {
	if value {
		p.add(name, value)
	}
}

func (p *parameters) optionalFlag(name string, value *bool) {
	if value != nil {
		p.add(name, *value)
	}
}

func (p *parameters) number(name string, value int64) {
	if value != 0 {
		p.add(name, value)
	}
}

func texts[T ~string](p *parameters, name string, values []T) {
	if len(values) == 0 {
		return
	}
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	p.add(name, list)
}

// The structures that members have, as records show them.
type (
	shownFilter struct {
		Key    string   `json:"key,omitempty"`
		Values []string `json:"values,omitempty"`
	}
	shownTag struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	shownReplica struct {
		KMSKeyID string `json:"kmsKeyId,omitempty"`
		Region   string `json:"region,omitempty"`
	}
	shownRules struct {
		AutomaticallyAfterDays int64  `json:"automaticallyAfterDays,omitempty"`
		Duration               string `json:"duration,omitempty"`
		ScheduleExpression     string `json:"scheduleExpression,omitempty"`
	}
)

// structures adds a list of structures that is given if it is not empty.
func structures[T, S any](p *parameters, name string, values []T, shown func(T) S) {
	if len(values) == 0 {
		return
	}
	list := make([]S, len(values))
	for i, v := range values {
		list[i] = shown(v)
	}
	p.add(name, list)
}

// size is about how many bytes the record of a call takes.
func (c *call) size() int {
	n := 256 + len(c.secretID) + len(c.token)
	if w := c.who; w != nil {
		n += len(w.AccessKeyID) + len(w.Principal) + len(w.SourceIP)
	}
	for _, x := range c.params {
		n += len(x.name) + sizeOf(x.value)
	}
	return n
}

func sizeOf(value any) int {
	n := 16
	switch v := value.(type) {
	case string:
		n += len(v)
	case []string:
		for _, s := range v {
			n += 16 + len(s)
		}
	case []shownFilter:
		for _, f := range v {
			n += 48 + len(f.Key) + sizeOf(f.Values)
		}
	case []shownTag:
		for _, t := range v {
			n += 32 + len(t.Key) + len(t.Value)
		}
	case []shownReplica:
		for _, r := range v {
			n += 32 + len(r.KMSKeyID) + len(r.Region)
		}
	case shownRules:
		n += 48 + len(v.Duration) + len(v.ScheduleExpression)
	}
	return n
}
