package stores_test

import "syscall"

// inMemory is a file system in memory, on which nobody waits for a disk. What
// these tests kill, spoil or look for is in files there as it is anywhere else;
// what a disk loses is for the tests of power cuts.
const inMemory = "/dev/shm"

// roomInMemory reports whether it is there with room enough; in containers it
// often has little.
func roomInMemory() bool {
	var s syscall.Statfs_t
	return syscall.Statfs(inMemory, &s) == nil && s.Bavail*uint64(s.Bsize) > 1<<30
}
