// Package engine has what the engines of all databases share: it reads what they keep in
// the same tables, and prepares what they write.
package engine
