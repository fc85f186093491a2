package conformance

import "strings"

// fact is one that may have needs.
func fact(name, says string, known Provenance, source string, check func(*probe), needs ...need) Fact {
	return Fact{Name: name, Says: says, Known: known, Source: source, check: check, needs: needs}
}

// orderFacts are about which of several mistakes is told. Those about a missing
// ClientRequestToken are with the tokens.
var orderFacts = []Fact{
	fact("Order/type-before-constraints", "A member of a wrong type is told before constraints.", Inferred, noSource,
		func(p *probe) {
			p.refused("DeleteSecret", obj{"SecretId": "", "RecoveryWindowInDays": "7"}, serialization, "")
		}),
	fact("Order/constraints-before-name", "Constraints are told before the alphabet of names.", Inferred, noSource,
		func(p *probe) {
			a := p.call("CreateSecret", obj{"Name": "a b", "Description": letters(2049), "ClientRequestToken": token(1)})
			p.must(strings.HasPrefix(a.message(), "1 validation error detected: Value "), "%s", a.raw)
		}),
	fact("Order/name-before-token", "A malformed name is told before a missing ClientRequestToken.", Inferred, noSource,
		func(p *probe) {
			for _, operation := range []string{"PutSecretValue", "UpdateSecret", "RotateSecret"} {
				p.refused(operation, obj{"SecretId": "a b", "SecretString": "v"}, validation, textName)
			}
		}),
	fact("Order/name-before-window", "A malformed name is told before a window that is out of range.", Inferred, noSource,
		func(p *probe) {
			p.refused("DeleteSecret", obj{"SecretId": "a b", "RecoveryWindowInDays": 3}, validation, textName)
		}),
	fact("Order/both-before-look-up", "A window with force is refused before the secret is looked up.", Inferred,
		noSource, func(p *probe) {
			p.refused("DeleteSecret", p.id("nobody", obj{"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true}),
				parameter, textBoth)
		}),
	fact("Order/window-before-mark", "A bad window is refused before the state of a scheduled secret is.", Inferred,
		noSource, func(p *probe) {
			p.scheduled("a")
			p.refused("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 31}), parameter, textWindow)
		}),
	fact("Order/token-before-mark", "A missing ClientRequestToken is told before the state of a scheduled secret.",
		Inferred, noSource, func(p *probe) {
			p.scheduled("a")
			p.refused("PutSecretValue", p.id("a", obj{"SecretString": "v"}), request, textNoToken)
		}),
	fact("Order/mark-before-version", "The state of a scheduled secret is told before what is asked of its versions.",
		Inferred, noSource, func(p *probe) {
			p.scheduled("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(9)}), request, textMarked)
			p.refused("GetSecretValue", p.id("a", obj{"VersionStage": "none"}), request, textMarked)
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 9)), request, textMarked)
		}),
	fact("Order/mark-before-function", "The state of a scheduled secret is told before a missing rotation function.",
		Inferred, noSource, func(p *probe) {
			p.scheduled("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}), request, textMarked)
		}),
	fact("Order/mark-before-token-in-use",
		"The state of a scheduled secret is told before a ClientRequestToken that is in use.", Inferred, noSource,
		func(p *probe) {
			p.scheduled("a")
			p.refused("PutSecretValue", p.id("a", obj{"SecretString": "other", "ClientRequestToken": token(1)}), request,
				textMarked)
		}),
	fact("Order/replica-before-the-rest", "That a secret is a replica is told before what else is wrong with the call.",
		Inferred, noSource, func(p *probe) {
			p.replicate("a")
			p.refusedBy(p.abroad(), "RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}), parameter, textReplica)
			p.refusedBy(p.abroad(), "UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 9)), parameter, textReplica)
			p.refusedBy(p.abroad(), "PutSecretValue", p.id("a", obj{"SecretString": "other", "ClientRequestToken": token(1)}),
				parameter, textReplica)
		}, needsRegions),
}
