package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLines(t *testing.T) {
	r := row{name: "a row", unit: "µs", bound: 1.2}
	l := r.line([]sample{{10, 11}, {10, 30}, {20, 25}})
	require.Equal(t, "| a row | 10 µs | 11 µs | 25 µs | 30 µs | **1.25 ×** | ≤ 1.2 × |", l.text)
	ratio, ok := ratioOf(l.text)
	require.True(t, ok)
	require.InDelta(t, 1.25, ratio, 0)
	alone := row{name: "alone", unit: "s", bound: 2, absolute: true}.line([]sample{{0, 1}, {0, 1.5}})
	require.Equal(t, "| alone | – | 1 s | 1.25 s | 1.5 s | 0.62 of the bound | ≤ 2 s |", alone.text)

	p := published{strings.Split("text\n\n"+tableHead+"| a row | – | – | – | – | – | ≤ 1.2 × |\n\nmore", "\n")}
	require.NoError(t, p.worse([]line{l}), "it was never measured")
	require.ErrorContains(t, p.worse([]line{alone}), "no line")
	require.NoError(t, p.put([]line{l, alone}))
	require.Equal(t, "text\n\n"+tableHead+l.text+"\n"+alone.text+"\n\nmore", strings.Join(p.lines, "\n"))
	require.NoError(t, p.worse([]line{l, alone}))
	l.ratio = 1.6
	require.ErrorContains(t, p.worse([]line{l}), "1.60, and it was 1.25")
}

func TestFigures(t *testing.T) {
	f := figure{row: row{unit: "ms"}, baseline: "size=1/a", own: "size=9/a", metric: timed}
	r := tested{benchmark: "BenchmarkX", figures: []figure{f}}
	require.Equal(t, "^BenchmarkX$/^(size=9|size=1)$/^(a)$", r.pattern())
	s, err := r.read("BenchmarkX/size=1/a-2  10  2000000 ns/op  5 B/op\nBenchmarkX/size=9/a-2  10  3000000 ns/op\n", f)
	require.NoError(t, err)
	require.Equal(t, sample{2, 3}, s)
	_, err = r.read("BenchmarkX/size=1/a-2  10  2000000 ns/op\n", f)
	require.ErrorContains(t, err, "size=9")
	alone := figure{row: row{absolute: true}, metric: "p99/median"}
	plain := tested{benchmark: "BenchmarkY", figures: []figure{alone}}
	require.Equal(t, "^BenchmarkY$", plain.pattern())
	s, err = plain.read("BenchmarkY  1  7 ns/op  4.5 p99/median\n", alone)
	require.NoError(t, err)
	require.InDelta(t, 4.5, s.own, 0)
}
