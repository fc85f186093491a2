package machine

import (
	"fmt"
	"strings"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/canary"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// drawer draws the parts of calls, biased to what exists.
type drawer struct {
	*machine
	history.Chooser
	profile profile
}

func (d drawer) place() model.Place {
	if d.Chance(d.profile.mainShare) {
		return model.Place{Account: history.MainAccount, Region: history.Regions[0]}
	}
	if d.subject != nil {
		return history.Pick(d, d.places...)
	}
	return model.Place{Account: history.Pick(d, history.Accounts...), Region: history.Pick(d, history.Regions...)}
}

func (d drawer) name() string { return history.Names[d.Below(d.profile.names)] }

// target draws a caller and the id of a secret.
func (d drawer) target() (model.Place, string) {
	keys := d.model.Keys()
	if len(keys) == 0 || d.Chance(d.profile.unusualShare) {
		return d.place(), d.anyID()
	}
	k := history.Pick(d, keys...)
	at := k.Place
	if d.Chance(d.profile.unusualShare) {
		at = d.place()
	}
	if d.model.Secrets[k].Suffix == "" {
		return at, k.Name // its ARN is not known
	}
	return at, history.IDOf(d, d.model.Secrets[k].Name, d.model.Secrets[k].ARN())
}

func (d drawer) anyID() string {
	switch n := d.Below(10); {
	case n < 4:
		return d.name()
	case n < 6 && len(d.model.PurgedARNs) > 0:
		return history.Pick(d, d.model.PurgedARNs...)
	case n < 8:
		at := d.place()
		return "arn:aws:secretsmanager:" + at.Region + ":" + at.Account + ":secret:" + d.name() + history.Pick(
			d,
			"",
			"-AbC123",
		)
	}
	return history.MalformedID(d)
}

// token draws a ClientRequestToken, often one of a version of the secret.
func (d drawer) token(at model.Place, id string) string {
	if s := d.resolve(at, id); s != nil && len(s.Versions) > 0 && d.Chance(25) {
		return s.Versions[len(s.Versions)-1-d.Below(min(len(s.Versions), 4))].ID
	}
	token := history.AnyToken(d)
	if token == "" && d.outage != nil { // a client that may have to repeat a call sends one
		d.values++
		return history.TokenNumber(1000 + d.values)
	}
	return token
}

// value draws a new value or, for a token in use, often the value it was used with.
func (d drawer) value(at model.Place, id, token string) secretlife.Value {
	if s := d.resolve(at, id); s != nil && s.Version(token) != nil && d.Chance(60) {
		return s.Version(token).Value
	}
	if d.Chance(2) {
		return history.Pick(
			d,
			secretlife.SecretString(""),
			secretlife.SecretBinary(nil),
			secretlife.SecretString(strings.Repeat(canary.Text, 65536/len(canary.Text)+1)),
		)
	}
	d.values++
	return canary.NewValue(d.values, d.Chance(30))
}

// version draws the id of a version, mostly an existing one.
func (d drawer) version(at model.Place, id string) string {
	s := d.resolve(at, id)
	if s != nil && s.Running() && d.Chance(30) {
		return s.Rotation.Run.Version // which may have no value yet
	}
	if s != nil && len(s.Versions) > 0 && d.Chance(75) {
		return s.Versions[d.Below(min(len(s.Versions), 8))].ID
	}
	if gone := d.model.PurgedVersions; len(gone) > 0 && d.Chance(60) {
		return gone[len(gone)-1-d.Below(min(len(gone), 4))]
	}
	return history.Pick(d, "", history.TokenNumber(99), "short")
}

func (d drawer) tags() []secretlife.Tag {
	n := d.Below(4)
	if d.Chance(3) {
		n = 30
	}
	out := make([]secretlife.Tag, n)
	for i := range out {
		key := fmt.Sprintf("k%d", d.Below(5+2*n))
		if d.Chance(2) {
			key = history.Pick(d, "", "aws:created-by")
		}
		out[i] = secretlife.Tag{Key: key, Value: history.Pick(d, "", "v", "w")}
	}
	return out
}

func (d drawer) targets() []secretlife.ReplicaRegion {
	if d.subject != nil && (len(d.places) == 1 || d.isOff(Replicas)) {
		return nil // there is no other Region
	}
	var out []secretlife.ReplicaRegion
	for range d.Below(3) {
		out = append(
			out,
			secretlife.ReplicaRegion{
				Region:   history.AnyTarget(d, d.regions()),
				KMSKeyID: history.Pick(d, "", "alias/aws/secretsmanager", "alias/there"),
			},
		)
	}
	return out
}

func (d drawer) region() string { return history.AnyRegion(d, d.regions()) }

// regions are those in which calls are made.
func (d drawer) regions() []string {
	if d.subject == nil {
		return history.Regions
	}
	var all []string
	for _, at := range d.places {
		all = append(all, at.Region)
	}
	return all
}

// optional draws a member that may be absent.
func (d drawer) optional(most int) *string {
	switch n := d.Below(30); {
	case n < 15:
		return nil
	case n == 29:
		s := strings.Repeat("d", most+1)
		return &s
	default:
		s := history.Pick(d, "", "one", "two", "alias/aws/secretsmanager")
		return &s
	}
}
