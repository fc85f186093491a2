package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/internal/seed"
)

// service is what all instances of a server have in common.
type service struct {
	serve
	manager  func(*secretlife.Options)
	who      func(*awsapi.Options)
	failures *awsapi.Failures
	seeds    []seed.Secret
	log      *slog.Logger
}

// instance is a store with a clock, and what works on it.
type instance struct {
	store   *opened
	clock   secretlife.Clock
	random  *seeded
	trail   *secretlife.Trail
	ledger  *access.Ledger
	manager *secretlife.Manager
	purger  *secretlife.Purger
	api     *awsapi.API
}

// instance makes an instance, without its API. A nil clock is the system's, and nil for random is the
// Manager's default.
func (v service) instance(store *opened, clock secretlife.Clock, random *seeded) (*instance, error) {
	w := &instance{store: store, clock: clock, random: random, trail: secretlife.NewTrail(trailLength)}
	var err error
	if w.ledger, err = v.newLedger(store, clock); err != nil {
		return nil, err
	}
	w.manager, err = secretlife.New(store.Store, func(m *secretlife.Options) {
		v.manager(m)
		m.Observer, m.Account, m.Clock = w.trail.Observer().And(w.ledger.Observer()), v.Account, clock
		if v.Clock == "virtual" { // nothing runs in the background
			m.Observer = m.Observer.And(secretlife.Observer{Worked: v.writeLedger(w)})
		}
		if random != nil {
			m.Random = random
		}
	})
	if err != nil {
		return nil, err
	}
	w.purger = secretlife.NewPurger(w.manager, func(p *secretlife.PurgerOptions) { p.RotationTimeout = v.RotationTimeout })
	return w, nil
}

// newLedger makes the access ledger of a store.
func (v service) newLedger(store *opened, clock secretlife.Clock) (*access.Ledger, error) {
	return access.New(store.accesses(), func(o *access.Options) {
		o.Logger = v.log
		if clock != nil {
			o.Clock = clock
		}
	})
}

// writeLedger returns what writes the access ledger after a call, if many entries wait.
func (v service) writeLedger(w *instance) func(context.Context, secretlife.PurgerStatus) {
	const many = 1000
	return func(ctx context.Context, _ secretlife.PurgerStatus) {
		if w.ledger.Status().Waiting < many {
			return
		}
		if err := w.ledger.Flush(ctx); err != nil {
			v.log.WarnContext(ctx, "the access ledger can't be written", "error", err)
		}
	}
}

// closeLedger writes what the last calls have left in the access ledger.
func (w *instance) closeLedger(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return w.ledger.Flush(ctx)
}

// serveInstance puts the API over an instance.
func (v service) serveInstance(w *instance, edits ...func(*awsapi.Options)) (err error) {
	virtual := v.Clock == "virtual"
	w.api, err = awsapi.New(w.manager, append([]func(*awsapi.Options){func(a *awsapi.Options) {
		a.Purger, a.Virtual, a.Settle = w.purger, virtual, virtual
		a.AllowReset, a.Reset = v.AllowReset, w.reset()
		a.Trail, a.Ledger, a.Failures = w.trail, w.ledger, v.failures
		a.Account, a.Region, a.Logger = v.Account, v.Region, v.log
	}, v.who}, edits...)...)
	return err
}

// reset returns what empties the store, nil where it can't be.
func (w *instance) reset() func(context.Context, awsapi.Reset) error {
	if w.store.reset == nil {
		return nil
	}
	return func(ctx context.Context, r awsapi.Reset) error {
		return errors.Join(w.ledger.Flush(ctx), w.store.reset(ctx, r))
	}
}

// endpoint serves operations and control calls.
type endpoint interface {
	http.Handler
	ControlHandler(awsapi.ControlAccess) http.Handler
}

// endpoint returns what serves an instance. In memory and with a virtual clock, instances are made anew by
// resets and snapshots.
func (v service) endpoint(ctx context.Context, first *instance) (endpoint, error) {
	if v.Clock == "virtual" && first.store.memory != nil {
		return newInstances(ctx, v, first.clock.Now())
	}
	err := v.serveInstance(first)
	return first.api, err
}

// checkTestFlags refuses flags for tests where they can't do what they say.
func (s serve) checkTestFlags() error {
	forTests := s.Store == "memory" && s.Clock == "virtual"
	switch {
	case s.IsolateAccounts && !forTests:
		return errors.New("--isolate-accounts needs --store memory and --clock virtual")
	case s.SeedFile != "" && !forTests:
		return errors.New("--seed-file needs --store memory and --clock virtual")
	case s.IsolateAccounts && s.Credentials != "":
		return errors.New("--isolate-accounts is for tests: it does not go with --credentials")
	}
	return nil
}

// readSeeds reads --seed-file, if there is one.
func (s serve) readSeeds() ([]seed.Secret, error) {
	if s.SeedFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(s.SeedFile)
	if err != nil {
		return nil, fmt.Errorf("--seed-file: %w", err)
	}
	if ext := filepath.Ext(s.SeedFile); ext == ".yaml" || ext == ".yml" {
		data, err = yamlToJSON(data)
	}
	var secrets []seed.Secret
	if err == nil {
		secrets, err = seed.Parse(data)
	}
	if err != nil {
		return nil, fmt.Errorf("--seed-file %s: %w", s.SeedFile, err)
	}
	return secrets, nil
}

// yamlToJSON returns a YAML document as JSON. Of an error of the parser it says the line only: the
// rest can quote a value.
func yamlToJSON(data []byte) ([]byte, error) {
	var document any
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("this is not YAML: %s", cmp.Or(lineInYAML.FindString(err.Error()), "no line is known"))
	}
	out, err := json.Marshal(document)
	if err != nil {
		return nil, errors.New("this YAML has no JSON form: keys must be text")
	}
	return out, nil
}

var lineInYAML = regexp.MustCompile(`line \d+`)
