package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// form is what an example's figure stands for: any value of a kind.
type form struct {
	says string
	fits func(any) bool
}

// only is an object that has no other members.
type only obj

var (
	isDate = form{"a number of seconds", func(v any) bool { _, ok := v.(json.Number); return ok }}
	isText = form{"text", func(v any) bool { s, ok := v.(string); return ok && s != "" }}
)

// isARN is the ARN of a secret of this check, with six random characters.
func (p *probe) isARN(region, short string) form {
	arn := regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:` + region + `:\d{12}:secret:` +
		regexp.QuoteMeta(p.name(short)) + `-[A-Za-z0-9]{6}$`)
	return form{arn.String(), func(v any) bool { s, ok := v.(string); return ok && arn.MatchString(s) }}
}

// like checks that a value is as an example shows it. An obj may have members that
// the example does not show: examples are older than some members.
func (p *probe) like(want, got any, where string) {
	switch w := want.(type) {
	case form:
		p.must(w.fits(got), "%s is %v, not %s", where, got, w.says)
	case only:
		o, _ := got.(obj)
		var names []string
		for name := range w {
			names = append(names, name)
		}
		p.members(o, names...)
		p.like(obj(w), got, where)
	case obj:
		o, ok := got.(obj)
		p.must(ok, "%s is %v, not an object", where, got)
		for name, value := range w {
			v, has := o[name]
			p.must(has, "%s has no %s: %v", where, name, got)
			p.like(value, v, where+"."+name)
		}
	case []any:
		list, ok := got.([]any)
		p.must(ok && len(list) == len(w), "%s is %v, not a list of %d", where, got, len(w))
		for i, value := range w {
			p.like(value, list[i], fmt.Sprintf("%s[%d]", where, i))
		}
	case int:
		p.like(json.Number(fmt.Sprint(w)), got, where)
	default:
		p.equal(want, got, where)
	}
}

// plays sends the request of an example and compares the response with the example's.
func (p *probe) plays(operation string, in obj, want any) { p.playsBy(p.home(), operation, in, want) }

func (p *probe) playsBy(c caller, operation string, in obj, want any) {
	p.like(want, p.okBy(c, operation, in), operation)
}

// stored makes the secret of an example with its first version, and with its second
// where n is 2.
func (p *probe) stored(short string, n int, more ...obj) {
	in := with(obj{"Name": p.name(short), "SecretString": davidsSecret, "ClientRequestToken": exampleVersion1}, more...)
	p.ok("CreateSecret", in)
	if n == 2 {
		p.ok("PutSecretValue", p.id(short, obj{"SecretString": davidsSecret, "ClientRequestToken": exampleVersion2}))
	}
}

// told is the response of the many operations that tell of a secret and no more.
func (p *probe) told(short string) only {
	return only{"ARN": p.isARN(p.Region, short), "Name": p.name(short)}
}

// toldVersion is told with a version.
func (p *probe) toldVersion(short string, version any) only {
	return only{"ARN": p.isARN(p.Region, short), "Name": p.name(short), "VersionId": version}
}

// has is a list with these entries, in whatever order.
func has(entries ...obj) form {
	return form{fmt.Sprintf("a list of %v", entries), func(v any) bool {
		list, ok := v.([]any)
		return ok && len(list) == len(entries) && !slices.ContainsFunc(entries, func(want obj) bool {
			return !slices.ContainsFunc(list, func(got any) bool { return encode(want) == encode(got) })
		})
	}}
}

// The figures of the examples.
const (
	exampleVersion1 = "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1"
	exampleVersion2 = "EXAMPLE2-90ab-cdef-fedc-ba987SECRET2"
	davidsSecret    = `{"username":"david","password":"EXAMPLE-PASSWORD"}`
	rootPolicy      = "{\n\"Version\":\"2012-10-17\",\n\"Statement\":[{\n\"Effect\":\"Allow\",\n\"Principal\":{\n" +
		"\"AWS\":\"arn:aws:iam::123456789012:root\"\n},\n\"Action\":\"secretsmanager:GetSecretValue\",\n" +
		"\"Resource\":\"*\"\n}]\n}"
	rolePolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ` +
		`"arn:aws:iam::123456789012:role/MyRole"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}`
	accountsPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":` +
		`["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]},` +
		`"Action":["secretsmanager:GetSecretValue"],"Resource":"*"}}`
	twiceAMonth = "cron(0 16 1,15 * ? *)"
)

// Where AWS's examples are.
const (
	inReference = apiReference + " sample"
	inModel     = "botocore examples-1.json"
	inCLI       = "AWS CLI example"
)
