package memstore_test

import (
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// BenchmarkFirstList lists five million secrets by their last change for the first time. It reports
// how long the longest of the calls took that were made meanwhile.
func BenchmarkFirstList(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	w := newBench(b, 5*million)
	for b.Loop() {
		done := make(chan error)
		go func() {
			_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{SortBy: secretlife.SortByLastChangedDate})
			done <- err
		}()
		longest := w.longest(b, done)
		b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
	}
}

// longest changes secrets until something is done, and returns how long the longest call took.
func (w *bench) longest(b *testing.B, done <-chan error) (longest time.Duration) {
	for i := 0; ; i++ {
		select {
		case err := <-done:
			require.NoError(b, err)
			return longest
		default:
		}
		began := time.Now()
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: w.names[i*7919%len(w.names)]})
		longest = max(longest, time.Since(began))
		require.NoError(b, err)
	}
}

// BenchmarkTenMillion has ten million secrets. It reports the heap of each, and of deletions anywhere
// among them how long the longest took but for one in a hundred, and how long the collector stopped
// all goroutines at most, beside them.
func BenchmarkTenMillion(b *testing.B) {
	const secrets, deletions = 10 * million, 500_000
	const named = 16 + 24 // what an entry of names takes
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	before := heap()
	w := newBench(b, secrets)
	for b.Loop() {
		b.ReportMetric(float64(heap()-before)/secrets-named, "B/secret")
		stopped := stops()
		took := make([]time.Duration, deletions)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range took {
			name := w.names[r.IntN(secrets)]
			w.clock.Jump(time.Millisecond)
			began := time.Now()
			_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
			took[i] = time.Since(began)
			var refused secretlife.Error
			if err != nil && !errors.As(err, &refused) { // it is deleted already
				b.Fatal(err)
			}
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[deletions*99/100].Nanoseconds())/1000, "p99-us")
		b.ReportMetric(1000*longestStop(stopped, stops()), "stop-ms")
	}
}

// stops returns how often the collector stopped all goroutines, by how long that took.
func stops() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// longestStop returns the longest in seconds, of those that came after others.
func longestStop(before, after *metrics.Float64Histogram) (longest float64) {
	for i, n := range after.Counts {
		if n > before.Counts[i] {
			longest = after.Buckets[i]
		}
	}
	return max(longest, 0)
}
