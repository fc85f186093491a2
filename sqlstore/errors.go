package sqlstore

import (
	"errors"

	"github.com/secretlife-go/secretlife/internal/schema"
	"github.com/secretlife-go/secretlife/sqlstore/internal/anchor"
	"github.com/secretlife-go/secretlife/sqlstore/internal/codec"
	"github.com/secretlife-go/secretlife/sqlstore/internal/dberr"
	"github.com/secretlife-go/secretlife/sqlstore/internal/engine"
	"github.com/secretlife-go/secretlife/sqlstore/internal/postgres"
	"github.com/secretlife-go/secretlife/sqlstore/internal/queue"
	"github.com/secretlife-go/secretlife/sqlstore/internal/seal"
	"github.com/secretlife-go/secretlife/sqlstore/internal/sqlite"
)

// What opening a store can find wrong, for errors.Is. The errors that are
// returned name the file and say more.
var (
	// ErrInUse: another process has the database open, or this one has.
	ErrInUse = dberr.ErrInUse
	// ErrNotOurs: the file is no database, or one of something else. It was left
	// as it is.
	ErrNotOurs = sqlite.ErrNotOurs
	// ErrNewer: a newer version of this package made the schema.
	ErrNewer = schema.ErrNewer
	// ErrReadOnly: the database can't be written.
	ErrReadOnly = dberr.ErrReadOnly
	// ErrDamaged: the database, or its key slots, can't be read as what they
	// were written as.
	ErrDamaged = codec.ErrDamaged
	// ErrWrongKey: the [KeyKeeper] has another master key than the one the store
	// was made with, or none.
	ErrWrongKey = errors.New("sqlstore: wrong master key")
	// ErrNoKeySlots: the file of the key slots is gone. The values can't be read
	// without it.
	ErrNoKeySlots = sqlite.ErrNoKeySlots
	// ErrOtherKeySlots: the key slots belong to another database.
	ErrOtherKeySlots = sqlite.ErrOtherKeySlots
	// ErrNoAnswer: there is no connection to the database.
	ErrNoAnswer = postgres.ErrNoAnswer
	// ErrNoEpoch: the key of an epoch was destroyed, or never was in these
	// [EpochKeys].
	ErrNoEpoch = postgres.ErrNoEpoch
	// ErrOtherEpochs: the [EpochKeys] belong to another database.
	ErrOtherEpochs = postgres.ErrOtherEpochs
	// ErrRestored: the store, or one of its files, is older than it was: a copy was
	// put back, or the write-ahead log is missing. See [Options.Restored].
	ErrRestored = anchor.ErrRestored
)

// What a store in use can answer, beside the reasons of the root package.
var (
	// ErrTampered: something was changed by others than the store. What it is
	// about is not answered at all.
	ErrTampered = seal.ErrTampered
	// ErrKeyLost: the data key of a secret is gone from its slot, though the
	// secret is there. Its values are lost.
	ErrKeyLost = engine.ErrKeyLost
	// ErrFull: the disk, or the database, has no room left, and nothing was written.
	ErrFull = dberr.ErrFull
	// ErrClosed: the store was closed.
	ErrClosed = queue.ErrClosed
)
