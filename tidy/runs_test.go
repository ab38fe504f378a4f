package tidy

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	// codeSpan is code in the text of a page.
	codeSpan = regexp.MustCompile("`([^`]+)`")
	// testPackage is a package in a command; those in capitals stand for any.
	testPackage = regexp.MustCompile(`\./[a-z0-9/_-]+`)
	// testPattern is what -run selects, with and without quotes.
	testPattern = regexp.MustCompile(`-run (?:'([^']+)'|(\S+))`)
	// columnOfTests is the header of a table whose last column has patterns for one command.
	columnOfTests = regexp.MustCompile("in `(go test [^`]* -run)`")
)

// pagesRunWhatIsThere finds commands of pages that select no test: each alternative of a pattern has to match one of its
// packages.
func pagesRunWhatIsThere(files []*file) (found []offence) {
	tests := make(map[string][]string) // by package
	for _, f := range files {
		if dir := path.Dir(f.name); f.syntax != nil && tests[dir] == nil {
			tests[dir] = []string{}
		}
	}
	for name := range testsByPackage(files) {
		dir, test, _ := strings.Cut(name, ".")
		tests[dir] = append(tests[dir], test)
	}
	for _, f := range files {
		if path.Ext(f.name) != ".md" || !f.text() {
			continue
		}
		var column []string // packages of the table's last column
		for i, line := range strings.Split(string(f.data), "\n") {
			if !strings.HasPrefix(line, "|") {
				column = nil
			}
			if m := columnOfTests.FindStringSubmatch(line); m != nil {
				column = testPackage.FindAllString(m[1], -1)
				continue
			}
			for _, c := range commandsOf(line, column) {
				for _, fault := range c.faults(tests) {
					found = append(found, offence{f.name, i + 1, fault})
				}
			}
		}
	}
	return found
}

// testCommand is a go test of a page.
type testCommand struct {
	packages []string // as ./shard
	pattern  string   // empty: all tests
}

// commandsOf are those of a line. A pattern alone is for the packages of the command before it, or else for those of its column.
func commandsOf(line string, column []string) (all []testCommand) {
	packages := column
	for _, m := range codeSpan.FindAllStringSubmatchIndex(line, -1) {
		span := line[m[2]:m[3]]
		pattern := ""
		if p := testPattern.FindStringSubmatch(span); p != nil {
			pattern = p[1] + p[2]
		}
		switch {
		case strings.HasPrefix(span, "go test "):
			packages = testPackage.FindAllString(span, -1)
		case strings.HasPrefix(span, "-run "):
		case column != nil && m[0] > strings.LastIndex(strings.TrimRight(line, "| "), " | ") && len(all) == 0:
			pattern = span
		default:
			continue
		}
		all = append(all, testCommand{packages, strings.ReplaceAll(pattern, `\|`, "|")})
	}
	return all
}

func (c *testCommand) faults(tests map[string][]string) (faults []string) {
	var there []string
	for _, p := range c.packages {
		names, ok := tests[path.Clean(p)]
		if !ok {
			faults = append(faults, p+" is no package")
		}
		there = append(there, names...)
	}
	if len(c.packages) == 0 || c.pattern == "" || len(faults) > 0 {
		return faults
	}
	for _, alternative := range alternatives(c.pattern) {
		name, _, _ := strings.Cut(alternative, "/")
		r, err := regexp.Compile(name)
		if err != nil || !slices.ContainsFunc(there, r.MatchString) {
			faults = append(faults, strconv.Quote(alternative)+" is no test of "+strings.Join(c.packages, ", "))
		}
	}
	return faults
}

// alternatives splits a pattern where it has a | outside of parentheses.
func alternatives(pattern string) (all []string) {
	depth, from := 0, 0
	for i, r := range pattern {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == '|' && depth == 0:
			all, from = append(all, pattern[from:i]), i+1
		}
	}
	return append(all, pattern[from:])
}

// TestPagesRunWhatIsThere shows that patterns that match nothing are found, and others are not.
func TestPagesRunWhatIsThere(t *testing.T) {
	code, err := newFile("p/p_test.go", []byte("package p\n\nfunc TestOne() {}\n\nfunc TestTwo() {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	table := "| x | test, in `go test ./p -run` |\n|---|---|\n"
	for text, want := range map[string]string{
		"`go test ./p -run 'One\\|T(wo\\|hree)'`, `go test -v ./p -run TestOne/sub`, `go test ./PKG`, `make -run x`": "",
		"`go test ./q`":                                              "docs/a.md:1: ./q is no package",
		"`go test ./p -run 'One|Three'`":                             `docs/a.md:1: "Three" is no test of ./p`,
		"`go test ./p -run One`, by x: `-run Four`":                  `docs/a.md:1: "Four" is no test of ./p`,
		table + "| `x` | `One` |":                                    "",
		table + "| `x` | `One\\|Five` |":                             `docs/a.md:3: "Five" is no test of ./p`,
		table + "| `x` | `One`, `go test ./p -run Six` |\n\n`Seven`": `docs/a.md:3: "Six" is no test of ./p`,
	} {
		page, err := newFile("docs/a.md", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range pagesRunWhatIsThere([]*file{code, page}) {
			got = append(got, o.String())
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%q: got %q, want %q", text, s, want)
		}
	}
}

// profileNames finds names of our functions, by which loadtest divides the profiles of a router, that begin the name of none.
func profileNames(files []*file) (found []offence) {
	var functions []string // as a profile has them
	for _, f := range files {
		if f.syntax == nil || f.isTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				functions = append(functions, module+path.Dir(f.name)+"."+profileName(fn))
			}
		}
	}
	for _, f := range files {
		if f.syntax == nil || f.isTest() || !strings.HasPrefix(f.name, "loadtest/results/") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok {
				_, isImport := n.(*ast.ImportSpec)
				return !isImport
			}
			name, err := strconv.Unquote(lit.Value)
			if err == nil && strings.HasPrefix(name, module) &&
				!slices.ContainsFunc(functions, func(s string) bool { return strings.HasPrefix(s, name) }) {
				found = append(found, offence{f.name, f.lineOf(lit.Pos()), name + " begins the name of no function"})
			}
			return true
		})
	}
	return found
}

// profileName is how profiles call a function of a package: f, T.f or (*T).f.
func profileName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	receiver := fn.Recv.List[0].Type
	star, isPointer := receiver.(*ast.StarExpr)
	if isPointer {
		receiver = star.X
	}
	generic, isGeneric := receiver.(*ast.IndexExpr)
	if isGeneric {
		receiver = generic.X
	}
	name := "?"
	if id, ok := receiver.(*ast.Ident); ok {
		name = id.Name
	}
	if isGeneric {
		name += "[...]"
	}
	if isPointer {
		name = "(*" + name + ")"
	}
	return name + "." + fn.Name.Name
}

// TestProfileNames shows that a name of no function is found, and others are not.
func TestProfileNames(t *testing.T) {
	var files []*file
	for name, source := range map[string]string{
		"engine/e.go":        "package engine\n\nfunc (p *Pool) Stop() {}\n\nfunc begin() {}\n",
		"shard/ring/ring.go": "package ring\n\nfunc (r *Ring[T]) Put() {}\n",
		"loadtest/results/a.go": "package results\n\nimport _ \"switchyard/gone\"\n\nvar _ = []string{\"switchyard/engine.\", \"switchyard/shard/\",\n" +
			"\"switchyard/engine.(*Pool)\", \"switchyard/shard/ring.(*Ring[...]).Put\",\n\"switchyard/engine.(*Workers)\"}\n",
	} {
		f, err := newFile(name, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	found := profileNames(files)
	if want := "loadtest/results/a.go:7: switchyard/engine.(*Workers) begins the name of no function"; len(found) != 1 || found[0].String() != want {
		t.Errorf("got %v, want %s", found, want)
	}
}
