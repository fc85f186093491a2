//go:build race

package lifetest

// underRace tells whether the race detector is on, which makes all slower.
const underRace = true
