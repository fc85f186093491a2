package main

// testedRows are the rows of benchmarks of Go.
var testedRows = []tested{}
