package elapsed

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// The clocks of clock_gettime(2).
const (
	clockMonotonic    = 1
	clockMonotonicRaw = 4
	clockBoottime     = 7
)

// bootID names the boot and the time namespace, which may shift the clocks.
var bootID = sync.OnceValue(func() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/time")
	if err != nil {
		namespace = "" // a kernel before 5.6 has none
	}
	return strings.TrimSpace("boot " + strings.TrimSpace(string(id)) + " " + namespace)
})

// host reads CLOCK_MONOTONIC_RAW, which nobody slews, and adds the time in which
// the machine slept: the difference of CLOCK_BOOTTIME and CLOCK_MONOTONIC, which
// are slewed alike.
func host() (Reading, bool) {
	boot := bootID()
	raw, ok1 := gettime(clockMonotonicRaw)
	mono, ok2 := gettime(clockMonotonic)
	since, ok3 := gettime(clockBoottime)
	if boot == "" || !ok1 || !ok2 || !ok3 {
		return Reading{}, false
	}
	// One clock is read after the other, so the difference is a little more
	// than the sleep, by the time between the calls. Whole seconds are enough.
	slept := (since - mono).Truncate(time.Second)
	return Reading{boot, raw + max(slept, 0)}, true
}

func gettime(clock uintptr) (time.Duration, bool) {
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano()), errno == 0
}
