package postgres

import "errors"

var (
	// ErrNoAnswer means that there is no connection to the database.
	ErrNoAnswer = errors.New("sqlstore: the database does not answer")
	// ErrNoEpoch means that the key of an epoch was destroyed, or never was.
	ErrNoEpoch = errors.New("sqlstore: no key of the epoch")
	// ErrOtherEpochs means that the epoch keys belong to another database.
	ErrOtherEpochs = errors.New("sqlstore: the epoch keys belong to another database")
)
