package lifetest

import (
	"fmt"
	"math/bits"
	"strings"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
)

// drawer makes what calls are made of, with a bias to what exists.
type drawer struct {
	*machine
	*rapid.T
	deeds []func() // what a step may do, as often as is likely
}

// below draws a number from 0 to n-1, each as likely as the others: rapid's own
// prefer small ones. Shrinking leads to 0.
func (d drawer) below(n int, what string) int {
	return int(dice[bits.Len(uint(n))].Draw(d.T, what)) % n
}

// dice draw numbers of some bits, with four to spare for an even spread.
var dice = func() (out [11]*rapid.Generator[uint]) {
	for i := range out {
		out[i] = rapid.Custom(func(t *rapid.T) uint {
			var u uint
			for range i + 4 {
				if u <<= 1; rapid.Bool().Draw(t, "bit") {
					u |= 1
				}
			}
			return u
		})
	}
	return out
}()

// chance is true n times in 100.
func (d drawer) chance(n int, what string) bool { return d.below(100, what) >= 100-n }

// pick draws one of several.
func pick[V any](d drawer, what string, from ...V) V { return from[d.below(len(from), what)] }

func (d drawer) place() place {
	if d.chance(60, "home") {
		return place{home, regions[0]}
	}
	if d.subject != nil {
		return pick(d, "place", d.places...)
	}
	return place{pick(d, "account", accounts...), pick(d, "region", regions...)}
}

func (d drawer) name() string { return pick(d, "name", names...) }

// target is a secret to call about: who calls, and by which id.
func (d drawer) target() (place, string) {
	keys := d.model.keys()
	if len(keys) == 0 || d.chance(9, "anywhere") {
		return d.place(), d.anyID()
	}
	k := pick(d, "key", keys...)
	at := k.place
	if d.chance(9, "elsewhere") {
		at = d.place()
	}
	return at, d.idOf(d.model.secrets[k])
}

func (d drawer) idOf(s *secret) string {
	switch n := d.below(10, "id form"); {
	case n < 5:
		return s.name
	case n < 8:
		return s.arn()
	default:
		return s.partialARN()
	}
}

func (d drawer) anyID() string {
	switch n := d.below(10, "any id"); {
	case n < 4:
		return d.name()
	case n < 6 && len(d.model.buried) > 0:
		return pick(d, "buried", d.model.buried...)
	case n < 8:
		at := d.place()
		return "arn:aws:secretsmanager:" + at.region + ":" + at.account + ":secret:" + d.name() + pick(d, "suffix", "", "-AbC123")
	}
	return pick(d, "malformed", "", "bad name", "a*b", "é", strings.Repeat("n", 513), strings.Repeat("n", 2049),
		"arn:aws:secretsmanager:us-east-1:12:secret:db", "arn:aws:s3:::db", "arn:aws-cn:secretsmanager:us-east-1:"+home+":secret:db",
		"arn:aws:secretsmanager:us-east-1:"+home+":secret:", "arn:")
}

// token is a ClientRequestToken: few, so that they are used again, and often
// one that the secret has a version of.
func (d drawer) token(at place, id string) string {
	if s := d.meant(at, id); s != nil && len(s.versions) > 0 && d.chance(25, "token in use") {
		return s.versions[len(s.versions)-1-d.below(min(len(s.versions), 4), "of version")].id
	}
	switch n := d.below(20, "token"); {
	case n < 6 && d.outage != nil: // who may have to ask again brings a token
		d.values++
		return tokenNumber(1000 + d.values)
	case n < 6:
		return ""
	case n == 19:
		return pick(d, "bad token", "short", strings.Repeat("t", 65))
	default:
		return tokenNumber(n)
	}
}

func tokenNumber(n int) string { return fmt.Sprintf("token-%026d", n) }

// value is a new value or, for a token in use, often the one it was used with.
func (d drawer) value(at place, id, token string) secretlife.Value {
	if s := d.meant(at, id); s != nil && s.version(token) != nil && d.chance(60, "same content") {
		return s.version(token).value
	}
	if d.chance(2, "bad value") {
		return pick(d, "bad", secretlife.SecretString(""), secretlife.SecretBinary(nil), secretlife.SecretString(strings.Repeat(canary, 65536/len(canary)+1)))
	}
	d.values++
	return secretValue(d.values, d.chance(30, "binary"))
}

// version is the id of a version: one the secret has, mostly.
func (d drawer) version(at place, id string) string {
	if s := d.meant(at, id); s != nil && len(s.versions) > 0 && d.chance(80, "known version") {
		return s.versions[d.below(min(len(s.versions), 8), "version")].id
	}
	return pick(d, "other version", "", tokenNumber(99), "short")
}

var labels = []secretlife.Stage{current, previous, pending, "custom", "AWSSOMETHING", "blue"}

func (d drawer) stages() []secretlife.Stage {
	if d.chance(50, "no labels") {
		return nil
	}
	n := 1 + d.below(3, "labels")
	if d.chance(6, "many labels") {
		n = pick(d, "how many", 17, 19, 20, 21)
		var out []secretlife.Stage
		for i := range n {
			out = append(out, secretlife.Stage(fmt.Sprintf("many-%d", i)))
		}
		return out
	}
	out := make([]secretlife.Stage, n)
	for i := range out {
		out[i] = d.label()
	}
	return out
}

func (d drawer) label() secretlife.Stage {
	if d.chance(3, "bad label") {
		return pick(d, "bad label", "", secretlife.Stage(strings.Repeat("l", 257)))
	}
	return pick(d, "label", labels...)
}

func (d drawer) tags() []secretlife.Tag {
	n := d.below(4, "tags")
	if d.chance(3, "many tags") {
		n = 30
	}
	out := make([]secretlife.Tag, n)
	for i := range out {
		key := fmt.Sprintf("k%d", d.below(5+2*n, "tag"))
		if d.chance(2, "bad tag") {
			key = ""
		}
		out[i] = secretlife.Tag{Key: key, Value: pick(d, "tag value", "", "v", "w")}
	}
	return out
}

func (d drawer) targets() []secretlife.ReplicaRegion {
	if d.subject != nil && len(d.places) == 1 {
		return nil // nowhere to
	}
	var out []secretlife.ReplicaRegion
	for range d.below(3, "regions") {
		out = append(out, secretlife.ReplicaRegion{Region: d.region(), KmsKeyID: pick(d, "key", "", "alias/aws/secretsmanager", "alias/there")})
	}
	return out
}

func (d drawer) region() string {
	if d.chance(3, "bad region") {
		return pick(d, "bad region", "", "nowhere", strings.Repeat("a", 128)+"-1")
	}
	if d.subject != nil {
		return pick(d, "place", d.places...).region
	}
	return pick(d, "region", regions...)
}

// optional is a member that may be absent.
func (d drawer) optional(what string, most int) *string {
	switch n := rapid.IntRange(0, 29).Draw(d.T, what); {
	case n < 15:
		return nil
	case n == 29:
		s := strings.Repeat("d", most+1)
		return &s
	default:
		s := pick(d, what, "", "one", "two", "alias/aws/secretsmanager")
		return &s
	}
}
