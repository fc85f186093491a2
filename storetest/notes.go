package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

var noteClauses = []clause{
	{
		"are kept or are not",
		"A store that keeps no notes returns errors.ErrUnsupported from Note and from SwapNote; one that keeps them from " +
			"neither.",
		func(c *check) {
			_, read := c.Note(c.ctx, "here")
			swapped := c.SwapNote(c.ctx, "here", nil, []byte("value"))
			if errors.Is(read, errors.ErrUnsupported) != errors.Is(swapped, errors.ErrUnsupported) {
				c.failf("Note returned %v, and SwapNote %v", read, swapped)
			}
		},
	},
	{
		"are nil at first",
		"Note returns a nil Value, and no error, for a name without a note.",
		withNotes(func(c *check) {
			c.noteIs("here", nil)
			c.swap("here", nil, []byte("value"))
			for _, name := range []string{"her", "here2", "Here", "here "} {
				c.noteIs(name, nil)
			}
		}),
	},
	{
		"come back",
		"Note returns the bytes that SwapNote wrote, whatever they are.",
		withNotes(func(c *check) {
			for i, value := range [][]byte{
				{0}, {0xff, 0, 0xfe}, []byte(`{"a": "é'\"\\"}`), bytes.Repeat([]byte{1, 0}, 32<<10),
			} {
				c.swap(fmt.Sprint("note-", i), nil, value)
				c.noteIs(fmt.Sprint("note-", i), value)
			}
			longest := strings.Repeat("n", 64)
			c.swap(longest, nil, []byte("value"))
			c.noteIs(longest, []byte("value"))
		}),
	},
	{
		"are replaced byte for byte",
		"SwapNote replaces a note only if its value is old, byte for byte; otherwise it returns ErrConflict and writes " +
			"nothing.",
		withNotes(func(c *check) {
			first, second := []byte("the\x00first"), []byte("the second")
			c.swap("here", nil, first)
			for _, old := range [][]byte{nil, {}, []byte("the"), []byte("the\x00firs"), []byte("the\x00first\x00"),
				[]byte("the\x00First"), second} {
				c.swapRefused(old, second, first)
				c.swapRefused(old, nil, first)
			}
			c.swap("here", first, second)
			c.noteIs("here", second)
			c.swapRefused(first, []byte("third"), second)
		}),
	},
	{
		"are written where there is none",
		"SwapNote with a nil old writes where there is no note; with any other old it returns ErrConflict there.",
		withNotes(func(c *check) {
			c.swapRefused([]byte("old"), []byte("value"), nil)
			c.swapRefused([]byte("old"), nil, nil)
			c.swap("here", nil, []byte("value"))
			c.noteIs("here", []byte("value"))
		}),
	},
	{
		"are removed",
		"SwapNote with a nil next, or an empty one, removes the note; the name is then without a note.",
		withNotes(func(c *check) {
			for _, none := range [][]byte{nil, {}} {
				c.swap("here", none, []byte("value"))
				c.swap("here", []byte("value"), none)
				c.noteIs("here", nil)
				c.swap("here", none, none)
				c.noteIs("here", nil)
			}
		}),
	},
	{
		"are apart",
		"A swap changes no note of another name, no secret and no event; a purge changes no note.",
		withNotes(func(c *check) {
			s := c.create("here")
			c.untouched(func() {
				c.swap("here", nil, []byte("value"))
				c.swap("there", nil, []byte("other"))
				c.swap("here", []byte("value"), nil)
			}, s.Key())
			c.purge(s)
			c.noteIs("here", nil)
			c.noteIs("there", []byte("other"))
		}),
	},
	{
		"are the caller's",
		"What a caller does to the bytes that it passed, or got, does not change the note.",
		withNotes(func(c *check) {
			value, next := []byte("value"), []byte("after")
			c.swap("here", nil, value)
			value[0] = 'X'
			got := c.noteIs("here", []byte("value"))
			got.Value[0] = 'Y'
			c.noteIs("here", []byte("value"))
			c.swap("here", []byte("value"), next)
			next[0] = 'Z'
			c.noteIs("here", []byte("after"))
		}),
	},
	{
		"have limits",
		"A name that is empty or has more than 64 bytes, and a value of more than 64 KiB, are refused with " +
			"ErrInvalidParameter.",
		withNotes(func(c *check) {
			for _, name := range []string{"", strings.Repeat("n", 65)} {
				if _, err := c.Note(c.ctx, name); !errors.Is(err, secretlife.ErrInvalidParameter) {
					c.failf("Note of a name of %d bytes returned %v", len(name), err)
				}
				if err := c.SwapNote(c.ctx, name, nil, []byte("value")); !errors.Is(err, secretlife.ErrInvalidParameter) {
					c.failf("SwapNote of a name of %d bytes returned %v", len(name), err)
				}
			}
			if err := c.SwapNote(c.ctx, "here", nil, make([]byte, 64<<10+1)); !errors.Is(err, secretlife.ErrInvalidParameter) {
				c.failf("SwapNote with a value of 64 KiB and a byte returned %v", err)
			}
			c.noteIs("here", nil)
		}),
	},
	{
		"are won by one",
		"Of concurrent swaps of one value exactly one succeeds, and the others return ErrConflict.",
		withNotes(func(c *check) {
			var old []byte
			for round := range 10 {
				old = c.raceNotes("contested", old, round)
			}
		}),
	},
	{
		"are seen at once",
		"Note sees every SwapNote that returned before it was called, from whichever goroutine.",
		withNotes(func(c *check) {
			var old []byte
			for round := range 20 {
				next := fmt.Append(nil, "round ", round)
				c.swap("here", old, next)
				seen := make(chan []byte)
				go func() {
					n, _ := c.Note(c.ctx, "here")
					seen <- n.Value
				}()
				if got := <-seen; !bytes.Equal(got, next) {
					c.failf("Note returned %q after %q was written", got, next)
				}
				old = next
			}
		}),
	},
	{
		"say of what kind they are",
		"Whether a note is durable, and whether the store has a clock, does not depend on the name.",
		withNotes(func(c *check) {
			before := c.noteIs("here", nil)
			c.swap("there", nil, []byte("value"))
			after := c.noteIs("there", []byte("value"))
			if before.Durable != after.Durable || before.Now.IsZero() != after.Now.IsZero() {
				c.failf("without a note Durable is %v and Now %s; with one they are %v and %s",
					before.Durable, before.Now, after.Durable, after.Now)
			}
		}),
	},
	{
		"outlive the store",
		"A note of a store whose notes are durable is there when the store is opened again.",
		withNotes(func(c *check) {
			if c.reopen == nil || !c.noteIs("here", nil).Durable {
				return
			}
			c.swap("here", nil, []byte("first"))
			c.swap("here", []byte("first"), []byte("value"))
			c.swap("gone", nil, []byte("value"))
			c.swap("gone", []byte("value"), nil)
			c.Store = c.reopen(c.Store)
			c.noteIs("here", []byte("value"))
			c.noteIs("gone", nil)
			c.swap("here", []byte("value"), []byte("next"))
			c.noteIs("here", []byte("next"))
		}),
	},
	{
		"honour a done context",
		"A context that is done before Note or SwapNote begins ends it with the context's error, and nothing is written.",
		withNotes(func(c *check) {
			canceled, cancel := context.WithCancel(c.ctx)
			cancel()
			late, cancel := context.WithDeadline(c.ctx, time.Unix(1, 0))
			defer cancel()
			for _, ctx := range []context.Context{canceled, late} {
				if _, err := c.Note(ctx, "here"); !errors.Is(err, ctx.Err()) {
					c.failf("with a context that is done (%v), Note returned %v", ctx.Err(), err)
				}
				if err := c.SwapNote(ctx, "here", nil, []byte("value")); !errors.Is(err, ctx.Err()) {
					c.failf("with a context that is done (%v), SwapNote returned %v", ctx.Err(), err)
				}
				c.noteIs("here", nil)
			}
		}),
	},
}

// withNotes checks stores that keep notes.
func withNotes(holds func(*check)) func(*check) {
	return func(c *check) {
		if _, err := c.Note(c.ctx, "here"); !errors.Is(err, errors.ErrUnsupported) {
			holds(c)
		}
	}
}

// swap requires that SwapNote succeeds.
func (c *check) swap(name string, old, next []byte) {
	c.Helper()
	c.noError(c.SwapNote(c.ctx, name, old, next), "SwapNote of the present value")
}

// swapRefused requires that SwapNote of the note "here" returns ErrConflict and leaves the note alone.
func (c *check) swapRefused(old, next, present []byte) {
	c.Helper()
	const name = "here"
	if err := c.SwapNote(c.ctx, name, old, next); !errors.Is(err, secretlife.ErrConflict) {
		c.failf("SwapNote of %q, where the note is %q, returned %v", old, present, err)
	}
	c.noteIs(name, present)
}

// noteIs requires that the note has a value, nil for none.
func (c *check) noteIs(name string, want []byte) secretlife.Note {
	c.Helper()
	got, err := c.Note(c.ctx, name)
	c.noError(err, "Note")
	if !bytes.Equal(got.Value, want) || (got.Value == nil) != (want == nil) {
		c.failf("the note %q has %d bytes (%.40q), and not the %d it should have (%.40q)", name, len(got.Value), got.Value,
			len(want), want)
	}
	return got
}

// raceNotes swaps one value at once, and returns the value that won.
func (c *check) raceNotes(name string, old []byte, round int) []byte {
	c.Helper()
	var winners [][]byte
	var mu sync.Mutex
	c.together(func(me int) error {
		mine := fmt.Append(nil, "round ", round, " of ", me)
		err := c.SwapNote(c.ctx, name, old, mine)
		if errors.Is(err, secretlife.ErrConflict) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		winners = append(winners, mine)
		return err
	})
	if len(winners) != 1 {
		c.failf("of %d swaps of one value %d succeeded", contenders, len(winners))
	}
	return c.noteIs(name, winners[0]).Value
}
