package lifetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// What requests are made of, as likely as it leads somewhere. The exported
// generators draw the same.

// idOf is one of the ids that mean a secret.
func idOf(c chooser, name, arn string) string {
	switch n := c.below(10); {
	case n < 5:
		return name
	case n < 8:
		return arn
	}
	return arn[:strings.LastIndexByte(arn, '-')] // a partial ARN
}

func malformedID(c chooser) string {
	return pick(c, "", "bad name", "a*b", "é", strings.Repeat("n", 513), strings.Repeat("n", 2049),
		"arn:aws:secretsmanager:us-east-1:12:secret:db", "arn:aws:s3:::db", "arn:aws-cn:secretsmanager:us-east-1:"+home+":secret:db",
		"arn:aws:secretsmanager:us-east-1:"+home+":secret:", "arn:")
}

// anyToken is a ClientRequestToken, or none: few, so that they are used again.
func anyToken(c chooser) string {
	switch n := c.below(20); {
	case n < 6:
		return ""
	case n == 19:
		return pick(c, "short", strings.Repeat("t", 65))
	default:
		return tokenNumber(n)
	}
}

func tokenNumber(n int) string { return fmt.Sprintf("token-%026d", n) }

// anyWindow is on the edges of what a recovery window may be, or off them.
func anyWindow(c chooser) *int64 {
	return secretlife.Days(pick(c, int64(7), 30, 8, 29, 6, 31, 0, -1, 1<<40))
}

var labels = []secretlife.Stage{current, previous, pending, "custom", "AWSSOMETHING", "blue"}

func anyLabel(c chooser) secretlife.Stage {
	if c.chance(3) {
		return pick(c, "", secretlife.Stage(strings.Repeat("l", 257)))
	}
	return pick(c, labels...)
}

// labelSet is none, a few, or about as many as a request, or a secret, may have.
func labelSet(c chooser) []secretlife.Stage {
	if c.chance(50) {
		return nil
	}
	n := 1 + c.below(3)
	if c.chance(6) {
		n = pick(c, 17, 19, 20, 21)
		var out []secretlife.Stage
		for i := range n {
			out = append(out, secretlife.Stage(fmt.Sprintf("many-%d", i)))
		}
		return out
	}
	out := make([]secretlife.Stage, n)
	for i := range out {
		out[i] = anyLabel(c)
	}
	return out
}

// anyRegion is one of several, or none at all now and then.
func anyRegion(c chooser, from []string) string {
	if c.chance(3) {
		return pick(c, "", "nowhere", strings.Repeat("a", 128)+"-1")
	}
	return pick(c, from...)
}

// clockMove is how much time passes: up to one of the deadlines, or to the
// millisecond before it or after it, or some time or other.
func clockMove(c chooser, now int64, deadlines []int64) time.Duration {
	if len(deadlines) > 0 && c.chance(50) {
		at := pick(c, deadlines...) + pick(c, int64(0), -1, 1)
		return time.Duration(max(at-now, 0)) * time.Millisecond
	}
	return pick(c, 0, time.Millisecond, time.Second, time.Hour, 5*time.Hour, 24*time.Hour+time.Millisecond, 7*24*time.Hour, 31*24*time.Hour)
}
