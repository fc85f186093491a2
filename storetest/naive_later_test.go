package storetest

import (
	"context"

	"github.com/secretlife-go/secretlife"
)

// Rules about CommitLater that a naive store breaks.
const (
	laterIsLate      bug = "later changes are late"
	laterDecidesAway bug = "later changes are decided at another state"
	laterNoReceipt   bug = "later changes have no receipt"
	laterZero        bug = "later changes are written where there are none"
	laterAsks        bug = "later changes ask where there is no secret"
	laterAnything    bug = "later changes may be of anything"
	laterEnds        bug = "later changes end with the process"
)

var laterCaughtBy = map[bug]string{
	laterIsLate:      "Later/is seen by all methods",
	laterDecidesAway: "Later/decides at what is there",
	laterNoReceipt:   "Later/tells its outcome",
	laterZero:        "Later/writes nothing where nothing is decided",
	laterAsks:        "Later/does not ask where there is no secret",
	laterAnything:    "Later/refuses other changes",
	laterEnds:        "Later/is durable with its outcome",

	ignoresContextOf(CommitLater): "Later/honours a done context",
}

// CommitLater commits at once, which no caller can tell.
func (n *naive) CommitLater(
	ctx context.Context, k secretlife.Key, decide func(secretlife.Secret) secretlife.Change,
) (<-chan secretlife.Outcome, error) {
	if err := n.done(ctx, CommitLater); err != nil {
		return nil, err
	}
	out := make(chan secretlife.Outcome, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	there := n.secrets[k].secret
	switch {
	case there.IsZero() && n.bug != laterAsks:
		out <- secretlife.Outcome{}
		return out, nil
	case n.bug == laterDecidesAway && there.Revision() > 1:
		there = touch(there).Next()
	}
	ch := decide(there)
	switch fits := !ch.IsZero() && ch.Key() == k && n.fits(ch) && len(ch.Values()) == 0; {
	case ch.IsZero() && n.bug == laterZero:
		ch = touch(there)
		n.apply(ch)
	case ch.IsZero():
		out <- secretlife.Outcome{}
		return out, nil
	case n.bug == laterIsLate:
	case fits || n.bug == laterAnything:
		n.after.later[k] = n.secrets[k]
		n.apply(ch)
	default:
		out <- secretlife.Outcome{Err: secretlife.ErrConflict}
		return out, nil
	}
	o := secretlife.Outcome{Receipt: n.receipt([]secretlife.Change{ch})}
	if n.bug == laterNoReceipt {
		o.Receipt = secretlife.Receipt{}
	}
	out <- o
	return out, nil
}
