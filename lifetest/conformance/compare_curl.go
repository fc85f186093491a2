package conformance

import (
	"fmt"
	"io"
	"strings"
)

// Write tells the difference as lines for a shell: the calls with curl, and the
// two responses to the last one. url is where the calls are to go; the lines take
// the credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and the token of control
// calls, if CONTROL_TOKEN is set, from there.
func (d Difference) Write(w io.Writer, url string) error {
	p := &printer{w: w, url: strings.TrimSuffix(url, "/")}
	p.line("URL=%s", quote(p.url))
	needed := map[string]bool{}
	for _, c := range d.Calls {
		for _, name := range c.arns() {
			needed[name] = true
		}
	}
	for _, c := range d.Calls {
		p.call(c, needed)
	}
	p.line("# A answers: %s", d.A)
	p.line("# B answers: %s", d.B)
	return p.err
}

// arns are the names whose ARNs a call has.
func (c Call) arns() []string {
	var out []string
	for _, v := range c.Body {
		if name := nameIn(v); name != v {
			text, _ := name.(string)
			out = append(out, text)
		}
	}
	return out
}

type printer struct {
	w   io.Writer
	url string
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) call(c Call, needed map[string]bool) {
	if c.Operation == "Advance" {
		p.line(`curl -sS -X POST ${CONTROL_TOKEN:+"-HAuthorization: Bearer $CONTROL_TOKEN"} -d %s `+
			`"$URL"/_secretlife/clock/advance`, quote(encode(c.Body)))
		return
	}
	fill := (&player{arns: map[string]string{"a": "$ARN_a", "b": "$ARN_b", "never-there": "$ARN_never"}}).fill(c.Body)
	body := quote(encode(fill))
	for _, name := range c.arns() { // leaves the quotes for the variable
		body = strings.ReplaceAll(body, "$ARN_"+name, `'"$ARN_`+name+`"'`)
	}
	curl := fmt.Sprintf(`curl -sS --aws-sigv4 aws:amz:%s:secretsmanager --user `+
		`"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: `+
		`secretsmanager.%s' -d %s "$URL"/`,
		c.Region, c.Operation, body)
	name, _ := c.Body["Name"].(string)
	if c.Operation == "CreateSecret" && needed[name] {
		p.line(`ARN_%s=$(%s | tee /dev/stderr | grep -o 'arn:[^"]*')`, name, curl)
		return
	}
	p.line("%s", curl)
}

// quote makes one word of a shell of a text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
