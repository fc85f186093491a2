package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// obj is a JSON object.
type obj = map[string]any

// probe checks one fact on an endpoint. Its methods end the check where the
// endpoint does not do what they expect.
type probe struct {
	Endpoint
	ctx    context.Context
	prefix string // of all names
	seen   string // the number of an event before this check's
	last   string // that of the last event that was read
	made   []made
}

// made is a secret to be deleted in the end.
type made struct {
	caller
	name string
}

// failure ends a check.
type failure struct{ text string }

func (p *probe) failf(format string, args ...any) { panic(failure{fmt.Sprintf(format, args...)}) }

func (p *probe) must(ok bool, format string, args ...any) {
	if !ok {
		p.failf(format, args...)
	}
}

func (p *probe) equal(want, got any, what string) {
	if !reflect.DeepEqual(want, got) {
		p.failf("%s: %v, not %v", what, got, want)
	}
}

func (p *probe) home() caller   { return caller{p.Region, p.Credentials} }
func (p *probe) abroad() caller { return caller{p.OtherRegion, p.Credentials} }
func (p *probe) other() caller  { return caller{p.Region, p.OtherAccount} }

// name makes a name of this check's own.
func (p *probe) name(short string) string { return p.prefix + short }

// token is a ClientRequestToken.
func token(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func encode(body any) string {
	if text, ok := body.(string); ok {
		return text
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic(failure{err.Error()})
	}
	return string(data)
}

// by makes a call as somebody.
func (p *probe) by(c caller, operation string, body any) answer {
	a, err := p.send(p.ctx, c, operation, encode(body), nil)
	p.must(err == nil, "%s: %v", operation, err)
	if in, ok := body.(obj); ok && operation == "CreateSecret" && a.status == http.StatusOK {
		name, _ := in["Name"].(string)
		p.made = append(p.made, made{c, name})
	}
	return a
}

func (p *probe) call(operation string, body any) answer { return p.by(p.home(), operation, body) }

// ok makes a call that must succeed.
func (p *probe) ok(operation string, body any) obj { return p.okBy(p.home(), operation, body) }

func (p *probe) okBy(c caller, operation string, body any) obj {
	a := p.by(c, operation, body)
	p.must(a.status == http.StatusOK, "%s: %d %s", operation, a.status, a.raw)
	return a.body
}

// refused makes a call that must be refused with an exception and, unless it is
// "", a text.
func (p *probe) refused(operation string, body any, code, text string) {
	p.refusedBy(p.home(), operation, body, code, text)
}

func (p *probe) refusedBy(c caller, operation string, body any, code, text string) {
	a := p.by(c, operation, body)
	p.must(a.status == http.StatusBadRequest, "%s: %d %s, not a refusal with %s", operation, a.status, a.raw, code)
	p.must(a.code() == code, "%s: %s, not %s", operation, a.raw, code)
	p.must(text == "" || a.message() == text, "%s: %q, not %q", operation, a.message(), text)
}

// code is the exception's name, without the namespace that some send with it.
func (a answer) code() string {
	code, _ := a.body["__type"].(string)
	return code[strings.LastIndexByte(code, '#')+1:]
}

func (a answer) message() string {
	for _, member := range []string{"Message", "message"} {
		if text, ok := a.body[member].(string); ok {
			return text
		}
	}
	return ""
}

// create makes a secret with the value "value" and version token(1).
func (p *probe) create(short string, more ...obj) string {
	in := with(obj{"Name": p.name(short), "SecretString": "value", "ClientRequestToken": token(1)}, more...)
	return p.text(p.ok("CreateSecret", in), "ARN")
}

// scheduled makes a secret that is scheduled for deletion.
func (p *probe) scheduled(short string) string {
	arn := p.create(short)
	p.ok("DeleteSecret", p.id(short, obj{"RecoveryWindowInDays": 7}))
	return arn
}

// id is a request about a secret.
func (p *probe) id(short string, more ...obj) obj {
	return with(obj{"SecretId": p.name(short)}, more...)
}

// with is an object with the members of others, the last of which counts.
func with(o obj, more ...obj) obj {
	out := obj{}
	for _, m := range append([]obj{o}, more...) {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func (p *probe) describe(short string) obj { return p.ok("DescribeSecret", p.id(short)) }

func (p *probe) text(o obj, member string) string {
	s, ok := o[member].(string)
	p.must(ok, "%s is %v, not text", member, o[member])
	return s
}

// seconds is a date: a number of seconds since 1970.
func (p *probe) seconds(o obj, member string) float64 {
	n, ok := o[member].(json.Number)
	p.must(ok, "%s is %v, not a number", member, o[member])
	f, err := n.Float64()
	p.must(err == nil, "%s: %v", member, err)
	return f
}

// days is how many days there are from one date to another, to a tenth.
func days(from, to float64) float64 { return float64(int((to-from)/86400*10+0.5)) / 10 }

// members checks that an object has exactly these members.
func (p *probe) members(o obj, want ...string) {
	var got []string
	for k := range o {
		got = append(got, k)
	}
	slices.Sort(got)
	slices.Sort(want)
	p.equal(want, got, "members")
}

// stages are the labels of the versions of a secret, sorted.
func (p *probe) stages(short string) map[string][]string {
	out := map[string][]string{}
	versions, _ := p.describe(short)["VersionIdsToStages"].(obj)
	for id, labels := range versions {
		for _, l := range labels.([]any) {
			out[id] = append(out[id], l.(string))
		}
		slices.Sort(out[id])
	}
	return out
}

func (p *probe) value(short string) string {
	return p.text(p.ok("GetSecretValue", p.id(short)), "SecretString")
}

// put writes a version.
func (p *probe) put(short string, n int, more ...obj) obj {
	return p.ok("PutSecretValue",
		p.id(short, append([]obj{{"ClientRequestToken": token(n), "SecretString": fmt.Sprint("value ", n)}}, more...)...))
}

// advance lets time pass.
func (p *probe) advance(d time.Duration) {
	_, err := p.control(p.ctx, http.MethodPost, "clock/advance", fmt.Sprintf(`{"duration":%q}`, d))
	p.must(err == nil, "%v", err)
}

// eventNumber finds an event's place in the log.
var eventNumber = regexp.MustCompile(`"secretlife":\{"seq":(\d+)`)

// events are the records of changes of a secret of this check, in order.
func (p *probe) events(short string) []obj { return p.eventsOf(short, "") }

// eventsOf is events with more in the query.
func (p *probe) eventsOf(short, query string) []obj {
	a, err := p.control(p.ctx, http.MethodGet, "events?after="+p.seen+query, "")
	p.must(err == nil, "%v", err)
	var out []obj
	for line := range strings.Lines(a.raw) {
		if number := eventNumber.FindStringSubmatch(line); number != nil {
			p.last = number[1]
		}
		if strings.Contains(line, p.name(short)) {
			var e obj
			p.must(json.Unmarshal([]byte(line), &e) == nil, "event %s", line)
			out = append(out, e)
		}
	}
	return out
}

// thirdRegion is for second replicas.
const thirdRegion = "eu-west-3"

// replicate makes a secret with a replica that is in sync.
func (p *probe) replicate(short string) string { return p.replicateTo(short, p.OtherRegion) }

// replicateTo makes a secret with replicas, and waits for them.
func (p *probe) replicateTo(short string, regions ...string) string {
	var targets []obj
	for _, r := range regions {
		targets = append(targets, obj{"Region": r})
		p.made = append(p.made, made{caller{r, p.Credentials}, p.name(short)})
	}
	arn := p.create(short, obj{"AddReplicaRegions": targets})
	p.inSync(short)
	return arn
}

// inSync waits until the replicas are there.
func (p *probe) inSync(short string) {
	for range p.patience() {
		status, _ := p.describe(short)["ReplicationStatus"].([]any)
		if len(status) > 0 && !slices.ContainsFunc(status, func(s any) bool { return s.(obj)["Status"] == "InProgress" }) {
			return
		}
		p.pause()
	}
	p.failf("the replica is still InProgress")
}

// patience is how often a check looks for what comes by itself: for two minutes
// in real time, and some by a clock that is advanced.
func (p *probe) patience() int {
	if p.Control != "" {
		return 5
	}
	return 1200
}

// pause lets a moment pass: in real time, or a minute of a clock that is
// advanced.
func (p *probe) pause() {
	if p.Control != "" {
		p.advance(time.Minute)
		return
	}
	select {
	case <-time.After(100 * time.Millisecond):
	case <-p.ctx.Done():
		p.failf("%v", p.ctx.Err())
	}
}

// cleanUp deletes what the check made. What is left behind is no failure of it.
func (p *probe) cleanUp() {
	for _, m := range slices.Backward(p.made) {
		id := obj{"SecretId": m.name}
		for _, step := range []struct {
			operation string
			more      obj
		}{
			{"RestoreSecret", nil},
			{"RemoveRegionsFromReplication", obj{"RemoveReplicaRegions": []string{thirdRegion}}},
			{"RemoveRegionsFromReplication", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}},
			{"DeleteSecret", obj{"ForceDeleteWithoutRecovery": true}},
		} {
			if step.operation == "RemoveRegionsFromReplication" && p.OtherRegion == "" {
				continue
			}
			in := obj{"SecretId": id["SecretId"]}
			for k, v := range step.more {
				in[k] = v
			}
			_, _ = p.send(p.ctx, m.caller, step.operation, encode(in), nil)
		}
	}
}

// gone waits until the secret "a" is not found any more.
func (p *probe) gone() {
	for range p.patience() {
		if a := p.call("DescribeSecret", p.id("a")); a.code() == notFound {
			p.equal(textNotFound, a.message(), "message")
			return
		}
		p.pause()
	}
	p.failf("the secret is still there")
}
