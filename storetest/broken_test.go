package storetest

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

// recorder is a test that fails without harm.
type recorder struct {
	ctx    context.Context
	failed bool
	text   string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) FailNow()                 { r.failed = true; runtime.Goexit() }
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.text += fmt.Sprintf(format, args...)
}

// failures runs all clauses on a kind of store, or only one, and returns those that
// failed with what they said.
func failures(t *testing.T, open func() secretlife.Store, only string) map[string]string {
	failed := map[string]string{}
	for _, g := range groups {
		for _, cl := range g.clauses {
			if only != "" && only != g.name+"/"+cl.name {
				continue
			}
			r := &recorder{ctx: t.Context()}
			done := make(chan struct{})
			go func() {
				defer close(done)
				cl.run(r, check{Store: open(), reopen: reopenNaive, wraps: behindNaive, reads: readsOf})
			}()
			<-done
			if r.failed {
				failed[g.name+"/"+cl.name] = r.text
				require.True(t, strings.HasPrefix(r.text, cl.rule), "a failure begins with its rule: %s", r.text)
			}
		}
	}
	return failed
}

// caughtBy names the clause that forbids a bug.
var caughtBy = join(notesCaughtBy, reopenCaughtBy, laterCaughtBy, accessesCaughtBy, map[bug]string{
	ignoresRevision:        "Commit/refuses a stale revision",
	ignoresIncarnation:     "Commit/refuses another incarnation at the same revision",
	createsOverASecret:     "Commit/refuses a creation where a secret is",
	checksBeforeLocking:    "Concurrent/one change of a revision wins",
	writesBeforeChecking:   "Commit/writes all of several changes or none",
	tearsCommits:           "Concurrent/readers see whole commits",
	acceptsNoChange:        "Commit/refuses no change",
	skipsZeroChanges:       "Commit/refuses a zero change",
	acceptsRepeatedKeys:    "Commit/refuses a repeated key",
	keepsPurged:            "Commit/frees the key with a purge",
	writesAndDenies:        "Outcome/of a Commit is told",
	losesDetails:           "Load/returns what was committed",
	losesPurgeDelay:        "Load/returns a scheduled secret with its dates",
	cachesLoads:            "Load/sees every commit that returned",
	answersNothing:         "Load/returns ErrSecretNotFound where there is none",
	losesValuesOfScheduled: "Value/outlives deletion and restore",
	sharesLists:            "List/is the caller's",
	losesEventsAlone:       "Events/are taken over from another store",
	losesEvents:            "Events/are all kept, in the order of the changes",
	reordersEvents:         "Events/are all kept, in the order of the changes",
	repeatsNumbers:         "Events/are numbered from 1 without gaps",
	wastesNumbers:          "Events/are not saved by a refused commit",
	countsFromTwo:          "Events/are numbered from 1 without gaps",
	forgetsEventsOfPurged:  "Events/outlive the secret",
	ignoresEventLimit:      "Events/come back in pages",
	sharesEvents:           "Events/are the caller's",
	valueOfAnyIncarnation:  "Value/is never of another incarnation",
	valuesOutliveVersions:  "Value/is gone with its version",
	valuesOutlivePurge:     "Value/is gone after a purge",
	valuesBecomeText:       "Value/returns the value of every version",
	dueEarly:               "Due/returns nothing early",
	dueLate:                "Due/returns nothing early",
	dueInOrderOfNames:      "Due/orders by instant",
	dueTiesBackward:        "Due/orders by key where the instant is the same",
	dueKeepsRestored:       "Due/follows the secret",
	dueForPurgesOnly:       "Due/knows ageing and replication",
	dueInSpiteOfHolds:      "Due/follows holds",
	claimsInSpiteOfHolds:   "Claim/does not hand out what a hold keeps",
	dueIgnoresAfter:        "Due/goes on after an entry",
	dueAfterInstantOnly:    "Due/goes on after an entry",
	dueIgnoresLimit:        "Due/goes on after an entry",
	listsEveryRegion:       "List/keeps accounts and Regions apart",
	listsEveryAccount:      "List/keeps accounts and Regions apart",
	listsActiveOnly:        "List/shows the present state",
	listIgnoresDescending:  "List/descending by name",
	listIgnoresPrefix:      "List/leaves out other names than the prefix's",
	prefixHasWildcards:     "List/leaves out other names than the prefix's",
	prefixIgnoresCase:      "List/leaves out other names than the prefix's",
	namesIgnoreCase:        "List/orders by name, byte by byte",
	createdTiesAnyhow:      "List/orders by creation date, then by Ordinal, then by name",
	ignoresOrdinal:         "List/orders by creation date, then by Ordinal, then by name",
	cursorMustExist:        "List/begins after a secret that is gone",
	listIgnoresLimit:       "List/returns pages of up to Limit",
	listsOldStates:         "List/shows the present state",
	changedIsCreated:       "Dates/orders by the date of the last change, then by name",
	changedInSeconds:       "Dates/orders by the date of the last change, then by name",
	neverAccessedLast:      "Dates/orders by the day of the last access, the never accessed first",
	neverAccessedAtEpoch:   "Dates/goes on among the never accessed",
	neverAccessedDescend:   "Dates/descending by the day of the last access, the never accessed last",
	staysWhereItWas:        "Dates/moves a secret with its dates",
	listsInPieces:          "Dates/is of one moment",
	listsActiveByDeletion:  "Scheduled/follows the secret",
	deletionNotTurned:      "Scheduled/descending by DeletionDate",
	scheduledSearches:      "Cost/of List by DeletionDate is what is scheduled",
	deletionInSeconds:      "Scheduled/lists what is scheduled, by DeletionDate, then by name",
	countsEveryRegion:      "Count/counts one account and Region",
	countsActiveOnly:       "Count/counts what List goes through",
	claimsAnything:         "Claim/hands out what is due",
	claimsFromTheStart:     "Claim/hands out what is due",
	claimsForPurgesOnly:    "Claim/knows other work than purges",
	claimsOldStates:        "Claim/hands out what is due",
	claimsAsk:              "Claim/does not ask where nothing is due",
	claimsCommitNothing:    "Claim/writes nothing where nothing is decided",
	claimsLoseChanges:      "Claim/commits what was decided",
	claimsCommitOthers:     "Claim/writes all or none",
	claimsOneByOne:         "Claim/writes all or none",
	claimsDropZeroChanges:  "Claim/refuses zero changes and repeated keys",
	claimsLetOthersIn:      "Claim/keeps others out",
	claimsReadTwice:        "Claim/gives each secret to one",
	receiptsOfTheLast:      "Receipt/of a Commit has the number of its first event",
	receiptsOfTheNewest:    "Receipt/of concurrent commits is each one's own",
	claimsWithoutReceipt:   "Receipt/of a Claim has the number of its first event",
	neverHealthy:           "Health/of a store that works",
	hidesClaim:             "Wrapper/has what the store behind it has",
	noteWhileAlive:         "Wrapper/says at once what it does not have",
	countsInPieces:         "Count/sees whole commits",
	createsWhatIsGone:      "Commit/refuses a change of a secret that is gone",
	acceptsWhatIsToCome:    "Commit/refuses a revision to come",
	purgesAnyIncarnation:   "Commit/refuses a late purge of another incarnation",
	createsBeforeLocking:   "Concurrent/one creation of a name wins",
	deadlocks:              "Concurrent/commits of several keys end",
	losesOtherValues:       "Commit/writes several changes",
	numbersCollide:         "Concurrent/events have no gaps",
	valueOfAnySecret:       "Value/returns ErrVersionNotFound where there is none",
	valuesAreInherited:     "Value/is gone for the next secret of the name",
	valuesOutliveOverwrite: "Manager/replaces a secret by another incarnation",
	losesEventsOfNone:      "Events/are of no secret, too",
	losesRequests:          "Manager/keeps what a request said",
	createdTiesNotTurned:   "List/descending by creation date",
	changedNotTurned:       "Dates/descending by the date of the last change",
	listsPurged:            "List/leaves out what is purged",
	pagesOfTheFirstMoment:  "Dates/goes on while secrets change",
	dueAfterMustExist:      "Due/goes on after an entry that is not there",
	dueUntil2262:           "Due/knows instants far away",
	sharesDue:              "Due/is the caller's",
	dueUpToHundred:         "Manager/purges at the instant",
	losesHistory:           "History/is kept whatever changes",
	claimsAbridged:         "History/is claimed and purged",
	listsAbridged:          "History/is left out of lists that allow it",

	ignoresContextOf(Load):   "Context/Load honours a done context",
	ignoresContextOf(Value):  "Context/Value honours a done context",
	ignoresContextOf(Commit): "Context/Commit honours a done context",
	ignoresContextOf(List):   "Context/List honours a done context",
	ignoresContextOf(Due):    "Context/Due honours a done context",
	ignoresContextOf(Events): "Context/Events honours a done context",
	ignoresContextOf(Claim):  "Claim/honours a done context",
	ignoresContextOf(Count):  "Count/honours a done context",
	ignoresContextOf(Health): "Health/honours a done context",
})

func join(all ...map[bug]string) map[bug]string {
	out := map[bug]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// spreads names the groups of other clauses that a bug breaks, too, because they can't be
// checked without the rule.
var spreads = map[bug][]string{
	acceptsRepeatedKeys:    {"Claim"},
	cachesLoads:            {"Claim", "Commit", "Concurrent", "History", "Later", "Manager", "Value"},
	claimsCommitNothing:    {"Receipt"},
	claimsOldStates:        {"History"},
	claimsLoseChanges:      {"Receipt"},
	claimsOneByOne:         {"Receipt"},
	createsOverASecret:     {"Concurrent", "Count", "Events"},
	createsWhatIsGone:      {"Claim"},
	cursorMustExist:        {"Cost", "Manager"},
	dueForPurgesOnly:       {"Manager"},
	dueKeepsRestored:       {"Manager"},
	dueLate:                {"Claim", "Later", "Manager"},
	forgetsEventsOfPurged:  {"Claim", "Commit"},
	ignoresEventLimit:      {"Later", "Receipt"},
	ignoresRevision:        {"Claim", "Concurrent", "Events", "Later"},
	keepsPurged:            {"Claim", "Count", "Due", "Durable", "Events", "History", "List", "Manager", "Value"},
	noteWhileAlive:         {"Notes"},
	laterIsLate:            {"Manager"},
	listsInPieces:          {"Concurrent"},
	listsOldStates:         {"History", "Later"},
	losesTheLast:           {"Later"},
	listsPurged:            {"Manager"},
	losesEvents:            {"Claim", "Manager", "Receipt"},
	losesOtherValues:       {"Concurrent", "Manager"},
	losesRequests:          {"Events"},
	losesValuesOfScheduled: {"History", "Manager"},
	notesEmptyAtFirst:      {"Manager", "Outcome"},
	notesHalf:              {"Manager"},
	notesAreText:           {"Manager", "Outcome"},
	notesLag:               {"Manager", "Outcome"},
	notesShareNames:        {"Outcome"},
	numbersCollide:         {"Receipt"},
	receiptsOfTheLast:      {"Manager"},
	reordersEvents:         {"Claim", "Manager", "Receipt"},
	repeatsNumbers:         {"Concurrent", "Durable", "Later", "Manager", "Receipt"},
	answersNothing:         {"Claim", "Commit", "Events", "History", "Manager", "Outcome"},
	valuesAreInherited:     {"History"},
	valuesBecomeText:       {"Events"},
	valuesOutlivePurge:     {"Claim", "History"},
	valuesOutliveVersions:  {"History", "Manager"},
	writesAndDenies:        {"Manager", "Receipt"},
}

// groupOf is what a clause is about. Lists have three groups of clauses.
func groupOf(clause string) string {
	group, _, _ := strings.Cut(clause, "/")
	if group == "Dates" || group == "Scheduled" {
		return "List"
	}
	return group
}

// TestBrokenStoresAreCaught checks that every bug is found by the clause that
// forbids it, and breaks no clauses about anything else but what spreads names. Under the
// race detector, where all clauses for all stores take a minute, it is that clause
// alone.
func TestBrokenStoresAreCaught(t *testing.T) {
	for b, clause := range caughtBy {
		t.Run(string(b), func(t *testing.T) {
			only := ""
			if underRace {
				only = clause
			}
			found := failures(t, func() secretlife.Store { return frontOf(newNaive(b)) }, only)
			require.Contains(t, found, clause)
			for name, text := range found {
				require.Contains(t, append(spreads[b], groupOf(clause)), groupOf(name), "%s: %s", name, text)
			}
		})
	}
}

// TestOneMistakeInNumbersIsOneFailure: a store that counts events from two is told so
// once, by the sentence about it.
func TestOneMistakeInNumbersIsOneFailure(t *testing.T) {
	found := failures(t, func() secretlife.Store { return newNaive(countsFromTwo) }, "")
	require.Len(t, found, 1)
	require.Equal(t, "Events get sequence numbers from 1 on, without gaps and none twice, in the order of the commits.\n"+
		"But: an event has number 2 where 1 comes next.", found[caughtBy[countsFromTwo]])
}

// TestEveryClauseHasABrokenStore checks that no clause is there that no store breaks by
// itself.
func TestEveryClauseHasABrokenStore(t *testing.T) {
	var clauses []string
	for _, g := range groups {
		for _, cl := range g.clauses {
			clauses = append(clauses, g.name+"/"+cl.name)
		}
	}
	broken := map[string]bool{}
	for _, clause := range caughtBy {
		broken[clause] = true
	}
	require.ElementsMatch(t, clauses, slices.Collect(maps.Keys(broken)))
}

// TestANaiveStorePasses checks that the clauses ask for nothing but the rules:
// a store that is nothing like memstore passes too.
func TestANaiveStorePasses(t *testing.T) {
	require.Empty(t, failures(t, func() secretlife.Store { return newNaive(noBug) }, ""))
	Run(t, func(*testing.T) secretlife.Store { return newNaive(noBug) }, func(o *Options) {
		o.Reopen = func(_ *testing.T, s secretlife.Store) secretlife.Store { return reopenNaive(s) }
	})
}

// TestAFaultlessFaultsIsAStore checks that the wrapper itself breaks no rule, and has all
// that the store behind it has.
func TestAFaultlessFaultsIsAStore(t *testing.T) {
	for _, behind := range []secretlife.Store{newNaive(noBug), memstore.New()} {
		for m := range optional {
			require.Equal(t, has(behind, m), has(NewFaults(behind), m), m)
		}
	}
	Run(t, func(*testing.T) secretlife.Store { return NewFaults(newNaive(noBug)) }, func(o *Options) {
		o.Wraps = func(s secretlife.Store) secretlife.Store { return s.(*Faults).Store }
	})
}

// TestAnEmbeddedStoreHidesNothing checks that a store which embeds another one has all
// that the other has.
func TestAnEmbeddedStoreHidesNothing(t *testing.T) {
	type wrapped struct{ secretlife.Store }
	Run(t, func(*testing.T) secretlife.Store { return wrapped{newNaive(noBug)} }, func(o *Options) {
		o.Wraps = func(s secretlife.Store) secretlife.Store { return s.(wrapped).Store }
	})
}
