package main

import (
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// A place is where a command line can go on: after the name of the program, or after a command.
type place struct {
	Path     string // "clock show"
	Parent   string // "clock"
	Name     string // "show"
	Help     string
	Commands []*place
	Flags    []flag
}

// A flag is an option at a place.
type flag struct {
	Name   string
	Help   string
	Values string // the only ones, separated by spaces
	IsFile bool
	IsBool bool
}

func placeOf(node *kong.Node, parent *place) *place {
	p := &place{Name: node.Name, Help: node.Help}
	switch {
	case parent == nil:
	case parent.Path == "":
		p.Path = p.Name
	default:
		p.Parent, p.Path = parent.Path, parent.Path+" "+p.Name
	}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			p.Flags = append(p.Flags, flag{
				Name: f.Name, Help: f.Help, Values: strings.ReplaceAll(f.Enum, ",", " "),
				IsFile: strings.Contains(f.PlaceHolder, "FILE"), IsBool: f.IsBool(),
			})
		}
	}
	for _, child := range node.Children {
		if !child.Hidden {
			p.Commands = append(p.Commands, placeOf(child, p))
		}
	}
	return p
}

// all returns the place and all that are below it.
func (p *place) all() []*place {
	all := []*place{p}
	for _, c := range p.Commands {
		all = append(all, c.all()...)
	}
	return all
}

// complete returns the completions for a shell.
func complete(shell string, app *kong.Node) (string, error) {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	t, err := template.New("").Funcs(template.FuncMap{
		"quote": quote,
		"short": func(s string) string {
			s, _, _ = strings.Cut(s, ". ")
			return strings.TrimSuffix(strings.ReplaceAll(s, "\n", " "), ".")
		},
		"colons": func(s string) string { return strings.ReplaceAll(s, ":", `\:`) },
	}).Parse(shell)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, placeOf(app, nil).all())
	return out.String(), err
}

// shells are the templates by the names of the files. bash and zsh walk the words before the cursor:
// "at" is the place that they lead to.
var shells = map[string]string{
	"secretlife.bash": `_secretlife() {
	local at="" word before="${COMP_WORDS[COMP_CWORD-1]}" current="${COMP_WORDS[COMP_CWORD]}"
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case "$at/$word" in
{{- range .}}{{if .Path}}
		"{{.Parent}}/{{.Name}}") at="{{.Path}}" ;;
{{- end}}{{end}}
		esac
	done
	case "$at $before" in
{{- range $place := .}}{{range .Flags}}{{if .Values}}
	"{{$place.Path}} --{{.Name}}") mapfile -t COMPREPLY < <(compgen -W "{{.Values}}" -- "$current"); return ;;
{{- else if .IsFile}}
	"{{$place.Path}} --{{.Name}}") mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
{{- else if not .IsBool}}
	"{{$place.Path}} --{{.Name}}") return ;;
{{- end}}{{end}}{{end}}
	esac
	case "$at" in
{{- range .}}
	"{{.Path}}") mapfile -t COMPREPLY < <(compgen -W "{{range .Commands}}{{.Name}} {{end}}{{range .Flags}}--{{.Name}} {{end}}" -- "$current") ;;
{{- end}}
	esac
}
complete -F _secretlife secretlife
`,
	"_secretlife": `#compdef secretlife
local at="" word
local -a commands flags
for word in "${(@)words[2,CURRENT-1]}"; do
	case "$at/$word" in
{{- range .}}{{if .Path}}
	"{{.Parent}}/{{.Name}}") at="{{.Path}}" ;;
{{- end}}{{end}}
	esac
done
case "$at ${words[CURRENT-1]}" in
{{- range $place := .}}{{range .Flags}}{{if .Values}}
"{{$place.Path}} --{{.Name}}") compadd {{.Values}}; return ;;
{{- else if .IsFile}}
"{{$place.Path}} --{{.Name}}") _files; return ;;
{{- else if not .IsBool}}
"{{$place.Path}} --{{.Name}}") return 1 ;;
{{- end}}{{end}}{{end}}
esac
case "$at" in
{{- range .}}
"{{.Path}}")
	commands=({{range .Commands}}
		{{printf "%s:%s" .Name (short .Help | colons) | quote}}{{end}})
	flags=({{range .Flags}}
		{{printf "--%s:%s" .Name (short .Help | colons) | quote}}{{end}}) ;;
{{- end}}
esac
(( $#commands )) && _describe -t commands command commands
_describe -t options option flags
`,
	"secretlife.fish": `function __secretlife_at
	set -l at
	for word in (commandline -opc)[2..-1]
		switch "$at/$word"
{{- range .}}{{if .Path}}
			case "{{.Parent}}/{{.Name}}"
				set at "{{.Path}}"
{{- end}}{{end}}
		end # of switch
	end
	test "$at" = "$argv"
end
complete -c secretlife -f
{{- range $place := .}}{{range .Commands}}
complete -c secretlife -n {{printf "__secretlife_at %s" $place.Path | quote}} -a {{.Name}} -d {{short .Help | quote}}
{{- end}}{{range .Flags}}
complete -c secretlife -n {{printf "__secretlife_at %s" $place.Path | quote}} -l {{.Name}} {{if .Values}}-xa {{quote .Values}} {{else if .IsFile}}-rF {{else if not .IsBool}}-x {{end}}-d {{short .Help | quote}}
{{- end}}{{end}}
`,
}
