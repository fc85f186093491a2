package endpoints

import (
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/duration"
	"github.com/secretlife-go/secretlife/plan"
)

// selection are the flags of which secrets are meant.
type selection struct {
	Names           []string `arg:"" optional:"" name:"name" help:"Names or ARNs of secrets."`
	Prefix          string   `placeholder:"TEXT" help:"Secrets whose name begins so."`
	Tag             []string `placeholder:"KEY[=VALUE]" help:"Secrets with this tag; all of them, if given again."`
	ScheduledSince  string   `placeholder:"WHEN" help:"Secrets that were deleted at that time or later, such as 2030-01-31, 2030-01-31T12:00:00Z, or 36h or 14d ago."`
	ScheduledBefore string   `placeholder:"WHEN" help:"Secrets that were deleted before that time."`
	NotReadSince    string   `placeholder:"WHEN" help:"Secrets that are older than that, and whose value was not read at that time or later."`
	All             bool     `help:"All secrets of the account and Region."`
}

// selector understands the flags.
func (s selection) selector(now time.Time) (sel plan.Selector, err error) {
	sel = plan.Selector{Names: s.Names, Prefix: s.Prefix, All: s.All}
	for _, text := range s.Tag {
		key, value, _ := strings.Cut(text, "=")
		sel.Tags = append(sel.Tags, secretlife.Tag{Key: key, Value: value})
	}
	for _, date := range []struct {
		flag, text string
		to         *time.Time
	}{
		{"--scheduled-since", s.ScheduledSince, &sel.ScheduledSince},
		{"--scheduled-before", s.ScheduledBefore, &sel.ScheduledBefore},
		{"--not-read-since", s.NotReadSince, &sel.NotReadSince},
	} {
		if date.text == "" {
			continue
		}
		if *date.to, err = when(now, date.text); err != nil {
			return sel, fmt.Errorf("%s: %w", date.flag, err)
		}
	}
	return sel, nil
}

// when reads a date, an instant, or how long ago it was.
func when(now time.Time, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	d, err := duration.Parse(text)
	if err != nil || d < 0 {
		return time.Time{}, fmt.Errorf("%q must be such as 2030-01-31, 2030-01-31T12:00:00Z, 36h or 14d", text)
	}
	return now.Add(-d), nil
}

// parseRule reads a rule of a sweep: an action, and flags of a selection without their dashes.
func parseRule(now time.Time, text string) (plan.Rule, error) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return plan.Rule{}, fmt.Errorf(`--rule %q: it must be an action and a selection, such as "force prefix=test/"`, text)
	}
	var s selection
	for _, field := range fields[1:] {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "name":
			s.Names = append(s.Names, value)
		case "prefix":
			s.Prefix = value
		case "tag":
			s.Tag = append(s.Tag, value)
		case "scheduled-since":
			s.ScheduledSince = value
		case "scheduled-before":
			s.ScheduledBefore = value
		case "not-read-since":
			s.NotReadSince = value
		case "all":
			s.All = true
		default:
			return plan.Rule{}, fmt.Errorf("--rule %q: %q selects nothing", text, field)
		}
	}
	sel, err := s.selector(now)
	if err != nil {
		return plan.Rule{}, fmt.Errorf("--rule %q: %w", text, err)
	}
	return plan.Rule{Select: sel, Then: plan.Action(fields[0])}, nil
}
