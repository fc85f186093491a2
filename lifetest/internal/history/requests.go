package history

import (
	"fmt"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// IDOf chooses one of the ids that mean a secret.
func IDOf(c Chooser, name, arn string) string {
	switch n := c.Below(10); {
	case n < 5:
		return name
	case n < 8:
		return arn
	}
	return arn[:strings.LastIndexByte(arn, '-')] // a partial ARN
}

// MalformedID chooses an ID that is neither a name nor an ARN, or is too long.
func MalformedID(c Chooser) string {
	return Pick(
		c,
		"",
		"bad name",
		"a*b",
		"é",
		strings.Repeat("n", 513),
		strings.Repeat("n", 2049),
		"arn:aws:secretsmanager:us-east-1:12:secret:db",
		"arn:aws:s3:::db",
		"arn:aws-cn:secretsmanager:us-east-1:"+MainAccount+":secret:db",
		"arn:aws:secretsmanager:us-east-1:"+MainAccount+":secret:",
		"arn:",
	)
}

// AnyToken chooses a ClientRequestToken, or "". There are few, so that histories use
// them again.
func AnyToken(c Chooser) string {
	switch n := c.Below(20); {
	case n < 6:
		return ""
	case n == 19:
		return Pick(c, "short", strings.Repeat("t", 65))
	default:
		return TokenNumber(n)
	}
}

// TokenPrefix begins the ClientRequestTokens that histories choose.
const TokenPrefix = "token-"

// TokenNumber returns a ClientRequestToken of the shortest allowed length.
func TokenNumber(n int) string { return fmt.Sprintf("%s%026d", TokenPrefix, n) }

// AnyWindow chooses a recovery window at or just beyond the limits.
func AnyWindow(c Chooser) *int64 {
	return secretlife.Days(Pick(c, int64(7), 30, 8, 29, 6, 31, 0, -1, 1<<40))
}

// Labels are the staging labels that histories use.
var Labels = []secretlife.Stage{model.Current, model.Previous, model.Pending, "custom", "AWSSOMETHING", "blue"}

// AnyLabel chooses a staging label, seldom a malformed one.
func AnyLabel(c Chooser) secretlife.Stage {
	if c.Chance(3) {
		return Pick(c, "", secretlife.Stage(strings.Repeat("l", 257)))
	}
	return Pick(c, Labels...)
}

// LabelSet chooses no labels, a few, or about as many as a request or a secret may
// have.
func LabelSet(c Chooser) []secretlife.Stage {
	if c.Chance(50) {
		return nil
	}
	n := 1 + c.Below(3)
	if c.Chance(6) {
		n = Pick(c, 17, 19, 20, 21)
		var out []secretlife.Stage
		for i := range n {
			out = append(out, secretlife.Stage(fmt.Sprintf("many-%d", i)))
		}
		return out
	}
	out := make([]secretlife.Stage, n)
	for i := range out {
		out[i] = AnyLabel(c)
	}
	return out
}

// AnyRegion chooses one of several Regions, seldom a malformed one.
func AnyRegion(c Chooser, from []string) string {
	if c.Chance(3) {
		return Pick(c, "", "nowhere", strings.Repeat("a", 128)+"-1")
	}
	return Pick(c, from...)
}

// AnyTarget chooses one of several Regions to replicate to, seldom one that AWS does not have.
func AnyTarget(c Chooser, from []string) string {
	if c.Chance(3) {
		return Pick(c, "", "nowhere", "mars-north-1", "xx-west-1")
	}
	return Pick(c, from...)
}

// ClockMove chooses how much time passes: up to one of the deadlines, to the
// millisecond before or after it, or another time.
func ClockMove(c Chooser, now int64, deadlines []int64) time.Duration {
	if len(deadlines) > 0 && c.Chance(50) {
		at := Pick(c, deadlines...) + Pick(c, int64(0), -1, 1)
		return time.Duration(max(at-now, 0)) * time.Millisecond
	}
	return Pick(
		c,
		0,
		time.Millisecond,
		time.Second,
		time.Hour,
		5*time.Hour,
		24*time.Hour+time.Millisecond,
		7*24*time.Hour,
		31*24*time.Hour,
	)
}
