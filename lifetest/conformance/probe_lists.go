package conformance

import "strings"

// listed are the names of this check's secrets that ListSecrets lists, over
// all pages, without the check's prefix.
func (p *probe) listed(in obj) []string {
	var out []string
	for {
		page := p.ok("ListSecrets", in)
		list, ok := page["SecretList"].([]any)
		p.must(ok, "SecretList is %v", page["SecretList"])
		for _, s := range list {
			if short, mine := strings.CutPrefix(p.text(s.(obj), "Name"), p.prefix); mine {
				out = append(out, short)
			}
		}
		next, more := page["NextToken"].(string)
		if !more {
			return out
		}
		next2 := obj{"NextToken": next}
		for k, v := range in {
			if k != "NextToken" {
				next2[k] = v
			}
		}
		in = next2
	}
}

func filter(key string, values ...string) []obj { return []obj{{"Key": key, "Values": values}} }

// mine narrows a list to this check's secrets.
func (p *probe) mine(more ...obj) []obj { return append(filter("name", p.prefix), more...) }

// tick makes sure that the next secret is made a moment later.
func (p *probe) tick() {
	if p.Control != "" {
		p.advance(2_000_000)
		return
	}
	p.pause()
}

// entry is what ListSecrets shows of this check's only secret.
func (p *probe) entry(in obj) obj {
	list := p.ok("ListSecrets", with(obj{"Filters": p.mine()}, in))["SecretList"].([]any)
	p.equal(1, len(list), "secrets")
	return list[0].(obj)
}
