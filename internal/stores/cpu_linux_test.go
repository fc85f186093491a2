package stores_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tick is the unit of times in /proc: a hundredth of a second on every kernel
// that is built as usual.
const tick = 10 * time.Millisecond

// cpu is the processor time that the server took so far, in all its processes.
func (c *cluster) cpu(t testing.TB) time.Duration {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Data(), "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	for {
		ended := processTime(first, childrenTime)
		total := ended + processTime(first, userTime)
		all, err := filepath.Glob("/proc/[0-9]*")
		require.NoError(t, err)
		for _, dir := range all {
			if pid := filepath.Base(dir); processField(pid, parent) == first {
				total += processTime(pid, userTime)
			}
		}
		if processTime(first, childrenTime) == ended { // none was missed in ending meanwhile
			return total
		}
	}
}

// Fields of /proc/PID/stat, counted from the one after the name.
const (
	parent       = 1
	userTime     = 11
	childrenTime = 13 // of those that have ended
)

// processField is "" where the process has ended.
func processField(pid string, n int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid))
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	return fields[n]
}

// processTime is a process's time by itself, from one field, and in the kernel, from
// the next.
func processTime(pid string, field int) time.Duration {
	var ticks int
	for _, f := range []int{field, field + 1} {
		n, _ := strconv.Atoi(processField(pid, f))
		ticks += n
	}
	return time.Duration(ticks) * tick
}
