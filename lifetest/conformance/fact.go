package conformance

import "slices"

// Provenance is how a fact is known.
type Provenance string

// How facts are known, the surest first.
const (
	// Recorded: in what others recorded of AWS's responses, such as LocalStack's
	// snapshots and the calls that Cloud Custodian's tests replay.
	Recorded Provenance = "recorded"
	// Verified: asserted by a test of LocalStack or moto that runs against AWS.
	Verified Provenance = "verified"
	// Documented: said by AWS's API reference, user guide or API model.
	Documented Provenance = "documented"
	// Reported: pasted from AWS in a public issue.
	Reported Provenance = "reported"
	// Inferred: follows from others, or is a choice where nothing is known.
	Inferred Provenance = "inferred"
)

// Sure reports whether an endpoint that differs is wrong.
func (p Provenance) Sure() bool { return p == Recorded || p == Verified || p == Documented }

// Fact is one thing that a client can see of AWS Secrets Manager.
type Fact struct {
	// Name is stable, and a test's name: an operation or a topic, a slash, and
	// what it is about.
	Name string
	// Says is the fact in a sentence.
	Says  string
	Known Provenance
	// Source is where it can be looked up.
	Source string
	// Unseen says why it is not checked on any endpoint; "" where it is.
	Unseen string

	needs []need
	check func(*probe)
}

// need is what an endpoint must have for a fact to be checked.
type need string

const (
	needsTime     need = "time that can be advanced"
	needsRegions  need = "a second Region"
	needsAccounts need = "a second account"
	needsEvents   need = "a log of events"
	needsFunction need = "a rotation function"
	needsBroken   need = "a rotation function that fails"
	needsNone     need = "to have no rotation functions, and none was named"
	needsQuotas   need = "AWS's quotas"
	needsTrail    need = "records of refused calls and reads"
	needsNobody   need = "a user without permissions"
)

// Facts returns all facts, in order of their names.
func Facts() []Fact {
	var all []Fact
	for _, some := range [][]Fact{
		accountFacts, batchFacts, createFacts, deleteFacts, eventFacts, exampleFacts, exampleFactsMore, idFacts(),
		idempotencyFacts, listFacts, memberFacts(), modelFacts(), orderFacts, passwordFacts, placeFacts, policyFacts,
		quotaFacts, replicaFacts, replicationFacts, restoreFacts, rotationFacts, scheduledFacts(), secretFacts,
		stageFacts, tagFacts, unknownFacts(), unseenFacts,
		valueFacts, versionFacts, wireFacts,
	} {
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b Fact) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// checkable returns the facts that have a check, in order of their names.
func checkable() []Fact {
	return slices.DeleteFunc(Facts(), func(f Fact) bool { return f.Unseen != "" })
}
