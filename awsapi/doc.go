// Package awsapi serves a [secretlife.Manager] as AWS serves Secrets Manager:
// AWS JSON 1.1 over HTTP, with AWS's members, errors and statuses. [API] is an
// http.Handler, and an http.RoundTripper for clients in the same process, which
// then need no socket.
//
// # Who calls
//
// The Region is that of the request's SigV4 credential scope, and the account is
// the access key id where that has twelve digits; a request without them gets
// those of the [Options]. The signature is not verified and no IAM policy is
// evaluated: whoever reaches the handler may do everything.
//
// # Strictness
//
// A request is one JSON object. Member names are exact, unknown members are
// ignored, as AWS does, and duplicate members are refused, so that nobody who
// looks at a request before can see another request than the one that is
// carried out. The size and the nesting of a request are limited, and so is its
// time.
//
// # Control calls
//
// Beside the protocol there are, under /_secretlife/:
//
//	GET  health           {"status":"ok"}
//	GET  clock            {"now":"2030-01-01T00:00:00Z"}
//	POST clock/advance    {"duration":"720h"}: let time pass on a virtual clock;
//	                      {"now":…,"purged":[ARN,…]}, 409 on a real clock
//	POST clock/trust      an operator's word that the clock is right, after the
//	                      purger stopped because it had jumped
//	GET  events?after=N   the events after the Nth, one CloudTrail record a line
//	POST reset            empty the store, where that is allowed
//
// They are refused for requests that a browser sends on behalf of a web page, so
// that no page can reach them.
package awsapi
