package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func requiring(path string, siblings ...string) module {
	var m module
	m.Module.Path = root + path
	for _, s := range append(siblings, "go.uber.org/multierr") {
		m.Require = append(m.Require, struct{ Path, Version string }{Path: s, Version: "v0.0.0"})
	}
	return m
}

func TestModulesComeAfterThoseTheyRequire(t *testing.T) {
	modules, err := inOrder([]module{
		requiring("/examples", root, root+"/awsfake"),
		requiring("/awsfake", root, root+"/awscron"),
		requiring("/internal/stores", root),
		requiring("/awscron", root),
		requiring(""),
	})
	require.NoError(t, err)
	var tags []string
	for _, m := range modules {
		tags = append(tags, m.tag("v0.1.0"))
	}
	require.Equal(t, []string{"v0.1.0", "awscron/v0.1.0", "awsfake/v0.1.0"}, tags)
}

func TestModulesThatCanNotBeReleased(t *testing.T) {
	_, err := inOrder([]module{requiring(""), requiring("/awsfake", root, root+"/internal/stores"),
		requiring("/internal/stores")})
	require.EqualError(t, err, root+"/awsfake is public and requires "+root+"/internal/stores, which is not")
	_, err = inOrder([]module{requiring("/a", root+"/b"), requiring("/b", root+"/a")})
	require.EqualError(t, err, "modules require each other, "+root+"/a among them")
}

func TestVersions(t *testing.T) {
	for _, good := range []string{"v0.1.0", "v1.10.0", "v1.0.0-rc.1"} {
		require.Regexp(t, semver, good)
	}
	for _, bad := range []string{"", "0.1.0", "v0.1", "v2.0.0", "v01.0.0", "v1.0.0+build", "v1.0.0 "} {
		require.NotRegexp(t, semver, bad)
	}
}
