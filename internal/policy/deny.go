package policy

import (
	"regexp"
	"slices"
	"strings"
)

// Denies reports whether a document denies an action, such as "secretsmanager:DeleteSecret", to
// everybody, or to some: to certain principals, or under a condition.
func (d Document) Denies(action string) (everybody, some bool) {
	for _, s := range d.statements {
		if s.Effect != "Deny" || !s.covers(action) {
			continue
		}
		some = true
		everybody = everybody || s.everybody() && len(s.Condition) == 0
	}
	return everybody, some
}

// covers reports whether a statement is about an action.
func (s statement) covers(action string) bool {
	named := func(pattern string) bool { return matches(pattern, action) }
	if s.NotAction != nil {
		return !slices.ContainsFunc(s.NotAction, named)
	}
	return slices.ContainsFunc(s.Action, named)
}

// matches reports whether a text matches a pattern of IAM, in which * stands for any characters
// and ? for one. Actions are not told apart by case.
func matches(pattern, text string) bool {
	quoted := regexp.QuoteMeta(strings.ToLower(pattern))
	quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile("^(?s:" + quoted + ")$").MatchString(strings.ToLower(text))
}
