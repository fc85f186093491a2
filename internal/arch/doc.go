// Package arch has the tests of how the repository is built: what may import and use what,
// and what the root package exports.
package arch
