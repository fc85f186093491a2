package secretlife

import (
	"context"
	"errors"
	"fmt"
)

// eventPage is how many events are read at a time.
const eventPage = 1000

// Deliver hands events to a sink, in order and in pages, from the one after a
// place on until there are no more, and returns the place of the last one the
// sink took. It is 0 before the first event; keep it where the sink's effects
// are, and begin there the next time.
//
// Every event is delivered at least once. Where the sink fails, or the process
// ends before the place is kept, events come again: [Event.ID] tells them.
// Deliver does not wait for events to come; call it again.
//
// Where the event at the place is gone, as in a store that was put back from a
// copy, or where one is missing, the error is [ErrEventsBroken].
func Deliver(ctx context.Context, store Store, after uint64, sink func(ctx context.Context, page []Event) error) (uint64, error) {
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

// Replay holds a store against its own events. From the first event on it works
// out which secrets there must be, at which incarnation and revision, and which
// are marked for deletion until when; and reports where the store has something
// else. So it finds a secret or a mark that was changed, put back or taken away
// below the store, and events that were taken away.
//
// The store may be in use. Events that contradict each other are answered with
// [ErrEventsBroken]. Not found are secrets of an account and Region without a
// single event, and a whole store that was put back as it was.
func Replay(ctx context.Context, store Store) ([]Difference, error) {
	r := &replay{store: store, ledger: newLedger()}
	if err := r.catchUp(ctx); err != nil {
		return nil, err
	}
	suspects := r.keys()
	for _, place := range r.places() {
		unknown, err := r.unknown(ctx, place)
		if err != nil {
			return nil, err
		}
		suspects = append(suspects, unknown...)
	}
	var out []Difference
	for _, key := range suspects {
		d, err := r.differs(ctx, key)
		if err != nil {
			return nil, err
		}
		if d.Events != d.Store {
			out = append(out, d)
		}
	}
	return out, nil
}

type replay struct {
	store Store
	*ledger
}

func (r *replay) catchUp(ctx context.Context) error {
	_, err := Deliver(ctx, r.store, r.seq, func(_ context.Context, page []Event) error {
		for _, e := range page {
			if err := r.add(e); err != nil {
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
func (r *replay) differs(ctx context.Context, key Key) (Difference, error) {
	is, err := r.standing(ctx, key)
	for err == nil && is != r.names[key] {
		before := is
		if err = r.catchUp(ctx); err != nil {
			break
		}
		if is, err = r.standing(ctx, key); is == before {
			break
		}
	}
	return Difference{Key: key, Events: r.names[key], Store: is}, err
}

func (r *replay) standing(ctx context.Context, key Key) (Standing, error) {
	s, err := r.store.Load(ctx, key)
	if errors.Is(err, ErrSecretNotFound) {
		return Standing{}, nil
	}
	return s.Standing(), err
}

// unknown finds the secrets of a place of which there is no event.
func (r *replay) unknown(ctx context.Context, place Key) ([]Key, error) {
	var out []Key
	query := ListQuery{Account: place.Account, Region: place.Region, Order: ByName, Limit: eventPage}
	for {
		page, err := r.store.List(ctx, query)
		if err != nil || len(page) == 0 {
			return out, err
		}
		for _, s := range page {
			if _, known := r.names[s.Key()]; !known {
				out = append(out, s.Key())
			}
		}
		query.After = CursorOf(page[len(page)-1], ByName)
	}
}
