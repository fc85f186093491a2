// Package integration tests the server with real clients: it builds the
// secretlife command, starts it, and drives it with the Go SDK and the AWS CLI
// over a socket. It is never released.
package integration
