package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
)

// apply makes the change of a patch to copies of the packages, and returns the files of these; none without a patch.
func apply(ctx context.Context, root, dir, patch string) (map[string][]byte, error) {
	if patch == "" {
		return nil, nil
	}
	patch, err := filepath.Abs(patch)
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(dir, "faulty")
	var names []string
	for _, p := range packages {
		sources, err := sourcesOf(root, p.dir, nil)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Join(tree, p.dir), 0o700); err != nil {
			return nil, err
		}
		for name, source := range sources {
			if err := os.WriteFile(filepath.Join(tree, name), source, 0o600); err != nil {
				return nil, err
			}
			names = append(names, name)
		}
	}
	git := exec.CommandContext(ctx, "git", "apply", patch)
	git.Dir = tree
	git.Env = append(os.Environ(), "GIT_DIR=/nonexistent") // the tree is none of any repository
	if output, err := git.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s no longer fits the sources: make it anew: %s", patch, strings.TrimSpace(string(output)))
	}
	changed := make(map[string][]byte)
	for _, name := range names {
		if changed[name], err = os.ReadFile(filepath.Join(tree, name)); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// errMissed says that a fault was not found.
var errMissed = errors.New("a fault was not found")

// findAll has each fault of a directory be found, and writes a table of the seeds that it took.
func findAll(ctx context.Context, w io.Writer, dir string, args []string) error {
	patches, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil || len(patches) == 0 {
		return fmt.Errorf("%s: no patches", dir)
	}
	missed := false
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\tseeds\twhat is found")
	for _, p := range patches {
		row, ok, err := find(ctx, p, args)
		if err != nil {
			return err
		}
		missed = missed || !ok
		line := strings.TrimSuffix(filepath.Base(p), ".patch") + "\t" + row
		fmt.Fprintln(t, line)
		fmt.Fprintln(os.Stderr, "weave:", strings.ReplaceAll(line, "\t", " "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if missed {
		return errMissed
	}
	return nil
}

// found is what a simulation says of a seed that fails.
var found = regexp.MustCompile(`seed (\d+): (.*)`)

// find tells how many seeds it took to find a fault, and as what.
func find(ctx context.Context, patch string, args []string) (row string, ok bool, err error) {
	cmd, clean, err := goTest(ctx, patch, args)
	if err != nil {
		return "", false, err
	}
	defer clean()
	output, err := cmd.CombinedOutput()
	if err == nil {
		return "none\t", false, nil
	}
	m := found.FindSubmatch(output)
	if m == nil {
		return "", false, fmt.Errorf("%s: %w: %s", patch, err, output)
	}
	return fmt.Sprintf("%s\t%.100s", m[1], m[2]), true, nil
}
