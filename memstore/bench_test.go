package memstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

const million = 1_000_000

// bench is a Manager over a store of many secrets.
type bench struct {
	*secretlife.Manager
	clock  *secretlife.VirtualClock
	store  *memstore.Store
	purger *secretlife.Purger
	names  []string
}

func newBench(b testing.TB, secrets int) *bench {
	b.Helper()
	// The events of the measured operations would fill the memory.
	store := memstore.New(func(o *memstore.Options) { o.KeepEvents = 1000 })
	clk := secretlife.NewVirtualClock(start)
	m, err := secretlife.New(store, func(o *secretlife.Options) { o.Clock = clk })
	require.NoError(b, err)
	w := &bench{Manager: m, clock: clk, store: store, purger: secretlife.NewPurger(m)}
	w.names = fill(b, m, secrets)
	runtime.GC()
	return w
}

// fill creates secrets with a value of 32 bytes, and returns their names.
func fill(b testing.TB, m *secretlife.Manager, secrets int) []string {
	b.Helper()
	names := make([]string, secrets)
	for i := range names {
		names[i] = nameOf(i)
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: names[i], Value: valueOf(i)})
		require.NoError(b, err)
	}
	return names
}

func nameOf(i int) string { return fmt.Sprintf("bench/secret-%07d", i) }

func valueOf(i int) secretlife.Value { return secretlife.SecretString(fmt.Sprintf("%032d", i)) }

// shared makes the store of a million secrets once for all benchmarks; each
// leaves its secrets active.
var shared struct {
	once sync.Once
	*bench
}

func manySecrets(b *testing.B) *bench {
	b.Helper()
	shared.once.Do(func() { shared.bench = newBench(b, million) })
	return shared.bench
}

// use is which of the secrets that are there an operation meets: some that are
// used again and again, as services do, or any of all, of which the processor's
// caches know nothing.
type use struct {
	*bench
	order []int // indexes of names
}

func (w use) String() string { return fmt.Sprintf("secrets=%d/used=%d", len(w.names), len(w.order)) }

// uses are a thousand of few, a thousand of many, and all of many.
func uses(b *testing.B) []use {
	few, many := newBench(b, 10_000), manySecrets(b)
	r := rand.New(rand.NewPCG(1, 2))
	return []use{
		{few, r.Perm(len(few.names))[:1000]},
		{many, r.Perm(len(many.names))[:1000]},
		{many, r.Perm(len(many.names))},
	}
}

func BenchmarkDeleteSecret(b *testing.B) {
	for _, w := range uses(b) {
		b.Run(w.String(), func(b *testing.B) {
			w.eachOnce(b, func(name string) error {
				_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
				return err
			}, func(name string) error {
				_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
				return err
			})
		})
	}
}

func BenchmarkRestoreSecret(b *testing.B) {
	for _, w := range uses(b) {
		b.Run(w.String(), func(b *testing.B) {
			undo := func(name string) error {
				_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name})
				return err
			}
			for _, i := range w.order {
				w.clock.Jump(time.Millisecond)
				require.NoError(b, undo(w.names[i]))
			}
			w.eachOnce(b, func(name string) error {
				_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
				return err
			}, undo)
			for _, i := range w.order {
				_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: w.names[i]})
				require.NoError(b, err)
			}
		})
	}
}

// eachOnce measures an operation on secrets in no order, each once; when all
// had their turn, they are put back without being measured.
func (w use) eachOnce(b *testing.B, do, undo func(name string) error) {
	order := w.order
	runtime.GC()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == len(order) {
			b.StopTimer()
			for _, j := range order {
				require.NoError(b, undo(w.names[j]))
			}
			i = 0
			b.StartTimer()
		}
		w.clock.Jump(time.Millisecond) // as in life, few deletions share an instant
		if err := do(w.names[order[i]]); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.StopTimer()
	for _, j := range order[:i] {
		require.NoError(b, undo(w.names[j]))
	}
}

// BenchmarkGetSecretValue compares reading a value with reading a map of the
// same names, under a lock.
func BenchmarkGetSecretValue(b *testing.B) {
	for _, w := range uses(b) {
		b.Run(w.String()+"/baseline=map", func(b *testing.B) {
			values := make(map[string]secretlife.Value, len(w.names))
			for i, name := range w.names {
				values[name] = valueOf(i)
			}
			var mu sync.RWMutex
			w.inTurn(b, func(name string) error {
				mu.RLock()
				defer mu.RUnlock()
				if values[name].IsZero() {
					return secretlife.ErrSecretNotFound
				}
				return nil
			})
		})
		b.Run(w.String(), func(b *testing.B) {
			for _, i := range w.order { // the day is noted with the first read
				require.NoError(b, w.read(w.names[i]))
			}
			w.inTurn(b, w.read)
		})
	}
}

// inTurn measures an operation on the secrets in use, sequentially.
func (w use) inTurn(b *testing.B, do func(name string) error) {
	runtime.GC()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := do(w.names[w.order[i%len(w.order)]]); err != nil {
			b.Fatal(err)
		}
	}
}

func (w *bench) read(name string) error {
	_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
	return err
}

// BenchmarkGoroutines deletes and restores different secrets from many
// goroutines: more of them must not make it slower.
func BenchmarkGoroutines(b *testing.B) {
	w := manySecrets(b)
	for _, goroutines := range []int{2, 16} {
		b.Run(fmt.Sprint("goroutines=", goroutines), func(b *testing.B) {
			var started atomic.Int64
			b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				me := int(started.Add(1))
				r := rand.New(rand.NewPCG(uint64(me), 2))
				for pb.Next() {
					name := w.names[r.IntN(len(w.names)/64)*64+me%64]
					if _, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name}); err != nil {
						b.Error(err)
					}
					if _, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkPurgeDue finds and purges a thousand due secrets among few and among
// many, half of which are scheduled for later. Those that are due were made one
// after the other (due=together), as the secrets of one system are, or are
// anywhere among the others (due=scattered). In life nobody has touched a secret
// that comes due for a week, so the processor's caches are emptied before.
func BenchmarkPurgeDue(b *testing.B) {
	for _, secrets := range []int{10_000, million} {
		w := newBench(b, secrets)
		for i := 0; i < secrets; i += 2 {
			_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: w.names[i]})
			require.NoError(b, err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		b.Run(fmt.Sprint("due=together/secrets=", secrets), func(b *testing.B) {
			w.purgeDue(b, func() []int {
				from := r.IntN(secrets - 1000)
				together := make([]int, 1000)
				for i := range together {
					together[i] = from + i
				}
				return together
			})
		})
		b.Run(fmt.Sprint("due=scattered/secrets=", secrets), func(b *testing.B) {
			w.purgeDue(b, func() []int { return r.Perm(secrets)[:1000] })
		})
	}
}

func (w *bench) purgeDue(b *testing.B, choose func() []int) {
	// The collector works between the purges and not beside them: how long it
	// takes depends on the whole heap, also on what other code made.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	other := make([]byte, 256<<20) // more than any cache
	b.ReportAllocs()
	for round := 0; b.Loop(); round++ {
		b.StopTimer()
		if round%16 == 0 {
			runtime.GC()
		}
		chosen := choose()
		for _, i := range chosen {
			_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: w.names[i], ForceDeleteWithoutRecovery: true})
			require.NoError(b, err)
		}
		for i := 0; i < len(other); i += 64 {
			other[i]++
		}
		b.StartTimer()
		report, err := w.purger.RunDue(ctx)
		b.StopTimer()
		require.NoError(b, err)
		require.Len(b, report, len(chosen))
		for _, i := range chosen {
			_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: w.names[i], Value: valueOf(i)})
			require.NoError(b, err)
		}
		b.StartTimer()
	}
}

// BenchmarkListSecrets reads pages of 50, each after the one before.
func BenchmarkListSecrets(b *testing.B) {
	for _, secrets := range []int{1000, 50_000} {
		w := newBench(b, secrets)
		for _, by := range []string{secretlife.SortByCreatedDate, secretlife.SortByName} {
			b.Run(fmt.Sprintf("by=%s/secrets=%d", by, secrets), func(b *testing.B) {
				in := secretlife.ListSecretsInput{MaxResults: 50, SortBy: by}
				b.ReportAllocs()
				for b.Loop() {
					out, err := w.ListSecrets(ctx, in)
					if err != nil || len(out.SecretList) != 50 {
						b.Fatal(len(out.SecretList), err)
					}
					in.NextToken = out.NextToken
				}
			})
		}
	}
}

// BenchmarkListByPrefix reads the first page of 50 of the secrets with a prefix:
// a hundred of all those present, or every tenth of them, in the order of
// creation, of the last change, or of the names.
func BenchmarkListByPrefix(b *testing.B) {
	for _, share := range []struct {
		name string
		of   func(secrets int) int // how many prefixes there are
	}{
		{"hundred", func(secrets int) int { return secrets / 100 }},
		{"tenth", func(int) int { return 10 }},
	} {
		for _, by := range []string{secretlife.SortByCreatedDate, secretlife.SortByLastChangedDate,
			secretlife.SortByName} {
			for _, secrets := range []int{1000, 100_000} {
				b.Run(fmt.Sprintf("with=%s/by=%s/secrets=%d", share.name, by, secrets), func(b *testing.B) {
					clk := secretlife.NewVirtualClock(start)
					m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = clk })
					require.NoError(b, err)
					for i := range secrets {
						clk.Set(start.Add(time.Duration(i) * time.Millisecond))
						name := fmt.Sprintf("team-%04d/%06d", i%share.of(secrets), i)
						_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: name, Value: valueOf(i)})
						require.NoError(b, err)
					}
					in := secretlife.ListSecretsInput{MaxResults: 50, SortBy: by,
						Filters: []secretlife.Filter{{Key: "name", Values: []string{"team-0007/"}}}}
					b.ReportAllocs()
					for b.Loop() {
						out, err := m.ListSecrets(ctx, in)
						if err != nil || len(out.SecretList) != 50 {
							b.Fatal(len(out.SecretList), err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkMemoryPerSecret reports how much of the heap a secret takes with one
// value of 32 bytes and the event of its creation, beside a map of names and
// values.
func BenchmarkMemoryPerSecret(b *testing.B) {
	perSecret := func(b *testing.B, hold func() any) {
		for b.Loop() {
			before := heap()
			held := hold()
			b.ReportMetric(float64(heap()-before)/million, "B/secret")
			runtime.KeepAlive(held)
		}
	}
	b.Run("baseline=map", func(b *testing.B) {
		type entry struct{ name, value string }
		perSecret(b, func() any {
			entries := map[string]entry{}
			for i := range million {
				name := nameOf(i)
				entries[name] = entry{name, fmt.Sprintf("%032d", i)}
			}
			return entries
		})
	})
	b.Run("store", func(b *testing.B) {
		perSecret(b, func() any {
			store := memstore.New()
			m, err := secretlife.New(store)
			require.NoError(b, err)
			for i := range million {
				_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: nameOf(i), Value: valueOf(i)})
				require.NoError(b, err)
			}
			return store
		})
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
