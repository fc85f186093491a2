package storetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Claim has one at a time claim: what is claimed is changed by nobody else.
func (n *naive) Claim(
	ctx context.Context, query secretlife.DueQuery, decide func([]secretlife.Secret) []secretlife.Change,
) (secretlife.Receipt, error) {
	if err := n.done(ctx, Claim); err != nil {
		return secretlife.Receipt{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	due := n.claimable(query.By, query.After, query.Limit)
	if len(due) == 0 && n.bug != claimsAsk {
		return secretlife.Receipt{}, nil
	}
	changes := n.decided(due, decide)
	switch n.bug {
	case claimsLoseChanges:
		changes = changes[:min(1, len(changes))]
	case claimsDropZeroChanges:
		changes = slices.DeleteFunc(slices.Clone(changes), secretlife.Change.IsZero)
	case claimsOneByOne:
		for _, ch := range changes {
			if err := n.write(due, ch); err != nil {
				return secretlife.Receipt{}, err
			}
		}
		return secretlife.Receipt{}, nil
	}
	if len(changes) == 0 && n.bug != claimsCommitNothing {
		return secretlife.Receipt{}, nil
	}
	if err := n.write(due, changes...); err != nil || n.bug == claimsWithoutReceipt {
		return secretlife.Receipt{}, err
	}
	return n.receipt(changes), nil
}

// decided asks what to change.
func (n *naive) decided(due []secretlife.Secret,
	decide func([]secretlife.Secret) []secretlife.Change) []secretlife.Change {
	if n.bug == claimsAbridged {
		due = abridged(due)
	}
	if n.bug != claimsLetOthersIn && n.bug != claimsReadTwice {
		return decide(due)
	}
	n.mu.Unlock()
	changes := decide(due)
	if n.bug == claimsReadTwice && strings.HasPrefix(due[0].Name().String(), "shared") {
		n.assemble()
	}
	n.mu.Lock()
	return changes
}

// assemble waits until all contenders have decided once.
func (n *naive) assemble() {
	n.mu.Lock()
	n.arrived++
	switch {
	case n.arrived == contenders:
		close(n.meeting)
	case n.arrived > contenders:
		n.mu.Unlock()
		return
	}
	n.mu.Unlock()
	<-n.meeting
}

func (n *naive) claimable(by time.Time, after secretlife.Due, limit int) []secretlife.Secret {
	var out []secretlife.Secret
	for key, k := range n.secrets {
		at, work, ok := k.secret.NextDue()
		d := secretlife.Due{At: at, Key: key}
		if purge, marked := k.secret.Deletion().PurgeAt(); marked && n.bug == claimsInSpiteOfHolds {
			d.At, ok = purge, true
		}
		switch {
		case n.bug == claimsAnything:
		case !ok || d.At.After(by):
			continue
		case work != secretlife.WorkPurge && n.bug == claimsForPurgesOnly:
			continue
		case after != (secretlife.Due{}) && d.Compare(after) <= 0 && n.bug != claimsFromTheStart:
			continue
		}
		s := k.secret
		if n.bug == claimsOldStates {
			s = n.first[key]
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b secretlife.Secret) int {
		at, _, _ := n.secrets[a.Key()].secret.NextDue()
		bt, _, _ := n.secrets[b.Key()].secret.NextDue()
		return secretlife.Due{At: at, Key: a.Key()}.Compare(secretlife.Due{At: bt, Key: b.Key()})
	})
	return out[:min(limit, len(out))]
}

// write writes changes of what is claimed.
func (n *naive) write(due []secretlife.Secret, changes ...secretlife.Change) error {
	if err := n.checkArguments(changes); err != nil {
		return err
	}
	for _, ch := range changes {
		claimed := slices.ContainsFunc(due, func(s secretlife.Secret) bool { return s.Key() == ch.Key() })
		switch {
		case n.bug == claimsReadTwice:
		case !claimed && n.bug != claimsCommitOthers, !n.fits(ch):
			return secretlife.ErrConflict
		}
	}
	for _, ch := range changes {
		n.after.claims[ch.Key()] = n.secrets[ch.Key()]
		n.apply(ch)
	}
	return nil
}
