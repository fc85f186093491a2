package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Comparison says how [Compare] goes about it. Its zero values are good
// defaults.
type Comparison struct {
	// Histories is how many random histories are tried at most, by default 200.
	Histories int
	// Calls is how long each of them is, by default 25.
	Calls int
	// Seed determines the histories; by default 0, a seed like any other.
	Seed uint64
	// TypesOnly leaves the texts of errors out of the comparison.
	TypesOnly bool
	// Progress, if set, is told after every history how many there were.
	Progress func(histories int)
}

func (o Comparison) withDefaults() Comparison {
	if o.Histories == 0 {
		o.Histories = 200
	}
	if o.Calls == 0 {
		o.Calls = 25
	}
	return o
}

// Difference is a history on which two endpoints differ. It is as short as it
// could be made by leaving out calls and their members.
type Difference struct {
	// Calls are the calls. The responses to the last one differ.
	Calls []Call `json:"calls"`
	// A and B are those answers, without what differs in any case: the random
	// end of an ARN is "-SUFFIX", and dates are told in days from the call.
	A string `json:"a"`
	B string `json:"b"`
	// Seed and History are where the history came from.
	Seed    uint64 `json:"seed"`
	History int    `json:"history"`
}

// Call is one call of a history.
type Call struct {
	// Operation is AWS's name of it, or "Advance", which lets time pass.
	Operation string `json:"operation"`
	// Region is where it is called.
	Region string `json:"region,omitempty"`
	// Body is the request. Names begin with a prefix of the run; the text
	// "{arn:NAME}" stands for the ARN of the secret of that name.
	Body obj `json:"body,omitempty"`
}

// Compare makes the same random calls on two endpoints until an answer differs,
// and then finds a short history on which it does. It answers nil where none
// was found. The secrets have names of the run's own, and are deleted by force
// in the end. Both endpoints are called with Region and Credentials, and
// OtherRegion where both have one; time passes where both have Control.
//
// The error is that of a call that got no answer, or of the context.
func Compare(ctx context.Context, a, b Endpoint, o Comparison) (*Difference, error) {
	o = o.withDefaults()
	c := comparison{Comparison: o, a: a.withDefaults(), b: b.withDefaults(), run: newRun()}
	for h := range o.Histories {
		r := rand.New(rand.NewPCG(o.Seed, uint64(h)))
		calls := c.draw(r)
		found, err := c.try(ctx, calls)
		if err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(h + 1)
		}
		if found == nil {
			continue
		}
		found, err = c.shrink(ctx, found)
		if err != nil {
			return nil, err
		}
		found.Seed, found.History = o.Seed, h
		return found, nil
	}
	return nil, nil
}

type comparison struct {
	Comparison
	a, b Endpoint
	run  *run
	runs int
}

// try runs a history on both endpoints, and tells where they differ first.
func (c *comparison) try(ctx context.Context, calls []Call) (*Difference, error) {
	c.runs++
	prefix := fmt.Sprintf("compare-%s-%d/", c.run.id, c.runs)
	on := [2]*player{newPlayer(c.a, prefix, c.TypesOnly), newPlayer(c.b, prefix, c.TypesOnly)}
	defer func() {
		for _, p := range on {
			p.clean(context.WithoutCancel(ctx))
		}
	}()
	for i, call := range calls {
		var got [2]string
		for j, p := range on {
			var err error
			if got[j], err = p.play(ctx, call); err != nil {
				return nil, err
			}
		}
		if got[0] != got[1] {
			return &Difference{Calls: calls[:i+1], A: got[0], B: got[1]}, nil
		}
	}
	return nil, nil
}

// mostShrinking bounds how many histories are tried to find a shorter one.
const mostShrinking = 400

// shrink leaves out calls, and members of calls, for as long as the endpoints
// differ without them.
func (c *comparison) shrink(ctx context.Context, d *Difference) (*Difference, error) {
	budget := mostShrinking
	for smaller := true; smaller; {
		smaller = false
		for _, calls := range reductions(d.Calls) {
			if budget--; budget < 0 {
				return d, nil
			}
			found, err := c.try(ctx, calls)
			if err != nil {
				return nil, err
			}
			if found != nil {
				d, smaller = found, true
				break
			}
		}
	}
	return d, nil
}

// reductions are the histories that are a little smaller than one, the smallest
// first.
func reductions(calls []Call) [][]Call {
	var out [][]Call
	for size := len(calls) / 2; size > 0; size /= 2 {
		for at := 0; at+size < len(calls); at += size { // the last one shows the difference
			out = append(out, append(append([]Call{}, calls[:at]...), calls[at+size:]...))
		}
	}
	for i, call := range calls {
		for member := range call.Body {
			less := obj{}
			for k, v := range call.Body {
				if k != member {
					less[k] = v
				}
			}
			if member == "SecretId" || member == "Name" {
				name := nameIn(call.Body[member])
				if name == call.Body[member] {
					continue
				}
				less[member] = name // a name says the same as an ARN
			}
			next := append([]Call{}, calls...)
			next[i].Body = less
			out = append(out, next)
		}
	}
	return out
}
