package lifetest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Names draws names of secrets. There are few, so that histories use them again. Two
// look like names that end in an ARN's suffix.
func Names() *rapid.Generator[string] {
	return generator(func(c history.Chooser) string { return history.Pick(c, history.Names...) })
}

// IDs draws ids of the secrets with these ARNs: the name, the ARN, or the ARN without
// its suffix. Seldom it draws a malformed id.
func IDs(arns ...secretlife.ARN) *rapid.Generator[string] {
	return generator(func(c history.Chooser) string {
		if len(arns) == 0 || c.Chance(10) {
			return history.MalformedID(c)
		}
		arn := history.Pick(c, arns...)
		return history.IDOf(c, arn.Name().String(), arn.String())
	})
}

// Tokens draws ClientRequestTokens. There are few, so that histories use them again;
// some are empty, too short, or too long.
func Tokens() *rapid.Generator[string] { return generator(history.AnyToken) }

// Windows draws values for RecoveryWindowInDays at and just beyond the limits, and nil,
// which stands for 30 days.
func Windows() *rapid.Generator[*int64] {
	return generator(func(c history.Chooser) *int64 {
		if c.Chance(20) {
			return nil
		}
		return history.AnyWindow(c)
	})
}

// LabelSets draws staging labels for one version: none, a few of AWS's and others, and
// about as many as a request or a secret may have. A label may occur twice.
func LabelSets() *rapid.Generator[[]secretlife.Stage] { return generator(history.LabelSet) }

// RegionSets draws Regions to replicate to from regions, and seldom something that is
// not a Region. A Region may occur twice.
func RegionSets(regions ...string) *rapid.Generator[[]string] {
	return generator(func(c history.Chooser) []string {
		out := make([]string, c.Below(4))
		for i := range out {
			out[i] = history.AnyRegion(c, regions)
		}
		return out
	})
}

// ClockMoves draws how much time passes: up to one of the deadlines, to the millisecond
// before or after it, or a time between zero and a month.
func ClockMoves(now time.Time, deadlines ...time.Time) *rapid.Generator[time.Duration] {
	var dates []int64
	for _, t := range deadlines {
		if t.After(now) {
			dates = append(dates, t.UnixMilli())
		}
	}
	return generator(func(c history.Chooser) time.Duration { return history.ClockMove(c, now.UnixMilli(), dates) })
}

// generator makes a generator of rapid from a draw of histories.
func generator[V any](choose func(history.Chooser) V) *rapid.Generator[V] {
	return rapid.Custom(func(t *rapid.T) V { return choose(history.RapidChooser{T: t}) })
}
