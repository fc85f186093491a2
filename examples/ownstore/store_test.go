package ownstore_test

import (
	"testing"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/examples/ownstore"
	"github.com/secretlife-go/secretlife/storetest"
)

// One line checks every clause of the contract, concurrent ones included; run
// it with -race.
func TestItKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) secretlife.Store { return ownstore.New() })
}
