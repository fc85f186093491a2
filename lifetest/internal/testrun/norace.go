//go:build !race

package testrun

// UnderRace reports whether the race detector is on, which makes tests slower.
const UnderRace = false
