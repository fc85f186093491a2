package memstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// TestAccessesAreThoseOfAList compares the entries of access with a list that is always in order, with
// few hashes, and with a limit that most entries meet.
func TestAccessesAreThoseOfAList(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2030, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		ctx := t.Context()
		keep := []int{0, 1, 7}[r.IntN(3)]
		s := New(func(o *Options) { o.KeepAccesses = keep })
		s.accesses.hash = func(e *access.Entry) uint64 { return uint64(e.Operation) % 2 }
		var list []access.Entry // in the order in which they came
		for number := range uint64(r.IntN(40)) {
			switch r.IntN(5) {
			case 0:
				before, limit := day(r.IntN(4)), 1+r.IntN(3)
				n, err := s.ForgetAccesses(ctx, before, limit)
				require.NoError(t, err)
				was := len(list)
				list = slices.DeleteFunc(list, func(e access.Entry) bool {
					gone := limit > 0 && e.Day.Before(before)
					if gone {
						limit--
					}
					return gone
				})
				require.Equal(t, was-len(list), n)
			case 1:
				s = s.Clone()
			default:
				arn, err := secretlife.ParseARN(fmt.Sprintf("arn:aws:secretsmanager:us-east-1:123456789012:secret:s%d-AbCdEf",
					r.IntN(4)))
				require.NoError(t, err)
				e := access.Entry{
					ARN: arn, Incarnation: secretlife.Incarnation{15: 1}, Day: day(r.IntN(3)),
					Operation: secretlife.Operation(1 + r.IntN(3)), Principal: "ann", Calls: 1, First: day(0), Last: day(0),
				}
				require.NoError(t, s.AddAccesses(ctx, access.Group{Number: number + 1, Entries: []access.Entry{e}}))
				if i := slices.IndexFunc(list, func(x access.Entry) bool { return x.Compare(e) == 0 }); i >= 0 {
					list[i] = list[i].Add(e)
				} else if list = append(list, e); keep > 0 && len(list) > keep {
					list = list[1:]
				}
			}
			if r.IntN(2) == 0 {
				found, err := s.Accesses(ctx, access.Query{Limit: 100})
				require.NoError(t, err)
				want := slices.SortedFunc(slices.Values(list), access.Entry.Compare)
				require.Equal(t, want, found, "seed %d", seed)
			}
		}
	}
}
