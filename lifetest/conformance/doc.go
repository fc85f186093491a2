// Package conformance holds an endpoint against what is known of AWS Secrets
// Manager: a table of facts that a client can see, each with how it is known,
// and a check over HTTP. It is for emulators, fakes and services of any kind.
//
//	func TestEmulator(t *testing.T) {
//		conformance.Run(t, conformance.Endpoint{URL: "http://127.0.0.1:4566"})
//	}
//
// [Score] gives a report instead, and [FromClient] takes the endpoint of an
// aws-sdk-go-v2 client. Facts that need more than the endpoint has, such as time
// that can be advanced, are skipped by name, with the reason.
//
// The facts named Example play AWS's own examples: those of the API reference, of the API
// model (examples-1.json of botocore), and of the AWS CLI's pages. Their requests and
// figures are AWS's; the sentences are ours.
//
// Every run uses names of its own and deletes by force what it made, so an
// endpoint may be shared. It makes some thousands of calls.
package conformance
