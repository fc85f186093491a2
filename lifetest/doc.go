// Package lifetest proves a [secretlife.Store] right, or finds out how it is
// wrong: it runs random histories of all operations of a Manager, of the
// background, rotations included, and of the clock over the store, and holds
// every answer and every state against a small model of the rules that was
// written apart from the library.
//
//	func TestStore(t *testing.T) {
//		lifetest.Check(t, func(t *testing.T) secretlife.Store { return mystore.New() })
//	}
//
// The histories are made by pgregory.net/rapid: a failure is shrunk to a few
// steps, and its flags apply (-rapid.checks, -rapid.steps, -rapid.seed).
//
// [Explore] leaves nothing to chance: it goes through all histories of a few
// steps in a small world, and holds the invariants in every state.
package lifetest
