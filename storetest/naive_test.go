package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// bug is a rule that a naive store breaks.
type bug string

const (
	noBug                  bug = ""
	ignoresRevision        bug = "ignores revision"
	ignoresIncarnation     bug = "ignores incarnation"
	createsOverASecret     bug = "creates over a secret"
	checksBeforeLocking    bug = "checks before locking"
	writesBeforeChecking   bug = "writes before checking"
	tearsCommits           bug = "tears commits"
	acceptsNoChange        bug = "accepts no change"
	skipsZeroChanges       bug = "skips zero changes"
	acceptsRepeatedKeys    bug = "accepts repeated keys"
	ignoresContext         bug = "ignores context"
	keepsPurged            bug = "keeps purged"
	writesAndDenies        bug = "writes and denies it"
	losesPurgeDelay        bug = "loses the purge delay"
	cachesLoads            bug = "caches loads"
	answersNothing         bug = "returns nothing for what is not there"
	losesValuesOfScheduled bug = "loses the values of scheduled secrets"
	sharesLists            bug = "shares lists"
	losesDetails           bug = "loses details"
	losesEvents            bug = "loses events"
	losesEventsAlone       bug = "loses events alone"
	reordersEvents         bug = "reorders events"
	repeatsNumbers         bug = "repeats numbers"
	wastesNumbers          bug = "wastes numbers"
	countsFromTwo          bug = "counts from two"
	forgetsEventsOfPurged  bug = "forgets events of purged"
	ignoresEventLimit      bug = "ignores event limit"
	sharesEvents           bug = "shares events"
	valueOfAnyIncarnation  bug = "value of any incarnation"
	valuesOutliveVersions  bug = "values outlive versions"
	valuesOutlivePurge     bug = "values outlive purge"
	valuesBecomeText       bug = "values become text"
	dueEarly               bug = "due early"
	dueLate                bug = "due late"
	dueInOrderOfNames      bug = "due in order of names"
	dueTiesBackward        bug = "due ties backward"
	dueKeepsRestored       bug = "due keeps restored"
	dueForPurgesOnly       bug = "due for purges only"
	dueIgnoresAfter        bug = "due ignores after"
	dueAfterInstantOnly    bug = "due after instant only"
	dueIgnoresLimit        bug = "due ignores limit"
	listsEveryRegion       bug = "lists every region"
	listsEveryAccount      bug = "lists every account"
	listsActiveOnly        bug = "lists active only"
	listIgnoresDescending  bug = "list ignores descending"
	listIgnoresPrefix      bug = "list ignores prefix"
	prefixHasWildcards     bug = "prefix has wildcards"
	prefixIgnoresCase      bug = "prefix ignores case"
	namesIgnoreCase        bug = "names ignore case"
	createdTiesAnyhow      bug = "created ties anyhow"
	cursorMustExist        bug = "cursor must exist"
	listIgnoresLimit       bug = "list ignores limit"
	listsOldStates         bug = "lists old states"
	changedIsCreated       bug = "changed is created"
	changedInSeconds       bug = "changed in seconds"
	neverAccessedLast      bug = "never accessed last"
	neverAccessedAtEpoch   bug = "never accessed at the epoch"
	neverAccessedDescend   bug = "never accessed first in descending order"
	staysWhereItWas        bug = "stays where it was"
	listsInPieces          bug = "lists in pieces"
	countsEveryRegion      bug = "counts every region"
	countsActiveOnly       bug = "counts active only"
	claimsAnything         bug = "claims anything"
	claimsFromTheStart     bug = "claims from the start"
	claimsForPurgesOnly    bug = "claims for purges only"
	claimsOldStates        bug = "claims old states"
	claimsAsk              bug = "claims ask where nothing is due"
	claimsCommitNothing    bug = "claims commit nothing"
	claimsLoseChanges      bug = "claims lose changes"
	claimsCommitOthers     bug = "claims commit others"
	claimsOneByOne         bug = "claims one by one"
	claimsDropZeroChanges  bug = "claims drop zero changes"
	claimsLetOthersIn      bug = "claims let others in"
	claimsReadTwice        bug = "claims read twice"
	claimsIgnoreContext    bug = "claims ignore context"
	receiptsOfTheLast      bug = "receipts of the last event"
	receiptsOfTheNewest    bug = "receipts of the newest event"
	claimsWithoutReceipt   bug = "claims without receipt"
	healthIgnoresContext   bug = "health ignores context"
	neverHealthy           bug = "never healthy"
	hidesClaim             bug = "hides Claim"
	noteWhileAlive         bug = "knows notes while the context is not done"
)

// naive is a store that scans everything under one lock. Without a bug it is a
// correct one.
type naive struct {
	secretlife.BaseStore

	bug bug

	mu      sync.Mutex
	secrets map[secretlife.Key]kept
	dropped map[valueID]secretlife.Value // values a bug keeps
	first   map[secretlife.Key]secretlife.Secret
	due     map[secretlife.Key]secretlife.Due // what a bug keeps of restored secrets
	events  []secretlife.Event
	seq     uint64
	notes   naiveNotes
	torn    bool
	looks   chan struct{}                                // closed by the first List while a torn commit waits
	pages   map[secretlife.ListQuery][]secretlife.Secret // that a bug shares
	arrived int
	meeting chan struct{}
}

type kept struct {
	secret secretlife.Secret
	values map[secretlife.VersionID]secretlife.Value
}

type valueID struct {
	key secretlife.Key
	in  secretlife.Incarnation
	id  secretlife.VersionID
}

func newNaive(b bug) *naive {
	return &naive{
		bug: b, secrets: map[secretlife.Key]kept{}, dropped: map[valueID]secretlife.Value{},
		looks: make(chan struct{}), pages: map[secretlife.ListQuery][]secretlife.Secret{},
		first: map[secretlife.Key]secretlife.Secret{}, due: map[secretlife.Key]secretlife.Due{}, meeting: make(chan struct{}),
		notes: newNaiveNotes(),
	}
}

func (n *naive) done(ctx context.Context) error {
	if n.bug == ignoresContext {
		return nil
	}
	return ctx.Err()
}

func (n *naive) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, ok := n.secrets[key]
	switch {
	case n.done(ctx) != nil:
		return secretlife.Secret{}, ctx.Err()
	case !ok && n.bug == answersNothing:
		return secretlife.Secret{}, nil
	case !ok:
		return secretlife.Secret{}, secretlife.ErrSecretNotFound
	case n.bug == cachesLoads:
		return n.first[key], nil
	}
	var st map[string]any
	text, err := json.Marshal(k.secret)
	if err != nil {
		return k.secret, err
	}
	if err := json.Unmarshal(text, &st); err != nil {
		return k.secret, err
	}
	switch n.bug {
	case losesDetails:
		delete(st, "description")
	case losesPurgeDelay:
		if _, marked := st["deletionDate"]; marked {
			st["purgeAt"] = st["deletionDate"]
		}
	default:
		return k.secret, nil
	}
	var s secretlife.Secret
	if text, err = json.Marshal(st); err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}
func (n *naive) Value(ctx context.Context, key secretlife.Key, in secretlife.Incarnation, id secretlife.VersionID) (
	secretlife.Value, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.done(ctx); err != nil {
		return secretlife.Value{}, err
	}
	k := n.secrets[key]
	if v, ok := k.values[id]; ok && (k.secret.Incarnation() == in || n.bug == valueOfAnyIncarnation) {
		if n.bug == valuesBecomeText {
			return secretlife.SecretString(v.Reveal()), nil
		}
		return v, nil
	}
	if v, ok := n.dropped[valueID{key, in, id}]; ok {
		return v, nil
	}
	return secretlife.Value{}, secretlife.ErrVersionNotFound
}

func (n *naive) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if err := n.done(ctx); err != nil {
		return secretlife.Receipt{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bug == skipsZeroChanges {
		batch.Changes = slices.DeleteFunc(slices.Clone(batch.Changes), secretlife.Change.IsZero)
		if len(batch.Changes) == 0 {
			return secretlife.Receipt{}, nil
		}
	}
	if err := n.checkArguments(batch.Changes); err != nil {
		return secretlife.Receipt{}, err
	}
	for _, ch := range batch.Changes {
		if !n.fits(ch) {
			if n.bug == wastesNumbers {
				n.seq++
			}
			return secretlife.Receipt{}, secretlife.ErrConflict
		}
		if n.bug == writesBeforeChecking {
			n.apply(ch)
		}
	}
	if n.bug == checksBeforeLocking {
		n.meet(batch.Changes[0], "contested")
	}
	if n.bug != writesBeforeChecking {
		for i, ch := range batch.Changes {
			if n.bug == tearsCommits && i > 0 && !n.torn && strings.HasPrefix(ch.Key().Name.String(), "whole") {
				n.torn = true
				looks := n.looks
				n.mu.Unlock()
				<-looks // somebody lists
				n.mu.Lock()
			}
			n.apply(ch)
		}
	}
	if n.bug == writesAndDenies {
		return secretlife.Receipt{}, ctx.Err()
	}
	return n.receipt(batch.Changes), nil
}

// receipt returns the numbers of the events of changes, which are the last ones.
func (n *naive) receipt(changes []secretlife.Change) secretlife.Receipt {
	total := 0
	for _, ch := range changes {
		total += len(ch.Events())
	}
	switch {
	case total == 0:
		return secretlife.Receipt{}
	case n.bug == receiptsOfTheLast:
		return secretlife.Receipt{FirstSeq: n.seq}
	case n.bug == countsFromTwo:
		return secretlife.Receipt{FirstSeq: n.seq - uint64(total) + 2}
	case n.bug == receiptsOfTheNewest:
		n.meet(changes[0], "busy-")
	}
	return secretlife.Receipt{FirstSeq: n.seq - uint64(total) + 1}
}

// Health is that of memory.
func (n *naive) Health(ctx context.Context) error {
	switch n.bug {
	case neverHealthy:
		return errors.New("it is never well")
	case healthIgnoresContext:
		return nil
	}
	return ctx.Err()
}

// withoutClaim stands before a store, and hides its Claim.
type withoutClaim struct{ *naive }

func (withoutClaim) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	return secretlife.BaseStore{}.Claim(ctx, query, decide)
}

// frontOf returns what stands before a store.
func frontOf(n *naive) secretlife.Store {
	if n.bug == hidesClaim {
		return withoutClaim{n}
	}
	return n
}

// behindNaive returns the store behind the front.
func behindNaive(s secretlife.Store) secretlife.Store {
	if w, ok := s.(withoutClaim); ok {
		return w.naive
	}
	return s
}

// meet lets the first two contenders for secrets with a prefix go on when both are there.
func (n *naive) meet(ch secretlife.Change, prefix string) {
	_, revision := ch.Base()
	if revision != 1 || n.arrived == 2 || !strings.HasPrefix(ch.Key().Name.String(), prefix) {
		return
	}
	if n.arrived++; n.arrived == 2 {
		close(n.meeting)
		return
	}
	n.mu.Unlock()
	defer n.mu.Lock()
	<-n.meeting
}

func (n *naive) checkArguments(changes []secretlife.Change) error {
	if len(changes) == 0 && n.bug != acceptsNoChange {
		return secretlife.ErrInvalidParameter
	}
	seen := map[secretlife.Key]bool{}
	for _, ch := range changes {
		if ch.IsZero() || seen[ch.Key()] && n.bug != acceptsRepeatedKeys {
			return secretlife.ErrInvalidParameter
		}
		seen[ch.Key()] = true
	}
	return nil
}

func (n *naive) fits(ch secretlife.Change) bool {
	at, ok := n.secrets[ch.Key()]
	inc, revision := ch.Base()
	switch {
	case revision == 0:
		return !ok || n.bug == createsOverASecret
	case !ok:
		return false
	}
	return (at.secret.Revision() == revision || n.bug == ignoresRevision) &&
		(at.secret.Incarnation() == inc || n.bug == ignoresIncarnation)
}

func (n *naive) apply(ch secretlife.Change) {
	key := ch.Key()
	old := n.secrets[key]
	next := ch.Next()
	ok := !next.IsZero()
	n.record(ch, ok)
	values := map[secretlife.VersionID]secretlife.Value{}
	if ok && next.Incarnation() == old.secret.Incarnation() {
		values = maps.Clone(old.values)
	}
	for _, id := range ch.Removed() {
		if v := old.values[id]; ok && n.bug == valuesOutliveVersions || !ok && n.bug == valuesOutlivePurge {
			n.dropped[valueID{key, old.secret.Incarnation(), id}] = v
		}
		delete(values, id)
	}
	for _, v := range ch.Values() {
		values[v.ID] = v.Value
	}
	if at, _, was := old.secret.NextDue(); was && n.bug == dueKeepsRestored {
		n.due[key] = secretlife.Due{At: at, Key: key}
	}
	if n.bug == losesValuesOfScheduled && next.Deletion().Scheduled() {
		clear(values)
	}
	switch {
	case ok:
		n.secrets[key] = kept{next, values}
		if _, there := n.first[key]; !there {
			n.first[key] = next
		}
	case n.bug != keepsPurged:
		delete(n.secrets, key)
		delete(n.first, key)
	}
}

func (n *naive) record(ch secretlife.Change, stays bool) {
	events := slices.Clone(ch.Events())
	if _, revision := ch.Base(); n.bug == losesEventsAlone && !stays && revision == 0 {
		return
	}
	switch n.bug {
	case losesEvents:
		events = events[:min(1, len(events))]
	case reordersEvents:
		slices.Reverse(events)
	case forgetsEventsOfPurged:
		if !stays {
			n.events = slices.DeleteFunc(n.events, func(e secretlife.Event) bool { return e.Key() == ch.Key() })
		}
	}
	for _, e := range events {
		if n.bug != repeatsNumbers || n.seq%7 != 3 {
			n.seq++
		}
		seq := n.seq
		if n.bug == countsFromTwo {
			seq++
		}
		n.events = append(n.events, e.WithSeq(seq))
	}
}

func (n *naive) Events(ctx context.Context, after uint64, limit int) ([]secretlife.Event, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.done(ctx); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(n.events, func(e secretlife.Event) bool { return e.Seq() > after })
	if i < 0 {
		return nil, nil
	}
	if n.bug == ignoresEventLimit {
		limit = len(n.events)
	}
	page := n.events[i:min(i+limit, len(n.events))]
	if n.bug == sharesEvents {
		return page, nil
	}
	return slices.Clone(page), nil
}

var errNoCursor = errors.New("no such cursor")
