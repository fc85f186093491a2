package storetest

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestRunPassesOnMemstore(t *testing.T) {
	Run(t, func(*testing.T) secretlife.Store { return memstore.New() })
}
