package stores_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/storetest"
)

func openForTest(t *testing.T) secretlife.Store {
	t.Helper()
	s, err := newFiles(t).try()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestSQLiteIsAStore(t *testing.T) { storetest.Run(t, openForTest) }
