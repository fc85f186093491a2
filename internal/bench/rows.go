package main

// testedRows are the rows of benchmarks of Go.
var testedRows = []tested{
	{
		row:    row{name: "PutSecretValue on a secret with 10,000 versions, against 10, memory", unit: "µs", bound: 1.2},
		folder: "memstore", benchmark: "BenchmarkPutSecretValue", baseline: "versions=10", own: "versions=10000",
		time: "5000x",
	},
	{
		row:    row{name: "heap after 1,000,000 changes, against 200,000, `serve` in memory", unit: "MiB", bound: 1.05},
		folder: "memstore", benchmark: "BenchmarkHistory", baseline: "changes=200000", own: "changes=1000000",
		metric: "MiB", time: "1x",
	},
	{
		row:    row{name: "Advance over 1,000,000 due, memory", unit: "s", bound: 1.2, absolute: true},
		folder: "memstore", benchmark: "BenchmarkAdvance", own: "together", time: "1x",
	},
	{
		row:    row{name: "16 writers among 200,000, SQLite: p99 over median", unit: "×", bound: 10, absolute: true},
		folder: "internal/stores", benchmark: "BenchmarkWriteLatency", metric: "p99/median", time: "20000x",
	},
}
