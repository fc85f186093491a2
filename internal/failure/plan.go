package failure

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Plan is the rules that apply, with the calls that each has counted. The zero Plan has no
// rules. It is safe for concurrent use.
type Plan struct {
	some  atomic.Bool // whether there are rules, so that calls without any cost nothing
	mu    sync.Mutex
	last  int
	rules []*Counted
}

// Counted is a rule of a [Plan].
type Counted struct {
	// ID is the number of the rule: the first of a Plan is 1.
	ID int
	Rule
	// Matched is how many calls matched, and Failed to how many of them the rule applied.
	Matched, Failed int
}

// Decision is what happens to one call.
type Decision struct {
	Latency, RealLatency time.Duration
	Effect               Effect
}

// Add adds a rule after those that are there, and returns its ID.
func (p *Plan) Add(r Rule) (int, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.rules = append(p.rules, &Counted{ID: p.last, Rule: r})
	p.some.Store(true)
	return p.last, nil
}

// Remove removes the rule with an ID, and reports whether there was one.
func (p *Plan) Remove(id int) bool {
	return p.remove(func(c *Counted) bool { return c.ID == id }) > 0
}

// Clear removes the rules about an account, or all rules if the account is "". It returns
// how many there were.
func (p *Plan) Clear(account string) int {
	return p.remove(func(c *Counted) bool { return account == "" || c.Account == account })
}

func (p *Plan) remove(which func(*Counted) bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.rules)
	p.rules = slices.DeleteFunc(p.rules, which)
	p.some.Store(len(p.rules) > 0)
	return before - len(p.rules)
}

// Rules returns the rules in the order in which they were added.
func (p *Plan) Rules() []Counted {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Counted, len(p.rules))
	for i, c := range p.rules {
		out[i] = *c
	}
	return out
}

// Empty reports whether there are no rules.
func (p *Plan) Empty() bool { return !p.some.Load() }

// Next counts a call, and decides what happens to it. Each rule counts the calls that match
// it, whatever other rules do. Of the rules that apply to a call, the first that has an
// effect decides how it fails. Their latencies add up.
func (p *Plan) Next(c Call) (d Decision) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		if !r.Matches(c) {
			continue
		}
		r.Matched++
		if !r.due(r.Matched - 1) {
			continue
		}
		r.Failed++
		d.Latency += r.Latency
		d.RealLatency += r.RealLatency
		if d.Effect == (Effect{}) {
			d.Effect = r.Effect
		}
	}
	return d
}
