package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// wireSecrets is how many secrets there are when an experiment begins.
const wireSecrets = 1000

const wireValue = "00000000000000000000000000000000"

func wireName(i int) string { return fmt.Sprintf("bench/secret-%06d", i) }

// onSecret is a call about one secret, with more members.
func onSecret(operation string, i int, more string) call {
	return call{operation, `{"SecretId":"` + wireName(i) + `"` + more + `}`}
}

// token is a ClientRequestToken; no two calls share one.
func token(i int) string {
	return fmt.Sprintf(`,"ClientRequestToken":"00000000-0000-4000-8000-%012d","SecretString":"%s"`, i, wireValue)
}

func wireCreate(i int) call {
	return call{"CreateSecret", `{"Name":"` + wireName(i) + `"` + token(i) + `}`}
}

// wire is a step of an experiment of the endpoint.
type wire struct {
	what  string
	calls int // in a round
	// of returns call number i of all rounds.
	of func(i int) call
	// cpu and wall are the bounds; 0 is no row.
	cpu, wall float64
}

// each has the number of a call be that of one of the secrets.
func each(operation, more string) func(int) call {
	return func(i int) call { return onSecret(operation, i%wireSecrets, more) }
}

// anew has every secret be the object of one call in a round of so many.
func anew(calls int, operation, more string) func(int) call {
	return func(i int) call { return onSecret(operation, i%calls, more) }
}

// wireExperiments are those of the endpoint. The steps of one come after each other in every round.
func wireExperiments() []experiment {
	const many = 20_000
	ids := make([]string, 20)
	for i := range ids {
		ids[i] = strconv.Quote(wireName(i))
	}
	batch := call{"BatchGetSecretValue", `{"SecretIdList":[` + strings.Join(ids, ",") + `]}`}
	list := call{"ListSecrets", `{"MaxResults":50}`}
	var out []experiment
	for _, conns := range []int{16, 64} {
		out = append(out,
			wireExperiment(conns, wire{"GetSecretValue", many, each("GetSecretValue", ""), 1.15, 0}),
			wireExperiment(conns, wire{"DescribeSecret", many, each("DescribeSecret", ""), 1.15, 0}),
			wireExperiment(conns,
				wire{"CreateSecret", many, func(i int) call { return wireCreate(wireSecrets + i) }, 1.15, 0},
				wire{"DeleteSecret", many, anew(many, "DeleteSecret", `,"RecoveryWindowInDays":7`), 1.15, 0},
				wire{"RestoreSecret", many, anew(many, "RestoreSecret", ""), 1.15, 0}),
		)
	}
	put := func(i int) call { return onSecret("PutSecretValue", i%wireSecrets, token(1_000_000+i)) }
	return append(out,
		wireExperiment(64, wire{"PutSecretValue", many, put, 1.3, 1.3}),
		wireExperiment(16, wire{"BatchGetSecretValue of 20", many / 5, func(int) call { return batch }, 1, 0}),
		wireExperiment(16, wire{"ListSecrets of 50", many / 5, func(int) call { return list }, 1, 0}),
	)
}

func wireExperiment(conns int, steps ...wire) experiment {
	var rows []row
	for _, s := range steps {
		name := fmt.Sprintf("%s, %d connections: ", s.what, conns)
		rows = append(rows, row{name: name + "processor time of the server", unit: "µs", bound: s.cpu})
		if s.wall > 0 {
			rows = append(rows, row{name: name + "time", unit: "µs", bound: s.wall})
		}
	}
	return experiment{rows, func(ctx context.Context, rounds int) ([][]sample, error) {
		return wireMeasure(ctx, rounds, conns, steps)
	}}
}

// wireMeasure starts the floor and the server, and has them take turns.
func wireMeasure(ctx context.Context, rounds, conns int, steps []wire) (_ [][]sample, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := builtServer(ctx, dir)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	both := make([]*contestant, 2)
	for i, cmd := range [][]string{
		{self, floorCommand}, {program, "serve", "--addr", "127.0.0.1:0", "--log-level", "error"},
	} {
		if both[i], err = enter(ctx, conns, cmd); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, both[i].leave()) }()
	}
	var out [][]sample
	for round := range rounds + 1 { // the first warms up
		var found []sample
		for _, s := range steps {
			var floor, own cost
			for turn := range turns {
				if err := both[0].step(&floor, round*turns+turn, s); err != nil {
					return nil, fmt.Errorf("the floor: %w", err)
				}
				if err := both[1].step(&own, round*turns+turn, s); err != nil {
					return nil, err
				}
			}
			found = append(found, sample{floor.cpu, own.cpu})
			if s.wall > 0 {
				found = append(found, sample{floor.wall, own.wall})
			}
		}
		if round == 0 {
			out = make([][]sample, len(found))
			continue
		}
		for i, x := range found {
			out[i] = append(out[i], x)
		}
	}
	return out, nil
}

// contestant is a server with connections to it.
type contestant struct {
	*process
	*client
}

func enter(ctx context.Context, conns int, command []string) (*contestant, error) {
	p, err := startProcess(ctx, command[0], command[1:]...)
	if err != nil {
		return nil, err
	}
	c, err := dial(ctx, p.addr, conns)
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	e := &contestant{p, c}
	if _, err = c.send(wireSecrets, wireCreate); err == nil {
		_, err = c.send(wireSecrets, each("GetSecretValue", "")) // the first read of a day is another thing
	}
	if err != nil {
		return nil, errors.Join(err, e.leave())
	}
	return e, nil
}

func (c *contestant) leave() error { return errors.Join(c.close(), c.stop()) }

// turns is how often the floor and the server take turns in a step, since the machine is not equally
// fast all the time.
const turns = 8

// cost is what a call took, in microseconds.
type cost struct{ cpu, wall float64 }

// step makes the calls of one turn of a step, and adds to what a call took.
func (c *contestant) step(to *cost, turn int, s wire) error {
	calls := s.calls / turns
	before, err := c.cpu()
	if err != nil {
		return err
	}
	took, err := c.send(calls, func(i int) call { return s.of(turn*calls + i) })
	if err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	after, err := c.cpu()
	to.cpu += perCall(after-before, s.calls)
	to.wall += perCall(took, s.calls)
	return err
}

func perCall(d time.Duration, calls int) float64 {
	return float64(d) / float64(time.Microsecond) / float64(calls)
}
