package secretlife_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const somePolicy = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"secretsmanager:*",` +
	`"Resource":"*"}]}`

func full(t testing.TB) secretlife.Secret {
	s := born(t, func(c *secretlife.Creation) {
		c.Description, c.KMSKeyID, c.Type = "what", "alias/mine", "kind"
		c.Tags = []secretlife.Tag{{Key: "a", Value: "1"}}
	})
	s = put(t, s, tokenB, "X")
	s = then(t)(s.Read(atStart, version(t, tokenA)))
	s = then(t)(s.PutPolicy(atStart, policyOf(t, somePolicy), false))
	targets := []secretlife.Replica{{Region: regionOf(t, "eu-west-1"), KMSKeyID: "k"}}
	return then(t)(s.AddReplicas(atStart, targets, true))
}

func regionOf(t testing.TB, s string) secretlife.Region {
	t.Helper()
	r, err := secretlife.ParseRegion(s)
	require.NoError(t, err)
	return r
}

func policyOf(t testing.TB, document string) secretlife.Policy {
	t.Helper()
	p, err := secretlife.ParsePolicy(document)
	require.NoError(t, err)
	return p
}

func TestState(t *testing.T) {
	t.Run("round trip", func(t *testing.T) {
		emptied := then(t)(born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }).Untag(atStart,
			[]string{"a"}))
		for _, s := range []secretlife.Secret{
			born(t), full(t), emptied,
			born(t, func(c *secretlife.Creation) { c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{} }),
			born(t, func(c *secretlife.Creation) { c.Description = "what" }),
			born(t, func(c *secretlife.Creation) { c.KMSKeyID = "k" }),
			born(t, func(c *secretlife.Creation) { c.Type = "kind" }),
			born(t, func(c *secretlife.Creation) { c.Ordinal = 70_000 }),
			born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }),
			born(t, func(c *secretlife.Creation) {
				c.Replicas = []secretlife.Replica{{Region: regionOf(t, "eu-west-1")}}
			}),
			then(t)(born(t).PutPolicy(atStart, policyOf(t, somePolicy), false)),
			then(t)(born(t).Delete(atStart, windowOf(t, 7), 1)),
			then(t)(born(t).Delete(atStart, byForce(t), 1)),
		} {
			data, err := json.Marshal(s.State())
			require.NoError(t, err)
			var st secretlife.State
			require.NoError(t, json.Unmarshal(data, &st))
			require.Equal(t, s.State(), st)
			back, err := secretlife.FromState(st)
			require.NoError(t, err)
			require.Equal(t, s.State(), back.State())
			require.Equal(t, s, back)
		}
		require.NotNil(t, emptied.Tags(), "no tags left is not the same as never tagged")
		require.Nil(t, born(t).Tags())
	})

	t.Run("impossible states are refused", func(t *testing.T) {
		ms := func(n int64) *int64 { return &n }
		for name, spoil := range map[string]func(*secretlife.State){
			"no ARN":                      func(s *secretlife.State) { s.ARN = "" },
			"partial ARN":                 func(s *secretlife.State) { s.ARN = s.ARN[:len(s.ARN)-7] },
			"incarnation":                 func(s *secretlife.State) { s.Incarnation = "xyz" },
			"incarnation is zero":         func(s *secretlife.State) { s.Incarnation = "00000000000000000000000000000000" },
			"revision":                    func(s *secretlife.State) { s.Revision = 0 },
			"changed before":              func(s *secretlife.State) { s.Changed = s.Created - 1 },
			"deletion date without purge": func(s *secretlife.State) { s.DeletionDate, s.Replicas = ms(s.Created), nil },
			"purge without deletion date": func(s *secretlife.State) { s.PurgeAt, s.Replicas = ms(s.Created), nil },
			"purge before deletion date": func(s *secretlife.State) {
				s.DeletionDate, s.PurgeAt, s.Replicas = ms(10),
					ms(9), nil
			},
			"forced without date":        func(s *secretlife.State) { s.Forced = true },
			"scheduled with replicas":    func(s *secretlife.State) { s.DeletionDate, s.PurgeAt = ms(1), ms(1) },
			"short version id":           func(s *secretlife.State) { s.Versions[1].ID = "short" },
			"a version twice":            func(s *secretlife.State) { s.Versions[1].ID = s.Versions[0].ID },
			"label on a missing version": func(s *secretlife.State) { s.Stages["X"] = tokenC },
			"empty label":                func(s *secretlife.State) { s.Stages[""] = tokenA },
			"nothing current":            func(s *secretlife.State) { delete(s.Stages, "AWSCURRENT") },
			"replica with replicas":      func(s *secretlife.State) { s.Primary, s.PrimaryOf = "us-east-2", s.Incarnation },
			"replica of no incarnation":  func(s *secretlife.State) { s.Primary, s.Replicas = "us-east-2", nil },
			"replica Region":             func(s *secretlife.State) { s.Replicas[0].Region = "?" },
			"replica status":             func(s *secretlife.State) { s.Replicas[0].Status, s.Replicas[0].Since = "Fine", nil },
			"in sync and waiting":        func(s *secretlife.State) { s.Replicas[0].Status = secretlife.ReplicaInSync },
			"replica twice":              func(s *secretlife.State) { s.Replicas = append(s.Replicas, s.Replicas[0]) },
			"reserved and not there":     func(s *secretlife.State) { s.Reserved = []string{tokenC} },
			"reserved twice":             func(s *secretlife.State) { s.Reserved = []string{tokenB, tokenB} },
			"reserved and current":       func(s *secretlife.State) { s.Reserved = []string{tokenA} },
			"many labels": func(s *secretlife.State) {
				for i := range 19 {
					s.Stages[secretlife.Stage(fmt.Sprint(i))] = tokenA
				}
			},
			"tag twice": func(s *secretlife.State) { s.Tags = append(s.Tags, s.Tags[0]) },
		} {
			t.Run(name, func(t *testing.T) {
				st := full(t).State()
				spoil(&st)
				_, err := secretlife.FromState(st)
				require.Error(t, err)
			})
		}
	})

	t.Run("impossible holds and protections are refused", func(t *testing.T) {
		s := then(t)(full(t).PlaceHold(atStart, secretlife.Hold{Name: "legal", Until: atStart.Time.Add(time.Hour)}, false))
		s = then(t)(s.Protect(atStart, secretlife.Protection{MinimumWindow: 14, CoolingOff: time.Hour}))
		for name, spoil := range map[string]func(*secretlife.State){
			"none":                                func(*secretlife.State) {},
			"a hold twice":                        func(s *secretlife.State) { s.Holds = append(s.Holds, s.Holds[0]) },
			"a hold that was released and is not": func(s *secretlife.State) { s.Holds[0].ReleasedBy = "bob" },
			"less than its floor":                 func(s *secretlife.State) { s.Protection.FloorWindow = 15 },
			"counted time below zero":             func(s *secretlife.State) { s.Protection.Cooling.Period = -1 },
		} {
			st := s.State()
			spoil(&st)
			_, err := secretlife.FromState(st)
			require.Equal(t, name == "none", err == nil, "%s: %v", name, err)
		}
	})

	// That is refused, but for a replica.
	t.Run("changed before it was created", func(t *testing.T) {
		for _, replica := range []bool{false, true} {
			st := born(t).State()
			st.Changed = st.Created - 1
			if replica {
				st.Primary, st.PrimaryOf = "us-east-2", st.Incarnation
			}
			_, err := secretlife.FromState(st)
			require.Equal(t, replica, err == nil, "%v", err)
		}
	})

	// A member that a newer program wrote is not dropped: it may be what keeps the secret from
	// being purged.
	t.Run("unknown member", func(t *testing.T) {
		s := then(t)(born(t).Delete(atStart, windowOf(t, 7), 0))
		s = then(t)(s.Restore(atStart))
		s = then(t)(s.Tag(atStart, []secretlife.Tag{{Key: "k", Value: "v"}}))
		data, err := json.Marshal(s.State())
		require.NoError(t, err)
		var back secretlife.State
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, s.State(), back)
		held := bytes.Replace(data, []byte("{"), []byte(`{"hold":"legal-42",`), 1)
		require.ErrorContains(t, json.Unmarshal(held, &back), "hold")

		form, err := s.State().MarshalBinary()
		require.NoError(t, err)
		at := bytes.IndexByte(form, '{')
		require.Positive(t, at)
		const member = `"hold":"h",`
		length := len(form) - at
		require.Less(t, length+len(member), 128, "its length is one byte")
		longer := append(append(append([]byte{}, form[:at-1]...), byte(length+len(member)), '{'), member...)
		require.Error(t, back.UnmarshalBinary(append(longer, form[at+1:]...)))
	})

	t.Run("zero Secret", func(t *testing.T) {
		var s secretlife.Secret
		require.True(t, s.IsZero())
		require.True(t, s.ARN().IsZero())
		require.Empty(t, s.Versions())
		require.Equal(t, secretlife.PhasePurged, s.Phase(start))
		_, err := s.Restore(atStart)
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
		_, err = s.Purge(atStart)
		require.ErrorIs(t, err, secretlife.ErrNotDue)
		_, err = s.Age(atStart)
		require.ErrorIs(t, err, secretlife.ErrNotDue)
		_, err = s.Update(atStart, secretlife.Update{})
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
		_, _, due := s.NextDue()
		require.False(t, due)
		_, err = s.Delete(atStart, secretlife.DeletionMode{}, 0)
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	})
}

func eventThroughBinary(t testing.TB, e secretlife.Event) secretlife.Event {
	t.Helper()
	data, err := e.MarshalBinary()
	require.NoError(t, err)
	var back secretlife.Event
	require.NoError(t, back.UnmarshalBinary(data))
	want, err := json.Marshal(e)
	require.NoError(t, err)
	got, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.Equal(t, e.Incarnation(), back.Incarnation())
	return back
}

func stateThroughBinary(t testing.TB, st secretlife.State) {
	t.Helper()
	data, err := st.MarshalBinary()
	require.NoError(t, err)
	var back secretlife.State
	require.NoError(t, back.UnmarshalBinary(data))
	want, err := json.Marshal(st)
	require.NoError(t, err)
	got, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestBinaryForm(t *testing.T) {
	t.Run("short", func(t *testing.T) {
		ch, err := secretlife.NewSecret(atStart, creation(t))
		require.NoError(t, err)
		e, err := ch.Events()[0].MarshalBinary()
		require.NoError(t, err)
		st, err := next(t, ch).State().MarshalBinary()
		require.NoError(t, err)
		eventJSON, err := json.Marshal(ch.Events()[0])
		require.NoError(t, err)
		stateJSON, err := json.Marshal(next(t, ch).State())
		require.NoError(t, err)
		require.Less(t, len(e)*6, len(eventJSON))
		require.Less(t, len(st)*3, len(stateJSON))
	})

	// Every later version can read what a store has today.
	t.Run("stable", func(t *testing.T) {
		ch, err := born(t).Delete(atStart, windowOf(t, 7), 0)
		require.NoError(t, err)
		e, err := ch.Events()[0].WithSeq(3).MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, goldenEvent, hex.EncodeToString(e))
		st, err := next(t, ch).State().MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, goldenState, hex.EncodeToString(st))
	})

	t.Run("state round trip", func(t *testing.T) {
		emptied := then(t)(born(t, func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{Key: "a"}} }).Untag(atStart,
			[]string{"a"}))
		for _, s := range []secretlife.Secret{
			born(t), full(t), emptied, aged(t, 3),
			born(t, func(c *secretlife.Creation) { c.VersionID = version(t, strings.ToUpper(tokenA)) }),
			born(t, func(c *secretlife.Creation) { c.VersionID = version(t, strings.Repeat("x", 64)) }),
			then(t)(born(t).Delete(atStart, windowOf(t, 7), 1)),
			then(t)(born(t).Delete(atStart, byForce(t), 1)),
		} {
			stateThroughBinary(t, s.State())
		}
		stateThroughBinary(t, secretlife.State{ARN: full(t).ARN().String(), Incarnation: full(t).Incarnation().String(),
			Created: -1})
	})

	t.Run("states without one", func(t *testing.T) {
		ms := int64(1)
		for name, spoil := range map[string]func(*secretlife.State){
			"no ARN":                      func(s *secretlife.State) { s.ARN = "" },
			"incarnation":                 func(s *secretlife.State) { s.Incarnation = "xyz" },
			"label on a missing version":  func(s *secretlife.State) { s.Stages["X"] = tokenC },
			"deletion date without purge": func(s *secretlife.State) { s.DeletionDate = &ms },
			"purge without deletion date": func(s *secretlife.State) { s.PurgeAt = &ms },
		} {
			st := full(t).State()
			spoil(&st)
			_, err := st.MarshalBinary()
			require.Error(t, err, name)
		}
		_, err := secretlife.Event{}.MarshalBinary()
		require.Error(t, err)
	})

	// A form is cut at every place, and added to.
	t.Run("cut", func(t *testing.T) {
		w := newWorld(t)
		w.create("a", func(in *secretlife.CreateSecretInput) { in.Description, in.Tags = "d", []secretlife.Tag{{Key: "k"}} })
		w.delete("a", 7)
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.Error(t, err)
		require.Len(t, w.sunk, 4)
		for _, e := range w.sunk {
			data, err := e.MarshalBinary()
			require.NoError(t, err)
			for n := range data {
				require.Error(t, new(secretlife.Event).UnmarshalBinary(data[:n]), "%s cut to %d of %d bytes", e, n, len(data))
			}
			require.Error(t, new(secretlife.Event).UnmarshalBinary(append(data, 0)))
		}
		data, err := full(t).State().MarshalBinary()
		require.NoError(t, err)
		for n := range data {
			require.Error(t, new(secretlife.State).UnmarshalBinary(data[:n]), "cut to %d of %d bytes", n, len(data))
		}
		require.Error(t, new(secretlife.State).UnmarshalBinary(append(data, 0)))
	})

	// It takes few bytes if that is its name or ARN.
	t.Run("how an event names its secret", func(t *testing.T) {
		w := newWorld(t)
		arn := w.create("a").ARN
		var sizes []int
		for _, id := range []string{"a", arn, strings.TrimSuffix(arn, arn[len(arn)-7:]), "nobody", "no name"} {
			w.sunk = nil
			err := w.TagResource(ctx, secretlife.TagResourceInput{SecretID: id})
			require.Equal(t, id == "nobody" || id == "no name", err != nil)
			require.Len(t, w.sunk, 1)
			back := eventThroughBinary(t, w.sunk[0])
			require.Equal(t, id, back.SecretID())
			require.Equal(t, w.sunk[0].Key(), back.Key())
			data, err := w.sunk[0].MarshalBinary()
			require.NoError(t, err)
			sizes = append(sizes, len(data))
		}
		require.Equal(t, sizes[0], sizes[1])
		require.Greater(t, sizes[2], sizes[0]+len(arn)-7)
	})

	// They come back as they were.
	t.Run("ids that are almost UUIDs", func(t *testing.T) {
		size := func(id string) int {
			st := born(t, func(c *secretlife.Creation) { c.VersionID = version(t, id) }).State()
			stateThroughBinary(t, st)
			data, err := st.MarshalBinary()
			require.NoError(t, err)
			return len(data)
		}
		short := size(tokenA)
		for _, id := range []string{
			strings.ToUpper(tokenA), tokenA + "a", tokenA[:35], strings.ReplaceAll(tokenA, "-", "a"),
			"aaaaaaaa_aaaa-4aaa-8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa_4aaa-8aaa-aaaaaaaaaaaa",
			"aaaaaaaa-aaaa-4aaa_8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa-4aaa-8aaa_aaaaaaaaaaaa",
			"gaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaag",
		} {
			require.Equal(t, short+len(id)-16, size(id), id)
		}
	})

	// Forms of a later version are refused, not misread.
	t.Run("unknown codes", func(t *testing.T) {
		golden, err := hex.DecodeString(goldenEvent)
		require.NoError(t, err)
		plain := golden[4:55] // time, revision, account, Region and name
		for _, c := range []struct {
			head string // form, kind, flags
			ok   bool
		}{{"010400", true}, {"012d00", true}, {"012e00", false}, {"018010", false}, {"01048010", false},
			{"0104808001", false},
			{"012810", false}, {"020400", false}, {"000400", false}} {
			head, err := hex.DecodeString(c.head)
			require.NoError(t, err)
			err = new(secretlife.Event).UnmarshalBinary(append(head, plain...))
			require.Equal(t, c.ok, err == nil, c.head)
		}

		st := born(t).State()
		data, err := st.MarshalBinary()
		require.NoError(t, err)
		n := len(data)
		for _, c := range []struct {
			at    int
			value byte
		}{{0, 0}, {0, 2}, {1, 16}, {n - 2, 4}, {n - 1, 1}} { // form, flags, the label's code and its version
			bad := append([]byte{}, data...)
			bad[c.at] = c.value
			require.Error(t, new(secretlife.State).UnmarshalBinary(bad), "%+v", c)
		}
		var back secretlife.State
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, st, back)

		st = born(t, func(c *secretlife.Creation) {
			c.Value, c.VersionID = secretlife.Value{},
				secretlife.VersionID{}
		}).State()
		data, err = st.MarshalBinary()
		require.NoError(t, err)
		back = secretlife.State{}
		require.NoError(t, back.UnmarshalBinary(data))
		require.Equal(t, st, back, "no labels")
	})
}

func FuzzEventBinary(f *testing.F) {
	c, err := full(f).Read(atStart, version(f, tokenB))
	require.NoError(f, err)
	for _, e := range append(c.Events(), mustEvent(f), gapEvent(f)) {
		data, err := e.MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e secretlife.Event
		if e.UnmarshalBinary(data) != nil {
			return
		}
		eventThroughBinary(t, e)
	})
}

func mustEvent(t testing.TB) secretlife.Event {
	c, err := born(t).Delete(atStart, windowOf(t, 7), 0)
	require.NoError(t, err)
	return c.Events()[0].WithSeq(9)
}

func FuzzStateBinary(f *testing.F) {
	for _, s := range []secretlife.Secret{born(f), full(f)} {
		data, err := s.State().MarshalBinary()
		require.NoError(f, err)
		f.Add(data)
	}
	data, err := aged(f, 130).MarshalAbridged()
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var st secretlife.State
		if st.UnmarshalBinary(data) != nil {
			return
		}
		s, err := secretlife.FromState(st)
		if err != nil {
			return
		}
		stateThroughBinary(t, s.State())
	})
}

const (
	goldenEvent = "0104d3029ebf91cad158020c3132333435363738393031320975732d656173742d31144d795465737444617461626173" +
		"65536563726574613162326333000000000000000000000000000000010003000e9ecff58ad658"
	goldenState = "0102036177730975732d656173742d310c313233343536373839303132144d7954657374446174616261736553656372" +
		"657461316232633301000000000000000000000000000000029ebf91cad158028090e4c004008080c892ff8393021001" +
		"00000000000000000000000000000080c782e0b899ffa12a02000100aaaaaaaaaaaa4aaa8aaaaaaaaaaaaaaa00000101" +
		"00"
)

func TestSecretAsData(t *testing.T) {
	s := full(t)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	bin, err := s.MarshalBinary()
	require.NoError(t, err)
	var fromText, fromBin secretlife.Secret
	require.NoError(t, json.Unmarshal(text, &fromText))
	require.NoError(t, fromBin.UnmarshalBinary(bin))
	require.True(t, s.Equal(fromText) && s.Equal(fromBin))
	require.False(t, s.Equal(put(t, s, tokenC, "v")) || s.Equal(secretlife.Secret{}))

	held := strings.Replace(string(text), "{", `{"hold":"legal-42",`, 1)
	require.ErrorContains(t, json.Unmarshal([]byte(held), &fromText), "hold", "a member of a later version")
	require.True(t, s.Equal(fromText), "what was refused changes nothing")
	require.Error(t, json.Unmarshal([]byte(strings.Replace(string(text), "AWSCURRENT", "other", 1)), &fromText))
	require.Error(t, fromBin.UnmarshalBinary(bin[:len(bin)-1]))

	none, err := json.Marshal(secretlife.Secret{})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(none, &fromText))
	require.True(t, fromText.IsZero())
	_, err = secretlife.Secret{}.MarshalBinary()
	require.Error(t, err)
}

// blockStore keeps a secret as a store does that keeps its blocks by themselves.
type blockStore struct {
	state  []byte
	blocks map[[32]byte][]byte
}

// commit writes a change, and checks that the secret comes back.
func (k *blockStore) commit(t *testing.T, c secretlife.Change) secretlife.Secret {
	t.Helper()
	written, removed := c.VersionBlocks()
	for _, sum := range removed {
		require.Contains(t, k.blocks, sum)
		delete(k.blocks, sum)
	}
	for _, b := range written {
		require.NotContains(t, k.blocks, sha256.Sum256(b))
		k.blocks[sha256.Sum256(b)] = b
	}
	s := next(t, c)
	var err error
	k.state, err = s.MarshalAbridged()
	require.NoError(t, err)
	require.True(t, s.Equal(k.load(t)))
	require.Len(t, k.blocks, (len(s.Versions())-1)/128)
	return s
}

func (k *blockStore) load(t *testing.T) secretlife.Secret {
	t.Helper()
	var s secretlife.Secret
	require.NoError(t, s.UnmarshalAbridged(k.state))
	require.Equal(t, len(k.blocks) > 0, s.Abridged())
	whole, err := s.Unabridged(slices.Collect(maps.Values(k.blocks)))
	require.NoError(t, err)
	return whole
}

func TestVersionBlocks(t *testing.T) {
	imported := func(t *testing.T, s secretlife.Secret) secretlife.Change {
		t.Helper()
		var values []secretlife.VersionValue
		for _, v := range s.Versions() {
			values = append(values, secretlife.VersionValue{ID: v.ID(), Value: secretlife.SecretString("x")})
		}
		c, err := secretlife.ImportSecret(atStart, s, values)
		require.NoError(t, err)
		return c
	}
	must := func(c secretlife.Change, err error) secretlife.Change {
		t.Helper()
		require.NoError(t, err)
		return c
	}
	late := secretlife.Exactly(start.Add(30 * 24 * time.Hour))

	t.Run("follow each change", func(t *testing.T) {
		k := &blockStore{blocks: map[[32]byte][]byte{}}
		s := k.commit(t, imported(t, aged(t, 120)))
		for i := range 400 {
			id := version(t, fmt.Sprintf("%032d", 1000+i))
			s = k.commit(t, must(s.PutValue(atStart, id, secretlife.SecretString("v"), nil)))
		}
		old := s.Versions()
		s = k.commit(t, must(s.MoveStage(late, "KEEP", secretlife.VersionID{}, old[130].ID())))
		key := "alias/other"
		s = k.commit(t, must(s.Update(late, secretlife.Update{KMSKeyID: &key})))
		s = k.commit(t, must(s.MoveStage(late, "LATER", secretlife.VersionID{}, old[3].ID())))
		c := must(s.Read(late, old[5].ID()))
		written, removed := c.VersionBlocks()
		require.Len(t, written, 1, "only the block of the version that was read")
		require.Len(t, removed, 1)
		s = k.commit(t, c)
		s = k.commit(t, must(s.Age(late)))
		s = k.commit(t, must(s.Age(secretlife.Exactly(late.Time.Add(25*time.Hour)))))
		require.Len(t, s.Versions(), 102)
		c = must(s.Delete(late, byForce(t), 0))
		s = k.commit(t, c)
		require.True(t, s.Equal(k.load(t)))
	})

	t.Run("an abridged secret", func(t *testing.T) {
		s := aged(t, 300)
		old := s.Versions()
		s = then(t)(s.MoveStage(late, "KEEP", secretlife.VersionID{}, old[17].ID()))
		key := "alias/other"
		s = then(t)(s.Update(late, secretlife.Update{KMSKeyID: &key}))
		s = then(t)(s.MoveStage(late, "LATER", secretlife.VersionID{}, old[130].ID()))
		data, err := s.MarshalAbridged()
		require.NoError(t, err)
		var a secretlife.Secret
		require.NoError(t, a.UnmarshalAbridged(data))
		require.True(t, a.Abridged())
		require.Len(t, a.Versions(), 2+300-2*128)
		for _, label := range []secretlife.Stage{"KEEP", "LATER", secretlife.StageCurrent, secretlife.StagePrevious} {
			want, _ := s.Staged(label)
			got, ok := a.Staged(label)
			require.True(t, ok)
			require.Equal(t, want, got)
			there, ok := a.Version(got)
			require.True(t, ok)
			is, _ := s.Version(want)
			require.Equal(t, is, there)
		}

		written, _ := imported(t, s).VersionBlocks()
		require.Len(t, written, 2)
		other, _ := imported(t, then(t)(s.Read(late, old[0].ID()))).VersionBlocks()
		for _, forms := range [][][]byte{
			nil, {written[0]}, {written[1], nil}, {other[0], written[1]},
			{written[0][1:], written[1]}, {append(written[0], 0), written[1]},
		} {
			_, err := a.Unabridged(forms)
			require.Error(t, err)
		}
		whole, err := a.Unabridged([][]byte{other[0], written[1], written[0]})
		require.NoError(t, err)
		require.True(t, whole.Equal(s))
		require.False(t, whole.Abridged())
		again, err := whole.Unabridged(nil)
		require.NoError(t, err)
		require.True(t, again.Equal(s))

		_, err = a.MarshalBinary()
		require.Error(t, err)
		_, err = a.MarshalAbridged()
		require.Error(t, err)
		_, err = json.Marshal(a)
		require.Error(t, err)
		c := must(a.Tag(late, []secretlife.Tag{{Key: "k"}}))
		require.ErrorIs(t, secretlife.BatchOf(c).Check(), secretlife.ErrInvalidParameter)
		require.ErrorIs(t, secretlife.BatchOf(imported(t, a)).Check(), secretlife.ErrInvalidParameter)
		require.NoError(t, secretlife.BatchOf(imported(t, s)).Check())

		require.Error(t, new(secretlife.Secret).UnmarshalBinary(data), "it is no whole state")
		bin, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Error(t, new(secretlife.Secret).UnmarshalAbridged(bin), "its blocks were never written")
		for n := range data {
			require.Error(t, new(secretlife.Secret).UnmarshalAbridged(data[:n]), "cut to %d of %d bytes", n, len(data))
		}
	})

	t.Run("a long history makes a state a little longer", func(t *testing.T) {
		short, err := aged(t, 128).MarshalAbridged()
		require.NoError(t, err)
		long, err := aged(t, 1024).MarshalAbridged()
		require.NoError(t, err)
		require.Less(t, len(long), len(short)+7*32+64)
	})

	t.Run("another incarnation has its own", func(t *testing.T) {
		s := aged(t, 129)
		written, removed := imported(t, s).VersionBlocks()
		require.Len(t, written, 1)
		require.Empty(t, removed)
		c := must(then(t)(s.Delete(late, byForce(t), 0)).Purge(late))
		written, removed = c.VersionBlocks()
		require.Empty(t, written)
		require.Len(t, removed, 1)
	})
}

func TestInstant(t *testing.T) {
	zone := time.FixedZone("", -3*60*60)
	for _, at := range []time.Time{
		{}, time.Now(), time.UnixMilli(-1), time.Unix(0, -1), time.Unix(-5, 999_999), time.Unix(7, 999_999_999),
		time.Date(-3, 1, 1, 0, 0, 0, 1, zone), time.Date(9900, 12, 31, 23, 59, 59, 999_999_999, zone),
	} {
		require.Equal(t, at.UTC().Truncate(time.Millisecond).Round(0), secretlife.Instant(at))
	}
}
