package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// player makes the calls of a history on one endpoint, and tells the answers
// without what differs anyway.
type player struct {
	Endpoint
	prefix    string
	typesOnly bool
	arns      map[string]string // of a name, the latest
	regions   map[string]bool
}

func newPlayer(e Endpoint, prefix string, typesOnly bool) *player {
	return &player{e, prefix, typesOnly, map[string]string{}, map[string]bool{}}
}

func (p *player) play(ctx context.Context, c Call) (string, error) {
	if c.Operation == "Advance" {
		// The ARNs of what was purged are of both histories' earlier runs, too.
		_, err := p.control(ctx, http.MethodPost, "clock/advance", encode(c.Body))
		return "", err
	}
	p.regions[c.Region] = true
	now, err := p.now(ctx)
	if err != nil {
		return "", err
	}
	a, err := p.send(ctx, caller{c.Region, p.Credentials}, c.Operation, encode(p.fill(c.Body)), nil)
	if err != nil {
		return "", fmt.Errorf("%s on %s: %w", c.Operation, p.URL, err)
	}
	if arn, ok := a.body["ARN"].(string); ok && a.status == http.StatusOK {
		if name, ok := a.body["Name"].(string); ok {
			p.arns[strings.TrimPrefix(name, p.prefix)] = arn
		}
	}
	return p.tell(a, now), nil
}

// fill puts names and ARNs of this endpoint into a request.
func (p *player) fill(body obj) obj {
	out := obj{}
	for k, v := range body {
		switch text := v.(type) {
		case string:
			if k == "Name" || k == "SecretId" {
				v = p.id(text)
			}
		case []string:
			if k == "SecretIdList" {
				ids := make([]string, len(text))
				for i, id := range text {
					ids[i] = p.id(id)
				}
				v = ids
			}
		case []obj:
			if k == "Filters" {
				v = []obj{{"Key": "name", "Values": []string{p.prefix}}}
			}
		}
		out[k] = v
	}
	return out
}

// id is a name with the prefix, or the ARN of a name. If it has no ARN yet,
// it is one that could be.
func (p *player) id(text string) string {
	name, isARN := strings.CutPrefix(text, "{arn:")
	if !isARN {
		return p.prefix + text
	}
	name = strings.TrimSuffix(name, "}")
	if arn, ok := p.arns[name]; ok {
		return arn
	}
	return p.prefix + name
}

// now is the endpoint's time where it tells it.
func (p *player) now(ctx context.Context) (time.Time, error) {
	if p.Control == "" {
		return time.Now(), nil
	}
	a, err := p.control(ctx, http.MethodGet, "clock", "")
	if err != nil {
		return time.Time{}, err
	}
	text, _ := a.body["now"].(string)
	return time.Parse(time.RFC3339Nano, text)
}

var anySuffix = regexp.MustCompile(`(:secret:[A-Za-z0-9/_+=.@!-]+)-[A-Za-z0-9]{6}\b`)

// tell writes an answer so that equal answers are equal texts.
func (p *player) tell(a answer, now time.Time) string {
	if a.status != http.StatusOK {
		if a.status >= http.StatusInternalServerError {
			return fmt.Sprintf("%d %s", a.status, a.code())
		}
		if p.typesOnly {
			return fmt.Sprintf("%d %s", a.status, a.code())
		}
		return fmt.Sprintf("%d %s: %s", a.status, a.code(), p.neutral(a.message()))
	}
	data, err := json.Marshal(p.same("", a.body, now))
	if err != nil {
		return err.Error()
	}
	return p.neutral(string(data))
}

func (p *player) neutral(text string) string {
	return anySuffix.ReplaceAllString(strings.ReplaceAll(text, p.prefix, ""), "$1-SUFFIX")
}

// same is a part of an answer with dates in days from now, and lists without
// order in order.
func (p *player) same(member string, v any, now time.Time) any {
	switch x := v.(type) {
	case obj:
		out := obj{}
		for k, part := range x {
			out[k] = p.same(k, part, now)
		}
		if text, ok := x["Message"].(string); ok && p.typesOnly && text != "" {
			out["Message"] = "…"
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, part := range x {
			out[i] = p.same("", part, now)
		}
		if member != "SecretList" { // which AWS orders
			slices.SortFunc(out, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
		}
		return out
	case json.Number:
		if strings.HasSuffix(member, "Date") {
			return daysFrom(x, member, now)
		}
	case string:
		if member == "NextToken" {
			return "…"
		}
	}
	return v
}

// daysFrom tells a date: AWS shows the day only on which a value was read.
func daysFrom(date json.Number, member string, now time.Time) string {
	seconds, err := date.Float64()
	if err != nil {
		return date.String()
	}
	at := time.UnixMilli(int64(seconds * 1000)).UTC()
	if member == "LastAccessedDate" {
		return fmt.Sprintf("%d days from today, at %s", int(at.Sub(now.UTC().Truncate(24*time.Hour)).Hours()/24),
			at.Format(time.TimeOnly))
	}
	return fmt.Sprintf("%.2f days from now", at.Sub(now).Hours()/24)
}

// clean deletes what is left, as far as it can be.
func (p *player) clean(ctx context.Context) {
	for region := range p.regions {
		for _, name := range []string{"a", "b"} {
			id := obj{"SecretId": p.prefix + name}
			by := caller{region, p.Credentials}
			for _, other := range []string{p.Region, p.OtherRegion} {
				if other != "" && other != region {
					_, _ = p.send(ctx, by, "RemoveRegionsFromReplication",
						encode(obj{"SecretId": p.prefix + name, "RemoveReplicaRegions": []string{other}}), nil)
				}
			}
			_, _ = p.send(ctx, by, "DeleteSecret", encode(obj{"SecretId": id["SecretId"], "ForceDeleteWithoutRecovery": true}),
				nil)
		}
	}
}
