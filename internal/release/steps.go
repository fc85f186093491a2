package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// prepare commits each module's go.mod and go.sum for the version and tags it, so that the
// modules after it find it, and moves all tags to the last of the commits. That changes no
// checksum: a module's files do not include those of the modules below its folder.
func (w *workshop) prepare(ctx context.Context) error {
	repo := w.path("repo")
	for _, m := range w.modules {
		dir := filepath.Join(repo, filepath.FromSlash(m.dir()))
		edit := []string{"go", "mod", "edit"}
		for _, path := range m.siblings() {
			edit = append(edit, "-require="+path+"@"+w.version)
		}
		for _, r := range m.Replace {
			edit = append(edit, "-dropreplace="+r.Old.Path)
		}
		if len(edit) > 3 {
			if err := do(ctx, dir, nil, edit...); err != nil {
				return err
			}
		}
		if err := do(ctx, dir, w.fromClone("prepared"), "go", "mod", "tidy"); err != nil {
			return err
		}
		if err := w.git(ctx, repo, "commit", "--quiet", "--all", "--allow-empty", "--message",
			"Release "+m.tag(w.version)); err != nil {
			return err
		}
		if err := w.git(ctx, repo, "tag", m.tag(w.version)); err != nil {
			return err
		}
	}
	if err := w.git(ctx, repo, "reset", "--quiet", "--soft", w.base); err != nil {
		return err
	}
	if err := w.git(ctx, repo, "commit", "--quiet", "--allow-empty", "--message", "Release "+w.version); err != nil {
		return err
	}
	for _, m := range w.modules {
		if err := w.git(ctx, repo, "tag", "--force", "--annotate", "--message", m.Module.Path+" "+w.version,
			m.tag(w.version)); err != nil {
			return err
		}
	}
	return nil
}

// check builds and vets every module as its users get it.
func (w *workshop) check(ctx context.Context) error {
	for _, m := range w.modules {
		dir := w.path("repo", filepath.FromSlash(m.dir()))
		for _, verb := range []string{"build", "vet"} {
			if err := do(ctx, dir, w.fromClone("checked"), "go", verb, "./..."); err != nil {
				return err
			}
		}
	}
	return nil
}

// publish has the go command make the files of a module proxy, and copies them.
func (w *workshop) publish(ctx context.Context) error {
	for _, m := range w.modules {
		if err := do(ctx, w.dir, w.fromClone("checked"), "go", "mod", "download", m.Module.Path+"@"+w.version); err != nil {
			return err
		}
	}
	made := w.path("checked", "cache", "download")
	return filepath.WalkDir(filepath.Join(made, filepath.FromSlash(filepath.Dir(root))), func(path string, d os.DirEntry,
		err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".lock") {
			return err
		}
		return copyFile(path, w.proxy+strings.TrimPrefix(path, made))
	})
}

// handOver brings the tags into the repository.
func (w *workshop) handOver(ctx context.Context) error {
	return w.git(ctx, w.path("repo"), "push", "--quiet", "--atomic", "--tags", "origin")
}
