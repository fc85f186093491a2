package plan

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/secretlife-go/secretlife"
)

// WriteTable writes the plan for people. The first line says what it is; a line for each secret
// follows, and then what is in the way and what should be known.
func (p Plan) WriteTable(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, account %s, Region %s, made %s, can be applied until %s\n", p.Kind, or(p.Account, "?"),
		or(p.Region, "?"), stamp(p.Made), stamp(p.Expires))
	if len(p.Secrets) == 0 {
		b.WriteString("no secret is selected\n")
	} else {
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tSTATE\tSTEPS\tAFTER\tPURGE\tUNDO\tLAST READ\tVERSIONS")
		for _, s := range p.Secrets {
			fmt.Fprintln(table, strings.Join(s.row(), "\t"))
		}
		_ = table.Flush() // a strings.Builder takes everything
	}
	for _, s := range p.Secrets {
		for _, blocker := range s.Blockers {
			fmt.Fprintf(&b, "blocked: %s: %s (%s)\n", printable(s.Name), printable(blocker.Reason), blocker.Kind)
		}
	}
	for _, s := range p.Secrets {
		for _, note := range s.Notes {
			fmt.Fprintf(&b, "note: %s: %s\n", printable(s.Name), printable(note))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Secret) row() []string {
	steps, purge, undo, read := "none", "-", "-", "never"
	if len(s.Blockers) > 0 {
		steps = "blocked"
	} else if len(s.Steps) > 0 {
		var all []string
		for _, step := range s.Steps {
			all = append(all, step.String())
		}
		steps, undo = strings.Join(all, ", "), "no"
	}
	if s.Undo != "" {
		undo = "yes"
	}
	if s.Purge != nil && s.After != secretlife.PhaseActive {
		purge = s.Purge.Earliest.UTC().Format(time.DateOnly)
		if last := s.Purge.Latest.UTC().Format(time.DateOnly); last != purge {
			purge += " to " + last
		}
	}
	if at := s.Facts.LastAccessedDate; !at.IsZero() {
		read = at.UTC().Format(time.DateOnly)
	}
	return []string{printable(s.Name), s.State.String(), steps, s.After.String(), purge, undo, read,
		strconv.Itoa(s.Facts.Versions)}
}

// String describes the step for people.
func (s Step) String() string {
	switch s.Do {
	case RemoveReplicas:
		return "remove replicas in " + strings.Join(s.Regions, " ")
	case AwaitNoReplicas:
		return "wait for that"
	case Schedule:
		return fmt.Sprintf("schedule for %d days", s.RecoveryWindowInDays)
	case ForceDelete:
		return "delete by force"
	case RestoreScheduled:
		return "restore"
	case AwaitGone:
		return "wait until it is gone"
	}
	return string(s.Do)
}

// printable takes out what would move a terminal's cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
