package storetest

import (
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

var valueClauses = []clause{
	{
		"returns the value of every version",
		"Value returns the value of a version byte for byte, and whether it is text or binary.",
		func(c *check) {
			every := make([]byte, 256)
			for i := range every {
				every[i] = byte(i)
			}
			values := []secretlife.Value{
				secretlife.SecretString("x"),
				secretlife.SecretBinary([]byte("x")),
				secretlife.SecretString("é 密 🔑 \x00 '\"\\%_\r\n"),
				secretlife.SecretBinary([]byte("not UTF-8: \xff\xfe")),
				secretlife.SecretBinary(every),
				secretlife.SecretString(strings.Repeat("long", 1<<14)),
			}
			s := c.create("values")
			ids := make([]secretlife.VersionID, len(values))
			for i, v := range values {
				ids[i] = c.versionID()
				s = c.do(s.PutValue(atStart, ids[i], v, nil))
			}
			for i, v := range values {
				c.hasValue(s, ids[i], v)
			}
		},
	},
	{
		"returns ErrVersionNotFound where there is none",
		"Value returns ErrVersionNotFound for a version, an incarnation or a secret that is not there.",
		func(c *check) {
			s, other := c.create("here"), c.create("other")
			c.hasNoValue(key("nowhere"), s.Incarnation(), current(s), "a secret that is not there")
			c.hasNoValue(s.Key(), s.Incarnation(), c.versionID(), "a version that is not there")
			c.hasNoValue(s.Key(), s.Incarnation(), current(other), "another secret's version")
			c.hasNoValue(s.Key(), c.incarnation(), current(s), "an incarnation that is not there")
			c.hasNoValue(keyIn(homeAccount, "us-east-2", "here"), s.Incarnation(), current(s), "a version in another Region")
		},
	},
	{
		"is never of another incarnation",
		"Value never returns a value of another incarnation, even where the version has the same id.",
		func(c *check) {
			first := c.create("again")
			old := c.purge(first)
			cr := c.creation(first.Key())
			cr.VersionID, cr.Value = current(first), secretlife.SecretString("the second life")
			second := c.do(secretlife.NewSecret(secretlife.Exactly(old.Add(time.Second)), cr))
			c.hasNoValue(first.Key(), first.Incarnation(), current(first),
				"the first incarnation, by the id of a version of the second,")
			c.hasValue(second, current(second), cr.Value)
		},
	},
	{
		"is gone after a purge",
		"After a purge no value of the secret can be read.",
		func(c *check) {
			s := c.create("purged")
			a := current(s)
			s = c.do(s.PutValue(atStart, c.versionID(), secretlife.SecretString("second"), nil))
			c.purge(s)
			c.hasNoValue(s.Key(), s.Incarnation(), a, "a version of a purged secret")
			c.hasNoValue(s.Key(), s.Incarnation(), current(s), "a version of a purged secret")
		},
	},
	{
		"is gone for the next secret of the name",
		"Where a name is used again the new incarnation has none of the versions of the secret before it.",
		func(c *check) {
			first := c.create("again")
			old := current(first)
			at := c.purge(first)
			second := c.do(c.newSecret(first.Key(), at), nil)
			c.hasNoValue(second.Key(), second.Incarnation(), old, "the new incarnation, by the id of a version of the first,")
			c.hasValue(second, current(second), valueOf(current(second)))
		},
	},
	{
		"is gone with its version",
		"The values of versions that are not in the next state are gone; all others stay.",
		func(c *check) {
			s := c.create("aging")
			ids := []secretlife.VersionID{current(s)}
			for range 103 {
				id := c.versionID()
				s = c.do(s.PutValue(atStart, id, valueOf(id), nil))
				ids = append(ids, id)
			}
			marked := c.do(s.Age(secretlife.Exactly(start.Add(2 * oneDay))))
			next := c.do(marked.Age(secretlife.Exactly(start.Add(3 * oneDay))))
			c.stored(next)
			kept := 0
			for _, id := range ids {
				if _, ok := next.Version(id); ok {
					c.hasValue(next, id, valueOf(id))
					kept++
				} else {
					c.hasNoValue(s.Key(), s.Incarnation(), id, "a version that aged")
				}
			}
			if kept != 100 {
				panic("storetest: ageing keeps 100 versions")
			}
		},
	},
	{
		"outlives deletion and restore",
		"A secret that is scheduled for deletion keeps its values.",
		func(c *check) {
			s := c.create("kept")
			a := current(s)
			s = c.do(s.PutValue(atStart, c.versionID(), secretlife.SecretString("second"), nil))
			b := current(s)
			for _, decide := range []func() (secretlife.Change, error){
				func() (secretlife.Change, error) { return s.Delete(atStart, window(30), 0) },
				func() (secretlife.Change, error) { return s.Restore(atStart) },
			} {
				s = c.do(decide())
				c.hasValue(s, a, valueOf(a))
				c.hasValue(s, b, secretlife.SecretString("second"))
			}
		},
	},
}

// purge deletes a secret by force and purges it. It returns when.
func (c *check) purge(s secretlife.Secret) time.Time {
	c.Helper()
	at := s.LastChangedDate().Add(time.Second)
	c.do(c.do(s.Delete(secretlife.Exactly(at), force(), 0)).Purge(secretlife.Exactly(at)))
	return at
}
