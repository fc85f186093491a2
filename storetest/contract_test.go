package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule is a sentence of the contract, with the clauses that check it.
type rule struct {
	sentence string
	clauses  []string
}

// contract has every sentence of the comments on [secretlife.Store] and its types that is
// a rule.
var contract = []rule{
	{"Store: One that it does not have returns [errors.ErrUnsupported] at once, even if its context is done: see " +
		"[BaseStore], which every Store embeds.", []string{"Wrapper/says at once what it does not have"}},
	{"Store: A Store that stands before another one embeds that instead, so that it passes on what it does not change, " +
		"and methods that later versions add.", []string{"Wrapper/has what the store behind it has"}},
	{"Store: All methods are safe for concurrent use, honour their context, and return its error when it is done before " +
		"they begin.", []string{
		"Concurrent/one change of a revision wins", "Concurrent/one creation of a name wins",
		"Concurrent/commits of several keys end", "Context/Load honours a done context",
		"Context/Value honours a done context", "Context/Commit honours a done context",
		"Context/List honours a done context", "Context/Due honours a done context",
		"Context/Events honours a done context", "Claim/honours a done context", "Count/honours a done context",
		"Later/honours a done context",
		"Health/honours a done context", "Notes/honour a done context",
	}},
	{"Store: What they return is the caller's: changing it changes nothing in the store.", []string{
		"List/is the caller's", "Due/is the caller's", "Events/are the caller's", "Notes/are the caller's",
	}},
	{"Store: Apart from the reasons named here, any error means that the store failed.",
		[]string{"Concurrent/commits of several keys end"}},
	{"Store: A Commit, a Claim, or a SwapNote, that returns the error of its context has written nothing.",
		[]string{"Outcome/of a Commit is told", "Outcome/of a SwapNote is told"}},
	{"Store: Where the context ended while the store was writing, the error is an [OutcomeUnknownError] with the " +
		"context's error as its cause.", []string{"Outcome/of a Commit is told", "Outcome/of a SwapNote is told"}},

	{"Load: Load returns the secret at a key, or [ErrSecretNotFound].", []string{
		"Load/returns what was committed", "Load/returns a scheduled secret with its dates",
		"Load/returns ErrSecretNotFound where there is none", "History/is kept whatever changes",
	}},
	{"Load: It sees every Commit that returned before it was called.", []string{"Load/sees every commit that returned"}},
	{"Value: Value returns the value of one version of one incarnation, or [ErrVersionNotFound] where that incarnation " +
		"is not there or has no such version.", []string{
		"Value/returns the value of every version", "Value/returns ErrVersionNotFound where there is none",
		"Value/is gone for the next secret of the name", "Value/outlives deletion and restore",
	}},
	{"Value: It never returns a value of another incarnation.", []string{"Value/is never of another incarnation"}},

	{"Commit: Commit writes the changes of a batch, their values and events, all of them or none.", []string{
		"Commit/writes several changes", "Commit/writes all of several changes or none",
		"Concurrent/readers see whole commits", "Events/are not saved by a refused commit",
		"Manager/replaces a secret by another incarnation",
	}},
	{"Commit: Each change is written only onto the state it was decided at: the secret at its key has the incarnation " +
		"and the revision of [Change.Base], or, if that revision is 0, there is no secret at the key.", []string{
		"Commit/refuses another incarnation at the same revision", "Commit/refuses a late purge of another incarnation",
		"Commit/refuses a creation where a secret is",
	}},
	{"Commit: Otherwise Commit writes nothing and returns [ErrConflict].", []string{
		"Commit/refuses a stale revision", "Commit/refuses a revision to come",
		"Commit/refuses a change of a secret that is gone",
	}},
	{"Commit: Of several changes no two may have the same key.", []string{"Commit/refuses a repeated key"}},
	{"Commit: No change at all, a zero Change and a repeated key are refused with [ErrInvalidParameter].",
		[]string{"Commit/refuses no change", "Commit/refuses a zero change", "Commit/refuses a repeated key"}},
	{"Commit: After a change without a Next the key is free, and nothing of the secret is left but its events; one " +
		"whose Base has the revision 0, too, has events only, of any secrets (see [ImportEvents]).", []string{
		"Commit/frees the key with a purge", "Value/is gone after a purge", "Events/outlive the secret",
		"Events/are taken over from another store", "Events/are of no secret, too", "History/is claimed and purged",
	}},
	{"Commit: Values of versions that are not in Next are gone for good.", []string{"Value/is gone with its version"}},
	{"Commit: Events get the next sequence numbers, without gaps, in the order of the changes; the [Receipt] says which.",
		[]string{
			"Events/are numbered from 1 without gaps", "Events/are all kept, in the order of the changes",
			"Concurrent/events have no gaps", "Receipt/of a Commit has the number of its first event",
			"Manager/keeps what a request said",
		}},
	{"Commit: A Commit that returned nil is durable, as far as the store is.", []string{
		"Durable/keeps secrets, values and events", "Durable/keeps lists, counts and what is due",
		"Durable/leaves gone what is gone", "Durable/goes on with the numbers of events", "Durable/keeps what many were told",
	}},

	{"List: List returns a page of the secrets of one account and Region that are in an order, without loading values, " +
		"and without reading those before the page or those that are not in the order.", []string{
		"List/keeps accounts and Regions apart", "List/shows the present state", "List/leaves out what is purged",
		"Dates/is of one moment", "Cost/of List is a page", "Cost/of List by DeletionDate is what is scheduled",
	}},
	{"Due: Due returns secrets, of all accounts and Regions, for which [Secret.NextDue] is at or before an instant, " +
		"ordered by that instant and then by key.", []string{
		"Due/returns nothing early", "Due/orders by instant", "Due/orders by key where the instant is the same",
		"Due/follows the secret", "Due/follows holds", "Due/knows ageing and replication", "Due/knows instants far away",
	}},
	{"Due: It does not read secrets that are not due.", []string{"Cost/of Due is what is due"}},
	{"Events: Events returns up to limit events with a sequence number above after, in order.",
		[]string{"Events/come back in pages"}},

	{"Claim: Claim passes to decide the secrets that Due returns for the same query, in that order.",
		[]string{
			"Claim/hands out what is due", "Claim/knows other work than purges", "Claim/does not hand out what a hold keeps",
		}},
	{"Claim: It commits the changes that decide returns as Commit does: all of them or none, with their events in the " +
		"order of the changes, and durable when Claim returned nil.", []string{
		"Claim/commits what was decided", "Receipt/of a Claim has the number of its first event",
		"Durable/keeps what was claimed",
	}},
	{"Claim: In between no other caller changes these secrets.",
		[]string{"Claim/keeps others out", "Claim/gives each secret to one"}},
	{"Claim: If no secret is left, decide is not called, and Claim returns nil.",
		[]string{"Claim/does not ask where nothing is due"}},
	{"Claim: A change of another secret, or of another state, is refused with ErrConflict; zero changes and a repeated " +
		"key are refused with ErrInvalidParameter.",
		[]string{"Claim/writes all or none", "Claim/refuses zero changes and repeated keys"}},
	{"Claim: If decide returns no changes, nothing is written, and Claim returns nil.",
		[]string{"Claim/writes nothing where nothing is decided"}},

	{"CommitLater: decide gets the secret at the key as it is then, and returns a change of it without values and " +
		"without removed versions, or the zero Change, for which nothing is written.", []string{
		"Later/decides at what is there", "Later/refuses other changes",
		"Later/writes nothing where nothing is decided",
	}},
	{"CommitLater: Where there is no secret decide is not called.",
		[]string{"Later/does not ask where there is no secret"}},
	{"CommitLater: All methods that are called after CommitLater returned see the change.",
		[]string{"Later/is seen by all methods"}},
	{"CommitLater: It is durable when its Outcome arrives, which the caller need not receive.",
		[]string{"Later/tells its outcome", "Later/is durable with its outcome"}},

	{"Count: Count returns the number of secrets of one account and Region, scheduled ones and replicas included: all " +
		"that List goes through.", []string{"Count/counts one account and Region", "Count/counts what List goes through"}},
	{"Count: It does not read them.", []string{"Cost/of Count is nothing"}},
	{"Count: It sees every Commit that returned before it was called, and no part of a Commit without the rest.",
		[]string{"Count/counts what List goes through", "Count/sees whole commits"}},
	{"Health: Health returns nil if the store can be read and written, and nothing that it does in the background " +
		"failed or is late, so that a service over it can tell in turn.", []string{"Health/of a store that works"}},

	{"Note: Note returns the note under a name.", []string{"Notes/come back"}},
	{"Note: It sees every SwapNote that returned before it was called.", []string{"Notes/are seen at once"}},
	{"Note: For a name without a note the Value is nil, and there is no error.", []string{"Notes/are nil at first"}},
	{"Note: A store that has Note has SwapNote.", []string{"Notes/are kept or are not"}},
	{"SwapNote: SwapNote replaces the note under a name if its value is old, byte for byte.",
		[]string{"Notes/are replaced byte for byte"}},
	{"SwapNote: Otherwise SwapNote writes nothing and returns [ErrConflict].",
		[]string{"Notes/are replaced byte for byte"}},
	{"SwapNote: A nil old means that there is no note, and a nil next removes the note; an empty value is the same as " +
		"nil.", []string{"Notes/are written where there is none", "Notes/are removed"}},
	{"SwapNote: Of concurrent swaps of one value exactly one succeeds.", []string{"Notes/are won by one"}},
	{"SwapNote: A swap that returned nil is durable, as far as [Note.Durable] says.",
		[]string{"Notes/outlive the store"}},
	{"SwapNote: It changes no secret and no event.", []string{"Notes/are apart"}},
	{"SwapNote: Names and values outside the limits of [CheckNote] are refused with [ErrInvalidParameter].",
		[]string{"Notes/have limits"}},

	{"Receipt.FirstSeq: FirstSeq is the sequence number of the first event that was written.", []string{
		"Receipt/of a Commit has the number of its first event", "Receipt/of concurrent commits is each one's own",
	}},
	{"Receipt.FirstSeq: Those of the others follow it without gaps, in the order of the changes.",
		[]string{"Receipt/of a Commit has the number of its first event"}},
	{"Receipt.FirstSeq: It is 0 if there was no event.",
		[]string{"Receipt/of a Claim has the number of its first event"}},
	{"OrderByCreatedDate: OrderByCreatedDate is by creation date, then by [Creation].Ordinal, then by name.",
		[]string{"List/orders by creation date, then by Ordinal, then by name"}},
	{"OrderByName: OrderByName is by name, byte by byte.", []string{"List/orders by name, byte by byte"}},
	{"OrderByLastChangedDate: OrderByLastChangedDate is by the date of the last change, then by name.",
		[]string{"Dates/orders by the date of the last change, then by name"}},
	{"OrderByLastAccessedDate: OrderByLastAccessedDate is by the day of the last read of a value, then by name.",
		[]string{"Dates/orders by the day of the last access, the never accessed first"}},
	{"OrderByLastAccessedDate: Secrets that were never read come before all others.",
		[]string{"Dates/orders by the day of the last access, the never accessed first"}},
	{"OrderByDeletionDate: OrderByDeletionDate is by DeletionDate, then by name.",
		[]string{"Scheduled/lists what is scheduled, by DeletionDate, then by name"}},
	{"OrderByDeletionDate: Only the secrets that are scheduled for deletion are in it, forced ones included.",
		[]string{"Scheduled/follows the secret"}},
	{"ListQuery.Descending: Descending turns the order round.", []string{
		"List/descending by name", "List/descending by creation date", "Dates/descending by the date of the last change",
		"Dates/descending by the day of the last access, the never accessed last",
		"Scheduled/descending by DeletionDate",
	}},
	{"ListQuery.After: After is where the page begins: after this place in the order, whether or not a secret is there.",
		[]string{"List/begins after a secret that is gone"}},
	{"ListQuery.After: Zero begins at the start.", []string{"List/returns pages of up to Limit"}},
	{"ListQuery.Prefix: Prefix, if not empty, leaves out secrets whose name does not begin so.",
		[]string{"List/leaves out other names than the prefix's"}},
	{"ListQuery.Prefix: In the order ByName a store finds them without reading others.",
		[]string{"Cost/of List with a Prefix is a page"}},
	{"ListQuery.Abridged: Abridged allows the store to return secrets without versions that have no staging label, and " +
		"without reading them: see [Secret.Abridged].", []string{"History/is left out of lists that allow it"}},
	{"ListQuery.Limit: Limit is how many secrets to return at most; it is at least 1.",
		[]string{"List/returns pages of up to Limit"}},
	{"Cursor: In the orders by a date that changes, a secret moves to another place when the date does: a caller that " +
		"reads a list page by page then finds it twice, or not at all.",
		[]string{"Dates/moves a secret with its dates", "Dates/goes on while secrets change"}},
	{"Cursor.At: At is the date of the order, to the millisecond.",
		[]string{"Dates/orders by the date of the last change, then by name"}},
	{"Cursor.At: It is the zero Time in the order ByName, and for a secret that was never accessed in the order " +
		"ByLastAccessedDate: such secrets are ordered by name among themselves.",
		[]string{"Dates/goes on among the never accessed"}},
	{"Cursor.Ordinal: Ordinal is [Creation].Ordinal in the order ByCreatedDate, and 0 in all others.",
		[]string{"List/orders by creation date, then by Ordinal, then by name"}},
	{"DueQuery.By: By is the last instant at which something is due.", []string{"Due/returns nothing early"}},
	{"DueQuery.After: After is the entry after which the page begins, whether or not it is there.",
		[]string{"Due/goes on after an entry", "Due/goes on after an entry that is not there"}},
	{"DueQuery.After: Zero begins at the start.", []string{"Due/goes on after an entry"}},
	{"DueQuery.Limit: Limit is how many entries to return at most.",
		[]string{"Due/goes on after an entry", "Manager/purges at the instant"}},
	{"Note.Value: Value is nil where there is no note.", []string{"Notes/are nil at first"}},
	{"Note.Durable: Durable reports whether notes of this store outlive the process.",
		[]string{"Notes/outlive the store"}},
	{"Note.Durable: It does not depend on the name.", []string{"Notes/say of what kind they are"}},
	{"OutcomeUnknownError.Outcome: Outcome, if it is not nil, receives the outcome once, when the store knows it.",
		[]string{"Outcome/of a Commit is told"}},
	{"Outcome.Receipt: Receipt is of what was written, if Err is nil.", []string{"Outcome/of a Commit is told"}},
	{"Outcome.Err: Err is nil if the change was written; otherwise it was not.",
		[]string{"Outcome/of a Commit is told"}},
}

// unchecked are the sentences of the contract that no test of a store can check, by why.
var unchecked = map[string][]string{
	"It says what something is, or what it is for.": {
		"Store: Store keeps secrets, the values of their versions, and the events.",
		"Store: The package memstore has the one in memory; the package storetest checks any implementation against the " +
			"sentences below.",
		"Store: A Store has methods that it must have, from Load to Events, and methods that it need not have, from " +
			"Claim to SwapNote.",
		"Claim: With it a [Purger] purges many secrets in one step; without it each is loaded and committed by itself.",
		"CommitLater: CommitLater has a change decided and committed after it returned, so that its caller waits for no " +
			"disk.",
		"CommitLater: Without it the day of a first read of a value is noted before the value is returned.",
		"Count: Without it the limit on the number of secrets costs going through the list.",
		"Note: Without them elapsed time is counted by each process for itself, and a recovery window begins again with it.",
		"Batch: Batch is what [Store.Commit] writes in one step.",
		"Receipt: Receipt is what a [Store] tells of what it wrote.",
		"Order: Order is an order of [Store.List].",
		"ListQuery: ListQuery asks a [Store] for a page of secrets.",
		"Cursor: Cursor is a place in the order of a list.",
		"DueQuery: DueQuery asks a [Store] for a page of what is due.",
		"Due: Due is a secret for which something is to be done in the background.",
		"Note: Note is a small piece of data that the core keeps in a [Store] under a name.",
		"Note: Its form is the core's affair.",
		"OutcomeUnknownError: OutcomeUnknownError is the error of a [Store] that was writing a change when something " +
			"ended the call.",
		"OutcomeUnknownError.Cause: Cause is what ended the call, such as [context.Canceled] or a connection that was lost.",
		"Outcome: Outcome is how a write ended whose call had ended before.",
	},
	"It is a rule for callers, or for this package.": {
		"Store: After any other error that is not named here the caller must assume the same.",
		"OutcomeUnknownError: errors.Is finds [ErrOutcomeUnknown] in it, and the cause.",
		"OutcomeUnknownError.Outcome: The receiver reads it at most once.",
		"Claim: decide returns changes of the secrets it was given, at most one for each.",
		"Claim: decide must not use the store.",
		"CommitLater: It must not use the store.",
	},
	"It is about failures that a test can't cause in any store, or allows what need not happen.": {
		"Store: It is one, too, where the store can't know whether the change was written, as when a connection is lost.",
		"Events: A store may forget the oldest events where it is told to; it says so in its documentation.",
		"Claim: Claim leaves out secrets that can't be read.",
		"Claim: It may leave out secrets that another caller is changing, so that of several callers of Claim none waits " +
			"for another.",
		"Claim: Due still returns both.",
		"Claim: decide is called again if the transaction is retried, with the secrets due at that time; there may be none.",
		"Claim: Its last result is what was committed.",
		"CommitLater: A crash loses changes of at most the last second, and Close writes what waits.",
		"CommitLater: A change that can't be written is lost.",
		"Health: It must notice what no read would, such as a full disk, and return within its context.",
		"Note.Now: Now is the time of the store's own clock, read after the value, where the store has a clock, as a " +
			"database server does; otherwise it is the zero Time.",
	},
}

// TestEverySentenceHasAClause checks that the sentences of the contract, and the clauses
// that check them, are those of the package. That each clause finds a broken store is
// [TestBrokenStoresAreCaught].
func TestEverySentenceHasAClause(t *testing.T) {
	known := slices.Concat(append(slices.Collect(maps.Values(unchecked)), accessUnchecked)...)
	checked := map[string]bool{}
	for _, rule := range slices.Concat(contract, accessContract) {
		known = append(known, rule.sentence)
		for _, clause := range rule.clauses {
			checked[clause] = true
		}
	}
	ofAccess := sentences(t, "../access/store.go", "access.", "Store", "Query")
	require.ElementsMatch(t, append(sentences(t, "../store.go", "", contractTypes...), ofAccess...), known)
	var clauses []string
	for _, g := range groups {
		for _, cl := range g.clauses {
			clauses = append(clauses, g.name+"/"+cl.name)
		}
	}
	require.ElementsMatch(t, clauses, slices.Collect(maps.Keys(checked)))
}

// sentences returns the sentences of the comments in a file on types of the contract, each with
// what it is about, after a prefix.
func sentences(t *testing.T, path, prefix string, of ...string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	require.NoError(t, err)
	var out []string
	add := func(about string, doc *ast.CommentGroup) {
		text := strings.Join(strings.Fields(doc.Text()), " ")
		for _, s := range strings.Split(sentenceEnd.ReplaceAllString(text, ".\n$1"), "\n") {
			if s != "" {
				out = append(out, prefix+about+": "+s)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return false
		case *ast.GenDecl:
			for _, spec := range n.Specs {
				commentsOf(spec, n.Doc, of, add)
			}
		}
		return true
	})
	return out
}

var sentenceEnd = regexp.MustCompile(`\. ([A-Za-z])`)

// contractTypes are the types of store.go that are the contract.
var contractTypes = []string{
	"Store", "Batch", "Receipt", "Order", "ListQuery", "Cursor", "DueQuery", "Due", "Note", "OutcomeUnknownError",
	"Outcome",
}

// commentsOf passes on the comments of a type of the contract, or of an order.
func commentsOf(spec ast.Spec, doc *ast.CommentGroup, types []string, add func(of string, doc *ast.CommentGroup)) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		if strings.HasPrefix(spec.Names[0].Name, "OrderBy") {
			add(spec.Names[0].Name, spec.Doc)
		}
	case *ast.TypeSpec:
		if !slices.Contains(types, spec.Name.Name) {
			return
		}
		add(spec.Name.Name, doc)
		switch of := spec.Type.(type) {
		case *ast.InterfaceType:
			for _, m := range of.Methods.List {
				if m.Names[0].IsExported() {
					add(m.Names[0].Name, m.Doc)
				}
			}
		case *ast.StructType:
			for _, f := range of.Fields.List {
				add(spec.Name.Name+"."+f.Names[0].Name, f.Doc)
			}
		}
	}
}
