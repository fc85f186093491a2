package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// requests are what each operation needs at least, beside the SecretId of the
// secret "a" where it takes one.
var requests = map[string]obj{
	"CancelRotateSecret":           {},
	"DeleteResourcePolicy":         {},
	"DeleteSecret":                 {},
	"DescribeSecret":               {},
	"GetResourcePolicy":            {},
	"GetSecretValue":               {},
	"ListSecretVersionIds":         {},
	"PutResourcePolicy":            {"ResourcePolicy": somePolicy},
	"PutSecretValue":               {"SecretString": "v", "ClientRequestToken": token(2)},
	"RemoveRegionsFromReplication": {"RemoveReplicaRegions": []string{"eu-west-3"}},
	"ReplicateSecretToRegions":     {"AddReplicaRegions": []obj{{"Region": "eu-west-3"}}},
	"RestoreSecret":                {},
	"RotateSecret":                 {"ClientRequestToken": token(2)},
	"StopReplicationToReplica":     {},
	"TagResource":                  {"Tags": []obj{{"Key": "k", "Value": "v"}}},
	"UntagResource":                {"TagKeys": []string{"k"}},
	"UpdateSecret":                 {"ClientRequestToken": token(2)},
	"UpdateSecretVersionStage":     {"VersionStage": "mine", "MoveToVersionId": token(1)},
	"ValidateResourcePolicy":       {"ResourcePolicy": somePolicy},
}

// request is one of an operation, with more members than it needs.
func (p *probe) request(operation string, more obj) obj {
	switch operation {
	case "CreateSecret":
		return with(obj{"Name": p.name("b"), "ClientRequestToken": token(1)}, more)
	case "GetRandomPassword", "ListSecrets":
		return with(more)
	case "BatchGetSecretValue":
		if _, has := more["SecretIdList"]; has {
			return with(more)
		}
		return with(obj{"Filters": filter("name", p.name("a"))}, more)
	}
	return p.id("a", requests[operation], more)
}

// bad is a request that breaks a constraint: its members, the path of the one
// that does, and the framework's words.
type bad struct {
	in   obj
	path string
	says string
}

// constraint is one of the API model's.
type constraint struct {
	operations string // all that have it, apart by spaces
	name       string
	says       string
	good       []obj
	bad        []bad
}

func letters(n int) string { return strings.Repeat("n", n) }

func atLeast(n int) string {
	return fmt.Sprint("Member must have length greater than or equal to ", n)
}

func atMost(n int) string { return fmt.Sprint("Member must have length less than or equal to ", n) }

// length is the constraint of a string: where least is 0 it may be empty.
func length(operations, member string, least, most int) constraint {
	path := strings.ToLower(member[:1]) + member[1:]
	return inside(operations, path, least, most, func(s string) obj { return obj{member: s} })
}

// inside is length for a string that is further inside.
func inside(operations, path string, least, most int, in func(string) obj) constraint {
	name := strings.NewReplacer(".1.member", "", ".", "-").Replace(path)
	c := constraint{
		operations: operations, name: name + "-length", says: fmt.Sprintf("%s has %d to %d characters", path, least, most),
		good: []obj{in(letters(least)), in(letters(most))},
		bad:  []bad{{in(letters(most + 1)), path, atMost(most)}},
	}
	if least > 0 {
		c.bad = append(c.bad, bad{in(""), path, atLeast(least)}, bad{in(letters(least - 1)), path, atLeast(least)})
	}
	return c
}

// upTo is the constraint of a number from 1 on.
func upTo(operations, path string, most int, in func(int) obj) constraint {
	return constraint{
		operations: operations, name: strings.ReplaceAll(path, ".", "-") + "-range", says: fmt.Sprintf("%s is 1 to %d",
			path, most),
		good: []obj{in(1), in(most)},
		bad: []bad{
			{in(0), path, "Member must have value greater than or equal to 1"},
			{in(-1), path, "Member must have value greater than or equal to 1"},
			{in(most + 1), path, fmt.Sprint("Member must have value less than or equal to ", most)},
		},
	}
}

// sized is the constraint of a list: where least is 0 it may be empty, where
// most is 0 it may be as long as it likes.
func sized(operations, path string, least, most int, in func(int) obj) constraint {
	c := constraint{operations: operations, name: strings.NewReplacer(".1.member", "", ".", "-").Replace(path) + "-size"}
	c.says = fmt.Sprintf("%s has %d entries at least", path, least)
	if least > 0 {
		c.bad = append(c.bad, bad{in(least - 1), path, atLeast(least)})
	}
	if most > 0 {
		c.says = fmt.Sprintf("%s has %d to %d entries", path, least, most)
		c.good = append(c.good, in(most))
		c.bad = append(c.bad, bad{in(most + 1), path, atMost(most)})
	}
	return c
}

// oneOf is the constraint of an enumeration. In which order its values are told
// is not known.
func oneOf(operations, path string, in func(string) obj, values ...string) constraint {
	c := constraint{
		operations: operations, name: strings.NewReplacer(".1.member", "", ".", "-").Replace(path) + "-values",
		says: path + " is one of " + strings.Join(values, ", "),
		bad: []bad{
			{in("nothing"), path, "Member must satisfy enum value set: ["},
			{in(strings.ToUpper(values[0])), path, "Member must satisfy enum value set: ["},
		},
	}
	for _, v := range values {
		c.good = append(c.good, in(v))
	}
	return c
}

// pattern is the constraint of what characters there may be.
func pattern(operations, path, expression string, in func(string) obj, good, wrong []string) constraint {
	c := constraint{
		operations: operations, name: strings.NewReplacer(".1.member", "", ".", "-").Replace(path) + "-pattern",
		says: path + " matches `" + expression + "`",
	}
	for _, v := range good {
		c.good = append(c.good, in(v))
	}
	for _, v := range wrong {
		c.bad = append(c.bad, bad{in(v), path, "Member must satisfy regular expression pattern: " + expression})
	}
	return c
}

// modelFacts are the constraints of the API model, each for every operation that
// has it. That a constraint is broken is certain; in which words that is told is
// not.
func modelFacts() []Fact {
	var out []Fact
	all := map[string][]constraint{}
	for _, c := range constraints() {
		for _, operation := range strings.Fields(c.operations) {
			all[operation] = append(all[operation], c)
			out = append(out, Fact{Name: "Constraint/" + operation + "-" + c.name, Says: operation + ": " + c.says + ".",
				Known: Documented, Source: "API model",
				check: func(p *probe) { p.constrained(operation, c) }})
		}
	}
	for operation, cs := range all {
		out = append(out, Fact{Name: "ConstraintText/" + operation,
			Says: operation + " tells a constraint that is broken by the member's value, as Java prints it, its path and the " +
				"framework's words.",
			Known: Inferred, Source: noSource,
			check: func(p *probe) {
				for _, c := range cs {
					p.namesViolation(operation, c)
				}
			}})
	}
	return out
}

// constrained checks that what breaks a constraint is refused by the framework,
// and what keeps it is not.
func (p *probe) constrained(operation string, c constraint) {
	p.create("a")
	for _, b := range c.bad {
		a := p.call(operation, p.request(operation, b.in))
		p.must(a.status == 400 && a.code() == validation, "%s where it is broken (%s): %d %s", c.says, b.says,
			a.status, a.raw)
	}
	for _, in := range c.good {
		a := p.call(operation, p.request(operation, in))
		p.must(!strings.Contains(a.message(), "failed to satisfy constraint") && a.code() != serialization,
			"%s where it holds: %d %s", c.says, a.status, a.raw)
	}
}

// namesViolation checks that the framework's text names the violation, and the value of the
// member as Java prints it.
func (p *probe) namesViolation(operation string, c constraint) {
	for _, b := range c.bad {
		text := p.call(operation, p.request(operation, b.in)).message()
		want := " at '" + b.path + "' failed to satisfy constraint: " + b.says
		told := strings.HasSuffix(text, want) || strings.HasSuffix(b.says, "[") && strings.Contains(text, want)
		p.must(strings.HasPrefix(text, "1 validation error detected: Value") && told, "%s: %.300q, not one that ends in %q",
			operation, text, want)
		value, _, _ := strings.Cut(strings.TrimPrefix(text, "1 validation error detected: Value"), " at '"+b.path+"'")
		printed := printedOf(b)
		p.must(printed.MatchString(value), "%s: the value of %s is %.300q, not %.300q", operation, b.path, value, printed)
	}
}

// printedOf is how the framework prints the value that breaks a constraint. Values of
// more than 200 characters may be cut.
func printedOf(b bad) *regexp.Regexp {
	if b.path == "secretString" || b.path == "secretBinary" {
		return regexp.MustCompile(`^$`) // it must not be shown
	}
	var v any
	if err := json.Unmarshal([]byte(encode(b.in)), &v); err != nil {
		panic(failure{err.Error()})
	}
	for _, step := range strings.Split(strings.ReplaceAll(b.path, ".member", ""), ".") {
		if i, err := strconv.Atoi(step); err == nil {
			v = v.([]any)[i-1]
			continue
		}
		for name, x := range v.(obj) {
			if lowerCamel(name) == step {
				v = x
				break
			}
		}
	}
	return regexp.MustCompile("^ '" + printed(v) + "'$")
}

func lowerCamel(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// printed is an expression for what Java prints of a value.
func printed(v any) string {
	switch v := v.(type) {
	case obj: // an object without a toString method
		return `[\w.]+@[0-9a-f]+`
	case []any:
		each := make([]string, len(v))
		for i, x := range v {
			each[i] = printed(x)
		}
		return `\[` + strings.Join(each, ", ") + `\]`
	case string:
		if len(v) > 200 {
			return regexp.QuoteMeta(v[:200]) + "(?s:.*)"
		}
	}
	return regexp.QuoteMeta(fmt.Sprint(v))
}

// listOf makes a list of n entries.
func listOf(n int, entry func(int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = entry(i)
	}
	return slices.Clip(out)
}
