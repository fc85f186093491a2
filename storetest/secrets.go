package storetest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// start is when the checks begin.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

var atStart = secretlife.Exactly(start)

const (
	homeAccount = "123456789012"
	homeRegion  = "us-east-1"
	oneDay      = 24 * time.Hour
)

// valid unwraps what can fail only where this package is wrong.
func valid[T any](x T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("storetest: %v", err))
	}
	return x
}

func keyIn(account, region, name string) secretlife.Key {
	return secretlife.Key{
		Account: valid(secretlife.ParseAccount(account)),
		Region:  valid(secretlife.ParseRegion(region)),
		Name:    valid(secretlife.ParseName(name)),
	}
}

func key(name string) secretlife.Key { return keyIn(homeAccount, homeRegion, name) }

func window(days int64) secretlife.DeletionMode {
	return valid(secretlife.ParseDeletionMode(&days, nil))
}

func force() secretlife.DeletionMode {
	yes := true
	return valid(secretlife.ParseDeletionMode(nil, &yes))
}

// versionID makes an id that no other call made.
func (c *check) versionID() secretlife.VersionID {
	c.drawn++
	return valid(secretlife.ParseVersionID(fmt.Sprintf("storetest-version-%020d", c.drawn)))
}

func (c *check) incarnation() secretlife.Incarnation {
	c.drawn++
	inc := secretlife.Incarnation{0: 0xfe, 15: 0x01}
	binary.BigEndian.PutUint64(inc[4:], uint64(c.drawn))
	return inc
}

// creation fills in a secret with one version.
func (c *check) creation(k secretlife.Key) secretlife.Creation {
	id := c.versionID()
	return secretlife.Creation{
		ARN:         valid(k.ARN("aB3xY9")),
		Incarnation: c.incarnation(),
		VersionID:   id,
		Value:       valueOf(id),
	}
}

// valueOf is the value the checks give a version.
func valueOf(id secretlife.VersionID) secretlife.Value {
	return secretlife.SecretString("value of " + id.String())
}

// newSecret decides the creation of a plain secret.
func (c *check) newSecret(k secretlife.Key, at time.Time) secretlife.Change {
	return valid(secretlife.NewSecret(secretlife.Exactly(at), c.creation(k)))
}

// create makes a plain secret of the home account and Region.
func (c *check) create(name string) secretlife.Secret {
	c.Helper()
	return c.do(c.newSecret(key(name), start), nil)
}

// do commits one change and returns the state it led to.
func (c *check) do(ch secretlife.Change, err error) secretlife.Secret {
	c.Helper()
	c.commit(valid(ch, err))
	s := ch.Next()
	return s
}

// commit checks that the changes are accepted.
func (c *check) commit(changes ...secretlife.Change) {
	c.Helper()
	_, err := c.Commit(c.ctx, secretlife.Batch{Changes: changes})
	c.noError(err, "a Commit onto the present state")
}

// refused checks that the changes are refused for a reason.
func (c *check) refused(reason error, what string, changes ...secretlife.Change) {
	c.Helper()
	_, err := c.Commit(c.ctx, secretlife.Batch{Changes: changes})
	if !errors.Is(err, reason) {
		c.failf("Commit of %s returned %v, not %v", what, err, reason)
	}
}

// untouched checks that what runs leaves secrets and events as they are.
func (c *check) untouched(run func(), keys ...secretlife.Key) {
	c.Helper()
	before, events := c.states(keys), len(c.allEvents())
	run()
	if after := c.states(keys); !slices.EqualFunc(before, after, secretlife.Secret.Equal) {
		c.failf("a refused Commit changed a secret")
	}
	if n := len(c.allEvents()); n != events {
		c.failf("a refused Commit left %d events", n-events)
	}
}

func (c *check) states(keys []secretlife.Key) []secretlife.Secret {
	c.Helper()
	out := make([]secretlife.Secret, len(keys))
	for i, k := range keys {
		s, err := c.Load(c.ctx, k)
		if errors.Is(err, secretlife.ErrSecretNotFound) {
			continue
		}
		c.noError(err, "Load")
		out[i] = s
	}
	return out
}

// stored checks that a secret is there in this very state, and returns it as
// it was loaded.
func (c *check) stored(want secretlife.Secret) secretlife.Secret {
	c.Helper()
	got, err := c.Load(c.ctx, want.Key())
	c.noError(err, "Load of a secret that is there")
	c.same(want, got)
	return got
}

func (c *check) same(want, got secretlife.Secret) {
	c.Helper()
	if !want.Equal(got) {
		w, err := json.Marshal(want)
		c.noError(err, "MarshalJSON")
		g, err := json.Marshal(got)
		c.noError(err, "MarshalJSON")
		c.failf("the secret came back as\n\t%s\nnot as it was written\n\t%s", g, w)
	}
}

// absent checks that there is no secret at a key.
func (c *check) absent(k secretlife.Key) {
	c.Helper()
	s, err := c.Load(c.ctx, k)
	if !errors.Is(err, secretlife.ErrSecretNotFound) {
		c.failf("Load of %s in %s of %s, which is not there, returned %v", k.Name, k.Region, k.Account, err)
	}
	if !s.IsZero() {
		c.failf("Load returned ErrSecretNotFound and a secret")
	}
}

// hasValue checks that a version has its value.
func (c *check) hasValue(s secretlife.Secret, id secretlife.VersionID, want secretlife.Value) {
	c.Helper()
	got, err := c.Value(c.ctx, s.Key(), s.Incarnation(), id)
	c.noError(err, "Value of a version that is there")
	if !got.Equal(want) {
		c.failf("version %s has another value than the one written (%d bytes, binary %v; written %d bytes, binary %v)",
			id, got.Len(), got.IsBinary(), want.Len(), want.IsBinary())
	}
}

// hasNoValue checks that there is no such value.
func (c *check) hasNoValue(k secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID, what string) {
	c.Helper()
	v, err := c.Value(c.ctx, k, in, id)
	if !errors.Is(err, secretlife.ErrVersionNotFound) {
		c.failf("Value of %s returned %v, not ErrVersionNotFound", what, err)
	}
	if !v.IsZero() {
		c.failf("Value of %s returned ErrVersionNotFound and a value", what)
	}
}

// current returns the version that is AWSCURRENT.
func current(s secretlife.Secret) secretlife.VersionID {
	id, _ := s.Staged(secretlife.StageCurrent)
	return id
}
