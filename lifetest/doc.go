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
// [CheckService] does the same from the outside, with nothing but the answers: to
// anything with methods of the AWS SDK's client, such as a fake ([SDK]), to an
// endpoint ([Endpoint]), to a Manager with options of its own ([Manager]), or to
// whatever implements [Service].
//
//	func TestFake(t *testing.T) {
//		lifetest.CheckService(t, func(t *testing.T) lifetest.Subject {
//			f := newFake()
//			return lifetest.Subject{
//				In:      func(account, region string) lifetest.Service { return lifetest.SDK(f) },
//				Now:     f.Now,
//				Advance: f.Advance,
//			}
//		})
//	}
//
// How many histories there are, and where they come from, the flags of
// pgregory.net/rapid tell (-rapid.checks, -rapid.steps, -rapid.seed). One that fails
// is made short, to a few steps mostly, and printed as a test to paste. [Run] does
// without a test, for as long as one likes: some 50,000 steps a second.
//
// [Names], [IDs], [Tokens], [Windows], [LabelSets], [RegionSets] and [ClockMoves] are
// what histories are made of, as generators for rapid tests of one's own.
//
// [Explore] leaves nothing to chance: it goes through all histories of a few
// steps in a small world, and holds the invariants in every state. [Simulate] goes
// far instead: years of virtual time in which nearly all goes wrong.
//
// [CheckConcurrent] makes calls at the same time, and finds an order that explains
// their answers. [CheckInterleavings] decides by a seed how the calls meet.
package lifetest
