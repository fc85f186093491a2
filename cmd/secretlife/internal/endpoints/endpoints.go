// Package endpoints has the commands that check an endpoint of the Secrets Manager API: conformance
// and compare.
package endpoints

// Commands are the commands, for the command line of secretlife.
type Commands struct {
	Conformance conform `cmd:"" help:"Check an endpoint against what is known of AWS Secrets Manager."`
	Compare     compare `cmd:"" help:"Find the shortest history on which two endpoints differ."`
}
