package tidy

import (
	"go/ast"
	"path"
	"slices"
	"sort"
	"strings"
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
