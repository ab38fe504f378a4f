package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"regexp"
)

// maxLines is the longest a Go file may be; most stay below half of it.
const maxLines = 600

func formatted(f *file) []offence {
	want, err := format.Source(f.data)
	if err != nil || bytes.Equal(want, f.data) {
		return nil // what does not parse has already failed
	}
	line := 1
	for i := 0; i < len(f.data) && i < len(want) && f.data[i] == want[i]; i++ {
		if f.data[i] == '\n' {
			line++
		}
	}
	return []offence{{f.name, line, "run gofmt"}}
}

func length(f *file) []offence {
	n := bytes.Count(f.data, []byte("\n"))
	if n <= maxLines {
		return nil
	}
	return []offence{{f.name, n, fmt.Sprintf("%d lines, at most %d: split it by idea", n, maxLines)}}
}

// notInTests maps functions that make tests slow or silent to what to do instead.
var notInTests = map[string]string{
	"time.Sleep": "wait for the event instead of sleeping",
	"t.Skip":     "a test that is there runs",
	"t.Skipf":    "a test that is there runs",
	"t.SkipNow":  "a test that is there runs",
	"b.Skip":     "a benchmark that is there runs",
	"b.SkipNow":  "a benchmark that is there runs",
}

func callsInTests(f *file) (found []offence) {
	if !f.isTest() {
		return nil
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		if instead, bad := notInTests[x.Name+"."+sel.Sel.Name]; bad {
			found = append(found, offence{f.name, f.lineOf(n.Pos()), x.Name + "." + sel.Sel.Name + ": " + instead})
		}
		return true
	})
	return found
}

// The patterns are written so that they do not match themselves.
var (
	leftover = regexp.MustCompile(`\b(TO[D]O|FI[X]ME|XX[X])\b`)
	// A path that exists on one machine only: it begins a word and names a home or a mount.
	machinePath = regexp.MustCompile("(?:^|[\\s\"'`=(:])(/(?:home|root|work|Users|mnt|private)/[A-Za-z0-9_.-]+)")
	// Where packages come from is the business of the machine, not of the project.
	registryHost = regexp.MustCompile(`\b(?:proxy\.golang\.or[g]|sum\.golang\.or[g]|goproxy\.[a-z]+|registry\.npmjs\.or[g]|pypi\.or[g]|crates\.i[o]|deb\.debian\.or[g]|archive\.ubuntu\.co[m]|docker\.i[o]|ghcr\.i[o]|quay\.i[o])\b`)
)

func leftovers(f *file) []offence { return matches(f, leftover, "do it now or say why not") }
func machinePaths(f *file) []offence {
	return matches(f, machinePath, "a path of one machine")
}
func registryHosts(f *file) []offence {
	return matches(f, registryHost, "the host of a package registry")
}

// matches finds the lines of hand-written files that match.
func matches(f *file, pattern *regexp.Regexp, what string) (found []offence) {
	if !f.text() {
		return nil
	}
	for i, line := range bytes.Split(f.data, []byte("\n")) {
		if m := pattern.Find(line); m != nil {
			found = append(found, offence{f.name, i + 1, fmt.Sprintf("%s: %s", bytes.TrimSpace(m), what)})
		}
	}
	return found
}
