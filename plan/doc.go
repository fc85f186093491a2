// Package plan says what a deletion, a restoration or a cleanup of secrets will do, and then does
// exactly that. It works on any Secrets Manager: on a [secretlife.Manager] as it is, and on clients
// of the AWS SDK through the package awsplan.
//
//	p, err := plan.Delete(ctx, manager, plan.Selector{Prefix: "old/"}, secretlife.Window(30))
//	err = p.WriteTable(os.Stdout)            // what would happen, and what is in the way
//	err = plan.Apply(ctx, manager, p, nil)   // that, and nothing else
//
// Making a plan only reads. A [Plan] is a value with a JSON form that is stable and versioned. It
// says for each secret the state in which it was found, the steps, what is in the way, when its
// value can be lost, and how the steps are undone. No plan holds a value of a secret.
//
// [Apply] executes the steps in order. It stops before the first secret that is not what the plan
// says any more, and changes nothing after that. The same plan can be applied again: steps that
// were done are recognized by the state of the secret, and the rest is done.
package plan
