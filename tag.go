package secretlife

import (
	"slices"
	"time"
)

// maxTags is the quota of tags on a secret.
const maxTags = 50

const textTags = "A secret can't have more than 50 tags."

// Tag decides TagResource: tags are added, or get the new value where the key
// is there.
func (s Secret) Tag(now time.Time, tags []Tag) (Change, error) {
	if _, err := s.admit(OpTagResource, now); err != nil {
		return Change{}, err
	}
	now = instant(now)
	d := s.edit(now)
	if err := d.attributes().tag(tags); err != nil {
		return Change{}, err
	}
	return s.changed(OpTagResource, d, now), nil
}

func (m *attributes) tag(tags []Tag) error {
	for _, t := range tags {
		if i := slices.IndexFunc(m.tags, func(x Tag) bool { return x.Key == t.Key }); i >= 0 {
			m.tags[i].Value = t.Value
		} else {
			m.tags = append(m.tags, t)
		}
	}
	m.tagged = m.tagged || len(tags) > 0
	if len(m.tags) > maxTags {
		return errLimit(textTags)
	}
	return nil
}

// Untag decides UntagResource: tags with these keys go; a key that is not
// there is no error.
func (s Secret) Untag(now time.Time, keys []string) (Change, error) {
	if _, err := s.admit(OpUntagResource, now); err != nil {
		return Change{}, err
	}
	now = instant(now)
	d := s.edit(now)
	m := d.attributes()
	m.tags = slices.DeleteFunc(m.tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	return s.changed(OpUntagResource, d, now), nil
}

// changed finishes a change of metadata.
func (s Secret) changed(op Operation, d *secretData, now time.Time) Change {
	d.replicate(now)
	c := s.change(d)
	c.add(eventOf(op, d, now))
	return c
}
