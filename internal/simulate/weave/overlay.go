package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeOverlay weaves the packages in root, whose sources may have been changed by a fault, and writes the copies and what
// go test -overlay wants to know of them to dir. It returns that file.
func writeOverlay(root, dir string, changed map[string][]byte) (string, error) {
	replace := make(map[string]string)
	for _, p := range packages {
		sources, err := sourcesOf(root, p.dir, changed)
		if err != nil {
			return "", err
		}
		woven, err := weavePackage(sources, p.smaller)
		if err != nil {
			return "", err
		}
		for name, source := range woven {
			copied := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
			if err := os.WriteFile(copied, source, 0o600); err != nil {
				return "", err
			}
			replace[filepath.Join(root, name)] = copied
		}
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, data, 0o600)
}

// sourcesOf reads the files of a package that are compiled in a simulation, tests left out.
func sourcesOf(root, pkg string, changed map[string][]byte) (map[string][]byte, error) {
	context := build.Default
	context.BuildTags = []string{tag}
	found, err := context.ImportDir(filepath.Join(root, pkg), 0)
	if err != nil {
		return nil, err
	}
	sources := make(map[string][]byte)
	for _, base := range found.GoFiles {
		name := pkg + "/" + base
		source, ok := changed[name]
		if !ok {
			if source, err = os.ReadFile(filepath.Join(root, name)); err != nil {
				return nil, err
			}
		}
		sources[name] = source
	}
	return sources, nil
}

// weavePackage weaves all files of a package.
func weavePackage(sources map[string][]byte, smaller map[string]string) (map[string][]byte, error) {
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		f, err := parser.ParseFile(token.NewFileSet(), name, sources[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	channels, left := channelsOf(files), maps.Clone(smaller)
	woven := make(map[string][]byte)
	for name, source := range sources {
		var err error
		if woven[name], err = weave(name, source, channels, left); err != nil {
			return nil, err
		}
	}
	for name := range left {
		return nil, fmt.Errorf("there is no constant %s to make smaller", name)
	}
	return woven, nil
}
