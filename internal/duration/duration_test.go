package duration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/duration"
)

const day = 24 * time.Hour

func TestParse(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"9d": 9 * day, "0d": 0, "1.5d": 36 * time.Hour, "2d12h": 60 * time.Hour, "1d1ms": day + time.Millisecond,
		"90m": 90 * time.Minute, "-1h": -time.Hour, "0": 0, "106750d": 106750 * day,
	} {
		got, err := duration.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "9", "9 d", "-9d", "+9d", "1e3d", "0x9d", "infd", "9d-1h", "9d+1h", "9d1d",
		"9dd", "1h9d", "106752d", "106750d48h", "nand", "1_0d"} {
		_, err := duration.Parse(text)
		require.Error(t, err, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"9d", "1.5d", "2d12h", "90m", "106751d", "-1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := duration.Parse(text)
		if err == nil {
			again, err := duration.Parse(d.String())
			require.NoError(t, err)
			require.Equal(t, d, again)
		}
	})
}
