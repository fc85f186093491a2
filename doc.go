// Package secretlife is the life and death of a secret, with the exact rules
// of AWS Secrets Manager: secrets, versions, staging labels, replicas, and the
// lifecycle Active → ScheduledForDeletion → Purged.
//
// # Ten lines
//
// A [Manager] runs the operations of the AWS API (CreateSecret, DeleteSecret,
// RestoreSecret, …) over a [Store] and a [Clock]. With memstore it runs as it is:
//
//	m, err := secretlife.New(memstore.New())
//	purger := secretlife.NewPurger(m)
//	go purger.Run(ctx) // until ctx ends
//
//	_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{
//		Name: "prod/db", Value: secretlife.SecretString("hunter2"),
//	})
//	_, err = m.DeleteSecret(ctx, secretlife.DeleteSecretInput{
//		SecretID: "prod/db", RecoveryWindowInDays: secretlife.Days(7),
//	})
//	_, err = m.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "prod/db"})
//	errors.Is(err, secretlife.ErrScheduledForDeletion) // true
//	_, err = m.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "prod/db"})
//
// # Two levels
//
// The methods of a Manager take strings, as the API does, and report everything that is
// wrong with them together. They load, decide, commit, and decide again if another caller
// came first.
//
// Below are the rules themselves, as pure functions over values: a [Secret] is immutable,
// and its methods, such as [Secret.Delete], [Secret.Restore] and [Secret.Purge], take parsed
// arguments and the present instant and return a [Change] or an error. They need no Manager
// and no Store. [Manager.Secret] leads from a name to the Secret, and [Operation.Rule] is the
// table of what an operation may do in each [Phase].
//
// # The purger
//
// A [Purger] does what AWS does in the background: it purges secrets whose
// recovery window is over, removes aged versions, updates replicas, and rotates secrets.
// [Purger.Run] does so until its context ends, and [Purger.Status] says how it is doing.
// [Manager.Scheduled] lists what is going to be deleted, the oldest DeletionDate first. An
// [Observer] receives every call, every event that was saved, and what Purgers do.
//
// # Errors
//
// Every exception of the AWS API is a Go type ([ResourceNotFoundError],
// [InvalidRequestError], …) for errors.As, with the text AWS sends and fields
// for the details. Finer reasons are values for errors.Is, such as
// [ErrScheduledForDeletion]. All of them satisfy [Error]. After an error in which errors.Is
// finds [ErrOutcomeUnknown], the change may have been made; after any other, nothing was.
//
// # Time
//
// A DeletionDate goes by the clock, and a clock can be wrong. So a purge needs more than the
// date: the whole window must have passed by the elapsed time that the store's processes
// counted, its [Tally]. A wrong clock delays purges and never makes one early. In tests a
// [VirtualClock] stands still, and [Purger.Advance] moves it and does what becomes due.
//
// # Stores
//
// The package memstore keeps secrets in memory, and sqlstore in SQLite or PostgreSQL. A
// store of your own implements the six methods from Load to Events, and embeds [BaseStore]
// for the others; one that stands before another store embeds that.
//
// # Testing
//
// The package awsfake has a real client of the AWS SDK for Go over this package, in process.
// storetest checks any Store, and lifetest any service with these operations, by random
// histories that end in a short one.
//
// # Secrecy
//
// A [Value] never prints itself: not with any verb of fmt, not in JSON, not in
// slog. Its only way out is [Value.Reveal]. No error, event or log line holds
// one.
//
// # Layers
//
// The files of this package are in layers; each uses only its own and those before it:
//
//	nouns       clocks, names, versions and values, phases, reasons, errors
//	state       a Secret and its parts, as immutable values
//	outcomes    what an Operation may do in which Phase; Change; Event
//	decisions   pure functions from a Secret, an instant and arguments to a Change
//	contract    Store, which keeps secrets, and the stored form of a Secret
//	service     Manager: load, decide, commit, and again after a conflict
//	background  Purger: the same for what is due
//
// The rules are in the first four: without clock, randomness or I/O.
package secretlife
