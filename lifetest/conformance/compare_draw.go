package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// chooser draws the calls of a history: about two names, few tokens and values,
// so that they meet.
type chooser struct {
	*rand.Rand
	c *comparison
}

func (c *comparison) draw(r *rand.Rand) []Call {
	d := chooser{r, c}
	calls := []Call{d.create()}
	for len(calls) < c.Calls {
		calls = append(calls, d.call())
	}
	return calls
}

func one[V any](d chooser, from ...V) V { return from[d.IntN(len(from))] }

func (d chooser) chance(percent int) bool { return d.IntN(100) < percent }

// name is a name without the prefix.
func (d chooser) name() string { return one(d, "a", "a", "b") }

// id draws the id of a secret: its name, its ARN, or a malformed one.
func (d chooser) id() string {
	switch n := d.IntN(20); {
	case n < 14:
		return d.name()
	case n < 19:
		return "{arn:" + d.name() + "}"
	}
	return "never-there"
}

// nameIn is the name in an id, which may be an ARN.
func nameIn(id any) any {
	text, _ := id.(string)
	if name, ok := strings.CutPrefix(text, "{arn:"); ok {
		return strings.TrimSuffix(name, "}")
	}
	return id
}

func (d chooser) token() string { return token(1 + d.IntN(5)) }
func (d chooser) value() string { return one(d, "one", "two") }

func (d chooser) region() string {
	if d.c.a.OtherRegion != "" && d.c.b.OtherRegion != "" && d.chance(10) {
		return d.c.a.OtherRegion
	}
	return d.c.a.Region
}

func (d chooser) create() Call {
	in := obj{"Name": d.name(), "ClientRequestToken": d.token()}
	if d.chance(85) {
		in["SecretString"] = d.value()
	}
	if d.chance(20) {
		in["Description"] = one(d, "text", "")
	}
	if d.chance(20) {
		in["Tags"] = []obj{{"Key": "team", "Value": one(d, "x", "")}}
	}
	if d.chance(15) && d.c.a.OtherRegion != "" && d.c.b.OtherRegion != "" {
		in["AddReplicaRegions"] = []obj{{"Region": d.c.a.OtherRegion}}
	}
	return Call{"CreateSecret", d.region(), in}
}

func (d chooser) call() Call {
	draw := deals[d.IntN(len(deals))]
	return draw(d)
}

// about makes a call about a secret.
func (d chooser) about(operation string, more obj) Call {
	in := obj{"SecretId": d.id()}
	for k, v := range more {
		in[k] = v
	}
	return Call{operation, d.region(), in}
}

// deals are the calls, as often as they are likely.
var deals = func() (out []func(chooser) Call) {
	for _, x := range []struct {
		share int
		draw  func(chooser) Call
	}{
		{5, chooser.create},
		{6, chooser.remove},
		{4, func(d chooser) Call { return d.about("RestoreSecret", nil) }},
		{4, func(d chooser) Call { return d.about("DescribeSecret", nil) }},
		{4, chooser.get},
		{4, chooser.put},
		{3, chooser.update},
		{3, chooser.moveStage},
		{2, func(d chooser) Call {
			return d.about("ListSecretVersionIds", one(d, obj{}, obj{"IncludeDeprecated": true}))
		}},
		{3, chooser.list},
		{2, func(d chooser) Call {
			return d.about("TagResource", obj{"Tags": []obj{{"Key": one(d, "team", "more"), "Value": "y"}}})
		}},
		{1, func(d chooser) Call { return d.about("UntagResource", obj{"TagKeys": []string{"team"}}) }},
		{1, func(d chooser) Call { return d.about("PutResourcePolicy", obj{"ResourcePolicy": somePolicy}) }},
		{2, func(d chooser) Call {
			return d.about(one(d, "GetResourcePolicy", "DeleteResourcePolicy"), nil)
		}},
		{1, func(d chooser) Call {
			return Call{"BatchGetSecretValue", d.region(), obj{"SecretIdList": []string{"a", "b"}}}
		}},
		{1, func(d chooser) Call {
			return d.about(one(d, "CancelRotateSecret", "StopReplicationToReplica"), nil)
		}},
		{1, func(d chooser) Call { return d.about("RotateSecret", obj{"ClientRequestToken": d.token()}) }},
		{3, chooser.replicas},
		{3, chooser.pass},
	} {
		for range x.share {
			out = append(out, x.draw)
		}
	}
	return out
}()

func (d chooser) remove() Call {
	in := obj{}
	switch n := d.IntN(10); {
	case n < 3:
	case n < 6:
		in["ForceDeleteWithoutRecovery"] = true
	case n < 9:
		in["RecoveryWindowInDays"] = one(d, 7, 8, 30)
	default:
		in["RecoveryWindowInDays"] = one(d, 0, 6, 31, 7)
		in["ForceDeleteWithoutRecovery"] = d.chance(50)
	}
	return d.about("DeleteSecret", in)
}

func (d chooser) get() Call {
	in := obj{}
	if d.chance(30) {
		in["VersionId"] = d.token()
	}
	if d.chance(30) {
		in["VersionStage"] = one(d, "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "mine")
	}
	return d.about("GetSecretValue", in)
}

func (d chooser) put() Call {
	in := obj{"SecretString": d.value(), "ClientRequestToken": d.token()}
	if d.chance(40) {
		in["VersionStages"] = one(d, []string{"AWSPENDING"}, []string{"mine"}, []string{"AWSCURRENT", "mine"},
			[]string{"AWSPREVIOUS"})
	}
	return d.about("PutSecretValue", in)
}

func (d chooser) update() Call {
	in := obj{}
	if d.chance(60) {
		in["SecretString"], in["ClientRequestToken"] = d.value(), d.token()
	}
	if d.chance(40) {
		in["Description"] = one(d, "other", "")
	}
	return d.about("UpdateSecret", in)
}

func (d chooser) moveStage() Call {
	in := obj{"VersionStage": one(d, "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "mine")}
	if d.chance(70) {
		in["MoveToVersionId"] = d.token()
	}
	if d.chance(70) {
		in["RemoveFromVersionId"] = d.token()
	}
	return d.about("UpdateSecretVersionStage", in)
}

func (d chooser) list() Call {
	in := obj{"Filters": []obj{{"Key": "name", "Values": []string{"{prefix}"}}}}
	if d.chance(50) {
		in["IncludePlannedDeletion"] = true
	}
	return Call{"ListSecrets", d.region(), in}
}

func (d chooser) replicas() Call {
	other := d.c.a.OtherRegion
	if other == "" || d.c.b.OtherRegion == "" {
		return d.about("DescribeSecret", nil)
	}
	if d.chance(60) {
		return d.about("ReplicateSecretToRegions", obj{"AddReplicaRegions": []obj{{"Region": other}}})
	}
	return d.about("RemoveRegionsFromReplication", obj{"RemoveReplicaRegions": []string{other}})
}

// pass lets time pass, where both endpoints can.
func (d chooser) pass() Call {
	if d.c.a.Control == "" || d.c.b.Control == "" {
		return d.about("GetSecretValue", nil)
	}
	return Call{Operation: "Advance", Body: obj{"duration": fmt.Sprintf("%dh", one(d, 1, 24, 7*24, 31*24))}}
}
