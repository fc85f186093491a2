package memstore_test

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
	"github.com/secretlife-go/secretlife/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) secretlife.Store { return memstore.New() })
}
