// Package awsplan makes and applies plans of the package plan with a client of the AWS SDK for Go:
// on AWS itself, on this project's endpoint, and on other emulators.
//
//	client := secretsmanager.NewFromConfig(cfg)
//	p, err := plan.Delete(ctx, awsplan.New(client), plan.Selector{Prefix: "old/"}, secretlife.Window(30))
//
// It has helpers for what code that uses the SDK gets wrong about deletion. [Ensure] makes sure that
// a secret is there, whether its name is free, in use, scheduled for deletion, or not free again
// yet. [DeleteAndWait] deletes a secret for good, and returns when its name is free. [RestoreAll]
// restores many secrets. They wait between their tries for random times that grow, by a clock that
// tests can move.
package awsplan
