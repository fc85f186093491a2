package secretlife_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestTheGuardBearsFiveMinutes(t *testing.T) {
	clk := secretlife.NewVirtualClock(time.Date(2026, 1, 31, 13, 37, 42, 0, time.UTC))
	m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clk })
	require.NoError(t, err)
	p := secretlife.NewPurger(m)
	_, err = p.RunDue(t.Context())
	require.NoError(t, err)
	clk.Jump(5 * time.Minute)
	_, err = p.RunDue(t.Context())
	require.NoError(t, err)
	clk.Jump(time.Millisecond)
	_, err = p.RunDue(t.Context())
	require.ErrorIs(t, err, secretlife.ErrClockJump)
}
