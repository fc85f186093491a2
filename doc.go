// Package secretlife is the life and death of a secret, with the exact rules
// of AWS Secrets Manager: secrets, versions, staging labels, replicas, and the
// lifecycle Active → ScheduledForDeletion → Purged.
//
// A [Manager] runs the operations of the AWS API (CreateSecret, DeleteSecret,
// RestoreSecret, …) over a [Store] and a [Clock]:
//
//	m, err := secretlife.New(memstore.New())
//	out, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{
//		Name:  "prod/db",
//		Value: secretlife.SecretString("hunter2"),
//	})
//	del, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{
//		SecretID:             "prod/db",
//		RecoveryWindowInDays: secretlife.Days(7),
//	})
//
// A [Purger] does what AWS does in the background: it purges secrets whose
// recovery window is over, removes aged versions and carries replicas along.
//
// # Core and shell
//
// The rules are pure functions over values, without clock, randomness or I/O:
// the methods of [Secret] such as [Secret.Delete], [Secret.Restore] and
// [Secret.Purge] take the instant and their arguments, and answer a [Change] or
// an error. The Manager and the Purger only load, decide and commit. What an
// operation may do to a secret in which phase is one table: see
// [Operation.Rule].
//
// # Errors
//
// Every exception of the AWS API is a Go type ([ResourceNotFoundError],
// [InvalidRequestError], …) for errors.As, with the text AWS sends and fields
// for the details. Finer reasons are values for errors.Is, such as
// [ErrScheduledForDeletion]. All of them satisfy [Error].
//
// # Secrecy
//
// A [Value] never prints itself: not with any verb of fmt, not in JSON, not in
// slog. Its only way out is [Value.Reveal]. No error, event or log line holds
// one.
package secretlife
