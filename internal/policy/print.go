package policy

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Print prints a document anew, as GetResourcePolicy was recorded to show it: with
// an indentation of two spaces, spaces round colons and within the brackets of lists,
// and the members in the order in which they were written. It prints what is not JSON
// as it is.
func Print(document string) string {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	p := printer{d: d}
	if err := p.value(); err != nil {
		return document
	}
	return p.out.String()
}

// printer prints one JSON value.
type printer struct {
	d      *json.Decoder
	out    strings.Builder
	indent int // the objects that the printer is in: lists indent nothing
}

func (p *printer) value() error {
	t, err := p.d.Token()
	switch {
	case err != nil:
		return err
	case t == json.Delim('{'):
		return p.object()
	case t == json.Delim('['):
		return p.list()
	}
	return p.scalar(t)
}

func (p *printer) scalar(t json.Token) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t); err != nil {
		return err
	}
	p.out.Write(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
	return nil
}

func (p *printer) object() error {
	p.out.WriteByte('{')
	p.indent++
	empty := true
	for ; p.d.More(); empty = false {
		if !empty {
			p.out.WriteByte(',')
		}
		p.line()
		if err := p.value(); err != nil { // the name
			return err
		}
		p.out.WriteString(" : ")
		if err := p.value(); err != nil {
			return err
		}
	}
	p.indent--
	if empty {
		p.out.WriteByte(' ')
	} else {
		p.line()
	}
	p.out.WriteByte('}')
	_, err := p.d.Token()
	return err
}

func (p *printer) line() {
	p.out.WriteByte('\n')
	p.out.WriteString(strings.Repeat("  ", p.indent))
}

func (p *printer) list() error {
	p.out.WriteByte('[')
	empty := true
	for ; p.d.More(); empty = false {
		if !empty {
			p.out.WriteByte(',')
		}
		p.out.WriteByte(' ')
		if err := p.value(); err != nil {
			return err
		}
	}
	p.out.WriteString(" ]")
	_, err := p.d.Token()
	return err
}
