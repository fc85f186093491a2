package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
)

// accessClauses are about [access.Store], for stores that have it.
var accessClauses = []clause{
	{
		"are kept or are not",
		"A store that keeps no entries of access returns errors.ErrUnsupported from AddAccesses, Accesses and " +
			"ForgetAccesses, whether or not its context is done; one that keeps them from none.",
		func(c *check) {
			s, ok := c.Store.(access.Store)
			if !ok {
				return
			}
			canceled, cancel := context.WithCancel(c.ctx)
			cancel()
			var unsupported []bool
			for _, ctx := range []context.Context{c.ctx, canceled} {
				_, read := s.Accesses(ctx, access.Query{Limit: 1})
				_, forgotten := s.ForgetAccesses(ctx, start, 0)
				for _, err := range []error{s.AddAccesses(ctx, access.Group{}), read, forgotten} {
					unsupported = append(unsupported, errors.Is(err, errors.ErrUnsupported))
				}
			}
			if slices.Contains(unsupported, true) && slices.Contains(unsupported, false) {
				c.failf("some of them do, and others do not")
			}
		},
	},
	{
		"come back",
		"Accesses returns the entries that AddAccesses wrote, with all they have, in the order of Compare.",
		withAccesses(func(c *check, s *accesses) {
			all := s.population()
			s.are(all, access.Query{Limit: 100})
		}),
	},
	{
		"are added up",
		"Where there is an entry of the same subject, AddAccesses adds to its counts, and keeps the first and the last " +
			"time of both.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			earlier, later := e, e
			earlier.Calls, earlier.Refused, earlier.First = 10, 2, e.First.Add(-time.Minute)
			earlier.Last = earlier.First
			later.Calls, later.Refused, later.First, later.Last = 100, 50, e.Last, e.Last.Add(time.Minute)
			other := s.entry("a", "bob")
			s.add(e, other)
			s.add(later)
			s.add(earlier)
			e.Calls, e.Refused, e.First, e.Last = e.Calls+110, e.Refused+52, earlier.First, later.Last
			s.are([]access.Entry{e, other}, access.Query{Limit: 10})
		}),
	},
	{
		"are written once",
		"A group whose Number is not above that of the last group of its Writer is not written again, and AddAccesses " +
			"returns nil.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			group := access.Group{Writer: [16]byte{1}, Number: 3, Entries: []access.Entry{e}}
			for _, number := range []uint64{3, 3, 2, 1} {
				group.Number = number
				c.noError(s.AddAccesses(c.ctx, group), "AddAccesses of a group that was written")
			}
			s.are([]access.Entry{e}, access.Query{Limit: 10})
			group.Number = 7
			c.noError(s.AddAccesses(c.ctx, group), "AddAccesses of the next group")
			s.are([]access.Entry{e.Add(e)}, access.Query{Limit: 10})
			group.Writer[15] = 1
			c.noError(s.AddAccesses(c.ctx, group), "AddAccesses of another writer")
			s.are([]access.Entry{e.Add(e).Add(e)}, access.Query{Limit: 10})
		}),
	},
	{
		"are written once where the outcome is not known",
		"A group that is added again after a call that returned an error counts once, whatever became of the first call.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			e.Calls, e.Refused = 1, 0
			groups := 0
			c.endings(func(ctx context.Context, n int) (call, written func() error, _ func(secretlife.Receipt)) {
				groups++
				group := access.Group{Writer: [16]byte{1, byte(n)}, Number: 1, Entries: []access.Entry{e}}
				call = func() error {
					_ = s.AddAccesses(ctx, group)
					return nil
				}
				return call, func() error { return s.AddAccesses(c.ctx, group) }, nil
			})
			e.Calls = uint64(groups)
			s.are([]access.Entry{e}, access.Query{Limit: 10})
		}),
	},
	{
		"have limits",
		"A group that Group.Check refuses is refused with ErrInvalidParameter, and nothing of it is written.",
		withAccesses(func(c *check, s *accesses) {
			good, bad := s.entry("a", "ann"), s.entry("a", "bob")
			bad.Calls, bad.Refused = 0, 0
			for _, g := range []access.Group{
				{Number: 0, Entries: []access.Entry{good}}, {Number: 1}, {Number: 1, Entries: []access.Entry{good, bad}},
			} {
				if err := s.AddAccesses(c.ctx, g); !errors.Is(err, secretlife.ErrInvalidParameter) {
					c.failf("AddAccesses of such a group returned %v", err)
				}
			}
			s.are(nil, access.Query{Limit: 10})
		}),
	},
	{
		"come in pages",
		"Accesses returns up to Limit entries after one, whether or not that is there.",
		withAccesses(func(c *check, s *accesses) {
			all := s.population()
			for _, limit := range []int{1, 3, len(all)} {
				for i := range all {
					s.are(all[i+1:min(i+1+limit, len(all))], access.Query{After: all[i], Limit: limit})
				}
			}
			gone := all[3]
			gone.Principal += "-"
			i := slices.IndexFunc(all, func(e access.Entry) bool { return e.Compare(gone) > 0 })
			s.are(all[i:i+2], access.Query{After: gone, Limit: 2})
			s.are(nil, access.Query{Limit: 0})
		}),
	},
	{
		"are found by what a query says",
		"Accesses leaves out entries of other accounts, Regions and names, of other days, and of calls on secrets that " +
			"were not scheduled, as the query says.",
		withAccesses(func(c *check, s *accesses) {
			all := s.population()
			home, name := key("a"), key("b").Name
			for _, q := range []access.Query{
				{Account: home.Account}, {Account: home.Account, Region: home.Region}, {Region: home.Region}, {Name: name},
				{Account: home.Account, Region: home.Region, Name: name}, {Scheduled: true}, {From: all[0].Day.Add(oneDay)},
				{Account: home.Account, Name: name, Scheduled: true, From: all[0].Day.Add(oneDay)},
				{Account: home.Account, Region: home.Region, Name: home.Name, After: all[2]},
				{Account: keyIn("999999999999", homeRegion, "a").Account},
			} {
				q.Limit = 100
				var want []access.Entry
				for _, e := range all {
					if q.Has(e) {
						want = append(want, e)
					}
				}
				s.are(want, q)
			}
		}),
	},
	{
		"are apart",
		"Entries outlive the purge of their secret, and AddAccesses and ForgetAccesses change no secret and no event.",
		withAccesses(func(c *check, s *accesses) {
			here := c.create("here")
			e := s.entry("here", "ann")
			e.Incarnation = here.Incarnation()
			c.untouched(func() {
				s.add(e)
				s.forget(start.AddDate(-1, 0, 0), 10, 0)
			}, here.Key())
			c.purge(here)
			s.are([]access.Entry{e}, access.Query{Limit: 10})
		}),
	},
	{
		"are forgotten",
		"ForgetAccesses removes up to limit entries of days before a day, and says how many.",
		withAccesses(func(c *check, s *accesses) {
			all := s.population()
			day := all[0].Day.Add(oneDay)
			var stay []access.Entry
			for _, e := range all {
				if !e.Day.Before(day) {
					stay = append(stay, e)
				}
			}
			old := len(all) - len(stay)
			s.forget(all[0].Day, 10, 0)
			s.are(all, access.Query{Limit: 100})
			s.forget(day, old-1, old-1)
			s.forget(day, 10, 1)
			s.forget(day, 10, 0)
			s.are(stay, access.Query{Limit: 100})
		}),
	},
	{
		"have writers that are forgotten",
		"With all entries before a day, ForgetAccesses forgets the writers whose last group has no entry of that day or " +
			"a later one, and no others.",
		withAccesses(func(c *check, s *accesses) {
			old, young := s.entry("a", "ann"), s.entry("a", "bob")
			young.Day = old.Day.Add(oneDay)
			young.First, young.Last = young.Day, young.Day
			olds := access.Group{Writer: [16]byte{1}, Number: 5, Entries: []access.Entry{old}}
			youngs := access.Group{Writer: [16]byte{2}, Number: 5, Entries: []access.Entry{young, old}}
			c.noError(s.AddAccesses(c.ctx, olds), "AddAccesses")
			c.noError(s.AddAccesses(c.ctx, youngs), "AddAccesses")
			s.forget(young.Day, 10, 1)
			olds.Number, youngs.Number = 1, 5
			c.noError(s.AddAccesses(c.ctx, olds), "AddAccesses of a writer that is forgotten")
			c.noError(s.AddAccesses(c.ctx, youngs), "AddAccesses of a group that was written")
			s.are([]access.Entry{old, young}, access.Query{Limit: 10})
		}),
	},
	{
		"are added by many at once",
		"Groups that are added at the same time are all counted, of the same subject too.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			c.together(func(me int) error {
				for n := range 10 {
					own := s.entry("a", fmt.Sprint("ann-", me))
					group := access.Group{Writer: [16]byte{byte(me)}, Number: uint64(n + 1), Entries: []access.Entry{own, e}}
					if me%2 == 1 {
						slices.Reverse(group.Entries)
					}
					if err := s.AddAccesses(c.ctx, group); err != nil {
						return err
					}
				}
				return nil
			})
			page, err := s.Accesses(c.ctx, access.Query{Limit: 1})
			c.noError(err, "Accesses")
			if len(page) != 1 || page[0].Calls != e.Calls*10*contenders {
				c.failf("after %d groups of %d calls there are %+v", 10*contenders, e.Calls, page)
			}
		}),
	},
	{
		"are the caller's",
		"What a caller does to the entries that it passed, or got, changes nothing in the store.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			group := []access.Entry{e}
			s.add(group...)
			group[0].Calls = 99
			page, err := s.Accesses(c.ctx, access.Query{Limit: 10})
			c.noError(err, "Accesses")
			if len(page) > 0 {
				page[0].Calls = 99
			}
			s.are([]access.Entry{e}, access.Query{Limit: 10})
		}),
	},
	{
		"outlive the store",
		"Entries of a group that was added are there when the store is opened again, and the group is not written again.",
		withReopen(withAccesses(func(c *check, s *accesses) {
			all := s.population()
			last := s.last
			c.Store = c.reopen(c.Store)
			s.Store = c.Store.(access.Store)
			s.are(all, access.Query{Limit: 100})
			c.noError(s.AddAccesses(c.ctx, last), "AddAccesses of a group that was written")
			s.are(all, access.Query{Limit: 100})
		})),
	},
	{
		"honour a done context",
		"A context that is done before AddAccesses, Accesses or ForgetAccesses begins ends it with the context's error, " +
			"and nothing is changed.",
		withAccesses(func(c *check, s *accesses) {
			e := s.entry("a", "ann")
			s.add(e)
			ctx, cancel := context.WithCancel(c.ctx)
			cancel()
			_, read := s.Accesses(ctx, access.Query{Limit: 10})
			_, forgotten := s.ForgetAccesses(ctx, start.AddDate(1, 0, 0), 10)
			added := s.AddAccesses(ctx, access.Group{Writer: [16]byte{9}, Number: 1, Entries: []access.Entry{e}})
			for _, err := range []error{read, forgotten, added} {
				if !errors.Is(err, context.Canceled) {
					c.failf("with a canceled context one of them returned %v", err)
				}
			}
			s.are([]access.Entry{e}, access.Query{Limit: 10})
		}),
	},
}

// accesses are the entries of a store that is checked.
type accesses struct {
	access.Store
	c      *check
	number uint64
	last   access.Group
}

// withAccesses checks stores that keep entries of access.
func withAccesses(holds func(*check, *accesses)) func(*check) {
	return func(c *check) {
		if s, ok := accessesOf(c.Store); ok {
			holds(c, &accesses{Store: s, c: c})
		}
	}
}

// entry is one of a secret of the home account and Region.
func (s *accesses) entry(name, principal string) access.Entry {
	return entryOf(key(name), principal)
}

func entryOf(k secretlife.Key, principal string) access.Entry {
	return access.Entry{
		ARN: valid(k.ARN("aB3xY9")), Incarnation: secretlife.Incarnation{0: 0xfe, 15: 1}, Day: start.Truncate(oneDay),
		Operation: secretlife.OpGetSecretValue, Principal: principal,
		Calls: 3, Refused: 1, First: start, Last: start.Add(time.Minute),
	}
}

// population adds entries that differ in everything, and returns them in order.
func (s *accesses) population() []access.Entry {
	s.c.Helper()
	var all []access.Entry
	add := func(name string, edit func(*access.Entry)) {
		e := s.entry(name, "arn:aws:iam::123456789012:user/änn '\"\\%_")
		edit(&e)
		all = append(all, e)
	}
	for _, name := range []string{"b", "a", "B"} {
		add(name, func(*access.Entry) {})
	}
	add("a", func(e *access.Entry) { e.Day, e.Calls = e.Day.Add(oneDay), 1<<40 })
	add("a", func(e *access.Entry) { e.Incarnation[0] = 1 })
	add("a", func(e *access.Entry) { e.Scheduled = true })
	add("a", func(e *access.Entry) { e.Operation = secretlife.OpDescribeSecret })
	add("a", func(e *access.Entry) { e.Principal = "Bob" })
	add("b", func(e *access.Entry) { e.Scheduled, e.Day = true, e.Day.Add(2*oneDay) })
	for _, elsewhere := range []secretlife.Key{
		keyIn(homeAccount, "eu-west-1", "a"), keyIn("111111111111", homeRegion, "a"),
	} {
		all = append(all, entryOf(elsewhere, "ann"))
	}
	for part := range slices.Chunk(all, 4) {
		s.add(part...)
	}
	slices.SortFunc(all, access.Entry.Compare)
	return all
}

// add requires that the next group of one writer is written.
func (s *accesses) add(entries ...access.Entry) {
	s.c.Helper()
	s.number++
	s.last = access.Group{Writer: [16]byte{0xaa}, Number: s.number, Entries: entries}
	s.c.noError(s.AddAccesses(s.c.ctx, s.last), "AddAccesses")
}

// forget requires that as many entries are removed.
func (s *accesses) forget(before time.Time, limit, want int) {
	s.c.Helper()
	n, err := s.ForgetAccesses(s.c.ctx, before, limit)
	s.c.noError(err, "ForgetAccesses")
	if n != want {
		s.c.failf("ForgetAccesses of up to %d entries before %s removed %d, and not %d", limit, before, n, want)
	}
}

// are requires that a query finds these entries.
func (s *accesses) are(want []access.Entry, q access.Query) {
	s.c.Helper()
	got, err := s.Accesses(s.c.ctx, q)
	s.c.noError(err, "Accesses")
	if !slices.Equal(want, got) {
		line := func(e access.Entry) string { return fmt.Sprintf("%+v", e) }
		s.c.failf("Accesses of %+v returned%s\nand not%s", q, list(got, line), list(want, line))
	}
}
