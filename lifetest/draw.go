package lifetest

import (
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// drawer makes what calls are made of, with a bias to what exists.
type drawer struct {
	*machine
	chooser
	profile profile
}

func (d drawer) place() place {
	if d.chance(d.profile.home) {
		return place{home, regions[0]}
	}
	if d.subject != nil {
		return pick(d, d.places...)
	}
	return place{pick(d, accounts...), pick(d, regions...)}
}

func (d drawer) name() string { return names[d.below(d.profile.names)] }

// target is a secret to call about: who calls, and by which id.
func (d drawer) target() (place, string) {
	keys := d.model.keys()
	if len(keys) == 0 || d.chance(d.profile.wild) {
		return d.place(), d.anyID()
	}
	k := pick(d, keys...)
	at := k.place
	if d.chance(d.profile.wild) {
		at = d.place()
	}
	return at, idOf(d, d.model.secrets[k].name, d.model.secrets[k].arn())
}

func (d drawer) anyID() string {
	switch n := d.below(10); {
	case n < 4:
		return d.name()
	case n < 6 && len(d.model.buried) > 0:
		return pick(d, d.model.buried...)
	case n < 8:
		at := d.place()
		return "arn:aws:secretsmanager:" + at.region + ":" + at.account + ":secret:" + d.name() + pick(d, "", "-AbC123")
	}
	return malformedID(d)
}

// token is a ClientRequestToken: few, so that they are used again, and often
// one that the secret has a version of.
func (d drawer) token(at place, id string) string {
	if s := d.meant(at, id); s != nil && len(s.versions) > 0 && d.chance(25) {
		return s.versions[len(s.versions)-1-d.below(min(len(s.versions), 4))].id
	}
	token := anyToken(d)
	if token == "" && d.outage != nil { // who may have to ask again brings one
		d.values++
		return tokenNumber(1000 + d.values)
	}
	return token
}

// value is a new value or, for a token in use, often the one it was used with.
func (d drawer) value(at place, id, token string) secretlife.Value {
	if s := d.meant(at, id); s != nil && s.version(token) != nil && d.chance(60) {
		return s.version(token).value
	}
	if d.chance(2) {
		return pick(d, secretlife.SecretString(""), secretlife.SecretBinary(nil), secretlife.SecretString(strings.Repeat(canary, 65536/len(canary)+1)))
	}
	d.values++
	return secretValue(d.values, d.chance(30))
}

// version is the id of a version: one the secret has, mostly.
func (d drawer) version(at place, id string) string {
	s := d.meant(at, id)
	if s != nil && s.running() && d.chance(30) {
		return s.rotation.run.version // which may have no value yet
	}
	if s != nil && len(s.versions) > 0 && d.chance(80) {
		return s.versions[d.below(min(len(s.versions), 8))].id
	}
	return pick(d, "", tokenNumber(99), "short")
}

func (d drawer) tags() []secretlife.Tag {
	n := d.below(4)
	if d.chance(3) {
		n = 30
	}
	out := make([]secretlife.Tag, n)
	for i := range out {
		key := fmt.Sprintf("k%d", d.below(5+2*n))
		if d.chance(2) {
			key = ""
		}
		out[i] = secretlife.Tag{Key: key, Value: pick(d, "", "v", "w")}
	}
	return out
}

func (d drawer) targets() []secretlife.ReplicaRegion {
	if d.subject != nil && len(d.places) == 1 {
		return nil // nowhere to
	}
	var out []secretlife.ReplicaRegion
	for range d.below(3) {
		out = append(out, secretlife.ReplicaRegion{Region: d.region(), KmsKeyID: pick(d, "", "alias/aws/secretsmanager", "alias/there")})
	}
	return out
}

func (d drawer) region() string {
	if d.subject == nil {
		return anyRegion(d, regions)
	}
	var all []string
	for _, at := range d.places {
		all = append(all, at.region)
	}
	return anyRegion(d, all)
}

// optional is a member that may be absent.
func (d drawer) optional(most int) *string {
	switch n := d.below(30); {
	case n < 15:
		return nil
	case n == 29:
		s := strings.Repeat("d", most+1)
		return &s
	default:
		s := pick(d, "", "one", "two", "alias/aws/secretsmanager")
		return &s
	}
}
