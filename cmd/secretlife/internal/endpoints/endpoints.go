// Package endpoints has the commands for endpoints of the Secrets Manager API, AWS's own among them:
// conformance and compare check one, plan and apply delete and restore secrets there.
package endpoints

// Commands are the commands, for the command line of secretlife.
type Commands struct {
	Conformance conform      `cmd:"" help:"Check an endpoint against what is known of AWS Secrets Manager."`
	Compare     compare      `cmd:"" help:"Find the shortest history on which two endpoints differ."`
	Plan        planCommands `cmd:"" help:"Say what a deletion or a restoration of secrets will do, at an endpoint or on AWS, and write it as a plan."`
	Apply       apply        `cmd:"" help:"Do what a plan says, and nothing else."`
}
