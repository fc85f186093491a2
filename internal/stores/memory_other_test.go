//go:build !linux

package stores_test

const inMemory = ""

func roomInMemory() bool { return false }
