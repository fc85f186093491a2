// Package audit uses the events of a store: it delivers them to a sink, and checks the
// store against them.
package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// eventPage is how many events are read at a time.
const eventPage = 1000

// Deliver passes the events of a store to a sink, in order and in pages, from the one
// after a place on until there are no more. It returns the place of the last event that
// the sink took. The first place is 0. Keep the place where the effects of the sink are
// kept, and begin there the next time.
//
// Every event is delivered at least once. Events come again if the sink fails, or if the
// process ends before the place is kept: [secretlife.Event.ID] identifies them. Deliver
// does not wait for new events; call it again.
//
// The error is [ErrEventsBroken] if the event at the place is gone, as in a store that
// was restored from a copy, or if one after it is missing.
func Deliver(
	ctx context.Context, store secretlife.Store, after uint64,
	sink func(ctx context.Context, page []secretlife.Event) error,
) (uint64, error) {
	if after > 0 {
		last, err := store.Events(ctx, after-1, 1)
		if err != nil {
			return after, err
		}
		if len(last) == 0 || last[0].Seq() != after {
			return after, fmt.Errorf("%w: event %d was delivered once, and is gone", ErrEventsBroken, after)
		}
	}
	for {
		page, err := store.Events(ctx, after, eventPage)
		if err != nil || len(page) == 0 {
			return after, err
		}
		for i, e := range page {
			if e.Seq() != after+uint64(i)+1 {
				return after, fmt.Errorf("%w: there is no event %d", ErrEventsBroken, after+uint64(i)+1)
			}
		}
		if err := sink(ctx, page); err != nil {
			return after, err
		}
		after = page[len(page)-1].Seq()
	}
}

// Verify checks a store against its own events. From the first event on, it works out
// which secrets there must be, at which incarnation and revision, and which are marked
// for deletion until when. It returns where the store has something else. So it finds
// secrets and marks that were changed, put back or removed in the database, and events
// that were removed.
//
// The store may be in use. Events that contradict each other are an [ErrEventsBroken].
// Verify does not find secrets of an account and Region without a single event, nor a
// whole store that was restored as it was.
func Verify(ctx context.Context, store secretlife.Store) ([]Difference, error) {
	v := &verification{store: store, history: newHistory()}
	if err := v.catchUp(ctx); err != nil {
		return nil, err
	}
	suspects := v.history.keys()
	for _, place := range v.history.places() {
		unknown, err := v.unknown(ctx, place)
		if err != nil {
			return nil, err
		}
		suspects = append(suspects, unknown...)
	}
	var out []Difference
	for _, key := range suspects {
		d, err := v.differs(ctx, key)
		if err != nil {
			return nil, err
		}
		if d.Events != d.Store {
			out = append(out, d)
		}
	}
	return out, nil
}

// verification compares a store with the history that its events tell.
type verification struct {
	store   secretlife.Store
	history *history
}

func (v *verification) catchUp(ctx context.Context) error {
	_, err := Deliver(ctx, v.store, v.history.seq, func(_ context.Context, page []secretlife.Event) error {
		for _, e := range page {
			if err := v.history.add(e); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// differs compares one name. A secret may change after its events were read, so
// they are read again; where it is the same before and after that, the events
// are those that led to it.
func (v *verification) differs(ctx context.Context, key secretlife.Key) (Difference, error) {
	is, err := v.standing(ctx, key)
	for err == nil && is != v.history.names[key] {
		before := is
		if err = v.catchUp(ctx); err != nil {
			break
		}
		if is, err = v.standing(ctx, key); is == before {
			break
		}
	}
	return Difference{Key: key, Events: v.history.names[key], Store: is}, err
}

func (v *verification) standing(ctx context.Context, key secretlife.Key) (Standing, error) {
	s, err := v.store.Load(ctx, key)
	if errors.Is(err, secretlife.ErrSecretNotFound) {
		return Standing{}, nil
	}
	return StandingOf(s), err
}

// unknown finds the secrets of a place of which there is no event.
func (v *verification) unknown(ctx context.Context, place secretlife.Key) ([]secretlife.Key, error) {
	var out []secretlife.Key
	query := secretlife.ListQuery{
		Account: place.Account, Region: place.Region, Order: secretlife.OrderByName, Limit: eventPage,
		Abridged: true,
	}
	for {
		page, err := v.store.List(ctx, query)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, s := range page {
			if _, known := v.history.names[s.Key()]; !known {
				out = append(out, s.Key())
			}
		}
		query.After = secretlife.CursorOf(page[len(page)-1], secretlife.OrderByName)
	}
}
