package postgres

import "strings"

// dialect is what differs from server to server.
type dialect struct {
	// types are the names of types, which the schema has in braces.
	types *strings.Replacer
	// durable asks that the transaction is on the disk when its COMMIT returns. Where
	// the server's setting says something stronger, it stays.
	durable string
	// analyze has the server gather what it must know of the table of secrets to find one.
	analyze string
	// standby asks whether the server is a standby.
	standby string
}

// postgreSQL compares names byte by byte, whatever the database's collation is.
var postgreSQL = dialect{
	types:   strings.NewReplacer("{name}", `TEXT COLLATE "C"`, "{int}", "BIGINT", "{blob}", "BYTEA"),
	analyze: "ANALYZE (SKIP_LOCKED) secretlife_secrets",
	standby: "SELECT pg_is_in_recovery()",
	durable: `set_config('synchronous_commit', CASE current_setting('synchronous_commit')
		WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`,
}

// cockroachDB compares byte by byte anyway, and takes a collation for another type.
var cockroachDB = dialect{
	types:   strings.NewReplacer("{name}", "STRING", "{int}", "INT8", "{blob}", "BYTES"),
	analyze: "ANALYZE secretlife_secrets",
	standby: "SELECT false",
	durable: "''", // it knows no other way
}

// dialectOf returns the dialect of a server, by what it says of itself.
func dialectOf(version string) dialect {
	if strings.HasPrefix(version, "CockroachDB") {
		return cockroachDB
	}
	return postgreSQL
}
