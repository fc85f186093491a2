//go:build race

package stores_test

// underRace tells whether the race detector is on, which makes all slower.
const underRace = true
