package lifetest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Names draws names of secrets. There are few of them, so that they meet; two look
// like names that end in an ARN's suffix.
func Names() *rapid.Generator[string] {
	return generator(func(c history.Chooser) string { return history.Pick(c, history.Names...) })
}

// IDs draws ids of the secrets with these ARNs: the name, the ARN, or the ARN
// without its suffix; and now and then an id that means nothing, or none at all.
func IDs(arns ...secretlife.ARN) *rapid.Generator[string] {
	return generator(func(c history.Chooser) string {
		if len(arns) == 0 || c.Chance(10) {
			return history.MalformedID(c)
		}
		arn := history.Pick(c, arns...)
		return history.IdOf(c, arn.Name().String(), arn.String())
	})
}

// Tokens draws ClientRequestTokens: few, so that they are used again, none, and
// such as are too short or too long.
func Tokens() *rapid.Generator[string] { return generator(history.AnyToken) }

// Windows draws values for RecoveryWindowInDays, on the edges of what is allowed
// and just off them; nil, which stands for 30 days, is one.
func Windows() *rapid.Generator[*int64] {
	return generator(func(c history.Chooser) *int64 {
		if c.Chance(20) {
			return nil
		}
		return history.AnyWindow(c)
	})
}

// LabelSets draws staging labels for one version: none, a few of AWS's and others,
// and about as many as a request or a secret may have. A label may be there twice.
func LabelSets() *rapid.Generator[[]secretlife.Stage] { return generator(history.LabelSet) }

// RegionSets draws Regions to replicate to, out of these, and now and then
// something that is no Region. A Region may be there twice.
func RegionSets(regions ...string) *rapid.Generator[[]string] {
	return generator(func(c history.Chooser) []string {
		out := make([]string, c.Below(4))
		for i := range out {
			out[i] = history.AnyRegion(c, regions)
		}
		return out
	})
}

// ClockMoves draws how much time passes: onto one of the deadlines, to the
// millisecond before it or after it, or some time from none to a month.
func ClockMoves(now time.Time, deadlines ...time.Time) *rapid.Generator[time.Duration] {
	var dates []int64
	for _, t := range deadlines {
		if t.After(now) {
			dates = append(dates, t.UnixMilli())
		}
	}
	return generator(func(c history.Chooser) time.Duration { return history.ClockMove(c, now.UnixMilli(), dates) })
}

// generator draws with rapid what histories draw.
func generator[V any](choose func(history.Chooser) V) *rapid.Generator[V] {
	return rapid.Custom(func(t *rapid.T) V { return choose(history.RapidChooser{T: t}) })
}
