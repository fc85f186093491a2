// Package awsapi serves a [secretlife.Manager] as AWS serves Secrets Manager:
// AWS JSON 1.1 over HTTP, with AWS's members, errors and statuses. [API] is an
// http.Handler, and an http.RoundTripper for clients in the same process, which
// then need no socket.
//
// # Who calls
//
// The Region is that of the request's SigV4 credential scope, and the account is
// the access key id where that has twelve digits; a request without them gets
// those of the [Options]. Without [Options].Credentials signatures are not
// verified, and every client that reaches the handler may do everything.
//
// With [Options].Credentials every request must be signed, and its access key,
// account and Region are those that its signature covers. Calls on secrets of
// other accounts are refused. No IAM policy is evaluated.
//
// The signature of a request that changes something is used up by it: the same
// bytes are refused afterwards, until they have expired, unless
// [Options].AllowReplay is set. SDKs don't notice, because they give each call and
// each attempt an id. Those for Go and JavaScript sign the id; botocore (boto3, the
// AWS CLI) and the SDK for PHP don't, so that two calls of theirs in one second
// can have one signature. Such a signature is let in with other ids for two
// seconds after its first use, and a replay with another id is not told from
// them in that time.
//
// The API remembers up to a million signatures in memory, with their ids; beyond
// them, which takes 3,500 changes a second for five minutes, changes are
// throttled. Another process, or the same after a restart, does not know them, nor
// does an API whose clock is set back by minutes: there a captured request works
// once more.
//
// Requests that fail authentication are logged with the access key id and the
// reason. After 30 in a minute for an access key from one address (one /64
// network with IPv6), further requests for it from there are throttled until the
// next minute, right ones too; those that name no known key count for the address
// alone and throttle no known key. Behind a proxy all clients have the proxy's
// address.
//
// # Strictness
//
// A request is one JSON object in valid UTF-8; an empty body is an empty object.
// Member names are exact, unknown members are ignored, as AWS does, and
// duplicate members are refused, so that nobody who looks at a request before
// can see another request than the one that is carried out. For the same reason
// there may be one X-Amz-Target and one Authorization header at most, with each of
// its fields once, and no query string. A string
// that escapes half a surrogate pair is refused, since no other value may be
// kept than the one that was sent. What is refused changes nothing.
//
// # Tests of clients
//
// [API.Fail], and a control call, have requests fail or take time on demand: with an exception, a
// status, no response, or a response that is lost after the operation was carried out.
// [Options].Served receives every request with what became of it.
//
// # Limits
//
// A request has at most 1 MiB (see [Options]), 100 header fields, and 10,000 JSON
// values, nested 16 deep. All requests together take at most [Options].MaxMemory;
// those for which there is no room are refused with ThrottlingException, status
// 503 and Retry-After, and SDKs try them again. A client has 30 seconds to send a
// body, and as long to receive each part of a response: see [Options].ReadTimeout.
// Of a body that is refused, the rest is read and dropped, up to 64 MiB in ten
// seconds, so that clients that send it whole before they read get the response.
// How many connections there may be, and how long the head of a request may take,
// is for the http.Server.
//
// # Control calls
//
// Beside the protocol there are, under /_secretlife/:
//
//	GET  health           {"status":"ok"}: the process serves requests
//	GET  ready            {"status":"ready"}, or 503 and the reasons: the store does
//	                      not work, or the background does not keep up
//	GET  clock            {"now":"2030-01-01T00:00:00Z",…}: beside it the counted time,
//	                      the gaps in which nobody counted, and how many secrets wait
//	                      for counted time
//	POST clock/advance    {"duration":"720h"}: let time pass on a virtual clock;
//	                      {"now":…,"purged":[ARN,…]}, 409 on a real clock; 500
//	                      where work failed, which "failed" then lists. The call
//	                      takes as long as the work does. When its caller goes
//	                      away, or after "timeout":"20s" in the request, it stops
//	                      at the work it has reached and the clock stands there:
//	                      "stopped" says why, "left" is the duration to go on with.
//	                      Purges that no caller heard of are in the next answer
//	POST clock/set        {"time":"2030-02-01T00:00:00Z"}: let time pass until then, as
//	                      clock/advance does; 409 if the clock is past it
//	POST clock/confirm    {"gap":3,"passed":"9d"}: the effect of confirming that time
//	                      passed in a gap, and its digest; with "digest" it is
//	                      confirmed. "by" names the operator
//	POST clock/withdraw   {"gap":3}: take the confirmation back
//	GET  events?after=N   the events after the Nth, one CloudTrail record a line,
//	                      up to &limit=N of them; a last line {"error":…} says
//	                      that reading failed there and may be gone on with.
//	                      &include=refused,reads adds calls that were refused, and
//	                      calls that only read or found nothing to change, each
//	                      after the event that was saved before: [Options].Trail
//	                      has the last of them, in memory. In such a record
//	                      secretlife.seq is the number of that event, and
//	                      secretlife.unsaved its own: &unsaved=N skips N of them
//	GET  access           the access ledger, an entry of [access.Entry] a line: who called what
//	                      on which secret, on which day. ?account=ID, region, name,
//	                      scheduled=true and from=2030-01-31 say which, and limit=N how
//	                      many; a last line {"error":…} as for events
//	POST reset            empty the store, where that is allowed, or with ?account=ID remove
//	                      the secrets of an account. {"clock":"start"}, or a time, sets
//	                      the virtual clock, back if need be
//	POST snapshots        {"name":"base"}: keep the secrets and the clock under a name
//	POST snapshots/restore  {"name":"base"}: go back to a snapshot, which stays
//	GET  snapshots        the snapshots
//	DELETE snapshots      ?name=base: forget a snapshot
//	POST pauses           {"work":["replicate"]}: pause background work, "purge", "age",
//	                      "replicate", "rotate", or all of it without a body; {"id":1}
//	GET  pauses           what is paused
//	DELETE pauses         do what is due; ?id=N ends one pause only
//	POST step             do the piece of work that is due first, paused or not:
//	                      {"done":{"work":"replicate","arn":"…"}}, or {"done":null}
//	POST failures         {"operation":"GetSecretValue","skip":1,"times":2,"effect":"throttling"}:
//	                      have calls fail; {"id":1}. Effects are "throttling", "timeout",
//	                      "cut" (the connection), "answer-lost" (the call is carried out),
//	                      {"status":503} and {"exception":"DecryptionFailure","message":"…"}.
//	                      "latency":"2s" lets time pass before, with or without an effect.
//	                      "secretId", "account", "region" and "caller" say whose calls. It is
//	                      allowed where reset is
//	GET  failures         the failures, and how many calls matched and failed; ?account=ID
//	                      those about an account
//	DELETE failures       serve calls again; ?id=N for one failure, ?account=ID for those
//	                      about an account
//
// Where accounts are isolated ([ByAccount]), ?account=ID says which account's clock, events,
// snapshots, or store a call is about. Failures are those of all accounts, and say themselves which
// they are for.
//
// GET /_localstack/health and POST /moto-api/reset are health and reset for scripts that wait
// for LocalStack or reset moto's server.
//
// Errors are {"error":"…"}. Bodies are read as JSON whatever their content type,
// so that curl needs no header. Members and parameters that a call does not have are
// refused; only health and ready take anything, as probes send what they like.
// Durations are those of [time.ParseDuration], and "1w", "30d", "2d12h" and "P30D".
//
// [Options].Control says who may make them: by default every client if operations
// are not verified, and nobody if they are; [ControlForTokens] asks for a bearer
// token, which has rights for some or all of the calls. health and ready are for everyone,
// but for the texts of reasons, which only callers that may read get.
// [API.ControlHandler] serves the control calls at an address of their own. A call
// that a proxy passes on, as its headers say, needs a token in any case.
//
// # Web pages
//
// No response allows a page of another origin anything (CORS), so browsers send no
// operation for one: the X-Amz-Target header needs such a permission. Control
// calls need no such header and are refused if a browser says that a page makes
// them: with an Origin header, which every POST of a page has, or a Sec-Fetch-Site
// header other than "none". Requests whose Host header is not localhost, a loopback
// address or one of [Options].Hosts are refused, signed or not: their page's owner
// could make a name of theirs lead to this address (DNS rebinding).
package awsapi
