package storetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/secretlife-go/secretlife"
)

// Rules about notes that a naive store breaks.
const (
	notesHalf             bug = "notes are read only"
	notesEmptyAtFirst     bug = "notes are empty at first"
	notesAreText          bug = "notes are text"
	notesIgnoreOld        bug = "notes ignore old"
	notesComparePrefix    bug = "notes compare prefixes"
	notesOverNothing      bug = "notes are written over nothing"
	notesStay             bug = "notes stay"
	notesShareNames       bug = "notes share names"
	notesShareBytes       bug = "notes share bytes"
	notesUnlimited        bug = "notes are unlimited"
	notesCheckFirst       bug = "notes are checked before locking"
	notesLag              bug = "notes lag"
	notesDurableWhenThere bug = "notes are durable when they are there"
	notesEnd              bug = "notes end with the store"
	notesIgnoreContext    bug = "notes ignore context"
	notesDenied           bug = "notes are written and denied"
)

var notesCaughtBy = map[bug]string{
	notesHalf:             "Notes/are kept or are not",
	notesEmptyAtFirst:     "Notes/are nil at first",
	notesAreText:          "Notes/come back",
	notesIgnoreOld:        "Notes/are replaced byte for byte",
	notesComparePrefix:    "Notes/are replaced byte for byte",
	notesOverNothing:      "Notes/are written where there is none",
	notesStay:             "Notes/are removed",
	notesShareNames:       "Notes/are apart",
	notesShareBytes:       "Notes/are the caller's",
	notesUnlimited:        "Notes/have limits",
	notesCheckFirst:       "Notes/are won by one",
	notesLag:              "Notes/are seen at once",
	notesDurableWhenThere: "Notes/say of what kind they are",
	notesIgnoreContext:    "Notes/honour a done context",
	notesDenied:           "Outcome/of a SwapNote is told",
}

// naiveNotes are the notes of a naive store.
type naiveNotes struct {
	mu      sync.Mutex
	values  map[string][]byte
	before  map[string][]byte // what a bug returns for a while
	arrived int
	meeting chan struct{}
}

func newNaiveNotes() naiveNotes {
	return naiveNotes{values: map[string][]byte{}, before: map[string][]byte{}, meeting: make(chan struct{})}
}

func (n *naive) Note(ctx context.Context, name string) (secretlife.Note, error) {
	if err := ctx.Err(); err != nil && n.bug != notesIgnoreContext {
		if n.bug == noteWhileAlive {
			err = errors.ErrUnsupported
		}
		return secretlife.Note{}, err
	}
	if err := secretlife.CheckNote(name, nil); err != nil && n.bug != notesUnlimited {
		return secretlife.Note{}, err
	}
	n.notes.mu.Lock()
	defer n.notes.mu.Unlock()
	value, there := n.notes.values[n.noteName(name)]
	switch {
	case n.bug == notesLag && there:
		value = n.notes.before[name]
	case n.bug == notesAreText:
		value = bytes.ToValidUTF8(value, []byte("\uFFFD"))
	}
	if n.bug != notesShareBytes {
		value = bytes.Clone(value)
	}
	if value == nil && n.bug == notesEmptyAtFirst {
		value = []byte{}
	}
	return secretlife.Note{Value: value, Durable: n.bug != notesDurableWhenThere || there}, nil
}

func (n *naive) noteName(name string) string {
	if n.bug == notesShareNames && name != "here " {
		return "one"
	}
	return name
}

func (n *naive) SwapNote(ctx context.Context, name string, old, next []byte) error {
	if n.bug == notesHalf {
		return errors.ErrUnsupported
	}
	if err := ctx.Err(); err != nil && n.bug != notesIgnoreContext {
		return err
	}
	if err := secretlife.CheckNote(name, next); err != nil && n.bug != notesUnlimited {
		return err
	}
	n.notes.mu.Lock()
	defer n.notes.mu.Unlock()
	is := n.notes.values[n.noteName(name)]
	if !n.noteFits(is, old) {
		return secretlife.ErrConflict
	}
	if n.bug == notesCheckFirst && name == "contested" {
		n.notes.meet()
	}
	switch {
	case len(next) > 0 || n.bug == notesStay:
		if n.bug != notesShareBytes {
			next = slices.Clone(next)
		}
		n.notes.before[name] = is
		n.notes.values[n.noteName(name)] = next
	default:
		delete(n.notes.values, n.noteName(name))
	}
	if n.bug == notesDenied {
		return ctx.Err()
	}
	return nil
}

func (n *naive) noteFits(is, old []byte) bool {
	switch {
	case n.bug == notesIgnoreOld, n.bug == notesOverNothing && is == nil:
		return true
	case n.bug == notesComparePrefix && len(old) > 0:
		return bytes.HasPrefix(is, old)
	}
	return bytes.Equal(is, old)
}

// meet lets the first two contenders write after both were checked.
func (n *naiveNotes) meet() {
	if n.arrived == 2 {
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
