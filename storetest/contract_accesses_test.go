package storetest

// accessContract has every sentence of the comments on [access.Store] and its queries that is
// a rule, with the clauses that check it.
var accessContract = []rule{
	{"access.Store: One that stands before another passes its methods on, and returns [errors.ErrUnsupported] from all " +
		"of them, at once, where the other has none.", []string{"Accesses/are kept or are not"}},
	{"access.Store: All methods are safe for concurrent use, honour their context, and return its error when it is done " +
		"before they begin.", []string{"Accesses/are added by many at once", "Accesses/honour a done context"}},
	{"access.Store: What they return is the caller's.", []string{"Accesses/are the caller's"}},
	{"access.Store: Entries outlive the purge of their secret.", []string{"Accesses/are apart"}},
	{"access.Store: They are as durable as the secrets of the store.", []string{"Accesses/outlive the store"}},
	{"access.AddAccesses: AddAccesses adds the entries of a group, all of them or none.",
		[]string{"Accesses/are added by many at once"}},
	{"access.AddAccesses: Where there is an entry of the same subject, its counts are added to, First becomes the earlier " +
		"and Last the later of both; otherwise the entry is new.", []string{"Accesses/are added up"}},
	{"access.AddAccesses: A group whose Number is not above that of the last group of its Writer was written before: " +
		"AddAccesses writes nothing, and returns nil.", []string{"Accesses/are written once"}},
	{"access.AddAccesses: So a group may be added again where the outcome is not known.",
		[]string{"Accesses/are written once where the outcome is not known"}},
	{"access.AddAccesses: Groups outside the limits of [Group.Check] are refused with [secretlife.ErrInvalidParameter].",
		[]string{"Accesses/have limits"}},
	{"access.Accesses: Accesses returns a page of entries in the order of [Entry.Compare].",
		[]string{"Accesses/come back"}},
	{"access.Accesses: It sees every AddAccesses that returned before it was called.", []string{"Accesses/come back"}},
	{"access.ForgetAccesses: ForgetAccesses removes up to limit entries of days before a day, and returns how many it " +
		"removed.", []string{"Accesses/are forgotten"}},
	{"access.ForgetAccesses: When it removes fewer than limit, it has also forgotten the writers whose last group has no " +
		"entry of that day or a later one.", []string{"Accesses/have writers that are forgotten"}},
	{"access.Query: What is zero leaves nothing out.", []string{"Accesses/are found by what a query says"}},
	{"access.Query.Scheduled: Scheduled leaves out calls on secrets that were not marked for deletion.",
		[]string{"Accesses/are found by what a query says"}},
	{"access.Query.From: From leaves out entries of days before one.",
		[]string{"Accesses/are found by what a query says"}},
	{"access.Query.After: After is the entry after which the page begins, whether or not it is there.",
		[]string{"Accesses/come in pages"}},
	{"access.Query.After: Zero begins at the start.", []string{"Accesses/come in pages"}},
	{"access.Query.After: Only the members by which entries are ordered count.", []string{"Accesses/come in pages"}},
	{"access.Query.Limit: Limit is how many entries to return at most.", []string{"Accesses/come in pages"}},
}

// accessUnchecked are the sentences of that contract that no test of a store can check.
var accessUnchecked = []string{
	"access.Store: Store keeps the entries of a [Ledger].",
	"access.Store: The stores of this module have it beside [secretlife.Store]; a store of another kind need not.",
	"access.Query: Query asks a [Store] for entries.",
}
