package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// sink takes what a store has: first the kind of its time, then all events in
// order, then the secrets, with the ages their recovery windows have reached.
type sink interface {
	// begin is told the instant at which a virtual clock stands, the zero Time for
	// a store that counts real time.
	begin(ctx context.Context, virtual time.Time) error
	events(ctx context.Context, page []secretlife.Event) error
	secret(ctx context.Context, s secretlife.Secret, values []secretlife.VersionValue) error
	// end is told how much there was.
	end(ctx context.Context, t totals) error
}

// totals are how much a store has.
type totals struct {
	Secrets uint64 `json:"secrets"`
	Events  uint64 `json:"events"`
}

func (t totals) String() string {
	return count(int(t.Secrets), "secret", "secrets") + " and " + count(int(t.Events), "event", "events")
}

// eventPage is how many events go at once.
const eventPage = 500

// errChanged is for a store that others write to.
var errChanged = errors.New("the store was changed meanwhile: end what writes to it, and begin again")

// transfer reads all a store has, page by page. Without values, those are left
// out.
func transfer(ctx context.Context, from *sqlstore.Store, values bool, to sink, p progress) (t totals, err error) {
	tally, err := tallyOf(ctx, from)
	if err == nil {
		err = to.begin(ctx, virtualTime(tally))
	}
	for err == nil {
		var page []secretlife.Event
		if page, err = from.Events(ctx, t.Events, eventPage); err != nil || len(page) == 0 {
			break
		}
		err = to.events(ctx, page)
		t.Events += uint64(len(page))
		p.add(len(page))
	}
	if err != nil {
		return t, err
	}
	err = eachSecret(ctx, from, query{}, func(page []secretlife.Secret) error {
		for _, s := range page {
			var found []secretlife.VersionValue
			if values {
				if found, err = valuesOf(ctx, from, s); err != nil {
					return err
				}
			}
			if err := to.secret(ctx, tally.Carry(s), found); err != nil {
				return err
			}
			t.Secrets++
			p.add(1)
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	if late, err := from.Events(ctx, t.Events, 1); err != nil || len(late) > 0 {
		return t, errors.Join(err, errChanged)
	}
	return t, to.end(ctx, t)
}

func tallyOf(ctx context.Context, store secretlife.Store) (secretlife.Tally, error) {
	m, err := secretlife.New(store)
	if err != nil {
		return secretlife.Tally{}, err
	}
	return m.Tally(ctx)
}

func virtualTime(t secretlife.Tally) time.Time {
	if at, _ := t.LastBeat(); t.Virtual() {
		return at
	}
	return time.Time{}
}

func valuesOf(ctx context.Context, from secretlife.Store, s secretlife.Secret) ([]secretlife.VersionValue, error) {
	var out []secretlife.VersionValue
	for _, v := range s.Versions() {
		if s.Reserved(v.ID()) {
			continue
		}
		value, err := from.Value(ctx, s.Key(), s.Incarnation(), v.ID())
		if errors.Is(err, secretlife.ErrVersionNotFound) {
			return nil, errChanged
		}
		if err != nil {
			return nil, err
		}
		out = append(out, secretlife.VersionValue{ID: v.ID(), Value: value})
	}
	return out, nil
}

// storeSink puts everything into an empty store, and reads it back.
type storeSink struct {
	*sqlstore.Store
	at      secretlife.At // the present there
	changes []secretlife.Change
	bytes   int // of their values
	written totals
}

// A commit has so many secrets at most, and no more when it has so many bytes.
const (
	secretsAtOnce = 100
	bytesAtOnce   = 1 << 20
)

// errNotEmpty is for a store that something would be mixed into.
var errNotEmpty = errors.New(
	"there is something in it already, and only an empty store is imported into; it was left as it is")

func newStoreSink(ctx context.Context, to *sqlstore.Store) (*storeSink, error) {
	events, err := to.Events(ctx, 0, 1)
	if err != nil {
		return nil, err
	}
	scopes, err := to.Scopes(ctx, sqlstore.Scope{}, 1)
	if err != nil {
		return nil, err
	}
	if len(events)+len(scopes) > 0 {
		return nil, errNotEmpty
	}
	return &storeSink{Store: to}, nil
}

func (s *storeSink) begin(ctx context.Context, virtual time.Time) error {
	m, err := secretlife.New(s.Store, func(o *secretlife.Options) {
		if !virtual.IsZero() {
			o.Clock = secretlife.NewVirtualClock(virtual)
		}
	})
	if err != nil {
		return err
	}
	s.at, err = m.At(ctx)
	return err
}

func (s *storeSink) events(ctx context.Context, page []secretlife.Event) error {
	if page[0].Seq() != s.written.Events+1 {
		return fmt.Errorf("event %d is where event %d should be", page[0].Seq(), s.written.Events+1)
	}
	c, err := secretlife.ImportEvents(page)
	if err != nil {
		return err
	}
	s.written.Events += uint64(len(page))
	_, err = s.Commit(ctx, secretlife.BatchOf(c))
	return err
}

func (s *storeSink) secret(ctx context.Context, secret secretlife.Secret, values []secretlife.VersionValue) error {
	c, err := secretlife.ImportSecret(s.at, secret, values)
	if err != nil {
		return err
	}
	s.changes = append(s.changes, c)
	for _, v := range values {
		s.bytes += v.Value.Len()
	}
	s.written.Secrets++
	if len(s.changes) >= secretsAtOnce || s.bytes >= bytesAtOnce {
		return s.flush(ctx)
	}
	return nil
}

// flush commits the secrets that wait, and checks that they are there.
func (s *storeSink) flush(ctx context.Context) error {
	if len(s.changes) == 0 {
		return nil
	}
	if _, err := s.Commit(ctx, secretlife.Batch{Changes: s.changes}); err != nil {
		return err
	}
	for _, c := range s.changes {
		if err := s.readBack(ctx, c); err != nil {
			return err
		}
	}
	s.changes, s.bytes = nil, 0
	return nil
}

func (s *storeSink) readBack(ctx context.Context, c secretlife.Change) error {
	want := c.Next()
	got, err := s.Load(ctx, c.Key())
	if err != nil {
		return err
	}
	same := want.Equal(got)
	for _, v := range c.Values() {
		value, err := s.Value(ctx, c.Key(), want.Incarnation(), v.ID)
		if err != nil {
			return err
		}
		same = same && value.Equal(v.Value)
	}
	if !same {
		return fmt.Errorf("%s is not as it was written", want.ARN())
	}
	return nil
}

// end writes the rest.
func (s *storeSink) end(ctx context.Context, t totals) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	if t != s.written {
		return fmt.Errorf("there are %s where %s should be", s.written, t)
	}
	return nil
}

// half says of a failure that it left something.
func (s *storeSink) half(err error) error {
	if err == nil || s.written == (totals{}) {
		return err
	}
	return fmt.Errorf("%w; a part is in the new store: make it empty before the next try", err)
}
