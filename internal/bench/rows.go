package main

// testedRows are the rows of benchmarks of Go.
var testedRows = []tested{
	{folder: "memstore", benchmark: "BenchmarkPutSecretValue", time: "5000x", figures: []figure{
		{
			row:      row{name: "PutSecretValue on a secret with 10,000 versions, against 10, memory", unit: "µs", bound: 1.2},
			baseline: "versions=10", own: "versions=10000", metric: timed,
		},
	}},
	{folder: "memstore", benchmark: "BenchmarkHistory", time: "1x", figures: []figure{
		{
			row:      row{name: "heap after 1,000,000 changes, against 200,000, memory", unit: "MiB", bound: 1.05},
			baseline: "changes=200000", own: "changes=1000000", metric: "MiB",
		},
	}},
	{folder: "memstore", benchmark: "BenchmarkAdvance", time: "1x", figures: []figure{
		{
			row: row{name: "Advance over 1,000,000 due, memory", unit: "s", bound: 1.2, absolute: true},
			own: "together", metric: timed,
		},
	}},
	{folder: "memstore", benchmark: "BenchmarkFirstList", time: "1x", once: true, figures: []figure{
		{
			row: row{
				name: "longest call during the first list by last change, 5,000,000 secrets, memory", unit: "ms", bound: 10,
				absolute: true,
			},
			metric: "longest-ms",
		},
	}},
	{folder: "memstore", benchmark: "BenchmarkTenMillion", time: "1x", once: true, figures: []figure{
		{row: row{name: "heap of a secret, 10,000,000 in memory", unit: "B", bound: 620, absolute: true}, metric: "B/secret"},
		{
			row:    row{name: "DeleteSecret, 10,000,000 in memory: p99", unit: "µs", bound: 20, absolute: true},
			metric: "p99-us",
		},
		{
			row: row{
				name: "longest stop of all goroutines by the collector, 10,000,000 in memory", unit: "ms", bound: 2,
				absolute: true,
			},
			metric: "stop-ms",
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkWriteLatency", time: "20000x", figures: []figure{
		{
			row:    row{name: "16 writers among 200,000, SQLite: p99 over median", unit: "×", bound: 10, absolute: true},
			metric: "p99/median",
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkFirstRead", time: "2000x", figures: []figure{
		{
			row:      row{name: "first GetSecretValue of a day, SQLite, against one that is noted", unit: "µs", bound: 1.5},
			baseline: "baseline=noted/secrets=1", own: "first/secrets=1", metric: timed,
		},
		{
			row: row{
				name: "first BatchGetSecretValue of 20 of a day, SQLite, against one that is noted", unit: "µs", bound: 2,
			},
			baseline: "baseline=noted/secrets=20", own: "first/secrets=20", metric: timed,
		},
	}},
	{folder: "access", benchmark: "BenchmarkGetSecretValue", time: "1000000x", figures: []figure{
		{
			row:      row{name: "GetSecretValue with the access ledger, against none, memory", unit: "ns", bound: 1.15},
			baseline: "baseline=none", own: "ledger", metric: timed,
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkLedger", time: "50000x", figures: []figure{
		{
			row:      row{name: "GetSecretValue with the access ledger, against none, SQLite", unit: "µs", bound: 1.15},
			baseline: "baseline=none", own: "ledger", metric: timed,
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkPutSecretValue", time: "1000x", figures: []figure{
		{
			row:      row{name: "PutSecretValue on a secret with 4,000 versions, against 10, SQLite", unit: "µs", bound: 1.5},
			baseline: "versions=10", own: "versions=4000", metric: timed,
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkListSecrets", time: "1000x", figures: []figure{
		{
			row: row{
				name: "ListSecrets of 50, one of them with 4,000 versions, against 10, SQLite", unit: "µs", bound: 1.5,
			},
			baseline: "versions=10", own: "versions=4000", metric: timed,
		},
	}},
	{folder: "internal/stores", benchmark: "BenchmarkWriteAnywhere", time: "20000x", once: true, figures: []figure{
		{
			row: row{
				name: "16 callers, deletions anywhere among 1,000,000, against 10,000, SQLite", unit: "µs", bound: 1.5,
			},
			baseline: "secrets=10000", own: "secrets=1000000", metric: timed,
		},
	}},
}
