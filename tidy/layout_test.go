package tidy

import (
	"go/ast"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const module = "switchyard/"

// mayImport lists, for each top directory, what of ours it may import beside itself. "*" is everything but cmd.
// Tests of a package may import more: an end-to-end test of the engine needs a store and a client.
var mayImport = map[string][]string{
	"smp":      {"box", "tls"}, // box and tls are for smp/client
	"box":      {},
	"tls":      {"box"},
	"internal": {"server"}, // what several need that is not of the network's; of server, crash
	"shard":    {"server", "smp", "box", "internal"},
	"wal":      {"server", "shard", "smp", "box", "internal"},
	"server":   {"smp", "tls", "internal"}, // what routers share
	"engine":   {"server", "shard", "smp", "box", "tls", "internal"},
	"loadtest": {"xftp", "smp", "box", "tls"},
	"xftp":     {"server", "smp", "box", "tls", "internal"},
	"ntf":      {"smp", "box", "tls"},
	"tidy":     {},
	"cmd":      {"*"},
}

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

// clients never see the inside of a router, not even in their tests.
var clients = map[string][]string{
	"smp":      {"engine", "shard", "wal"},
	"loadtest": {"engine", "shard", "wal"},
}

func importDirection(f *file) (found []offence) {
	top, _, nested := strings.Cut(f.name, "/")
	if !nested {
		return nil
	}
	allowed, known := mayImport[top]
	for _, spec := range f.syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !strings.HasPrefix(target, module) {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(target, module), "/")
		ok := name == top || slices.Contains(allowed, name) || slices.Contains(allowed, "*") && name != "cmd"
		if f.isTest() {
			ok = !slices.Contains(clients[top], name) && (known || ok)
		}
		if !ok {
			found = append(found, offence{f.name, f.lineOf(spec.Pos()), top + " may not import " + target})
		}
	}
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
