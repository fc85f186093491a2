package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife"
)

// historyClauses are about secrets with so many versions that a store may keep them in blocks:
// see [secretlife.Change.VersionBlocks].
var historyClauses = []clause{
	{
		"is kept whatever changes",
		"A secret with hundreds of versions comes back with all of them after every change.",
		func(c *check) {
			s := c.stored(c.withVersions("history", 254))
			for range 4 {
				s = c.stored(c.do(s.PutValue(secretlife.Exactly(start.Add(oneDay)), c.versionID(),
					secretlife.SecretString("new"), nil)))
			}
			late := secretlife.Exactly(start.Add(2 * oneDay))
			first, labelled := s.Versions()[0].ID(), s.Versions()[130].ID()
			s = c.stored(c.do(s.Read(late, first)))
			s = c.stored(c.do(s.MoveStage(late, "KEPT", secretlife.VersionID{}, labelled)))
			s = c.stored(c.do(s.Delete(late, window(7), 0)))
			s = c.stored(c.do(s.Restore(late)))
			s = c.stored(c.do(s.Age(late)))
			s = c.stored(c.do(s.Age(secretlife.Exactly(late.Time.Add(oneDay)))))
			if _, there := s.Version(labelled); !there || len(s.Versions()) != 101 {
				panic("storetest: ageing keeps a version with a label, and the 100 newest")
			}
			c.hasNoValue(s.Key(), s.Incarnation(), first, "a version that aged")
			c.hasValue(s, labelled, valueOf(labelled))
		},
	},
	{
		"is claimed and purged",
		"A secret with hundreds of versions is handed out by Claim with all of them, and nothing is left of it after its " +
			"purge.",
		func(c *check) {
			s := c.withVersions("claimed", 200)
			s = c.do(s.Delete(secretlife.Exactly(start.Add(oneDay)), force(), 0))
			by := start.Add(oneDay)
			query := secretlife.DueQuery{By: by, Limit: 10}
			_, err := c.Claim(c.ctx, query, func(due []secretlife.Secret) []secretlife.Change {
				if len(due) != 1 || !due[0].Equal(s) {
					return nil
				}
				return []secretlife.Change{valid(due[0].Purge(secretlife.Exactly(by)))}
			})
			if errors.Is(err, errors.ErrUnsupported) {
				c.commit(valid(s.Purge(secretlife.Exactly(by))))
			} else {
				c.noError(err, "Claim")
			}
			c.absent(s.Key())
			old := s.Versions()[7].ID()
			c.hasNoValue(s.Key(), s.Incarnation(), old, "a version of a purged secret")
			again := c.stored(c.withVersions("claimed", 200))
			c.hasNoValue(s.Key(), again.Incarnation(), old, "a version of the secret before")
		},
	},
	{
		"is left out of lists that allow it",
		"A list has all versions, but those without a staging label may be missing where the query has Abridged.",
		func(c *check) {
			s := c.withVersions("listed", 200)
			late := secretlife.Exactly(start.Add(oneDay))
			s = c.do(s.MoveStage(late, "KEPT", secretlife.VersionID{}, s.Versions()[3].ID()))
			s = c.do(s.Tag(late, []secretlife.Tag{{Key: "k", Value: "v"}}))
			for _, q := range orders() {
				c.same(s, c.only(q))
				q.Abridged = true
				got := c.only(q)
				if !got.Abridged() {
					c.same(s, got)
					continue
				}
				c.abridges(s, got)
				ch := valid(got.Tag(late, []secretlife.Tag{{Key: "l"}}))
				c.refused(secretlife.ErrInvalidParameter, "a change of an abridged secret", ch)
			}
			c.stored(s)
		},
	},
}

// withVersions puts a secret in that has so many versions, a second apart, by one Commit.
func (c *check) withVersions(name string, n int) secretlife.Secret {
	c.Helper()
	s := c.newSecret(key(name), start).Next()
	for i := range n - 1 {
		id := c.versionID()
		at := secretlife.Exactly(start.Add(time.Duration(i) * time.Second))
		s = valid(s.PutValue(at, id, valueOf(id), nil)).Next()
	}
	var values []secretlife.VersionValue
	for _, v := range s.Versions() {
		values = append(values, secretlife.VersionValue{ID: v.ID(), Value: valueOf(v.ID())})
	}
	return c.do(secretlife.ImportSecret(secretlife.Exactly(start), s, values))
}

// only returns the one secret of a list.
func (c *check) only(q secretlife.ListQuery) secretlife.Secret {
	c.Helper()
	page, err := c.List(c.ctx, c.home(q))
	c.noError(err, "List")
	if len(page) != 1 {
		c.failf("a list of one secret has %s", namesOf(page))
	}
	return page[0]
}

// abridges checks that a secret lacks nothing of another but versions without a label.
func (c *check) abridges(want, got secretlife.Secret) {
	c.Helper()
	for _, o := range []secretlife.Order{
		secretlife.OrderByName, secretlife.OrderByCreatedDate, secretlife.OrderByLastChangedDate,
		secretlife.OrderByLastAccessedDate, secretlife.OrderByDeletionDate,
	} {
		if secretlife.CursorOf(want, o) != secretlife.CursorOf(got, o) {
			c.failf("an abridged secret has another place in the order %s", orderNames[o])
		}
	}
	if want.ARN() != got.ARN() || want.Incarnation() != got.Incarnation() || want.Revision() != got.Revision() ||
		!slices.Equal(want.Tags(), got.Tags()) || want.Deletion() != got.Deletion() {
		c.failf("an abridged secret lacks more than versions")
	}
	for _, v := range want.Versions() {
		is, there := got.Version(v.ID())
		if !there && len(want.Stages(v.ID())) > 0 {
			c.failf("version %s of an abridged secret is missing and has the labels %q", v.ID(), want.Stages(v.ID()))
		}
		if there && (is != v || !slices.Equal(want.Stages(v.ID()), got.Stages(v.ID()))) {
			c.failf("version %s of an abridged secret is another", v.ID())
		}
	}
}
