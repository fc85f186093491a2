package storetest

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// Rules about the next process, and about the cost of reads, that a naive store breaks.
const (
	losesTheLast       bug = "loses the last commit"
	losesValues        bug = "loses values at the end"
	forgetsWhatIsDue   bug = "forgets what is due"
	secretsComeBack    bug = "purged secrets come back"
	valuesComeBack     bug = "values of purged secrets come back"
	numbersBeginAgain  bug = "numbers begin again"
	acknowledgesOthers bug = "acknowledges what others write"
	claimsEnd          bug = "claims end with the process"
	dueSearches        bug = "due searches everything"
	listSearches       bug = "list searches everything"
	prefixSearches     bug = "prefixes search everything"
	countSearches      bug = "count searches everything"
)

var reopenCaughtBy = map[bug]string{
	losesTheLast:       "Durable/keeps secrets, values and events",
	losesValues:        "Durable/keeps secrets, values and events",
	forgetsWhatIsDue:   "Durable/keeps lists, counts and what is due",
	secretsComeBack:    "Durable/leaves gone what is gone",
	valuesComeBack:     "Durable/leaves gone what is gone",
	numbersBeginAgain:  "Durable/goes on with the numbers of events",
	acknowledgesOthers: "Durable/keeps what many were told",
	claimsEnd:          "Durable/keeps what was claimed",
	notesEnd:           "Notes/outlive the store",
	dueSearches:        "Cost/of Due is what is due",
	listSearches:       "Cost/of List is a page",
	prefixSearches:     "Cost/of List with a Prefix is a page",
	countSearches:      "Cost/of Count is nothing",
}

// naiveReopened is what a bug has in store for the next process.
type naiveReopened struct {
	before map[secretlife.Key]kept // the last commit
	gone   map[secretlife.Key]kept // purged secrets
	claims map[secretlife.Key]kept // secrets as they were before a claim
	later  map[secretlife.Key]kept // secrets as they were before a CommitLater
	undue  map[secretlife.Key]bool // secrets that Due forgot
	lost   []secretlife.Key        // secrets that were never written
	others int                     // commits that others had to write
}

func newNaiveReopened() naiveReopened {
	return naiveReopened{
		before: map[secretlife.Key]kept{}, gone: map[secretlife.Key]kept{}, undue: map[secretlife.Key]bool{},
		claims: map[secretlife.Key]kept{}, later: map[secretlife.Key]kept{},
	}
}

// keepWhatIsGone keeps for later what a change takes away.
func (n *naive) keepWhatIsGone(key secretlife.Key, old kept, next secretlife.Secret, stays bool) {
	n.after.before[key] = old
	delete(n.after.undue, key)
	delete(n.gone, key)
	over := stays && !old.secret.IsZero() && next.Incarnation() != old.secret.Incarnation()
	for id, v := range old.values {
		switch {
		case over && n.bug == valuesOutliveOverwrite:
			n.dropped[valueID{key, old.secret.Incarnation(), id}] = v
		case !stays && n.bug == valuesAreInherited:
			if n.inherited[key] == nil {
				n.inherited[key] = map[secretlife.VersionID]secretlife.Value{}
			}
			n.inherited[key][id] = v
		}
	}
	if !stays && !old.secret.IsZero() {
		n.after.gone[key] = old
		if n.bug == accessesPurged {
			n.forgetAccessesOf(old.secret.Incarnation())
		}
		if n.bug == listsPurged {
			n.gone[key] = old.secret
		}
	}
}

// acknowledge ends a commit. With a bug the second of two that met is never written.
func (n *naive) acknowledge(changes []secretlife.Change) {
	if n.bug != acknowledgesOthers || n.arrived == 2 || !strings.HasPrefix(changes[0].Key().Name.String(), "many-") {
		return
	}
	n.meet(changes[0], "many-", 0)
	if n.after.others++; n.after.others == 2 {
		n.after.lost = append(n.after.lost, changes[0].Key())
	}
}

// reopenNaive is what a naive store is after the end of its process.
func reopenNaive(s secretlife.Store) secretlife.Store {
	n := behindNaive(s).(*naive)
	for _, key := range n.after.lost {
		delete(n.secrets, key)
	}
	switch n.bug {
	case accessesEnd:
		n.accesses = naiveAccesses{}
	case notesEnd:
		n.notes.values = map[string][]byte{}
	case laterEnds:
		maps.Copy(n.secrets, n.after.later)
	case losesTheLast:
		for key, old := range n.after.before {
			if delete(n.secrets, key); !old.secret.IsZero() {
				n.secrets[key] = old
			}
		}
	case losesValues:
		for _, k := range n.secrets {
			clear(k.values)
		}
	case forgetsWhatIsDue:
		for key := range n.secrets {
			n.after.undue[key] = true
		}
	case claimsEnd:
		maps.Copy(n.secrets, n.after.claims)
	case secretsComeBack:
		maps.Copy(n.secrets, n.after.gone)
	case valuesComeBack:
		for key, old := range n.after.gone {
			for id, v := range old.values {
				n.dropped[valueID{key, old.secret.Incarnation(), id}] = v
			}
		}
	case numbersBeginAgain:
		n.seq = 0
	}
	return n
}

// readsOf returns how many secrets a naive store has read. It reads everything; without
// a bug it counts as if it had an index.
func readsOf(s secretlife.Store) int { return behindNaive(s).(*naive).reads }

// read counts the secrets that a call must read, or, with a bug, all.
func (n *naive) read(needed int, searches bool) {
	if searches {
		needed = len(n.secrets)
	}
	n.reads += needed
}

// withoutRequest returns an event without what its request said.
func withoutRequest(e secretlife.Event) secretlife.Event {
	var members map[string]any
	if err := json.Unmarshal(valid(json.Marshal(e)), &members); err != nil {
		panic(err)
	}
	delete(members, "requestParameters")
	var out secretlife.Event
	if err := json.Unmarshal(valid(json.Marshal(members)), &out); err != nil {
		panic(err)
	}
	return out
}
