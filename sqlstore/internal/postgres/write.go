package postgres

import "github.com/secretlife-go/secretlife/sqlstore/internal/engine"

// write is one change in the form in which it is written.
type write struct {
	engine.Write
	values []sealedValue
}

// sealedValue is a ciphertext, and its data key as it is wrapped for an epoch.
type sealedValue struct {
	version     string
	sealed      []byte
	incarnation []byte
	dataKey     []byte // until it is written
	epoch       int64
	wrapped     []byte
}

// commitJob is the changes of one Commit.
type commitJob []write
