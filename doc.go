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
// recovery window is over, removes aged versions, updates replicas, and rotates secrets.
//
// # Layers
//
// The files of this package are in layers; each uses only its own and those before it:
//
//	nouns       clocks, names, versions and values, phases, reasons, errors
//	state       a [Secret] and its parts, as immutable values
//	outcomes    what an [Operation] may do in which [Phase]; [Change]; [Event]
//	decisions   pure functions from a Secret, an instant and arguments to a Change
//	contract    [Store], which keeps secrets, and the stored form of a Secret
//	service     [Manager]: load, decide, commit, and again after a conflict
//	background  [Purger]: the same for what is due
//
// The rules are in the first four: without clock, randomness or I/O. Methods of a Secret
// such as [Secret.Delete], [Secret.Restore] and [Secret.Purge] return a [Change] or an
// error. The table of what an operation may do is [Operation.Rule].
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
