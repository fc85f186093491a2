package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/secretlife-go/secretlife"
)

// The errors for plans that are not applied.
var (
	// ErrFormat is for what is not a plan, or one of another format.
	ErrFormat = errors.New("not a plan that can be read")
	// ErrEdited is for a plan that is not as it was made.
	ErrEdited = errors.New("the plan was edited")
	// ErrExpired is for a plan that is too old, or was made in the future.
	ErrExpired = errors.New("the plan is not valid now")
	// ErrOtherAccount is for a plan of another account or Region.
	ErrOtherAccount = errors.New("the plan is for another account or Region")
	// ErrUnknownAccount is for a plan of forced deletions where it can't be known whose secrets
	// the service has.
	ErrUnknownAccount = errors.New("the account of the service is not known")
)

// Parse reads the JSON form of a plan.
//
// Errors: [ErrFormat]; [ErrEdited].
func Parse(text []byte) (Plan, error) {
	var head struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if head.Format == nil {
		return Plan{}, fmt.Errorf("%w: it has no format", ErrFormat)
	}
	if *head.Format != format {
		return Plan{}, fmt.Errorf("%w: it has the format %d, and this program reads %d: plan again", ErrFormat,
			*head.Format, format)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Plan{}, fmt.Errorf("%w: something follows it", ErrFormat)
	}
	return p, p.check()
}

// digest is what Digest must be.
func (p Plan) digest() string {
	p.Digest = ""
	return "sha256:" + hash(p)
}

// check refuses a plan that was edited, or has what this version does not know.
func (p Plan) check() error {
	if p.Format != format {
		return fmt.Errorf("%w: it has the format %d", ErrFormat, p.Format)
	}
	if p.Digest != p.digest() {
		return fmt.Errorf("%w: its digest is not that of what it says. Plan again", ErrEdited)
	}
	for _, s := range p.Secrets {
		for _, step := range s.Steps {
			if err := step.check(); err != nil {
				return fmt.Errorf("%w: %s: %w", ErrFormat, s.Name, err)
			}
		}
		if len(s.Steps) == 0 {
			continue
		}
		if arn, err := secretlife.ParseARN(s.ARN); err != nil || arn.Name().String() != s.Name ||
			arn.Account().String() != p.Account || arn.Region().String() != p.Region {
			return fmt.Errorf("%w: %s has the ARN %q", ErrFormat, s.Name, s.ARN)
		}
	}
	return nil
}

func (s Step) check() error {
	switch s.Do {
	case AwaitNoReplicas, AwaitGone, ForceDelete, RestoreScheduled:
		return nil
	case RemoveReplicas:
		if len(s.Regions) > 0 {
			return nil
		}
	case Schedule:
		_, err := secretlife.ParseDeletionMode(&s.RecoveryWindowInDays, nil)
		return err
	}
	return fmt.Errorf("a step that can't be done: %+v", s)
}

// skew is how much the clocks of machines may differ.
const skew = 5 * time.Minute

// valid refuses a plan that is not valid at a time.
func (p Plan) valid(now time.Time) error {
	switch {
	case now.Before(p.Made.Add(-skew)):
		return fmt.Errorf("%w: it was made at %s, and the clock says %s", ErrExpired, stamp(p.Made), stamp(now))
	case now.After(p.Expires):
		return fmt.Errorf("%w: it was made at %s, and expired at %s. Plan again", ErrExpired, stamp(p.Made),
			stamp(p.Expires))
	}
	return nil
}
