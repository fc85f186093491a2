// Package sigv4 finds out who makes a request: it verifies AWS Signature
// Version 4 in the Authorization header of a request of the AWS JSON protocol.
//
// Only this package reads an Authorization header, and only [Claim.Verify] makes
// an [Identity]. Code that acts on a key, an account or a Region takes an
// Identity, so that it can't act on anything but what was verified.
package sigv4
