package explore

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/plain"
	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

// fingerprint is equal for states with the same possible futures. They differ only in
// past dates, in what is random, and in the order of names or Regions. The probability
// that two other states share one is below 10⁻⁵ for ten million states.
type fingerprint uint64

var printSeed = maphash.MakeSeed()

// fingerprint returns the smaller of the prints with the Regions in either order.
func (x *explorer) fingerprint(s *state) fingerprint {
	return min(
		s.print(x.names, x.managers[0].Region(), x.managers[1].Region()),
		s.print(x.names, x.managers[1].Region(), x.managers[0].Region()),
	)
}

func (s *state) print(of []string, regions ...secretlife.Region) fingerprint {
	names := make([][]byte, 0, len(of))
	for _, name := range of {
		var b []byte
		for _, r := range regions {
			b = s.describe(b, r, name)
		}
		names = append(names, b)
	}
	slices.SortFunc(names, slices.Compare)
	var h maphash.Hash
	h.SetSeed(printSeed)
	for _, b := range names {
		_, _ = h.Write(b)
		_ = h.WriteByte('|')
	}
	return fingerprint(h.Sum64())
}

// describe appends all of a secret that matters for its possible futures.
func (s *state) describe(b []byte, region secretlife.Region, name string) []byte {
	i := slices.IndexFunc(s.Secrets, func(k snapshot.Secret) bool {
		key := k.Key()
		return key.Region == region && key.Name.String() == name
	})
	if i < 0 {
		return append(b, '-')
	}
	secret, st := s.Secrets[i].Secret, s.plain[i]
	at := func(t time.Time, ok bool) {
		if !ok {
			b = append(b, 0)
			return
		}
		b = binary.AppendVarint(append(b, 1), max(t.Sub(s.now).Milliseconds(), -1))
	}
	d := secret.Deletion()
	at(d.Date())
	at(d.PurgeAt())
	due, work, ok := secret.NextDue()
	at(due, ok)
	b = append(b, byte(work), bit(d.Forced()))
	b = s.describeVersions(b, secret)
	_, isReplica := secret.ReplicaOf()
	b = append(b, bit(isReplica))
	for _, r := range secret.Replicas() {
		b = append(append(b, r.Status...), bit(isMine(s, secret, r)))
	}
	for _, r := range st.Replicas {
		b = append(b, bit(r.Overwrite))
	}
	for _, h := range st.Holds {
		b = append(append(b, h.Name...), bit(h.Until != nil))
		if h.Until != nil {
			at(time.UnixMilli(h.Until.Date), true)
		}
	}
	if p := st.Protection; p != nil {
		b = append(b, 'p', bit(p.NoForce), byte(p.Window), bit(p.FloorNoForce), byte(p.FloorWindow))
		at(time.UnixMilli(p.Final), true)
	}
	return describeRotation(b, st.Rotation)
}

func (s *state) describeVersions(b []byte, secret secretlife.Secret) []byte {
	for _, v := range secret.Versions() {
		day, read := v.LastAccessedDate()
		b = append(append(b, 'v'), v.ID().String()[len(v.ID().String())-1], bit(secret.Reserved(v.ID())))
		b = append(b, bit(read && s.now.Sub(day) < 24*time.Hour))
		for _, l := range secret.Stages(v.ID()) {
			b = append(b, l...)
		}
	}
	return b
}

func describeRotation(b []byte, r *plain.RotationState) []byte {
	if r == nil {
		return append(b, '-')
	}
	b = append(b, bit(r.Enabled))
	if run := r.Run; run != nil {
		b = append(b, run.Version[len(run.Version)-1], byte(run.Tries), bit(run.Due != nil))
	}
	return b
}

// isMine reports whether the secret in the replica's Region is that replica.
func isMine(s *state, primary secretlife.Secret, r secretlife.Replica) bool {
	i := slices.IndexFunc(s.Secrets, func(k snapshot.Secret) bool {
		key := k.Key()
		return key.Region == r.Region && key.Name == primary.Name()
	})
	return i >= 0 && s.plain[i].PrimaryOf == primary.Incarnation().String()
}

func bit(x bool) byte {
	if x {
		return 1
	}
	return 0
}
