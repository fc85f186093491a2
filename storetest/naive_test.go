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

// naive is a store that scans everything under one lock. Without a bug it is a
// correct one.
type naive struct {
	secretlife.BaseStore

	bug bug

	mu      sync.Mutex
	secrets map[secretlife.Key]kept
	dropped map[valueID]secretlife.Value // values a bug keeps
	// inherited has the values of purged secrets, which a bug keeps for the next.
	inherited map[secretlife.Key]map[secretlife.VersionID]secretlife.Value
	after     naiveReopened // what a bug has in store for the next process
	reads     int
	first     map[secretlife.Key]secretlife.Secret
	due       map[secretlife.Key]secretlife.Due // what a bug keeps of restored secrets
	events    []secretlife.Event
	seq       uint64
	notes     naiveNotes
	accesses  naiveAccesses
	torn      bool
	looks     chan struct{}                                             // closed by a List while a torn commit waits
	pages     map[secretlife.ListQuery][]secretlife.Secret              // that a bug shares
	dues      map[secretlife.DueQuery][]secretlife.Due                  // that a bug shares, until something changes
	places    map[secretlife.Order]map[secretlife.Key]secretlife.Cursor // at the first page, for a bug
	gone      map[secretlife.Key]secretlife.Secret                      // purged secrets that a bug lists
	crossed   int
	arrived   int
	meeting   chan struct{}
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
		notes: newNaiveNotes(), inherited: map[secretlife.Key]map[secretlife.VersionID]secretlife.Value{},
		after: newNaiveReopened(), gone: map[secretlife.Key]secretlife.Secret{},
	}
}

// ignoresContextOf is the bug of a method that works although its context is done.
func ignoresContextOf(m Method) bug { return bug("ignores the context of " + m) }

func (n *naive) done(ctx context.Context, m Method) error {
	if n.bug == ignoresContextOf(m) {
		return nil
	}
	return ctx.Err()
}

func (n *naive) Load(ctx context.Context, key secretlife.Key) (secretlife.Secret, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, ok := n.secrets[key]
	switch {
	case n.done(ctx, Load) != nil:
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
	case losesHistory:
		if all, _ := st["versions"].([]any); len(all) > 128 {
			st["versions"] = all[1:]
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
	if err := n.done(ctx, Value); err != nil {
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
	if v, ok := n.inherited[key][id]; ok && k.secret.Incarnation() == in {
		return v, nil
	}
	if n.bug == valueOfAnySecret {
		for _, other := range n.secrets {
			if v, ok := other.values[id]; ok && other.secret.Incarnation() != in {
				return v, nil
			}
		}
	}
	return secretlife.Value{}, secretlife.ErrVersionNotFound
}

func (n *naive) Commit(ctx context.Context, batch secretlife.Batch) (secretlife.Receipt, error) {
	if err := n.done(ctx, Commit); err != nil {
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
	clear(n.after.before)
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
	switch {
	case n.bug == checksBeforeLocking:
		n.meet(batch.Changes[0], "contested", 1)
	case n.bug == createsBeforeLocking:
		n.meet(batch.Changes[0], "contested-0", 0)
	case n.bug == deadlocks && len(batch.Changes) > 2:
		n.meet(batch.Changes[0], "contested", 1)
		if n.crossed++; n.crossed == 2 {
			return secretlife.Receipt{}, errors.New("deadlock detected")
		}
	}
	if n.bug != writesBeforeChecking {
		for i, ch := range batch.Changes {
			if i > 0 && !n.torn && (n.bug == tearsCommits && strings.HasPrefix(ch.Key().Name.String(), "whole") ||
				n.bug == countsInPieces && strings.HasPrefix(ch.Key().Name.String(), "pair-")) {
				n.torn = true
				looks := n.looks
				n.mu.Unlock()
				<-looks // somebody lists, or counts
				n.mu.Lock()
			}
			n.apply(ch)
			if n.bug == losesOtherValues && i > 0 {
				clear(n.secrets[ch.Key()].values)
			}
		}
	}
	n.acknowledge(batch.Changes)
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
		n.meet(changes[0], "busy-", 1)
	}
	return secretlife.Receipt{FirstSeq: n.seq - uint64(total) + 1}
}

// Health is that of memory.
func (n *naive) Health(ctx context.Context) error {
	switch n.bug {
	case neverHealthy:
		return errors.New("it is never well")
	}
	return n.done(ctx, Health)
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
func (n *naive) meet(ch secretlife.Change, prefix string, at uint64) {
	_, revision := ch.Base()
	if revision != at || n.arrived == 2 || !strings.HasPrefix(ch.Key().Name.String(), prefix) {
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
		return n.bug == createsWhatIsGone
	}
	stays := !ch.Next().IsZero()
	return (at.secret.Revision() == revision || n.bug == ignoresRevision ||
		n.bug == acceptsWhatIsToCome && revision > at.secret.Revision()) &&
		(at.secret.Incarnation() == inc || n.bug == ignoresIncarnation || n.bug == purgesAnyIncarnation && !stays)
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
	n.keepWhatIsGone(key, old, next, ok)
	clear(n.dues)
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
	case losesEventsOfNone:
		events = slices.DeleteFunc(events, func(e secretlife.Event) bool { return e.Key().Name.IsZero() })
	case losesRequests:
		for i, e := range events {
			events[i] = withoutRequest(e)
		}
	case losesEvents:
		events = events[:min(1, len(events))]
	case reordersEvents:
		slices.Reverse(events)
	case forgetsEventsOfPurged:
		if !stays {
			n.events = slices.DeleteFunc(n.events, func(e secretlife.Event) bool { return e.Key() == ch.Key() })
		}
	}
	if _, revision := ch.Base(); n.bug == numbersCollide && revision == 1 {
		seq := n.seq
		n.meet(ch, "busy-", 1)
		n.seq = seq
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
	if err := n.done(ctx, Events); err != nil {
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
