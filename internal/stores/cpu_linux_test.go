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
		ended := processTime(first, childrenTime, 2)
		total := ended + processTime(first, userTime, 2)
		all, err := filepath.Glob("/proc/[0-9]*")
		require.NoError(t, err)
		for _, dir := range all {
			if pid := filepath.Base(dir); processField(pid, parent) == first {
				total += processTime(pid, userTime, 2)
			}
		}
		if processTime(first, childrenTime, 2) == ended { // none was missed in ending meanwhile
			return total
		}
	}
}

// Fields of /proc/PID/stat, counted from the one after the name.
const (
	parent       = 1
	userTime     = 11 // and then that in the kernel
	childrenTime = 13 // the same of children that have ended
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

// processTime sums some of a process's times.
func processTime(pid string, from, times int) time.Duration {
	var ticks int
	for i := range times {
		n, _ := strconv.Atoi(processField(pid, from+i))
		ticks += n
	}
	return time.Duration(ticks) * tick
}
