package main

import (
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// page returns the man page. It has no date, so that it is the same whenever it is made.
func page(app *kong.Application) (string, error) {
	t, err := template.New("").Funcs(template.FuncMap{"text": text, "words": words}).Parse(manPage)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, app)
	return out.String(), err
}

// words is text within a line, as roff reads it.
func words(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, ".", `\&.`).Replace(s)
}

// text is paragraphs; lines that are indented stay as they are.
func text(s string) string {
	var out strings.Builder
	exact := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, "  "); indented != exact && line != "" {
			out.WriteString(map[bool]string{true: ".PP\n.nf\n", false: ".fi\n.PP\n"}[indented])
			exact = indented
		}
		switch {
		case line != "":
			out.WriteString(words(line) + "\n")
		case !exact:
			out.WriteString(".PP\n")
		}
	}
	if exact {
		out.WriteString(".fi\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}

const manPage = `
{{- define "flags"}}{{range .Flags}}{{if not .Hidden}}
.TP
\fB{{if .Short}}\-{{printf "%c" .Short}}, {{end}}\-\-{{words .Name}}\fR
{{- if not .IsBool}}=\fI{{words .FormatPlaceHolder}}\fR{{end}}
{{text .Help}}{{if .Envs}} Environment: {{range .Envs}}{{words .}}{{end}}.{{end}}
{{- end}}{{end}}{{end -}}
.TH SECRETLIFE 1
.SH NAME
secretlife \- {{words .Help}}
.SH SYNOPSIS
\fBsecretlife\fR \fIcommand\fR [\fIflags\fR]
.SH OPTIONS
{{- template "flags" .}}
.SH COMMANDS
{{- range .Leaves true}}
.SS secretlife {{words .Path}}
{{text .Help}}
{{- if .Detail}}
.PP
{{text .Detail}}
{{- end}}{{range .Positional}}
.TP
\fI{{words .Name}}\fR
{{text .Help}}
{{- end}}{{template "flags" .}}
{{- if ne .Parent.Type 0}}
.PP
It takes the flags of \fBsecretlife {{words .Parent.Path}}\fR, too:
{{- template "flags" .Parent}}{{end}}
{{- end}}
.SH SEE ALSO
https://github.com/secretlife-go/secretlife
`
