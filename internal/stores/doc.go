// Package stores tests the durable stores on real databases. It is never
// released.
package stores
