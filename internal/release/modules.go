package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

const root = "github.com/secretlife-go/secretlife"

// A module is a module of this repository, as its go.mod says.
type module struct {
	Module  struct{ Path string }
	Require []struct{ Path, Version string }
	Replace []struct {
		Old struct{ Path string }
	}
}

// dir returns the module's folder in the repository: "" for the root.
func (m module) dir() string {
	return strings.TrimPrefix(strings.TrimPrefix(m.Module.Path, root), "/")
}

// tag returns the tag that Go looks for.
func (m module) tag(version string) string { return path.Join(m.dir(), version) }

// public reports whether the module is released.
func (m module) public() bool {
	return m.dir() != "examples" && !strings.HasPrefix(m.dir(), "internal/")
}

// siblings returns the modules of this repository that the module requires.
func (m module) siblings() []string {
	var paths []string
	for _, r := range m.Require {
		if ours(r.Path) {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

func ours(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// inOrder returns the public modules, each after those that it requires.
func inOrder(all []module) ([]module, error) {
	var left, ordered []module
	public := map[string]bool{}
	for _, m := range all {
		if m.public() {
			left = append(left, m)
			public[m.Module.Path] = true
		}
	}
	done := map[string]bool{}
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(m module) bool {
			return !slices.ContainsFunc(m.siblings(), func(path string) bool { return !done[path] })
		})
		if next < 0 {
			return nil, errors.New(why(left, public))
		}
		done[left[next].Module.Path] = true
		ordered = append(ordered, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return ordered, nil
}

// why says what keeps modules from being released.
func why(left []module, public map[string]bool) string {
	for _, m := range left {
		for _, path := range m.siblings() {
			if !public[path] {
				return fmt.Sprintf("%s is public and requires %s, which is not", m.Module.Path, path)
			}
		}
	}
	return fmt.Sprintf("modules require each other, %s among them", left[0].Module.Path)
}
