package duration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/duration"
)

const day = 24 * time.Hour

func TestParse(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"9d": 9 * day, "0d": 0, "1.5d": 36 * time.Hour, "2d12h": 60 * time.Hour, "1d1ms": day + time.Millisecond,
		"90m": 90 * time.Minute, "-1h": -time.Hour, "0": 0, "106751d": 106751 * day, ".5d": 12 * time.Hour,
		"1w": 7 * day, "0.5w": 84 * time.Hour, "1w2d3h": 9*day + 3*time.Hour, "15250w": 15250 * 7 * day,
		"P30D": 30 * day, "P1W": 7 * day, "P1DT12H": 36 * time.Hour, "PT90M": 90 * time.Minute, "P1W1DT1H1M1.5S": 8*day +
			time.Hour + time.Minute + 1500*time.Millisecond, "PT0S": 0, "P0.5D": 12 * time.Hour, "PT36H": 36 * time.Hour,
	} {
		got, err := duration.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "w", "9", "9 d", "-9d", "+9d", "1e3d", "0x9d", "infd", "9d-1h", "9d+1h", "9d1d",
		"9dd", "1h9d", "106752d", "106751d48h", "nand", "1_0d", "1d1w", "15251w", "1.d.d", ".d", "9d 1h",
		"P", "PT", "P30", "30D", "p30d", "P1M", "P1Y", "P-1D", "-P1D", "P1DT", "PT1D", "P1H", "PT1S1H", "P1D1W", "P.D",
		"P1..5D", "PT1HT1M", "P106752D"} {
		_, err := duration.Parse(text)
		require.Error(t, err, text)
		require.ErrorContains(t, err, `"30d", "1w", "2d12h", "90m" or "P30D"`, "it says what durations look like")
	}
}

// FuzzParse checks that what is read is a duration as Go writes it, and the same in weeks, days and ISO 8601.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"9d", "1.5d", "2d12h", "90m", "106751d", "-1h", "1w2d", "P1W2DT3H4M5.6S", "PT36H",
		"0.1w"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := duration.Parse(text)
		if err != nil {
			return
		}
		for _, same := range others(d) {
			again, err := duration.Parse(same)
			require.NoError(t, err, same)
			require.Equal(t, d, again, same)
		}
	})
}

// others writes a duration in other ways.
func others(d time.Duration) []string {
	if d < 0 {
		return []string{d.String()}
	}
	rest := d % day
	return []string{d.String(), fmt.Sprintf("%dw%dd%v", d/(7*day), d%(7*day)/day, rest),
		fmt.Sprintf("P%dDT%dH%dM%d.%09dS", d/day, rest/time.Hour, rest%time.Hour/time.Minute, rest%time.Minute/time.Second,
			rest%time.Second)}
}
