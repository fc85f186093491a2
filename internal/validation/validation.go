// Package validation writes what AWS's framework says of requests that break constraints
// of the API model.
package validation

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"
)

// Text says that the value of a member, as [Print] prints it, breaks a constraint.
func Text(member, printed, constraint string) string {
	return fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: %s", printed, member, constraint)
}

// NullText says that a member must be there.
func NullText(member string) string {
	return fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// SensitiveText is Text for a member whose value must not be shown.
func SensitiveText(member, constraint string) string {
	return fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", member, constraint)
}

// Message is the message of a ValidationException with some texts.
func Message(texts []string) string {
	noun := "error"
	if len(texts) > 1 {
		noun = "errors"
	}
	return fmt.Sprintf("%d validation %s detected: %s", len(texts), noun, strings.Join(texts, "; "))
}

// How many bytes are printed of a text, and of a list.
const (
	shownText = 256
	shownList = 4096
)

// Print prints a value as the framework, which is written in Java, does: strings and
// numbers as they are, a list as [one, two], which is reported from Secrets Manager
// (jenkinsci/aws-secrets-manager-credentials-provider-plugin #235), and a structure as a
// Java object without a toString method, as AWS Config was seen to do. A long value is
// cut; AWS was not seen to cut any.
func Print(value any) string {
	return cut(printed(reflect.ValueOf(value)), shownList)
}

func cut(text string, most int) string {
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.ToValidUTF8(text, "?")
}

func printed(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = printed(v.Index(i))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case reflect.Struct:
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, v.Interface()) // never fails
		return fmt.Sprintf("com.amazonaws.secretsmanager.%s@%x", v.Type().Name(), h.Sum32())
	}
	return cut(fmt.Sprint(v.Interface()), shownText)
}
