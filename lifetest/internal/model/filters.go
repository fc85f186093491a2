package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/secretlife-go/secretlife"
)

var (
	filterKeys   = []string{"all", "description", "name", "owning-service", "primary-region", "tag-key", "tag-value"}
	filterValues = regexp.MustCompile(`^!?[a-zA-Z0-9 :_@/+=.-]*$`)
	wordShape    = regexp.MustCompile(`[a-zA-Z0-9]+`)
	termShape    = regexp.MustCompile(`[A-Z]?[a-z0-9]+|[A-Z]`)
)

func (c *checks) filters(list []secretlife.Filter) {
	for _, f := range list {
		bad := f.Key != "" && !slices.Contains(filterKeys, f.Key)
		for _, v := range f.Values {
			bad = bad || !filterValues.MatchString(v)
		}
		switch {
		case bad:
			c.violations = append(c.violations, "")
		case f.Key == "":
			c.refuse(&Fault{CodeParameter, "Invalid filter key"})
		case len(f.Values) == 0:
			c.refuse(&Fault{CodeParameter, "Invalid filter values for key: " + f.Key})
		}
	}
}

// primaryRegion returns the PrimaryRegion that a secret shows, or "".
func (m *Model) primaryRegion(s *Secret) string {
	switch {
	case s.Primary != "":
		return s.Primary
	case len(s.Replicas) > 0:
		return s.Region
	}
	return ""
}

// matches reports whether every filter has a value that matches.
func matches(s *Secret, home string, filters []secretlife.Filter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(f.Values, func(v string) bool {
			rest, not := strings.CutPrefix(v, "!")
			return fits(s, home, f.Key, rest) != not
		}) {
			return false
		}
	}
	return true
}

func fits(s *Secret, home, key, value string) bool {
	switch key {
	case "name":
		return strings.HasPrefix(s.Name, value)
	case "description":
		return everyWord(value, s.description)
	case "primary-region":
		return home != "" && strings.HasPrefix(home, value)
	case "owning-service":
		service := owner(s.Name)
		return service != "" && strings.HasPrefix(service, value)
	case "all":
		texts := []string{s.Name, s.description}
		for _, t := range s.tags {
			texts = append(texts, t.Key, t.Value)
		}
		return everyTerm(value, strings.Join(texts, " "))
	}
	return slices.ContainsFunc(s.tags, func(t secretlife.Tag) bool {
		if key == "tag-key" {
			return strings.HasPrefix(t.Key, value)
		}
		return strings.HasPrefix(t.Value, value)
	})
}

// everyWord reports whether each word of the value is a prefix of a word of the texts.
func everyWord(value string, texts ...string) bool {
	asked := wordShape.FindAllString(strings.ToLower(value), -1)
	for _, w := range asked {
		if !regexp.MustCompile(`\b` + w).
			MatchString(strings.ReplaceAll(strings.ToLower(strings.Join(texts, " ")), "_", " ")) {
			return false
		}
	}
	return len(asked) > 0
}

// everyTerm reports whether each word of the value is a word of the text, or consists of
// terms that are prefixes of terms there. A term begins at each capital: "x-Zz09yY" has
// the terms "x", "Zz09y" and "Y". The names here have no capitals in a row.
func everyTerm(value, text string) bool {
	var whole, parts []string
	for _, w := range wordShape.FindAllString(text, -1) {
		whole = append(whole, strings.ToLower(w))
		for _, p := range termShape.FindAllString(w, -1) {
			parts = append(parts, strings.ToLower(p))
		}
	}
	asked := wordShape.FindAllString(value, -1)
	for _, w := range asked {
		if slices.Contains(whole, strings.ToLower(w)) {
			continue
		}
		for _, p := range termShape.FindAllString(w, -1) {
			if !slices.ContainsFunc(parts, func(x string) bool { return strings.HasPrefix(x, strings.ToLower(p)) }) {
				return false
			}
		}
	}
	return len(asked) > 0
}
