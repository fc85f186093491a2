package awscron_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/awscron"
)

// FuzzParse checks that every text is either refused in words, or a schedule
// whose openings go forward, on the hour, at least four hours apart.
func FuzzParse(f *testing.F) {
	for _, expression := range []string{
		"cron(0 /8 * * ? *)", "cron(0 8/8 * * ? *)", "cron(0 1 ? 1/3 SUN#1 *)", "cron(0 17 L * ? *)",
		"cron(0 8 ? * MON-FRI *)", "cron(0 16 1,15 * ? *)", "cron(0 5 SUNL * ? *)", "cron(0 5 ? * 6L *)",
		"cron(0 0 29 FEB ? *)", "cron(0 0 30 2 ? *)", "cron(0 0,23 1,28 2,3 ? *)", "rate(10 days)", "cron(0 0 ? 1/11 2#1 *)",
	} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := awscron.Parse(expression)
		if err != nil {
			require.Nil(t, s)
			require.NotEmpty(t, err.Error())
			require.True(t, utf8.ValidString(err.Error()) || !utf8.ValidString(expression))
			return
		}
		now := time.Date(2027, time.December, 31, 23, 59, 59, 0, time.UTC)
		for i := range 20 {
			next, ok := s.Next(now)
			if !ok {
				return
			}
			require.True(t, next.After(now))
			require.Zero(t, next.UnixMilli()%time.Hour.Milliseconds())
			require.True(t, i == 0 || next.Sub(now) >= 4*time.Hour, "%v and %v", now, next)
			now = next
		}
		require.Less(t, now.Year(), 2100)
	})
}
