// Package awsfake gives tests a real client of aws-sdk-go-v2 for AWS Secrets
// Manager, against a service that runs in the test's own process: no socket, no
// credentials, no waiting, and time that moves when the test says so.
//
//	fake := awsfake.New(t)
//	code.Under(test, fake.Client)     // a *secretsmanager.Client
//	fake.Advance(31 * 24 * time.Hour) // what is due is purged on the way
//
// The client is the SDK's own, with its serialization, its parameter checks and
// its typed errors: errors.As finds *types.ResourceNotFoundException and the
// others. Errors are not retried, so that none is slow.
//
// [Fake.Fail] has calls fail, [Fake.Calls] returns what was called, [Seed] and [Fake.Snapshot]
// say where the fake begins and goes back to, and [Fake.Pause] shows states that are over in a
// moment. [Fake.Config] and [Fake.URL] are for code that makes its client itself and for other
// processes. docs/testing-go.md shows all of it.
//
// Each New is a world of its own: parallel tests don't see each other. The same
// seed gives the same ARNs, version ids and dates in every run.
package awsfake
