//go:build !linux

package stores_test

import (
	"testing"
	"time"
)

// cpu is not known here.
func (c *cluster) cpu(testing.TB) time.Duration { return 0 }
