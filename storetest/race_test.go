//go:build race

package storetest

// underRace tells whether the race detector is on, which makes all slower.
const underRace = true
