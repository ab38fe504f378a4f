package tidy

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"
)

const module = "switchyard/"

// pebbleDir is where Pebble databases are opened, and nowhere else: there is one answer to a disk that fails.
const pebbleDir = "internal/disk/"

// opensPebble finds databases that are opened past package disk. Tests may, to make what it has to refuse.
func opensPebble(f *file) (found []offence) {
	if f.isTest() || strings.HasPrefix(f.name, pebbleDir) {
		return nil
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Open" {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "pebble" {
				found = append(found, offence{f.name, f.lineOf(n.Pos()), "open Pebble by package disk, which survives its disk"})
			}
		}
		return true
	})
	return found
}

// packageDocs wants one package comment in each directory, outside of tests.
func packageDocs(files []*file) (found []offence) {
	documented := make(map[string]bool)
	for _, f := range files {
		if f.syntax == nil || f.isTest() {
			continue
		}
		dir := path.Dir(f.name)
		documented[dir] = documented[dir] || f.syntax.Doc.Text() != ""
	}
	for dir, ok := range documented {
		if !ok {
			found = append(found, offence{dir, 1, "no package comment: what it is, its spec, what it may import, who owns what"})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].file < found[j].file })
	return found
}

// grabBags are names that say nothing about what is inside.
var grabBags = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "shared", "lib", "types"}

func packageName(f *file) []offence {
	name := f.syntax.Name.Name
	if !slices.Contains(grabBags, strings.TrimSuffix(name, "_test")) && !slices.Contains(grabBags, path.Base(path.Dir(f.name))) {
		return nil
	}
	return []offence{{f.name, f.lineOf(f.syntax.Name.Pos()), "package " + name + ": name it after what it does"}}
}

// Bounds of a folder: what a newcomer looks over at once. Files of tests and generated ones do not count; a package with more
// lines than that has rooms below it.
const (
	maxFiles       = 25
	maxFlatPackage = 3000 // lines
)

func folderSize(files []*file) (found []offence) {
	type folder struct {
		files, lines int
		hasRooms     bool
	}
	folders := make(map[string]*folder)
	for _, f := range files {
		if f.syntax == nil || f.isTest() {
			continue
		}
		dir := path.Dir(f.name)
		if folders[dir] == nil {
			folders[dir] = &folder{}
		}
		if !ast.IsGenerated(f.syntax) {
			folders[dir].files++
			folders[dir].lines += f.fset.File(f.syntax.Pos()).LineCount()
		}
	}
	for dir := range folders {
		for above := path.Dir(dir); above != "."; above = path.Dir(above) {
			if folders[above] != nil {
				folders[above].hasRooms = true
			}
		}
	}
	for dir, n := range folders {
		switch {
		case n.files > maxFiles:
			found = append(found, offence{dir, 1, fmt.Sprintf("%d files, at most %d: give parts of it rooms below", n.files, maxFiles)})
		case n.lines > maxFlatPackage && !n.hasRooms:
			found = append(found, offence{dir, 1, fmt.Sprintf("%d lines, at most %d without rooms below", n.lines, maxFlatPackage)})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].file < found[j].file })
	return found
}

// TestFolderSize shows that folders that are too large are found, and others are not.
func TestFolderSize(t *testing.T) {
	source := func(name string, lines int) *file {
		f, err := newFile(name, []byte("package p\n"+strings.Repeat("\n", lines-1)))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	var files []*file
	for i := range maxFiles {
		files = append(files, source(fmt.Sprintf("p/f%d.go", i), maxFlatPackage/maxFiles-1))
	}
	if found := folderSize(files); len(found) != 0 {
		t.Errorf("got %v", found)
	}
	long := append(files[:maxFiles-1:maxFiles-1], source("p/long.go", 500))
	if found := folderSize(long); len(found) != 1 || found[0].file != "p" {
		t.Errorf("got %v for %d lines and more", found, maxFlatPackage)
	}
	if found := folderSize(append(long, source("p/q/q.go", 1))); len(found) != 0 {
		t.Errorf("got %v for a package with rooms", found)
	}
	if found := folderSize(append(files, source("p/more.go", 1), source("p/more_test.go", 1))); len(found) != 1 {
		t.Errorf("got %v for %d files", found, maxFiles+1)
	}
}
