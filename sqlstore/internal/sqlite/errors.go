package sqlite

import "errors"

var (
	// ErrNotOurs means that the file is not a database, or one of something else.
	ErrNotOurs = errors.New("sqlstore: not a database of secretlife")
	// ErrNoKeySlots means that the file of the key slots is gone.
	ErrNoKeySlots = errors.New("sqlstore: the file of the key slots is missing")
	// ErrOtherKeySlots means that the key slots belong to another database.
	ErrOtherKeySlots = errors.New("sqlstore: the key slots belong to another database")
)
