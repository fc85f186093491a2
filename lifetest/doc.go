// Package lifetest finds out whether a [secretlife.Store] is right, or how it is wrong.
// It runs random histories of all operations of a Manager, of the background with
// rotations, and of the clock over the store. It compares every output and every state
// with a small model of the rules that was written apart from the library.
//
//	func TestStore(t *testing.T) {
//		lifetest.Check(t, func(t *testing.T) secretlife.Store { return mystore.New() })
//	}
//
// [CheckService] does the same from the outside, with outputs only. It checks anything
// with methods of the AWS SDK's client, such as a fake ([SDK]), all or some; an endpoint
// ([Endpoint]); a Manager with any options ([Manager]); or any [Service].
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
// The flags of pgregory.net/rapid (-rapid.checks, -rapid.steps, -rapid.seed) set the
// number of histories and their seed. A history that fails is shortened, mostly to a few
// steps, and printed as a test to paste, which fails until the mistake is mended. [Run]
// runs histories without a test.
//
// [Names], [IDs], [Tokens], [Windows], [LabelSets], [RegionSets] and [ClockMoves] are
// the generators of histories, for your own rapid tests. [Secrets] and [Lives] draw states
// and lives of a pure [secretlife.Secret], to test rules of your own without a store.
//
// [Explore] goes through all histories of a few steps in a small world, and checks the
// invariants in every state. [Simulate] runs years of virtual time with many kinds of
// faults.
//
// [CheckConcurrent] makes calls at the same time, and looks for an order that explains
// their outputs. [CheckInterleavings] lets a seed decide how the calls interleave.
package lifetest
